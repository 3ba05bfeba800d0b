#![allow(clippy::unwrap_used, clippy::panic)]
use proptest::prelude::*;

use super::*;
use crate::codec::VideoRange;
use crate::craft::{bits, boxed, digits, parse_codec, visual_entry};
use crate::{CodecConfig, Error};

fn parse_children(kind: &[u8; 4], children: &[u8]) -> Result<Av1Config> {
    match parse_codec(b"vide", visual_entry(kind, children))? {
        CodecConfig::Av1(config) => Ok(config),
        other => panic!("{other:?}"),
    }
}

fn av1c(content: &[u8], obus: &[u8]) -> Vec<u8> {
    boxed(b"av1C", &[content, obus].concat())
}

fn nclx(primaries: u8, transfer: u8, matrix: u8, full_range: bool) -> Vec<u8> {
    let range = if full_range { 0x80 } else { 0 };
    boxed(
        b"colr",
        &[b"nclx", &[0, primaries, 0, transfer, 0, matrix, range][..]].concat(),
    )
}

fn string(content: &[u8], children: &[u8]) -> String {
    let config = parse_children(b"av01", &[&av1c(content, &[]), children].concat()).unwrap();
    config.rfc6381()
}

#[test]
fn codec_strings_are_those_of_the_binding() {
    // The two examples of section 5.
    assert_eq!(string(&[0x81, 0x01, 0x0c, 0], &[]), "av01.0.01M.08");
    assert_eq!(
        string(&[0x81, 0x04, 0x4e, 0], &nclx(9, 16, 9, false)),
        "av01.0.04M.10.0.112.09.16.09.0"
    );
    // BT.709 spelt out is the default, and left out.
    assert_eq!(
        string(&[0x81, 0x08, 0x0c, 0], &nclx(1, 1, 1, false)),
        "av01.0.08M.08"
    );
    // Unspecified by a `colr` is not.
    assert_eq!(
        string(&[0x81, 0x08, 0x0c, 0], &nclx(2, 2, 2, true)),
        "av01.0.08M.08.0.110.02.02.02.1"
    );
    // Professional, no level, high tier, 12 bits, 4:4:4.
    assert_eq!(
        string(&[0x81, 0x5f, 0xe0, 0], &[]),
        "av01.2.31H.12.0.000.01.01.01.0"
    );
    // Professional 4:2:2: a position means nothing there.
    assert_eq!(
        string(&[0x81, 0x49, 0x4a, 0], &[]),
        "av01.2.09M.10.0.100.01.01.01.0"
    );
    // Monochrome.
    assert_eq!(
        string(&[0x81, 0x00, 0x1c, 0], &[]),
        "av01.0.00M.08.1.110.01.01.01.0"
    );
}

/// Sequence header of 322x182, 10 bits, with everything in it that can be there.
fn full_header(colour: &str) -> Vec<u8> {
    let timing = [
        "1 ",
        &digits(1, 32),
        &digits(25, 32),
        "1 00101 ", // uvlc of 4
        "1 01001 ", // decoder model: buffer delays of 10 bits
        &digits(1, 32),
        "00001 00001 ",
    ]
    .concat();
    let first = [
        "000000000000 01000 1 1 ",
        &digits(7, 10),
        &digits(9, 10),
        "1 1 0011 ",
    ]
    .concat();
    let second = "000000000000 00100 0 0 ";
    let size = ["1000 0111 ", &digits(321, 9), &digits(181, 8)].concat();
    let tools = "1 0000111 000 1111 1 11 1 0 1 110 000 ";
    bits(
        &[
            "000 0 0 ", &timing, "1 00001 ", &first, second, &size, tools, colour, "0 1",
        ]
        .concat(),
    )
}

fn obu(header: u8, payload: &[u8]) -> Vec<u8> {
    [&[header, u8::try_from(payload.len()).unwrap()], payload].concat()
}

#[test]
fn a_sequence_header_says_size_depth_and_colour() {
    let header =
        SequenceHeader::parse(&full_header("1 0 1 00001001 00010000 00001001 0 10 0")).unwrap();
    assert_eq!(
        header,
        SequenceHeader {
            profile: 0,
            width: 322,
            height: 182,
            bit_depth: 10,
            monochrome: false,
            subsampling_x: true,
            subsampling_y: true,
            colour: Some((9, 16, 9)),
            full_range: false,
        }
    );
}

#[test]
fn a_still_picture_has_a_reduced_header() {
    // Profile 1, 64x64, sRGB.
    let reduced =
        bits("001 1 1 00000 0101 0101 111111 111111 000 000 0 1 00000001 00001101 00000000 0 0 1");
    let header = SequenceHeader::parse(&reduced).unwrap();
    assert_eq!((header.width, header.height), (64, 64));
    assert_eq!((header.subsampling_x, header.subsampling_y), (false, false));
    assert_eq!((header.colour, header.full_range), (Some((1, 13, 0)), true));
    // Profile 2: 12 bits of 4:2:2, and monochrome with full range.
    let wide = bits("010 1 1 00000 0000 0000 1 1 000 000 1 1 0 0 0 1 0 0 0 1");
    let header = SequenceHeader::parse(&wide).unwrap();
    assert_eq!(header.bit_depth, 12);
    assert_eq!((header.subsampling_x, header.subsampling_y), (true, false));
    let grey = bits("000 1 1 00000 0000 0000 1 1 000 000 0 1 0 1 0 1");
    let header = SequenceHeader::parse(&grey).unwrap();
    assert_eq!((header.monochrome, header.full_range), (true, true));
}

#[test]
fn the_entry_takes_size_and_colour_from_its_sequence_header() {
    let payload = full_header("1 0 1 00001001 00010010 00001001 0 10 0");
    let content = [0x81, 0x08, 0x4e, 0];
    // A metadata OBU and an OBU with an extension byte stand before it.
    let extended = [&[0x7e, 0x08, 1, 0][..], &obu(0x2a, &[1, 2, 3])].concat();
    let obus = [extended, obu(0x0a, &payload)].concat();
    let config = parse_children(b"av01", &av1c(&content, &obus)).unwrap();
    assert_eq!((config.video.width, config.video.height), (322, 182));
    assert_eq!(config.video.colour, Some((9, 18, 9, false)));
    assert_eq!(config.video.video_range(), VideoRange::Hlg);
    assert_eq!(
        (config.video.bit_depth, config.video.chroma),
        (10, Chroma::Yuv420)
    );
    assert_eq!(config.config_obus, obus);
    assert_eq!(config.rfc6381(), "av01.0.08M.10.0.112.09.18.09.0");
    // `colr` wins over it.
    let both = [av1c(&content, &obus), nclx(9, 16, 9, false)].concat();
    let config = parse_children(b"av01", &both).unwrap();
    assert_eq!(config.video.video_range(), VideoRange::Pq);
    assert_eq!(config.rfc6381(), "av01.0.08M.10.0.112.09.16.09.0");
}

#[test]
fn an_undescribed_colour_is_the_default_in_the_string_only() {
    let obus = obu(0x0a, &full_header("1 0 0 1 00 0"));
    let config = parse_children(b"av01", &av1c(&[0x81, 0x08, 0x4c, 0], &obus)).unwrap();
    assert_eq!(config.video.colour, Some((2, 2, 2, true)));
    assert_eq!(config.rfc6381(), "av01.0.08M.10.0.110.01.01.01.1");
}

#[test]
fn dolby_vision_alone_has_its_own_format() {
    let record = boxed(b"dvwC", &[&[1, 0, 0x14, 0x3d, 0][..], &[0; 19]].concat());
    let config = parse_children(
        b"dav1",
        &[av1c(&[0x81, 0x08, 0x4c, 0], &[]), record].concat(),
    )
    .unwrap();
    assert_eq!(config.rfc6381(), "dav1.10.07");
    assert_eq!(config.video.video_range(), VideoRange::Pq);
}

#[test]
fn bad_bytes_are_an_error_that_names_the_box() {
    let cut = obu(0x0a, &full_header("1 0 0 1 00 0")[..20]);
    for (children, reason) in [
        (Vec::new(), "has no av1C box"),
        (av1c(&[0x81, 0x08], &[]), "too short"),
        (av1c(&[0x82, 0, 0, 0], &[]), "marker or version is not 1"),
        (av1c(&[0x01, 0, 0, 0], &[]), "marker or version is not 1"),
        (av1c(&[0x81, 0, 0, 0], &[0x0a, 9, 1]), "an OBU is cut short"),
        (av1c(&[0x81, 0, 0, 0], &[0x0a, 0x80]), "an OBU is cut short"),
        (av1c(&[0x81, 0, 0, 0], &cut), "it ends early"),
    ] {
        let error: Error = parse_children(b"av01", &children).unwrap_err();
        let error = error.to_string();
        assert!(
            error.contains("stsd/av01[0]") && error.contains(reason),
            "{error} / {reason}"
        );
    }
    let error = parse_children(b"dav1", &av1c(&[0x81, 0, 0, 0], &[])).unwrap_err();
    assert!(error.to_string().ends_with("has no dvcC, dvvC or dvwC box"));
}

proptest! {
    #[test]
    fn no_bytes_make_a_header_panic(bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
        let _ = SequenceHeader::parse(&bytes);
        let _ = SequenceHeader::find(&bytes);
        let _ = parse_children(b"av01", &av1c(&[0x81, 0, 0, 0], &bytes));
    }
}
