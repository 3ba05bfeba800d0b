#![allow(clippy::unwrap_used, clippy::panic)]
use proptest::prelude::*;

use super::*;
use crate::CodecConfig;
use crate::craft::{AVC_PPS, AVC_SPS, Trak, avcc, boxed, parse_trak, visual_entry};

fn parse_entry(kind: &[u8; 4], children: &[u8]) -> Result<AvcConfig> {
    let trak = Trak::with_entry(b"vide", visual_entry(kind, children));
    parse_trak(&trak).map(|mut track| match track.sample_entries.remove(0).codec {
        CodecConfig::Avc(config) => config,
        other => panic!("{other:?}"),
    })
}

#[test]
fn an_entry_gives_its_parameter_sets() {
    let config = parse_entry(b"avc1", &avcc(&[AVC_SPS, AVC_SPS], &[AVC_PPS])).unwrap();
    assert_eq!(config.sps, [AVC_SPS, AVC_SPS]);
    assert_eq!(config.pps, [AVC_PPS]);
    assert_eq!(config.nal_length_size, 4);
    assert_eq!(
        (config.profile, config.compatibility, config.level),
        (0x42, 0xc0, 0x0d)
    );
    assert_eq!((config.video.width, config.video.height), (320, 240));
    assert_eq!(config.rfc6381(), "avc1.42c00d");
}

#[test]
fn only_avc3_may_keep_its_parameter_sets_in_the_samples() {
    let config = parse_entry(b"avc3", &avcc(&[], &[])).unwrap();
    assert_eq!(config.rfc6381(), "avc3.42c00d");
    assert_eq!((config.video.width, config.video.height), (320, 240));
    let error = parse_entry(b"avc1", &avcc(&[], &[]))
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("avc1[0]/avcC at") && error.ends_with("no sequence parameter set"),
        "{error}"
    );
}

#[test]
fn the_extension_for_high_profiles_is_passed() {
    let mut content = avcc(&[AVC_SPS], &[AVC_PPS])[8..].to_vec();
    content.extend([0xfd, 0xf8, 0xf8, 0]);
    assert!(parse_entry(b"avc1", &boxed(b"avcC", &content)).is_ok());
}

#[test]
fn bad_bytes_are_an_error_that_names_the_box() {
    let good = avcc(&[AVC_SPS], &[AVC_PPS])[8..].to_vec();
    let with = |at: usize, value: u8| {
        let mut content = good.clone();
        content[at] = value;
        boxed(b"avcC", &content)
    };
    for (config, reason) in [
        (Vec::new(), "has no avcC box"),
        (boxed(b"avcC", b""), "too short"),
        (boxed(b"avcC", &good[..20]), "too short"),
        (with(0, 2), "version 2"),
        (with(4, 0xfe), "a NAL unit length of 3 bytes"),
        (with(5, 0xe2), "too short"),
        (with(7, 0), "an empty parameter set"),
        (with(8, 0x68), "a NAL unit of another type"),
        (
            avcc(&[&AVC_SPS[..5]], &[AVC_PPS]),
            "sequence parameter set: it ends early",
        ),
        (
            avcc(&[&[0x67, 0x42, 0xc0, 0x0d, 0, 0, 0, 0, 0, 0]], &[]),
            "an Exp-Golomb code is too long",
        ),
    ] {
        let error = parse_entry(b"avc1", &config).unwrap_err().to_string();
        assert!(
            error.contains("stsd/avc1[0]") && error.contains(reason),
            "{error} / {reason}"
        );
    }
}

#[test]
fn the_profile_of_the_standard_example_is_lower_case_hex() {
    let mut config = parse_entry(b"avc1", &avcc(&[AVC_SPS], &[])).unwrap();
    (config.profile, config.compatibility, config.level) = (0x64, 0, 0x1f);
    assert_eq!(config.rfc6381(), "avc1.64001f");
}

proptest! {
    #[test]
    fn no_bytes_make_a_parameter_set_panic(bytes in proptest::collection::vec(any::<u8>(), 0..80), profile in any::<u8>()) {
        let _ = Sps::parse(&bytes);
        let _ = Sps::parse(&[&[0x67, profile, 0, 30], &bytes[..]].concat());
    }
}
