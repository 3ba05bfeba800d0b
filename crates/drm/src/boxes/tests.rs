#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use super::*;
use crate::{KeyId, Scheme};

const KID: [u8; 16] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15];

fn cenc() -> TrackEncryption {
    TrackEncryption {
        scheme: Scheme::Cenc,
        default_kid: KeyId(KID),
        per_sample_iv_size: 8,
        constant_iv: None,
        crypt_byte_block: 0,
        skip_byte_block: 0,
    }
}

fn cbcs(crypt_byte_block: u8, skip_byte_block: u8) -> TrackEncryption {
    TrackEncryption {
        scheme: Scheme::Cbcs,
        per_sample_iv_size: 0,
        constant_iv: Some([0xaa; 16]),
        crypt_byte_block,
        skip_byte_block,
        ..cenc()
    }
}

fn protect(entry: &'static [u8], enc: &TrackEncryption) -> Vec<u8> {
    protect_sample_entry(&Bytes::from_static(entry), enc).unwrap()
}

#[test]
fn cenc_video_becomes_encv_with_a_sinf_behind_all_else() {
    let expected = [
        &b"\0\0\0\x5cencv..."[..11],
        b"\0\0\0\x50sinf",
        b"\0\0\0\x0cfrmaavc1",
        b"\0\0\0\x14schm\0\0\0\0cenc\0\x01\0\0",
        b"\0\0\0\x28schi",
        b"\0\0\0\x20tenc\0\0\0\0\0\0\x01\x08",
        &KID,
    ];
    let mut expected = expected.concat();
    expected[3] = 91;
    assert_eq!(protect(b"\0\0\0\x0bavc1...", &cenc()), expected);
}

#[test]
fn cbcs_has_version_1_with_pattern_and_constant_iv() {
    for (entry, protected, pattern) in [
        (b"\0\0\0\x08avc3", b"encv", (1, 9)),
        (b"\0\0\0\x08mp4a", b"enca", (0, 0)),
    ] {
        let expected = [
            &b"\0\0\0\x69"[..],
            protected,
            b"\0\0\0\x61sinf",
            b"\0\0\0\x0cfrma",
            &entry[4..],
            b"\0\0\0\x14schm\0\0\0\0cbcs\0\x01\0\0",
            b"\0\0\0\x39schi",
            b"\0\0\0\x31tenc\x01\0\0\0\0",
            &[pattern.0 << 4 | pattern.1, 1, 0],
            &KID,
            &[16],
            &[0xaa; 16],
        ];
        assert_eq!(
            protect(entry, &cbcs(pattern.0, pattern.1)),
            expected.concat()
        );
    }
}

#[test]
fn entries_that_are_no_boxes_or_of_other_codecs_are_refused() {
    let refused = |entry: &'static [u8]| {
        protect_sample_entry(&Bytes::from_static(entry), &cenc()).unwrap_err()
    };
    assert!(matches!(refused(b"\0\0\0\x04avc"), Error::SampleEntry(_)));
    assert!(matches!(refused(b"\0\0\0\x09avc1"), Error::SampleEntry(_)));
    assert!(matches!(
        refused(b"\0\0\0\x01avc1\0\0\0\0\0\0\0\x10"),
        Error::SampleEntry(_)
    ));
    assert!(matches!(
        refused(b"\0\0\0\x08encv"),
        Error::UnsupportedCodec(..)
    ));
    for text in [
        b"\0\0\0\x08wvtt",
        b"\0\0\0\x08stpp",
        b"\0\0\0\x08tx3g",
        b"\0\0\0\x08jpeg",
        b"\0\0\0\x08vp08",
    ] {
        assert!(matches!(
            refused(text),
            Error::UnsupportedCodec(_, Scheme::Cenc)
        ));
    }
}

#[test]
fn every_format_of_video_and_audio_is_kept_in_frma() {
    let video: &[&[u8; 4]] = &[
        b"avc1", b"avc3", b"dva1", b"dvav", b"hvc1", b"hev1", b"dvh1", b"dvhe", b"av01", b"dav1",
        b"vp09",
    ];
    let audio: &[&[u8; 4]] = &[
        b"mp4a", b"ac-3", b"ec-3", b"ac-4", b"Opus", b"fLaC", b"alac", b".mp3", b"dtsc", b"dtsh",
        b"dtsl", b"dtse", b"dtsx", b"dtsy", b"iamf",
    ];
    for (formats, protected) in [(video, b"encv"), (audio, b"enca")] {
        for &format in formats {
            let entry = Bytes::from([&b"\0\0\0\x0b"[..], format, b"..."].concat());
            let entry = protect_sample_entry(&entry, &cenc()).unwrap();
            assert_eq!(entry[4..11], [&protected[..], b"..."].concat());
            assert_eq!(entry[19..31], [&b"\0\0\0\x0cfrma"[..], format].concat());
        }
    }
}
