#![allow(clippy::unwrap_used, clippy::panic)]
use proptest::prelude::*;

use super::*;
use crate::codec::{VideoInfo, VideoRange};
use crate::craft::{Trak, boxed, parse_trak, visual_entry};
use crate::{CodecConfig, FourCc};

/// Written by x265 for 322x182 pixels of 40:33, 10 bits, BT.2020 PQ, full range.
const SPS: &[u8] = &[
    0x42, 0x01, 0x01, 0x02, 0x20, 0x00, 0x00, 0x03, 0x00, 0x90, 0x00, 0x00, 0x03, 0x00, 0x00, 0x03,
    0x00, 0x3c, 0xa0, 0x0a, 0x48, 0x0b, 0x9c, 0x94, 0xd9, 0x65, 0x66, 0x92, 0x4c, 0xaf, 0x05, 0x6e,
    0x12, 0x20, 0x12, 0x08, 0x00, 0x00, 0x03, 0x00, 0x08, 0x00, 0x00, 0x03, 0x00, 0xc8, 0x40,
];

fn hvcc(arrays: &[(u8, &[&[u8]])]) -> Vec<u8> {
    let mut content = vec![
        1, 0x21, 0x60, 0, 0, 0, 0x90, 0, 0, 0, 0, 0, 63, 0xf0, 0, 0xfc, 0xfd, 0xf8, 0xf8, 0, 0,
        0x0f,
    ];
    content.push(u8::try_from(arrays.len()).unwrap());
    for (kind, units) in arrays {
        content.push(0x80 | kind);
        content.extend(u16::try_from(units.len()).unwrap().to_be_bytes());
        for unit in *units {
            content.extend(u16::try_from(unit.len()).unwrap().to_be_bytes());
            content.extend(*unit);
        }
    }
    boxed(b"hvcC", &content)
}

fn parse_entry(kind: &[u8; 4], children: &[u8]) -> Result<HevcConfig> {
    let trak = Trak::with_entry(b"vide", visual_entry(kind, children));
    parse_trak(&trak).map(|mut track| match track.sample_entries.remove(0).codec {
        CodecConfig::Hevc(config) => config,
        other => panic!("{other:?}"),
    })
}

#[test]
fn an_entry_gives_its_parameter_sets() {
    let arrays: &[(u8, &[&[u8]])] = &[
        (32, &[&[0x40, 1, 7]]),
        (33, &[SPS]),
        (34, &[&[0x44, 1, 8], &[0x44, 1, 9]]),
        (39, &[&[0x4e, 1]]),
    ];
    let config = parse_entry(b"hvc1", &hvcc(arrays)).unwrap();
    assert_eq!(
        (config.vps.len(), config.sps.len(), config.pps.len()),
        (1, 1, 2)
    );
    assert_eq!(config.pps[1], [0x44, 1, 9][..]);
    assert_eq!(config.nal_length_size, 4);
    assert!(config.general_tier_flag);
    let shape = VideoInfo {
        width: 322,
        height: 182,
        pixel_aspect: (40, 33),
        colour: Some((9, 16, 9, true)),
        bit_depth: 10,
        ..VideoInfo::default()
    };
    assert_eq!(config.video.video_range(), VideoRange::Pq);
    assert_eq!(config.video, shape);
    assert_eq!(config.rfc6381(), "hvc1.1.6.H63.90");
}

#[test]
fn a_parameter_set_tells_the_depth() {
    let sps = Sps::parse(SPS).unwrap();
    assert_eq!((sps.chroma_format_idc, sps.bit_depth_luma), (1, 10));
}

#[test]
fn a_message_may_prefer_another_transfer() {
    // A user data message of 256 bytes stands before alternative_transfer_characteristics of 18.
    let user_data = [&[5, 255, 1][..], &[7; 256]].concat();
    let sei = |message: &[u8]| [&[0x4e, 1][..], &user_data, message, &[0x80]].concat();
    let video = |message: &[u8]| {
        let arrays: &[(u8, &[&[u8]])] = &[(33, &[SPS]), (39, &[&sei(message)])];
        parse_entry(b"hvc1", &hvcc(arrays)).unwrap().video
    };
    let hlg = video(&[147, 1, 18]);
    assert_eq!(
        (hlg.preferred_transfer, hlg.video_range()),
        (Some(18), VideoRange::Hlg)
    );
    for message in [&[137, 1, 18][..], &[147, 9, 18], &[255], &[147]] {
        assert_eq!(video(message).preferred_transfer, None, "{message:?}");
    }
}

#[test]
fn only_hev1_may_keep_its_parameter_sets_in_the_samples() {
    let config = parse_entry(b"hev1", &hvcc(&[])).unwrap();
    assert_eq!(
        config.video,
        VideoInfo {
            width: 320,
            height: 240,
            ..VideoInfo::default()
        }
    );
    let error = parse_entry(b"hvc1", &hvcc(&[])).unwrap_err().to_string();
    assert!(
        error.contains("hvc1[0]/hvcC at") && error.ends_with("no sequence parameter set"),
        "{error}"
    );
}

#[test]
fn bad_bytes_are_an_error_that_names_the_box() {
    let many = [&[0x44, 1][..]; 257];
    let mut version = hvcc(&[(33, &[SPS])]);
    version[8] = 2;
    for (config, reason) in [
        (Vec::new(), "has no hvcC box"),
        (boxed(b"hvcC", &[1; 22]), "too short"),
        (version, "version 2"),
        (hvcc(&[(33, &[&[0x44, 1]])]), "a NAL unit of another type"),
        (hvcc(&[(33, &[&[]])]), "a NAL unit of another type"),
        (
            hvcc(&[(33, &[&SPS[..12]])]),
            "sequence parameter set: it ends early",
        ),
        (
            hvcc(&[(33, &[SPS]), (34, &many)]),
            "more than 256 parameter sets of one kind",
        ),
    ] {
        let error = parse_entry(b"hvc1", &config).unwrap_err().to_string();
        assert!(
            error.contains("stsd/hvc1[0]") && error.contains(reason),
            "{error} / {reason}"
        );
    }
}

fn string(
    space: u8,
    profile: u8,
    compatibility: u32,
    tier: bool,
    level: u8,
    constraints: [u8; 6],
) -> String {
    let config = HevcConfig {
        format: FourCc(*b"hvc1"),
        general_profile_space: space,
        general_tier_flag: tier,
        general_profile_idc: profile,
        general_profile_compatibility_flags: compatibility,
        general_constraint_indicator_flags: constraints,
        general_level_idc: level,
        nal_length_size: 4,
        vps: Vec::new(),
        sps: Vec::new(),
        pps: Vec::new(),
        layer_sets: Vec::new(),
        video: VideoInfo::default(),
    };
    config.rfc6381()
}

#[test]
fn codec_strings_follow_annex_e() {
    assert_eq!(
        string(0, 1, 0x6000_0000, false, 93, [0xb0, 0, 0, 0, 0, 0]),
        "hvc1.1.6.L93.B0"
    );
    assert_eq!(
        string(0, 2, 0x2000_0000, true, 153, [0xb0, 0, 0, 0, 0, 0]),
        "hvc1.2.4.H153.B0"
    );
    assert_eq!(
        string(1, 12, 0x1000_0000, false, 93, [0; 6]),
        "hvc1.A12.8.L93"
    );
    assert_eq!(
        string(3, 4, 0x0800_0000, true, 120, [0x9e, 0, 0x23, 0, 0, 0]),
        "hvc1.C4.10.H120.9E.0.23"
    );
}

proptest! {
    #[test]
    fn no_bytes_make_a_parameter_set_panic(bytes in proptest::collection::vec(any::<u8>(), 0..120), at in 0..SPS.len()) {
        let _ = Sps::parse(&bytes);
        let _ = Sps::parse(&[&SPS[..at], &bytes[..]].concat());
    }
}

#[test]
fn parameter_sets_of_further_layers_come_from_lhvc() {
    let base = hvcc(&[(33, &[SPS])]);
    let layers: &[u8] = &[
        1, 0xf0, 0, 0xfc, 0xcb, 2, 0xa1, 0, 1, 0, 3, 0x42, 9, 1, 0xa2, 0, 1, 0, 3, 0x44, 9, 2,
    ];
    let of = |lhvc: &[u8]| {
        let entry = [&base[..], &boxed(b"lhvC", lhvc)].concat();
        parse_entry(b"hvc1", &entry).unwrap().layer_sets
    };
    assert_eq!(of(layers), [&[0x42, 9, 1][..], &[0x44, 9, 2]]);
    // Players of the base layer do not read the box.
    assert!(of(&layers[..12]).is_empty());
    assert!(parse_entry(b"hvc1", &base).unwrap().layer_sets.is_empty());
}
