//! Real media: what ffmpeg decodes of the segments is what it decodes of the source, at the same times.
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use edgepack_packager::Rendition;
use tempfile::TempDir;

use crate::clips::{apart, clip};
use crate::reader::{self, Read};
use crate::support::{Asset, Packet, asset, decoded, fixture, packets, run};

const TARGET_MS: u32 = 2000;
/// Presentation time 0, seconds.
const START: f64 = 10.0;

/// Segments in files, and all of them in one.
struct Stream {
    folder: TempDir,
    segments: Vec<Vec<u8>>,
}

impl Stream {
    fn new(asset: &Asset, video: Option<&Rendition>, audio: Option<&Rendition>) -> Self {
        let stream = Self {
            folder: tempfile::tempdir().unwrap(),
            segments: asset.segments(video, audio),
        };
        for (number, segment) in stream.segments.iter().enumerate() {
            fs::write(stream.segment(number), segment).unwrap();
        }
        fs::write(stream.whole(), stream.segments.concat()).unwrap();
        stream
    }

    fn segment(&self, number: usize) -> PathBuf {
        self.folder.path().join(format!("{number}.ts"))
    }

    fn whole(&self) -> PathBuf {
        self.folder.path().join("whole.ts")
    }

    fn read(&self) -> Read {
        reader::read(&self.segments.concat())
    }

    /// Each segment stands for itself, and all together are one stream.
    fn check(&self, what: &str) {
        for (number, segment) in self.segments.iter().enumerate() {
            let read = reader::read(segment);
            for (pid, count) in &read.counted {
                let is_table = matches!(pid, 0 | 0x1000);
                assert!(
                    if is_table {
                        *count == 1
                    } else {
                        count % 16 == 0
                    },
                    "{what}, {number}"
                );
            }
            if let Some(first) = read.of(0x100).first() {
                assert!(first.random_access, "{what}, {number}");
            }
            // Of a stream that the program map lists and that has nothing, ffprobe warns.
            if read.streams.keys().all(|pid| !read.of(*pid).is_empty()) {
                let pictures = packets(&self.segment(number), "v:0");
                assert_eq!(pictures.len(), read.of(0x100).len(), "{what}, {number}");
                assert!(
                    pictures.first().is_none_or(|first| first.is_key),
                    "{what}, {number}"
                );
            }
        }
        self.read().check_times();
    }
}

/// Times of all packets are those of the source on the presentation's time line, to a millisecond; `moved`: what the
/// source is late by, seconds.
fn check_times(got: &[Packet], expected: &[Packet], moved: f64, what: &str) {
    assert_eq!(got.len(), expected.len(), "{what}: packets");
    for (got, expected) in got.iter().zip(expected) {
        let off = got.pts - START - (expected.pts - moved);
        assert!(
            off.abs() < 0.001,
            "{what}: {} instead of {}",
            got.pts - START,
            expected.pts
        );
    }
}

/// Sound before presentation time 0 is heard in a transport stream, in a few frames; of the source, ffmpeg leaves
/// it out, and cuts the frame that it ends in.
fn check_sound(got: &[String], expected: &[String], what: &str) {
    let more = got.len().saturating_sub(expected.len());
    assert!(
        got.ends_with(&expected[1..]) && more <= 4,
        "{what}: sound, {more} frames more"
    );
}

fn check_pictures(got: &[String], expected: &[String], what: &str) {
    let differing = got
        .iter()
        .zip(expected)
        .position(|(got, expected)| got != expected);
    assert_eq!(
        (differing, got.len()),
        (None, expected.len()),
        "{what}: pictures"
    );
}

/// How many segments it has.
fn same_as_source(path: &Path, moved: f64) -> usize {
    let asset = asset(&[path], TARGET_MS);
    let what = path.file_name().unwrap().to_string_lossy();
    let (video, audio) = (asset.video(), asset.audio());
    let stream = Stream::new(&asset, video, audio);
    stream.check(&what);
    if video.is_some() {
        check_pictures(
            &decoded(&stream.whole(), "0:v:0"),
            &decoded(path, "0:v:0"),
            &what,
        );
        check_times(
            &packets(&stream.whole(), "v:0"),
            &packets(path, "v:0"),
            moved,
            &what,
        );
    }
    if audio.is_some() {
        check_sound(
            &decoded(&stream.whole(), "0:a:0"),
            &decoded(path, "0:a:0"),
            &what,
        );
        check_times(
            &packets(&stream.whole(), "a:0"),
            &packets(path, "a:0"),
            0.0,
            &what,
        );
    }
    stream.segments.len()
}

#[test]
fn pictures_and_sound_keep_content_and_times() {
    for name in [
        "b-frames.mp4",
        "open-gop.mp4",
        "ntsc.mp4",
        "variable-rate.mp4",
        "slow.mp4",
        "in-band.mp4",
        "slices.mp4",
        "hevc.mp4",
        "late-sound.mp4",
        "long-sound.mp4",
        "surround.mp4",
        "programme.m4a",
        "ac3.mp4",
        "eac3.mp4",
        "mp3.mp4",
        "half-rate-mp3.mp4",
    ] {
        assert!(same_as_source(&clip(name), 0.0) > 1, "{name}");
    }
}

#[test]
fn pictures_with_negative_composition_offsets_are_decoded_before_they_are_shown() {
    assert!(same_as_source(&clip("negative-offsets.mp4"), 0.0) > 1);
}

/// It begins two frames late by its composition offsets alone, which the presentation takes back.
#[test]
fn video_without_an_edit_list_moves_to_the_start() {
    same_as_source(&clip("no-edit-list.mp4"), 0.08);
}

#[test]
fn files_of_other_encoders_keep_pictures_sound_and_times() {
    for name in [
        "bear-640x360.mp4",
        "bear-1280x720.mp4",
        "bear-640x360-hevc.mp4",
        "sintel-1024x436.mp4",
        "bear-640x360-ec3.mp4",
        "bear-640x360-hevc-hdr10.mp4",
        "sparks_dovi_8.mp4",
        "bear-640x360-aac_he-silent_right.mp4",
    ] {
        if let Some(path) = fixture(name) {
            same_as_source(&path, 0.0);
        }
    }
}

#[test]
fn video_alone_and_audio_alone_are_streams_of_their_own() {
    let path = clip("b-frames.mp4");
    let asset = asset(&[&path], TARGET_MS);
    let pictures = Stream::new(&asset, asset.video(), None);
    pictures.check("video");
    let read = pictures.read();
    assert_eq!((read.streams.len(), read.clock_pid), (1, 0x100));
    check_pictures(
        &decoded(&pictures.whole(), "0:v:0"),
        &decoded(&path, "0:v:0"),
        "video",
    );
    let sounds = Stream::new(&asset, None, asset.audio());
    sounds.check("audio");
    let read = sounds.read();
    assert_eq!((read.streams.len(), read.clock_pid), (1, 0x101));
    check_sound(
        &decoded(&sounds.whole(), "0:a:0"),
        &decoded(&path, "0:a:0"),
        "audio",
    );
    check_times(
        &packets(&sounds.whole(), "a:0"),
        &packets(&path, "a:0"),
        0.0,
        "audio",
    );
}

#[test]
fn video_and_audio_of_different_files_make_one_stream() {
    let path = clip("ntsc.mp4");
    let folder = tempfile::tempdir().unwrap();
    let asset = asset(&apart(&path, folder.path()), TARGET_MS);
    let stream = Stream::new(&asset, asset.video(), asset.audio());
    stream.check("two files");
    check_pictures(
        &decoded(&stream.whole(), "0:v:0"),
        &decoded(&path, "0:v:0"),
        "two files",
    );
    check_sound(
        &decoded(&stream.whole(), "0:a:0"),
        &decoded(&path, "0:a:0"),
        "two files",
    );
    check_times(
        &packets(&stream.whole(), "a:0"),
        &packets(&path, "a:0"),
        0.0,
        "two files",
    );
}

#[test]
fn segments_join_in_any_order_without_a_gap_in_the_counters_of_the_media() {
    let asset = asset(&[clip("b-frames.mp4")], TARGET_MS);
    let segments = asset.segments(asset.video(), asset.audio());
    for segment in &segments {
        for pid in [0x100, 0x101] {
            let counters: Vec<u8> = segment
                .chunks(188)
                .filter(|packet| u16::from_be_bytes([packet[1] & 0x1f, packet[2]]) == pid)
                .filter(|packet| packet[3] & 0x10 != 0)
                .map(|packet| packet[3] & 15)
                .collect();
            assert_eq!((counters.first(), counters.last()), (Some(&0), Some(&15)));
        }
    }
}

#[test]
fn the_first_segment_says_that_nothing_goes_before_it() {
    let asset = asset(&[clip("b-frames.mp4")], TARGET_MS);
    let segments = asset.segments(asset.video(), asset.audio());
    let says = |segment: &[u8]| {
        let packets = segment.chunks(188);
        packets
            .filter(|packet| packet[3] & 0x20 != 0 && packet[4] > 0 && packet[5] & 0x80 != 0)
            .map(|packet| u16::from_be_bytes([packet[1] & 0x1f, packet[2]]))
            .collect::<Vec<_>>()
    };
    assert_eq!(says(&segments[0]), [0, 0x1000, 0x100, 0x101]);
    assert!(segments[1..].iter().all(|segment| says(segment).is_empty()));
}

/// FFmpeg groups audio and fills packets much as we do, and needs no multiple of 16.
#[test]
fn a_stream_is_larger_than_that_of_ffmpeg_by_its_counters_alone() {
    let path = clip("b-frames.mp4");
    let asset = asset(&[&path], TARGET_MS);
    let segments = asset.segments(asset.video(), asset.audio());
    let total: usize = segments.iter().map(Vec::len).sum();
    let file = tempfile::Builder::new().suffix(".ts").tempfile().unwrap();
    run(Command::new("ffmpeg")
        .args(["-nostdin", "-y", "-v", "error", "-i"])
        .arg(&path)
        .args(["-c", "copy"])
        .arg(file.path()));
    let reference = fs::metadata(file.path()).unwrap().len() as usize;
    println!(
        "{total} bytes in {} segments, {reference} of ffmpeg",
        segments.len()
    );
    assert!(
        total <= reference + segments.len() * 2 * 15 * 188,
        "{total}, {reference}"
    );
}
