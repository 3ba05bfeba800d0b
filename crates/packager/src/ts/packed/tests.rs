#![allow(clippy::expect_used)]
use super::*;

#[test]
fn the_tag_is_one_private_frame_with_the_timestamp_in_eight_bytes() {
    let tag = timestamp_tag(90_000);
    assert_eq!(tag.len(), 73);
    assert_eq!(tag[..10], *b"ID3\x04\x00\x00\x00\x00\x00\x3f");
    assert_eq!(tag[10..20], *b"PRIV\x00\x00\x00\x35\x00\x00");
    assert_eq!(
        tag[20..65],
        *b"com.apple.streaming.transportStreamTimestamp\0"
    );
    assert_eq!(tag[65..], [0, 0, 0, 0, 0, 0x0f, 0x1b, 0x30], "990000");
}

#[test]
fn the_timestamp_has_33_bits() {
    let tag = timestamp_tag(-900_001);
    assert_eq!(tag[65..], [0, 0, 0, 1, 0xff, 0xff, 0xff, 0xff]);
}

#[test]
fn video_and_nothing_have_no_packed_form() {
    let codec = CodecConfig::Unsupported(edgepack_isobmff::FourCc(*b"Opus"));
    let error = PackedAudio::new(&[&codec])
        .expect_err("no form")
        .to_string();
    assert_eq!(error, "Opus cannot be carried in packed audio");
    assert!(PackedAudio::new(&[]).is_err());
}
