#![allow(clippy::unwrap_used, clippy::panic)]
use proptest::prelude::*;

use super::*;
use crate::FourCc;
use crate::craft::{Trak, audio_entry, esds, full, parse_trak};

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

#[test]
fn channels_may_come_from_a_program_configuration() {
    // Front: a single and a pair, back: a pair, one low-frequency element: 5.1, no comment.
    let bits = concat!(
        "00010", "0011", "0000",
        "000", // LC, 48 000, by program configuration, GASpecificConfig
        "0000", "01", "0011", "0010", "0000", "0001", "01", "000", "0000",
        "000", // counts, no mixdown
        "00000", "10000", "10001",
        "0000", // front single, front pair, back pair, low frequency
    );
    let mut bits = bits.to_owned();
    bits.extend(std::iter::repeat_n('0', (8 - bits.len() % 8) % 8));
    bits.push_str("00000000");
    let bytes: Vec<u8> = bits
        .as_bytes()
        .chunks(8)
        .map(|byte| u8::from_str_radix(std::str::from_utf8(byte).unwrap(), 2).unwrap())
        .collect();
    assert_eq!(aac(0x40, &bytes).channels, 6);
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
