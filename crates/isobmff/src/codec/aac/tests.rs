#![allow(clippy::unwrap_used, clippy::panic)]
use proptest::prelude::*;

use super::*;
use crate::FourCc;
use crate::craft::{Trak, audio_entry, bits, digits, esds, full, parse_trak};

fn parse_entry(children: &[u8]) -> Result<CodecConfig> {
    let trak = Trak::with_entry(b"soun", audio_entry(b"mp4a", children));
    parse_trak(&trak).map(|mut track| track.sample_entries.remove(0).codec)
}

fn aac(object_type: u8, specific: &[u8]) -> AacConfig {
    match parse_entry(&esds(object_type, specific)).unwrap() {
        CodecConfig::Aac(config) => config,
        other => panic!("{other:?}"),
    }
}

/// Codec string, sample rate, channels of the output; object type and rate of the core.
fn said(config: &AacConfig) -> (String, u32, u16, u8, u32) {
    (
        config.rfc6381(),
        config.sample_rate,
        config.channels,
        config.core_object_type,
        config.core_sample_rate,
    )
}

#[test]
fn low_complexity_is_read() {
    let config = aac(0x40, &[0x12, 0x10]);
    assert_eq!(
        said(&config),
        ("mp4a.40.2".to_owned(), 44_100, 2, 2, 44_100)
    );
    assert_eq!(config.audio_specific_config, [0x12, 0x10][..]);
    assert_eq!(config.frame_length, 1024);
    assert_eq!(aac(0x40, &[0x11, 0xb4]).channels, 6);
    assert_eq!(aac(0x40, &[0x11, 0xbc]).channels, 8);
    assert_eq!(aac(0x40, &[0x12, 0x14]).frame_length, 960);
}

#[test]
fn explicit_signalling_gives_the_rate_and_channels_of_the_output() {
    // SBR, then PS on a mono core: hierarchical signalling.
    assert_eq!(
        said(&aac(0x40, &[0x2b, 0x92, 0x08, 0x00])),
        ("mp4a.40.5".to_owned(), 44_100, 2, 2, 22_050)
    );
    assert_eq!(
        said(&aac(0x40, &[0xeb, 0x8a, 0x08, 0x00])),
        ("mp4a.40.29".to_owned(), 44_100, 2, 2, 22_050)
    );
    // The same behind the core's configuration: backward-compatible signalling.
    let sbr = [0x13, 0x90, 0x56, 0xe5, 0xa5, 0x48, 0x00];
    assert_eq!(
        said(&aac(0x40, &sbr)),
        ("mp4a.40.5".to_owned(), 44_100, 2, 2, 22_050)
    );
    let ps = [0x13, 0x88, 0x56, 0xe5, 0xa5, 0x48, 0x80];
    assert_eq!(
        said(&aac(0x40, &ps)),
        ("mp4a.40.29".to_owned(), 44_100, 2, 2, 22_050)
    );
    let absent = [0x12, 0x10, 0x56, 0xe5, 0x00];
    assert_eq!(
        said(&aac(0x40, &absent)),
        ("mp4a.40.2".to_owned(), 44_100, 2, 2, 44_100)
    );
}

#[test]
fn a_rate_outside_of_the_table_is_spelt_out() {
    // 00010 1111 (24 bits: 50 000) 0010 000
    assert_eq!(
        aac(0x40, &[0x17, 0x80, 0x61, 0xa8, 0x10]).sample_rate,
        50_000
    );
}

/// LC of 48 kHz whose channels stand in a program configuration: counts of front, side, back and low-frequency
/// elements, then each element's pair flag.
fn program(counts: [u32; 4], pairs: &str) -> AacConfig {
    let [front, side, back, low_frequency] = counts;
    let mut text = "00010 0011 0000 000 0000 01 0011 ".to_owned();
    text += &[
        digits(front, 4),
        digits(side, 4),
        digits(back, 4),
        digits(low_frequency, 2),
    ]
    .concat();
    // No data and coupling elements, no mixdown.
    text += "000 0000 000 ";
    for pair in pairs.chars() {
        text += &format!("{pair}0001 ");
    }
    text += &"0000 ".repeat(low_frequency as usize);
    aac(0x40, &[bits(&text), vec![3], b"abc".to_vec()].concat())
}

#[test]
fn channels_may_come_from_a_program_configuration() {
    for (counts, pairs, channels, cicp) in [
        ([1, 0, 0, 0], "0", 1, Some(1)),
        ([1, 0, 0, 0], "1", 2, Some(2)),
        ([2, 0, 0, 0], "01", 3, Some(3)),
        ([2, 0, 1, 0], "010", 4, Some(4)),
        ([2, 0, 1, 0], "011", 5, Some(5)),
        ([2, 0, 1, 1], "011", 6, Some(6)),
        ([2, 1, 0, 1], "011", 6, Some(6)),
        ([3, 0, 1, 1], "0111", 8, Some(7)),
        ([1, 0, 1, 0], "10", 3, Some(9)),
        ([1, 0, 1, 0], "11", 4, Some(10)),
        ([2, 0, 2, 1], "0110", 7, Some(11)),
        ([2, 1, 1, 1], "0111", 8, Some(12)),
        ([1, 0, 0, 1], "1", 3, None),
        ([2, 1, 1, 2], "0111", 9, None),
    ] {
        let audio = program(counts, pairs).audio();
        assert_eq!(
            (audio.channels, audio.layout.cicp),
            (channels, cicp),
            "{counts:?} {pairs}"
        );
    }
}

#[test]
fn layouts_and_frames_are_those_of_the_output() {
    let audio = |specific: &[u8]| {
        let audio = aac(0x40, specific).audio();
        (audio.layout.cicp.unwrap(), audio.frame_length.unwrap())
    };
    assert_eq!(audio(&[0x12, 0x08]), (1, 1024));
    assert_eq!(audio(&[0x11, 0xb4]), (6, 960));
    // channelConfiguration 12, and 7 with its wide front.
    assert_eq!(audio(&[0x11, 0xe0]), (12, 1024));
    assert_eq!(audio(&[0x11, 0xb8]), (7, 1024));
    // Spectral band replication doubles the frame, parametric stereo the channel.
    assert_eq!(audio(&[0xeb, 0x8a, 0x08, 0x00]), (2, 2048));
}

#[test]
fn xhe_aac_is_read() {
    // Object type 42 escaped, 48 kHz, no configuration; then UsacConfig: 48 kHz, frames by SBR 2:1, stereo.
    let usac = |index: &str, frame: &str, channels: &str| {
        let text = format!("11111 001010 0011 0000 {index} {frame} {channels} 0000000000");
        aac(0x40, &bits(&text))
    };
    let config = usac("00011", "011", "00010");
    assert_eq!(config.rfc6381(), "mp4a.40.42");
    assert_eq!(
        config.audio(),
        AudioInfo {
            sample_rate: 48_000,
            channels: 2,
            layout: ChannelLayout::of_cicp(2),
            frame_length: Some(2048),
        }
    );
    for (frame, length) in [("000", 768), ("001", 1024), ("010", 2048), ("100", 4096)] {
        assert_eq!(
            usac("00100", frame, "00001").audio().frame_length,
            Some(length)
        );
    }
    // Rates of its own: 38 400 Hz, and 50 000 spelt out.
    assert_eq!(usac("10010", "001", "00001").sample_rate, 38_400);
    let spelt = format!("11111 {}", digits(50_000, 24));
    assert_eq!(usac(&spelt, "001", "00001").sample_rate, 50_000);
    // 7.1; nine channels freely placed; 31 and six more.
    assert_eq!(usac("00011", "001", "01100").channels, 8);
    assert_eq!(usac("00011", "001", "00000 01001").channels, 9);
    let many = usac("00011", "001", "00000 11111 00000110");
    assert_eq!((many.channels, many.layout.cicp), (37, None));
}

#[test]
fn bad_xhe_aac_is_an_error() {
    for (rest, reason) in [
        ("01101 001 00001", "a reserved sampling frequency"),
        ("11101 001 00001", "a reserved sampling frequency"),
        ("00011 101 00001", "a reserved frame length"),
        ("00011 001 01110", "a reserved channel configuration"),
        ("00011 001 00000 00000", "an impossible number of channels"),
        ("00011", "it ends early"),
    ] {
        let specific = bits(&format!("11111 001010 0011 0000 {rest}"));
        let error = parse_entry(&esds(0x40, &specific)).unwrap_err().to_string();
        assert!(error.contains(reason), "{error} / {reason}");
    }
}

#[test]
fn mpeg2_aac_has_its_own_string() {
    assert_eq!(aac(0x67, &[0x12, 0x10]).rfc6381(), "mp4a.67");
}

#[test]
fn other_codecs_in_an_mp4a_entry_are_named() {
    // Vorbis; AAC-ELD (object type 39, escaped).
    for (object_type, specific) in [(0xdd, &[][..]), (0x40, &[0xf8, 0xe8, 0x50, 0, 0])] {
        let codec = parse_entry(&esds(object_type, specific)).unwrap();
        assert!(
            matches!(codec, CodecConfig::Unsupported(FourCc(named)) if &named == b"mp4a"),
            "{codec:?}"
        );
    }
}

#[test]
fn optional_fields_and_long_sizes_of_descriptors_are_passed() {
    let config = [
        &[0x40, 0x15][..],
        &[0; 11],
        &[5, 0x80, 0x80, 0x80, 2, 0x12, 0x10],
    ]
    .concat();
    let es = [
        &[0, 1, 0xe0, 0, 9, 2, b'u', b'r', 0, 8][..],
        &[4, 0x80, 20],
        &config,
    ]
    .concat();
    let content = [
        &[3, 0x80, 0x80, 0x80, u8::try_from(es.len()).unwrap()],
        &es[..],
    ]
    .concat();
    let codec = parse_entry(&full(b"esds", 0, 0, &content)).unwrap();
    assert_eq!(codec.rfc6381().unwrap(), "mp4a.40.2");
}

#[test]
fn bad_bytes_are_an_error_that_names_the_box() {
    let whole = esds(0x40, &[0x12, 0x10]);
    let cut = |len: usize| full(b"esds", 0, 0, &whole[12..len]);
    for (config, reason) in [
        (Vec::new(), "has no esds box"),
        (full(b"esds", 0, 0, b""), "no complete ES descriptor"),
        (cut(20), "no complete ES descriptor"),
        (
            full(b"esds", 0, 0, &[3, 2, 0, 1]),
            "the ES descriptor is too short",
        ),
        (
            full(b"esds", 0, 0, &[3, 3, 0, 1, 0]),
            "no complete decoder configuration",
        ),
        (
            full(b"esds", 0, 0, &[3, 6, 0, 1, 0, 4, 1, 0x40]),
            "the decoder configuration is too short",
        ),
        (
            full(b"esds", 0, 0, &[3, 0x80, 0x80, 0x80, 0x80, 1]),
            "no complete ES descriptor",
        ),
        (esds(0x40, &[]), "no AudioSpecificConfig"),
        (esds(0x40, &[0x12]), "AudioSpecificConfig: it ends early"),
        (esds(0x40, &[0x16, 0x90]), "a reserved sampling frequency"),
        (
            esds(0x40, &[0x12, 0x78]),
            "a reserved channel configuration",
        ),
    ] {
        let error = parse_entry(&config).unwrap_err().to_string();
        assert!(
            error.contains("stsd/mp4a[0]") && error.contains(reason),
            "{error} / {reason}"
        );
    }
}

proptest! {
    #[test]
    fn no_bytes_make_a_configuration_panic(bytes in proptest::collection::vec(any::<u8>(), 0..40)) {
        let _ = AudioSpecificConfig::parse(&bytes);
        let _ = parse_entry(&full(b"esds", 0, 0, &bytes));
    }
}
