#![allow(clippy::unwrap_used, clippy::panic)]
use super::*;
use crate::CodecConfig;
use crate::craft::{audio_entry, full, parse_codec};

fn parsed(version: u8, content: &[u8]) -> Result<FlacConfig> {
    match parse_codec(
        b"soun",
        audio_entry(b"fLaC", &full(b"dfLa", version, 0, content)),
    )? {
        CodecConfig::Flac(config) => Ok(config),
        other => panic!("{other:?}"),
    }
}

/// 4608-sample blocks, 44.1 kHz, stereo, 24 bits.
const STREAM_INFO: [u8; 38] = [
    0x80, 0, 0, 34, 0x12, 0, 0x12, 0, 0, 0, 0x10, 0, 0x23, 0x8e, 0x0a, 0xc4, 0x43, 0x70, 0, 1,
    0xd8, 0, 0x75, 0x30, 0x88, 0x11, 0x2d, 0xd5, 0x7a, 0x13, 0xe7, 0xf7, 0x22, 0xd0, 0xee, 0x56,
    0xae, 0xa3,
];

#[test]
fn stream_information_is_read() {
    let config = parsed(0, &STREAM_INFO).unwrap();
    assert_eq!((config.min_block_size, config.max_block_size), (4608, 4608));
    assert_eq!(config.bits_per_sample, 24);
    assert_eq!(config.metadata, STREAM_INFO[..]);
    assert_eq!(
        config.audio(),
        AudioInfo {
            sample_rate: 44_100,
            channels: 2,
            layout: ChannelLayout::of_cicp(2),
            frame_length: Some(4608),
        }
    );
}

#[test]
fn rates_above_16_bits_and_varying_blocks_are_read() {
    let mut content = STREAM_INFO;
    content[5] = 0x10;
    // 192 000 Hz, eight channels, 24 bits.
    content[14..18].copy_from_slice(&[0x2e, 0xe0, 0x0f, 0x70]);
    let audio = parsed(0, &content).unwrap().audio();
    assert_eq!((audio.sample_rate, audio.channels), (192_000, 8));
    assert_eq!((audio.layout.cicp, audio.frame_length), (Some(12), None));
}

#[test]
fn bad_bytes_are_an_error_that_names_the_box() {
    let mut silent = STREAM_INFO;
    silent[14..17].fill(0);
    let mut other = STREAM_INFO;
    other[0] = 4;
    for (version, content, reason) in [
        (1, &STREAM_INFO[..], "version 1 is not defined"),
        (0, &STREAM_INFO[..37], "it ends early"),
        (0, &other, "the first metadata block is no STREAMINFO"),
        (0, &silent, "a sample rate of 0"),
    ] {
        let error = parsed(version, content).unwrap_err().to_string();
        assert!(
            error.contains("stsd/fLaC[0]/dfLa at") && error.contains(reason),
            "{error} / {reason}"
        );
    }
}
