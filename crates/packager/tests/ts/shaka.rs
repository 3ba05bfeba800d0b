//! The same files, key and IV through shaka-packager 3.4.2, which writes SAMPLE-AES too: encrypted NAL units, encrypted
//! frames and what the tables say of them must be equal.
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use edgepack_drm::{ContentKey, KeyId, SampleAes};

use crate::clips::clip;
use crate::decrypt::{IV, KEY};
use crate::packed::private_frames;
use crate::reader;
use crate::support::{asset, fixture, repository, run};

/// None, with a line that says so, without the program.
fn packager() -> Option<PathBuf> {
    let installed = || {
        let arch = match std::env::consts::ARCH {
            "aarch64" => "arm64",
            _ => "x64",
        };
        repository().join(format!(
            "tests/node/node_modules/shaka-packager/bin/packager-linux-{arch}"
        ))
    };
    let named = std::env::var_os("EDGEPACK_SHAKA_PACKAGER").map(PathBuf::from);
    let path = named.unwrap_or_else(installed);
    if !path.exists() {
        let required = std::env::var_os("EDGEPACK_REQUIRE_TOOLS").is_some();
        assert!(!required, "a tool is missing; run `make test`");
        println!("skipped: no shaka-packager (EDGEPACK_SHAKA_PACKAGER names the binary)");
        return None;
    }
    Some(path)
}

/// All segments of one stream, encrypted.
fn peer(packager: &Path, file: &Path, stream: &str, extension: &str) -> Vec<Vec<u8>> {
    let folder = tempfile::tempdir().unwrap();
    let template = folder.path().join(format!("$Number$.{extension}"));
    let descriptor = format!(
        "in={},stream={stream},segment_template={},playlist_name=media.m3u8",
        file.display(),
        template.display()
    );
    let keys = format!("label=:key_id={}:key={}", "07".repeat(16), hex::encode(KEY));
    run(Command::new(packager)
        .arg(descriptor)
        .args(["--enable_raw_key_encryption", "--keys", &keys])
        .args(["--iv", &hex::encode(IV), "--protection_scheme", "cbcs"])
        .args(["--clear_lead", "0", "--segment_duration", "2", "--quiet"])
        .arg("--hls_master_playlist_output")
        .arg(folder.path().join("index.m3u8")));
    (1..)
        .map_while(|number| fs::read(folder.path().join(format!("{number}.{extension}"))).ok())
        .collect()
}

fn sample_aes() -> SampleAes {
    SampleAes::new(&ContentKey::new(KeyId([7; 16]), KEY), IV)
}

/// What a stream of one program holds: the program map's entry for it, and its elementary stream. Read leniently.
fn elementary(segments: &[Vec<u8>]) -> (Vec<u8>, Vec<u8>) {
    let (mut entry, mut stream) = (Vec::new(), Vec::new());
    let mut map_pid = None;
    for packet in segments.iter().flat_map(|segment| segment.chunks(188)) {
        let is_start = packet[1] & 0x40 != 0;
        let pid = u16::from_be_bytes([packet[1] & 0x1f, packet[2]]);
        let field = match packet[3] & 0x20 {
            0 => 0,
            _ => 1 + usize::from(packet[4]),
        };
        let payload = &packet[4 + field..];
        if payload.is_empty() || packet[3] & 0x10 == 0 {
            continue;
        }
        if pid == 0 {
            map_pid = Some(u16::from_be_bytes([payload[11] & 0x1f, payload[12]]));
        } else if Some(pid) == map_pid {
            let end = 4 + usize::from(u16::from_be_bytes([payload[2] & 0x0f, payload[3]])) - 4;
            // Its type, and its descriptors.
            entry = [&payload[13..14], &payload[16..end]].concat();
        } else if is_start {
            stream.extend_from_slice(&payload[9 + usize::from(payload[8])..]);
        } else {
            stream.extend_from_slice(payload);
        }
    }
    (entry, stream)
}

/// NAL units of slices.
fn slices(stream: &[u8]) -> Vec<&[u8]> {
    let starts: Vec<usize> = (3..stream.len())
        .filter(|at| stream[at - 3..*at] == [0, 0, 1])
        .collect();
    let ends = starts.iter().skip(1).map(|start| start - 3);
    let units = starts.iter().zip(ends.chain([stream.len()]));
    units
        .map(|(start, end)| {
            let unit = &stream[*start..end];
            let zeros = unit.iter().rev().take_while(|byte| **byte == 0).count();
            &unit[..unit.len() - zeros]
        })
        .filter(|unit| matches!(unit[0] & 31, 1 | 5))
        .collect()
}

fn files(clips: &[&str], fixtures: &[&str]) -> Vec<PathBuf> {
    let clips = clips.iter().map(|name| clip(name));
    clips
        .chain(fixtures.iter().filter_map(|name| fixture(name)))
        .collect()
}

#[test]
fn encrypted_pictures_equal_those_of_shaka_packager() {
    let Some(packager) = packager() else { return };
    let clips = ["b-frames.mp4", "slices.mp4", "ntsc.mp4"];
    for path in files(&clips, &["bear-1280x720.mp4", "sintel-1024x436.mp4"]) {
        let asset = asset(&[&path], 2000);
        let ours = asset.segments_under(asset.video(), None, Some(&sample_aes()));
        let (entry, stream) = elementary(&ours);
        let (expected_entry, expected) = elementary(&peer(&packager, &path, "video", "ts"));
        let (found, expected) = (slices(&stream), slices(&expected));
        assert_eq!(entry, expected_entry, "{}", path.display());
        assert_eq!(found.len(), expected.len(), "{}", path.display());
        let differing = found.iter().zip(&expected).position(|(a, b)| a != b);
        assert_eq!(differing, None, "{}", path.display());
    }
}

#[test]
fn encrypted_sound_in_a_transport_stream_equals_that_of_shaka_packager() {
    let Some(packager) = packager() else { return };
    for path in files(&["eac3.mp4", "ac3.mp4"], &["bear-640x360-ec3.mp4"]) {
        let asset = asset(&[&path], 2000);
        let ours = asset.segments_under(None, asset.audio(), Some(&sample_aes()));
        let theirs = peer(&packager, &path, "audio", "ts");
        let ((entry, stream), (expected_entry, expected)) =
            (elementary(&ours[..1]), elementary(&theirs[..1]));
        assert_eq!(entry, expected_entry, "{}", path.display());
        let common = stream.len().min(expected.len());
        assert!(
            common > 10_000 && stream[..common] == expected[..common],
            "{}",
            path.display()
        );
        let (stream, expected) = (elementary(&ours).1, elementary(&theirs).1);
        assert!(stream == expected, "{}", path.display());
    }
}

#[test]
fn encrypted_packed_audio_equals_that_of_shaka_packager() {
    let Some(packager) = packager() else { return };
    for path in files(&["b-frames.mp4", "surround.mp4"], &["bear-1280x720.mp4"]) {
        let asset = asset(&[&path], 2000);
        let ours = asset.packed_under(asset.audio().unwrap(), Some(&sample_aes()));
        let theirs = peer(&packager, &path, "audio", "aac");
        let blocks = |segments: &[Vec<u8>]| {
            let mut blocks: Vec<Vec<u8>> = Vec::new();
            for segment in segments {
                let (_, stream) = private_frames(segment);
                let frames = reader::adts_frames(stream).into_iter();
                blocks.extend(frames.map(|(_, block)| block.to_vec()));
            }
            blocks
        };
        assert_eq!(
            private_frames(&ours[0]).0[1],
            private_frames(&theirs[0]).0[1]
        );
        assert!(blocks(&ours) == blocks(&theirs), "{}", path.display());
    }
}
