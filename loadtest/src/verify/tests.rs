#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
//! Media made by ffmpeg pass, and every way to spoil them is noticed.
use url::Url;

use super::*;

mod live;
mod made;
mod playlists;
mod spoilt;
mod written;

fn rules_of(found: &[Violation]) -> Vec<&'static str> {
    found.iter().map(|violation| violation.rule).collect()
}

#[test]
fn a_checksum_is_compared_by_url_and_path() {
    let digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    let text = format!("{digest}  ./v/1.m4s\n{digest} *https://other.test/2.m4s\n");
    let sums = Checksums::parse(&text).unwrap();
    let url = |text: &str| Url::parse(text).unwrap();
    assert_eq!(
        sums.check(&url("https://edge.test/v/1.m4s?token=1"), b"abc"),
        None
    );
    assert_eq!(sums.check(&url("https://edge.test/v/9.m4s"), b"xyz"), None);
    let spoilt = sums
        .check(&url("https://edge.test/v/1.m4s"), b"abd")
        .unwrap();
    assert_eq!(spoilt.rule, rules::CHECKSUM);
    assert!(sums.check(&url("https://other.test/2.m4s"), b"").is_some());
    assert_eq!(Checksums::parse("\nabc  file\n").unwrap_err(), 2);
}

#[test]
fn cues_and_signature_of_webvtt() {
    let good = b"WEBVTT\nX-TIMESTAMP-MAP=LOCAL:00:00:00.000,MPEGTS:900000\n\n00:01.000 --> 00:00:02.000 line:0\nHi\n";
    assert!(webvtt(good).is_empty());
    assert!(webvtt(b"WEBVTT").is_empty());
    for bad in [
        &b"WEB\n"[..],
        b"WEBVTTX\n",
        b"WEBVTT\n\n00:02.000 --> 00:01.000\n",
        b"WEBVTT\n\n2 --> 3\n",
        b"WEBVTT\nX-TIMESTAMP-MAP=LOCAL:0\n",
        b"WEBVTT\n\xff\n",
    ] {
        assert_eq!(rules_of(&webvtt(bad)), [rules::WEBVTT], "{bad:?}");
    }
}
