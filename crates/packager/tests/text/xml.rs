//! IMSC1 documents under the eyes of xmllint.
use std::io::Write;
use std::process::{Command, Stdio};

use edgepack_packager::text::{Track, imsc1_samples, parse_ttml, parse_webvtt};

use crate::support::{fixture, missing, segments, ttml, webvtt};

fn lint(document: &[u8]) -> bool {
    let mut child = Command::new("xmllint")
        .args(["--noout", "--nonet", "-"])
        .stdin(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
        .expect("xmllint");
    child.stdin.take().unwrap().write_all(document).unwrap();
    child.wait().unwrap().success()
}

fn has_xmllint() -> bool {
    let found = Command::new("xmllint")
        .arg("--version")
        .stderr(Stdio::null())
        .status();
    if found.is_err() {
        missing("xmllint");
    }
    found.is_ok()
}

fn assert_well_formed(what: &str, track: &Track) {
    for segment in segments(3000, track.end() / 1000 + 3000) {
        for sample in imsc1_samples(track, segment.clone()).unwrap() {
            assert!(
                lint(&sample.data),
                "{what}, {segment:?}: {}",
                String::from_utf8_lossy(&sample.data)
            );
            parse_ttml(&sample.data).expect("TTML");
        }
    }
}

#[test]
fn every_document_is_well_formed() {
    if !has_xmllint() {
        return;
    }
    assert_well_formed("WebVTT", &webvtt());
    assert_well_formed("TTML", &ttml());
    let wild = "WEBVTT\n\nSTYLE\n::cue { color: \"<&\" }\n\n00:01.000 --> 00:02.000 line:<& region:\"\n<v \"&<> \u{1}\u{fffe}<b><i></b>&lt;&#0;&#xffff;&#8;]]><lang \"<>x\n\n00:02.000 --> 00:03.000\n<c.red\u{b}>x";
    assert_well_formed("wild WebVTT", &parse_webvtt(wild.as_bytes()).unwrap());
    if let Some(file) = fixture("bear-english.ttml") {
        assert_well_formed("bear-english.ttml", &parse_ttml(&file).unwrap());
    }
    if let Some(file) = fixture("bear-english.vtt") {
        assert_well_formed("bear-english.vtt", &parse_webvtt(&file).unwrap());
    }
}
