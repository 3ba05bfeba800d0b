#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use edgepack_drm::{KeyId, Scheme, TrackEncryption};

use super::*;
use crate::craft::{TrackSpec, build, source};

fn holds(haystack: &[u8], needle: &[u8]) -> bool {
    haystack
        .windows(needle.len())
        .any(|window| window == needle)
}

fn header_of(track: TrackSpec, enc: Option<&TrackEncryption>, pssh: &[u8]) -> Bytes {
    let p = build(vec![source("a.mp4", &[track])], 4000).unwrap();
    header(&p, &p.renditions[0], enc.into(), pssh).unwrap()
}

#[test]
fn the_sample_entry_is_that_of_the_source() {
    let movie = crate::craft::movie(&[TrackSpec::video(25_000, 1000, 50, 10)]);
    let header = header_of(TrackSpec::video(25_000, 1000, 50, 10), None, &[]);
    assert!(holds(&header, &movie.tracks[0].sample_entries[0].raw));
}

#[test]
fn a_language_of_three_letters_stands_in_mdhd_and_a_shorter_one_in_elng() {
    let header = header_of(TrackSpec::audio(48_000, 100).language(b"fil"), None, &[]);
    assert!(
        holds(&header, &[0x19, 0x2c]) && !holds(&header, b"elng"),
        "f, i, l in five bits each"
    );
    let header = header_of(TrackSpec::audio(48_000, 100).language(b"eng"), None, &[]);
    assert!(
        holds(&header, &[0x55, 0xc4]) && holds(&header, b"elng\0\0\0\0en\0"),
        "und"
    );
}

#[test]
fn priming_stands_in_an_edit_list() {
    let header = header_of(TrackSpec::audio(48_000, 100).edit(0, 2112), None, &[]);
    assert!(holds(
        &header,
        b"elst\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\x08\x40\0\x01\0\0"
    ));
    let header = header_of(TrackSpec::audio(48_000, 100), None, &[]);
    assert!(!holds(&header, b"elst"));
}

#[test]
fn protection_turns_the_sample_entry_and_appends_pssh() {
    let enc = TrackEncryption {
        scheme: Scheme::Cenc,
        default_kid: KeyId([5; 16]),
        per_sample_iv_size: 8,
        constant_iv: None,
        crypt_byte_block: 0,
        skip_byte_block: 0,
    };
    let pssh = edgepack_drm::pssh::w3c_common(&[KeyId([5; 16])]);
    let header = header_of(TrackSpec::video(25_000, 1000, 50, 10), Some(&enc), &pssh);
    assert!(
        holds(&header, b"encv") && holds(&header, b"schm") && !holds(&header, b"avc1\0\0\0\0\0\0")
    );
    assert!(header.ends_with(&pssh));
}
