#![allow(clippy::unwrap_used, clippy::panic)]
use super::*;
use crate::CodecConfig;
use crate::craft::{audio_entry, boxed, parse_codec};

fn parsed(content: &[u8]) -> Result<OpusConfig> {
    match parse_codec(b"soun", audio_entry(b"Opus", &boxed(b"dOps", content)))? {
        CodecConfig::Opus(config) => Ok(config),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_configuration_says_channels_and_pre_skip() {
    let config = parsed(&[0, 2, 0x01, 0x38, 0, 0, 0xac, 0x44, 0xff, 0x00, 0]).unwrap();
    assert_eq!(
        config,
        OpusConfig {
            channels: 2,
            pre_skip: 312,
            input_sample_rate: 44_100,
            output_gain: -256,
            mapping_family: 0,
            mapping: Bytes::new(),
        }
    );
    // Decoders put out 48 kHz, whatever was encoded.
    let audio = config.audio();
    assert_eq!((audio.sample_rate, audio.channels), (48_000, 2));
    assert_eq!((audio.layout.cicp, audio.frame_length), (Some(2), None));
}

#[test]
fn surround_has_a_mapping_and_the_layouts_of_vorbis() {
    let start = |channels, family| [0, channels, 0, 0, 0, 0, 0xbb, 0x80, 0, 0, family];
    for (channels, cicp) in [
        (1, Some(1)),
        (3, Some(3)),
        (4, Some(10)),
        (5, Some(5)),
        (6, Some(6)),
        (7, Some(11)),
        (8, Some(12)),
    ] {
        let mapping = vec![1; 2 + usize::from(channels)];
        let content = [&start(channels, 1)[..], &mapping, &[9]].concat();
        let config = parsed(&content).unwrap();
        assert_eq!(config.mapping, mapping);
        assert_eq!(config.audio().layout.cicp, cicp);
    }
    let ambisonics = [&start(4, 2)[..], &[0; 6]].concat();
    assert_eq!(parsed(&ambisonics).unwrap().audio().layout.cicp, None);
}

#[test]
fn bad_bytes_are_an_error_that_names_the_box() {
    for (content, reason) in [
        (
            &[1, 2, 0, 0, 0, 0, 0xbb, 0x80, 0, 0, 0][..],
            "version 1 is not defined",
        ),
        (&[0, 2, 0, 0, 0, 0, 0xbb, 0x80, 0, 0], "too short"),
        (&[0, 0, 0, 0, 0, 0, 0xbb, 0x80, 0, 0, 0], "no channels"),
        (
            &[0, 2, 0, 0, 0, 0, 0xbb, 0x80, 0, 0, 1, 1, 1, 0],
            "the channel mapping is too short",
        ),
    ] {
        let error = parsed(content).unwrap_err().to_string();
        assert!(
            error.contains("stsd/Opus[0]/dOps at") && error.contains(reason),
            "{error} / {reason}"
        );
    }
}
