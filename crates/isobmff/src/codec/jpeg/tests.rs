#![allow(clippy::unwrap_used)]
use crate::CodecConfig;
use crate::craft::{boxed, esds, parse_codec, visual_entry, words};

#[test]
fn motion_jpeg_is_still_pictures() {
    let pasp = boxed(b"pasp", &words(&[4, 3]));
    for (kind, config) in [
        (b"mp4v", esds(0x6c, &[])),
        (b"jpeg", Vec::new()),
        (b"mjpg", Vec::new()),
    ] {
        let entry = visual_entry(kind, &[config, pasp.clone()].concat());
        let codec = parse_codec(b"vide", entry).unwrap();
        assert!(codec.is_image());
        assert_eq!(codec.rfc6381().unwrap(), "jpeg");
        let video = codec.video().unwrap();
        assert_eq!((video.width, video.height), (320, 240));
        assert_eq!(video.pixel_aspect, (4, 3));
    }
}

#[test]
fn other_codecs_in_an_mp4v_entry_are_named() {
    // MPEG-4 part 2, MPEG-2 main, PNG.
    for object_type in [0x20, 0x61, 0x6d] {
        let entry = visual_entry(b"mp4v", &esds(object_type, &[0, 0]));
        let codec = parse_codec(b"vide", entry).unwrap();
        assert!(matches!(codec, CodecConfig::Unsupported(named) if &named.0 == b"mp4v"));
    }
}
