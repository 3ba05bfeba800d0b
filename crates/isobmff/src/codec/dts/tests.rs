#![allow(clippy::unwrap_used, clippy::panic)]
use super::*;
use crate::CodecConfig;
use crate::craft::{audio_entry, bits, boxed, digits, parse_codec};

fn parsed(kind: &[u8; 4], children: &[u8]) -> Result<DtsConfig> {
    match parse_codec(b"soun", audio_entry(kind, children))? {
        CodecConfig::Dts(config) => Ok(config),
        other => panic!("{other:?}"),
    }
}

fn ddts_of(rate: u32, duration: u32, mask: u32) -> Vec<u8> {
    let content = [
        &digits(rate, 32),
        &digits(768_000, 32),
        &digits(768_000, 32),
        &digits(24, 8),
        &digits(duration, 2),
        // Construction 1, LFE, core layout and size, no downmix, representation.
        "00001 1 001001 00001111100000 0 000 ",
        &digits(mask, 16),
        "0 0 0 00000",
    ]
    .concat();
    boxed(b"ddts", &bits(&content))
}

#[test]
fn dts_says_rate_channels_and_frames() {
    for (mask, channels, cicp) in [
        (0x0001, 1, Some(1)),
        (0x0002, 2, Some(2)),
        (0x000f, 6, Some(6)),
        (0x004f, 8, Some(12)),
        (0x084f, 10, None),
    ] {
        for kind in [b"dtsc", b"dtsh", b"dtsl", b"dtse"] {
            let config = parsed(kind, &ddts_of(48_000, 1, mask)).unwrap();
            assert_eq!(config.format, FourCc(*kind));
            assert_eq!(
                config.audio(),
                AudioInfo {
                    sample_rate: 48_000,
                    channels,
                    layout: ChannelLayout::of_cicp(cicp.unwrap_or(0)),
                    frame_length: Some(1024),
                }
            );
        }
    }
}

#[test]
fn dts_uhd_says_rate_channels_and_frames() {
    // Frames of 1024, 5.1, 48 kHz: as a real encoder writes it.
    let udts = boxed(b"udts", &[0x01, 0x20, 0, 0, 0, 0x3f, 0x80, 0]);
    let codec = parse_codec(b"soun", audio_entry(b"dtsx", &udts)).unwrap();
    assert_eq!(codec.rfc6381().unwrap(), "dtsx");
    assert_eq!(
        codec.audio().unwrap(),
        AudioInfo {
            sample_rate: 48_000,
            channels: 6,
            layout: ChannelLayout {
                dts_uhd_mask: Some(0x3f),
                ..ChannelLayout::of_cicp(6)
            },
            frame_length: Some(1024),
        }
    );
    // 44.1 kHz doubled.
    let udts = boxed(b"udts", &[0x01, 0x20, 0, 0, 0, 0x06, 0x20, 0]);
    let audio = parsed(b"dtsy", &udts).unwrap().audio();
    assert_eq!((audio.sample_rate, audio.channels), (88_200, 2));
}

#[test]
fn an_entry_without_configuration_speaks_for_itself() {
    let mut entry = audio_entry(b"dtsc", b"");
    entry[25] = 6;
    entry[32..36].copy_from_slice(&(48_000_u32 << 16).to_be_bytes());
    let codec = parse_codec(b"soun", entry).unwrap();
    let audio = codec.audio().unwrap();
    assert_eq!((audio.sample_rate, audio.channels), (48_000, 6));
    assert_eq!((audio.layout.cicp, audio.frame_length), (None, None));
}

#[test]
fn bad_bytes_are_an_error_that_names_the_box() {
    for (kind, children, reason) in [
        (b"dtsc", boxed(b"ddts", &[0; 8]), "it ends early"),
        (b"dtsc", ddts_of(0, 0, 2), "a sample rate of 0"),
        (b"dtsc", Vec::new(), "a sample rate of 0"),
        (b"dtsx", boxed(b"udts", &[0; 4]), "it ends early"),
    ] {
        let error = parsed(kind, &children).unwrap_err().to_string();
        assert!(
            error.contains("stsd/dts") && error.contains(reason),
            "{error} / {reason}"
        );
    }
}
