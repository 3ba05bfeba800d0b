#![allow(clippy::unwrap_used, clippy::panic)]
use super::*;
use crate::CodecConfig;
use crate::codec::VideoRange;
use crate::craft::{full, parse_codec, visual_entry};

fn parse_content(kind: &[u8; 4], version: u8, content: &[u8]) -> Result<VpxConfig> {
    let vpcc = full(b"vpcC", version, 0, content);
    match parse_codec(b"vide", visual_entry(kind, &vpcc))? {
        CodecConfig::Vp9(config) => Ok(config),
        other => panic!("{other:?}"),
    }
}

fn vp09(content: [u8; 6]) -> VpxConfig {
    parse_content(b"vp09", 1, &[&content[..], &[0, 0]].concat()).unwrap()
}

#[test]
fn codec_strings_are_those_of_the_binding() {
    // Its two examples.
    let hdr = vp09([2, 10, 0xa3, 9, 16, 9]);
    assert_eq!(hdr.rfc6381(), "vp09.02.10.10.01.09.16.09.01");
    assert_eq!(hdr.video.colour, Some((9, 16, 9, true)));
    assert_eq!(hdr.video.video_range(), VideoRange::Pq);
    let plain = vp09([0, 41, 0x82, 1, 1, 1]);
    assert_eq!(plain.rfc6381(), "vp09.00.41.08");
    // Nothing but the tail's first field differs from the default.
    assert_eq!(
        vp09([0, 31, 0x80, 1, 1, 1]).rfc6381(),
        "vp09.00.31.08.00.01.01.01.00"
    );
    assert_eq!(
        vp09([3, 61, 0xc6, 2, 2, 2]).rfc6381(),
        "vp09.03.61.12.03.02.02.02.00"
    );
}

#[test]
fn pictures_have_the_size_of_the_entry() {
    let config = vp09([1, 21, 0x84, 2, 2, 2]);
    assert_eq!(
        config.video,
        VideoInfo {
            width: 320,
            height: 240,
            chroma: Chroma::Yuv422,
            ..VideoInfo::default()
        }
    );
}

#[test]
fn vp8_has_the_same_form() {
    let codec = parse_codec(
        b"vide",
        visual_entry(b"vp08", &full(b"vpcC", 1, 0, &[0, 10, 0x82, 1, 1, 1, 0, 0])),
    )
    .unwrap();
    assert_eq!(codec.rfc6381().unwrap(), "vp08.00.10.08");
    assert_eq!(codec.family(), "vp8");
}

#[test]
fn bad_bytes_are_an_error_that_names_the_box() {
    for (version, content, reason) in [
        (0, &[0, 10, 0x82, 1, 1, 1][..], "version 0 is not defined"),
        (1, &[0, 10, 0x82, 1, 1], "too short"),
        (1, &[0, 10, 0x92, 1, 1, 1], "a bit depth of 9"),
        (
            1,
            &[0, 10, 0x88, 1, 1, 1],
            "chroma subsampling 4 is not defined",
        ),
    ] {
        let error = parse_content(b"vp09", version, content)
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("stsd/vp09[0]/vpcC at") && error.contains(reason),
            "{error} / {reason}"
        );
    }
}
