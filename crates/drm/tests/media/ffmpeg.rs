//! ffmpeg decrypts what the encryptor made.
use crate::clip::{self, KEY};
use crate::{mp4, remux};
use bytes::Bytes;
use edgepack_drm::Scheme;
use std::path::Path;
use std::process::Command;

/// One line per packet with its times and the MD5 of its bytes.
///
/// ffmpeg 5.1 mixes up the `senc` boxes of fragments when it can seek and no `sidx` spans them all (in the output of
/// other packagers too), hence standard input.
fn packets(file: &Path) -> String {
    let output = Command::new("ffmpeg")
        .args([
            "-v",
            "error",
            "-nostdin",
            "-decryption_key",
            KEY,
            "-i",
            "pipe:0",
        ])
        .stdin(std::fs::File::open(file).unwrap())
        .args(["-c", "copy", "-f", "framemd5", "-"])
        .output()
        .unwrap();
    assert!(
        output.status.success() && output.stderr.is_empty(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let text = String::from_utf8(output.stdout).unwrap();
    // The `pssh` box rides on the first packet as side data, after its MD5.
    text.lines()
        .map(|line| line.split_once(", S=").map_or(line, |(packet, _)| packet))
        .collect::<Vec<_>>()
        .join("\n")
}

fn check(what: &str, clear: &Path) {
    let bytes: Bytes = std::fs::read(clear).unwrap().into();
    let expected = packets(clear);
    let samples = mp4::read(&bytes, 0).samples;
    assert!(samples.len() >= 25, "{what}: {} samples", samples.len());
    for scheme in [Scheme::Cenc, Scheme::Cbcs] {
        let file = clear.with_file_name(format!("{scheme:?}.mp4"));
        let protected = remux::protect(&bytes, scheme);
        assert_ne!(
            mp4::read(&protected, if scheme == Scheme::Cenc { 8 } else { 0 }).samples,
            samples
        );
        std::fs::write(&file, protected).unwrap();
        assert_eq!(packets(&file), expected, "{what}, {scheme:?}");
    }
}

#[test]
fn ffmpeg_decrypts_avc_of_every_make() {
    for (what, options) in clip::AVC {
        let folder = tempfile::tempdir().unwrap();
        let Some(clear) = clip::avc(folder.path(), options) else {
            return;
        };
        check(what, &clear);
    }
}

#[test]
fn ffmpeg_decrypts_aac() {
    let folder = tempfile::tempdir().unwrap();
    let Some(clear) = clip::aac(folder.path()) else {
        return;
    };
    check("AAC", &clear);
}

#[test]
fn ffmpeg_decrypts_files_of_other_encoders() {
    for (name, streams) in FIXTURES {
        for stream in *streams {
            let folder = tempfile::tempdir().unwrap();
            let Some(file) = clip::fixture(name) else {
                return;
            };
            let Some(clear) = clip::of_file(folder.path(), &file, stream) else {
                return;
            };
            check(&format!("{name} {stream}"), &clear);
        }
    }
}

pub const FIXTURES: &[(&str, &[&str])] = &[
    ("bear-640x360.mp4", &["0:v:0", "0:a:0"]),
    ("bear-1280x720.mp4", &["0:v:0"]),
    ("bear-640x360-aac_he-silent_right.mp4", &["0:a:0"]),
    ("sintel-1024x436.mp4", &["0:v:0", "0:a:0"]),
];
