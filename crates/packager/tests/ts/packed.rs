//! Packed audio: a tag with the time, and frames that ffmpeg decodes to what the source holds.
use std::fs;

use edgepack_packager::ts::packed_extension;

use crate::clips::clip;
use crate::reader::adts_frames;
use crate::support::{asset, decoded, packets, packets_heeding};

const TARGET_MS: u32 = 2000;

/// The timestamp of an ID3 tag, and what follows it.
fn untagged(segment: &[u8]) -> (u64, &[u8]) {
    let (frames, rest) = private_frames(segment);
    let [(owner, time)] = frames.as_slice() else {
        panic!("{} frames", frames.len());
    };
    assert_eq!(*owner, b"com.apple.streaming.transportStreamTimestamp");
    (u64::from_be_bytes((*time).try_into().unwrap()), rest)
}

/// Owners and data of the PRIV frames in an ID3 tag, and what follows the tag.
#[expect(clippy::type_complexity, reason = "parts of one slice")]
pub(crate) fn private_frames(segment: &[u8]) -> (Vec<(&[u8], &[u8])>, &[u8]) {
    assert_eq!(segment[..6], [b'I', b'D', b'3', 4, 0, 0]);
    let synchsafe = |bytes: &[u8]| {
        assert!(bytes.iter().all(|byte| byte & 0x80 == 0));
        bytes
            .iter()
            .fold(0, |size, byte| size << 7 | usize::from(*byte))
    };
    let (mut tag, rest) = segment[10..].split_at(synchsafe(&segment[6..10]));
    let mut frames = Vec::new();
    while !tag.is_empty() {
        assert_eq!(&tag[..4], b"PRIV");
        let (content, after) = tag[10..].split_at(synchsafe(&tag[4..8]));
        let end = content.iter().position(|byte| *byte == 0).unwrap();
        frames.push((&content[..end], &content[end + 1..]));
        tag = after;
    }
    (frames, rest)
}

#[test]
fn a_segment_says_when_its_first_frame_is_played() {
    let path = clip("ntsc.mp4");
    let asset = asset(&[&path], TARGET_MS);
    let expected = packets(&path, "a:0");
    let mut frames = 0;
    for segment in asset.packed(asset.audio().unwrap()) {
        let (time, rest) = untagged(&segment);
        let off = time as f64 / 90_000.0 - 10.0 - expected[frames].pts;
        assert!(off.abs() < 0.00001, "{off} s");
        frames += adts_frames(rest).len();
    }
    assert_eq!(frames, expected.len());
}

#[test]
fn the_frames_of_all_segments_decode_to_the_source() {
    for name in [
        "b-frames.mp4",
        "ntsc.mp4",
        "surround.mp4",
        "programme.m4a",
        "ac3.mp4",
        "eac3.mp4",
        "mp3.mp4",
        "half-rate-mp3.mp4",
    ] {
        let path = clip(name);
        let asset = asset(&[&path], TARGET_MS);
        let audio = asset.audio().unwrap();
        let extension = asset
            .presentation
            .codec(audio)
            .and_then(packed_extension)
            .unwrap();
        let segments = asset.packed(audio);
        assert!(segments.len() > 1);
        let frames: Vec<&[u8]> = segments.iter().map(|segment| untagged(segment).1).collect();
        let suffix = format!(".{extension}");
        let file = tempfile::Builder::new().suffix(&suffix).tempfile().unwrap();
        fs::write(file.path(), frames.concat()).unwrap();
        let (got, expected) = (decoded(file.path(), "0:a:0"), decoded(&path, "0:a:0"));
        let more = got.len().saturating_sub(expected.len());
        assert!(
            got.ends_with(&expected[1..]) && more <= 2,
            "{name}: {} for {}",
            got.len(),
            expected.len()
        );
    }
}

#[test]
fn ffmpeg_reads_a_segment_with_its_tag() {
    let asset = asset(&[clip("b-frames.mp4")], TARGET_MS);
    let segments = asset.packed(asset.audio().unwrap());
    let file = tempfile::Builder::new().suffix(".aac").tempfile().unwrap();
    fs::write(file.path(), &segments[1]).unwrap();
    let frames = adts_frames(untagged(&segments[1]).1).len();
    // It warns that it guesses the duration of any ADTS.
    assert_eq!(packets_heeding(file.path(), "a:0", "error").len(), frames);
}
