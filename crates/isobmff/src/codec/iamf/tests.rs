#![allow(clippy::unwrap_used, clippy::panic)]
use proptest::prelude::*;

use super::*;
use crate::craft::{audio_entry, boxed, parse_codec};

fn parsed(content: &[u8]) -> Result<IamfConfig> {
    match parse_codec(b"soun", audio_entry(b"iamf", &boxed(b"iacb", content)))? {
        CodecConfig::Iamf(config) => Ok(config),
        other => panic!("{other:?}"),
    }
}

fn iacb(obus: &[Vec<u8>]) -> Vec<u8> {
    let obus = obus.concat();
    // leb128 in two bytes.
    let len = u8::try_from(obus.len()).unwrap();
    [&[1, len | 0x80, len >> 7], &obus[..]].concat()
}

fn obu(kind: u8, payload: &[u8]) -> Vec<u8> {
    [&[kind << 3, u8::try_from(payload.len()).unwrap()], payload].concat()
}

fn sequence(primary: u8, additional: u8) -> Vec<u8> {
    obu(31, &[b"iamf", &[primary, additional][..]].concat())
}

/// Codec configuration 200, frames of 960.
fn codec(kind: &[u8; 4], decoder: &[u8]) -> Vec<u8> {
    obu(
        0,
        &[&[0xc8, 1][..], kind, &[0xc0, 7, 0xff, 0xfc], decoder].concat(),
    )
}

/// Element 300 of one substream, with `parameters` and what belongs to its type.
fn element(kind: u8, parameters: &[u8], rest: &[u8]) -> Vec<u8> {
    let start = [0xac, 2, kind << 5, 0xc8, 1, 1, 0];
    obu(1, &[&start[..], parameters, rest].concat())
}

const OPUS: [u8; 11] = [1, 2, 1, 0x38, 0, 0, 0xbb, 0x80, 0, 0, 0];
/// No parameters; one layer of stereo.
const STEREO: [u8; 4] = [0x20, 0x10, 1, 1];

#[test]
fn the_descriptors_name_profile_codec_and_channels() {
    let obus = [
        sequence(1, 1),
        codec(b"Opus", &OPUS),
        element(0, &[0], &STEREO),
    ];
    let config = parsed(&iacb(&obus)).unwrap();
    assert_eq!(config.rfc6381(), "iamf.001.001.Opus");
    assert_eq!(config.config_obus, obus.concat());
    assert_eq!(
        config.audio(),
        AudioInfo {
            sample_rate: 48_000,
            channels: 2,
            layout: ChannelLayout::of_cicp(2),
            frame_length: Some(960),
        }
    );
}

#[test]
fn every_codec_tells_its_rate() {
    let aac = [&[4, 17, 0x40, 0x15][..], &[0; 11], &[5, 2, 0x12, 0x10]].concat();
    let mut flac = vec![0x80, 0, 0, 34, 4, 0, 4, 0, 0, 0, 0, 0, 0, 0];
    flac.extend([0x0b, 0xb8, 0x02, 0xf0]);
    flac.extend([0; 20]);
    for (kind, decoder, string, rate) in [
        (b"mp4a", &aac[..], "iamf.000.000.mp4a.40.2", 44_100),
        (b"fLaC", &flac, "iamf.000.000.fLaC", 48_000),
        (
            b"ipcm",
            &[1, 16, 0, 0, 0xac, 0x44],
            "iamf.000.000.ipcm",
            44_100,
        ),
    ] {
        let obus = [
            sequence(0, 0),
            codec(kind, decoder),
            element(0, &[0], &STEREO),
        ];
        let config = parsed(&iacb(&obus)).unwrap();
        assert_eq!(
            (config.rfc6381().as_str(), config.sample_rate),
            (string, rate)
        );
    }
}

#[test]
fn the_widest_layer_of_the_widest_element_counts() {
    // A demixing parameter with a duration of its own, then recon gain in sub-blocks, then an unknown one.
    let demixing = [1, 7, 0xc0, 7, 0x80, 0x20, 0x10];
    let gain = [2, 8, 0xc0, 7, 0, 10, 0, 2, 5, 5];
    let unknown = [9, 2, 1, 1];
    let parameters = [&[3][..], &demixing, &gain, &unknown].concat();
    // Stereo with an output gain, then 7.1.4.
    let layers = [0x40, 0x18, 1, 1, 0, 0, 0, 0x70, 5, 2];
    let obus = [
        sequence(1, 2),
        codec(b"Opus", &OPUS),
        element(0, &[0], &STEREO),
        element(0, &parameters, &layers),
        // Ambisonics of the first order.
        element(1, &[0], &[0, 4, 4, 0, 1, 2, 3]),
    ];
    let config = parsed(&iacb(&obus)).unwrap();
    assert_eq!((config.channels, config.cicp), (12, Some(19)));
    let obus = [
        sequence(0, 0),
        codec(b"Opus", &OPUS),
        element(1, &[0], &[0, 16, 16]),
    ];
    let config = parsed(&iacb(&obus)).unwrap();
    assert_eq!((config.channels, config.cicp), (16, None));
}

#[test]
fn trimming_and_extensions_of_obus_are_passed() {
    let mut extended = vec![31 << 3 | 3, 10, 0, 0x81, 1, 0];
    extended.extend(*b"iamf");
    extended.extend([1, 0]);
    // Trims 0 and 129, an extension of no bytes, then the payload.
    let obus = [extended, codec(b"Opus", &OPUS)];
    assert_eq!(parsed(&iacb(&obus)).unwrap().rfc6381(), "iamf.001.000.Opus");
}

#[test]
fn bad_bytes_are_an_error_that_names_the_box() {
    let good = [sequence(1, 1), codec(b"Opus", &OPUS)];
    let mut version = iacb(&good);
    version[0] = 0;
    for (content, reason) in [
        (version, "version 0 is not defined"),
        (iacb(&good)[..20].to_vec(), "the descriptors are cut short"),
        (iacb(&good[..1]), "lack some of them"),
        (iacb(&good[1..]), "lack some of them"),
        (
            iacb(&[sequence(1, 1), codec(b"Vorb", &[])]),
            "make no sense",
        ),
        (
            iacb(&[sequence(1, 1), codec(b"fLaC", &[4])]),
            "make no sense",
        ),
    ] {
        let error = parsed(&content).unwrap_err().to_string();
        assert!(
            error.contains("stsd/iamf[0]/iacb at") && error.contains(reason),
            "{error} / {reason}"
        );
    }
}

proptest! {
    #[test]
    fn no_bytes_make_descriptors_panic(bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
        let _ = parsed(&iacb(&[sequence(1, 1), obu(1, &bytes), bytes.clone()]));
        let _ = parsed(&iacb(&[sequence(1, 1), obu(0, &bytes)]));
    }
}
