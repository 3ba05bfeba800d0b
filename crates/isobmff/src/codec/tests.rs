#![allow(clippy::unwrap_used)]
use super::*;
use crate::craft::{
    AVC_PPS, AVC_SPS, Trak, audio_entry, avcc, boxed, esds, parse_trak, visual_entry, words,
};

fn codec(handler: &[u8; 4], entry: Vec<u8>) -> CodecConfig {
    parse_trak(&Trak::with_entry(handler, entry))
        .unwrap()
        .sample_entries
        .remove(0)
        .codec
}

#[test]
fn what_is_not_known_is_named() {
    for (handler, entry) in [
        (b"vide", visual_entry(b"vvc1", b"")),
        (b"vide", visual_entry(b"mp4v", &esds(0x20, &[0]))),
        (b"vide", visual_entry(b"encv", b"")),
        (b"soun", audio_entry(b"enca", b"")),
        (b"soun", audio_entry(b"sowt", b"")),
        (b"soun", boxed(b"lpcm", &[0xff; 12])),
        (b"soun", visual_entry(b"avc1", b"")),
        (b"text", boxed(b"text", &[0; 8])),
        (b"clcp", boxed(b"c608", &[0; 8])),
        (b"tmcd", boxed(b"avc1", &[0; 8])),
    ] {
        let format = FourCc(*entry[4..].first_chunk().unwrap());
        let codec = codec(handler, entry);
        assert!(
            matches!(codec, CodecConfig::Unsupported(named) if named == format),
            "{codec:?}"
        );
        assert_eq!(codec.rfc6381(), None);
        assert!(codec.video().is_none() && codec.audio().is_none() && codec.text().is_none());
        assert_eq!(codec.family(), "unsupported");
    }
}

#[test]
fn an_encrypted_entry_names_the_format_below() {
    let sinf = boxed(
        b"sinf",
        &[boxed(b"frma", b"avc1"), boxed(b"schm", &[0; 12])].concat(),
    );
    for (handler, kind, entry) in [
        (b"vide", b"encv", visual_entry(b"encv", &sinf)),
        (b"soun", b"enca", audio_entry(b"enca", &sinf)),
        (
            b"text",
            b"enct",
            boxed(b"enct", &[&[0, 0, 0, 0, 0, 0, 0, 1], &sinf[..]].concat()),
        ),
    ] {
        let trak = Trak::with_entry(handler, entry.clone());
        let read = parse_trak(&trak).unwrap().sample_entries.remove(0);
        assert!(matches!(read.codec, CodecConfig::Unsupported(FourCc(named)) if &named == b"avc1"));
        assert_eq!((read.format, read.is_encrypted()), (FourCc(*kind), true));
        assert_eq!(read.raw, entry);
    }
}

fn video(children: &[&[u8]]) -> VideoInfo {
    let entry = visual_entry(
        b"avc1",
        &[&avcc(&[AVC_SPS], &[AVC_PPS])[..], &children.concat()].concat(),
    );
    codec(b"vide", entry).video().unwrap().clone()
}

#[test]
fn the_entry_says_shape_and_colour() {
    assert_eq!(
        video(&[]),
        VideoInfo {
            width: 320,
            height: 240,
            ..VideoInfo::default()
        }
    );
    assert_eq!(
        video(&[&boxed(b"pasp", &words(&[8, 9]))]).pixel_aspect,
        (8, 9)
    );
    assert_eq!(
        video(&[&boxed(b"pasp", &words(&[0, 9]))]).pixel_aspect,
        (1, 1)
    );
    let nclx = boxed(b"colr", b"nclx\0\x09\0\x10\0\x09\x80");
    assert_eq!(video(&[&nclx]).colour, Some((9, 16, 9, true)));
    let nclc = boxed(b"colr", b"nclc\0\x01\0\x01\0\x01");
    assert_eq!(
        video(&[&boxed(b"colr", b"profICC"), &nclc]).colour,
        Some((1, 1, 1, false))
    );
}

#[test]
fn a_zero_word_may_end_a_quicktime_entry() {
    assert_eq!(video(&[&[0; 4]]).width, 320);
}

#[test]
fn a_broken_shape_or_colour_is_named() {
    for (child, message) in [
        (boxed(b"pasp", &[0; 4]), "stsd/avc1[0]/pasp at"),
        (
            boxed(b"colr", b"nclx\x01\0\0\x10\0\x09\x80"),
            "stsd/avc1[0]/colr at",
        ),
        (boxed(b"colr", b"nclx\0\0"), "stsd/avc1[0]/colr at"),
    ] {
        let entry = visual_entry(b"avc1", &[avcc(&[AVC_SPS], &[AVC_PPS]), child].concat());
        let error = parse_trak(&Trak::with_entry(b"vide", entry))
            .unwrap_err()
            .to_string();
        assert!(
            error.starts_with("moov/trak[0]/mdia/minf/stbl/") && error.contains(message),
            "{error}"
        );
    }
}
