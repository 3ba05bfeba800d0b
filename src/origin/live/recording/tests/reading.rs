//! What was recorded comes back.
use std::process::Command;
use std::sync::Arc;

use edgepack_packager::HeaderProtection;

use super::super::{Recorder, Recording, RecordingError};
use super::support::*;

#[test]
fn what_viewers_got_comes_back_byte_by_byte_from_another_process_too() {
    let folder = tempfile::tempdir().unwrap();
    let options = options(folder.path());
    let [video, sound] = source();
    let recording = open(&options);
    let recorder = Recorder::start(Arc::clone(&recording), "news").unwrap();
    for track in [video, sound] {
        record(&recorder, track, &track.segments);
    }
    assert!(recorder.flush(LIMIT));
    let numbers = |track: &Track| track.segments.iter().map(|s| (s.number, false)).collect();
    assert_eq!(listed(&recording, video), numbers(video));
    assert_eq!(
        recorder.stats().segments as usize,
        video.segments.len() + sound.segments.len()
    );
    assert!(recorder.finish(LIMIT));
    drop(recording);

    let recording = open(&options);
    assert_eq!(recording.tracks(), [sound.name, video.name]);
    for track in [video, sound] {
        assert_eq!(listed(&recording, track), numbers(track));
        let found = recording.segments(track.name, i64::MIN, i64::MAX);
        for (found, sent) in found.iter().zip(&track.segments) {
            let told = |s: &edgepack_packager::live::Segment| {
                (
                    s.number,
                    s.start,
                    s.duration,
                    s.wall_clock_ms,
                    s.epoch,
                    s.header,
                    s.discontinuity,
                )
            };
            assert_eq!(told(found), told(sent));
            let parts = recording.parts(track.name, EPOCH, sent.number).unwrap();
            assert_eq!(parts.len(), sent.parts.len());
            for (found, sent) in parts.iter().zip(&sent.parts) {
                let told = |p: &edgepack_packager::live::Part| {
                    (
                        p.start,
                        p.duration,
                        p.independent,
                        p.first_sample,
                        p.prefix.clone(),
                    )
                };
                assert_eq!(told(found), told(sent));
                assert_eq!(found.samples, sent.samples);
                assert_eq!(found.media.concat(), sent.media.concat());
            }
        }
        let header = recording.header(track.name, EPOCH, 0).unwrap();
        let clear = HeaderProtection::Clear;
        let of_encoder = track.header.cmaf(track.timescale, clear, &[]).unwrap();
        assert_eq!(header.bytes, of_encoder);
        assert_eq!(
            header.header.cmaf(header.timescale, clear, &[]).unwrap(),
            of_encoder
        );
    }
    let (from, to) = recording.span().unwrap();
    assert!((5_500..=6_100).contains(&(to - from)), "{}", to - from);
    assert_eq!(recording.newest_epoch(), Some(EPOCH));
}

#[test]
fn a_stretch_of_time_brings_the_segments_that_lie_in_it() {
    let folder = tempfile::tempdir().unwrap();
    let options = options(folder.path());
    let [video, _] = source();
    record_all(&options, &[video]);
    let recording = open(&options);
    let [_, second, third, ..] = &video.segments[..] else {
        panic!("too few segments");
    };
    let numbers = |from, to| {
        let segments = recording.segments(video.name, from, to);
        segments.iter().map(|s| s.number).collect::<Vec<_>>()
    };
    let (a, b) = (second.wall_clock_ms, third.wall_clock_ms);
    assert_eq!(numbers(a, b), [second.number]);
    assert_eq!(numbers(a + 500, b + 1), [second.number, third.number]);
    assert_eq!(numbers(0, 1), [0_u64; 0]);
}

#[test]
fn media_files_are_fragmented_mp4_by_themselves() {
    let folder = tempfile::tempdir().unwrap();
    let options = config_of_files(folder.path(), 2);
    let [video, sound] = source();
    record_all(&options, &[video, sound]);
    let media = files(&super::support::folder(&options, video), "mp4");
    assert_eq!(media.len(), 3);
    let mut frames = 0;
    for file in &media {
        let out = Command::new("ffprobe")
            .args(
                "-v error -count_frames -show_entries stream=nb_read_frames -of csv=p=0".split(' '),
            )
            .arg(file)
            .output()
            .unwrap();
        assert_eq!(String::from_utf8_lossy(&out.stderr), "");
        let count = String::from_utf8_lossy(&out.stdout);
        frames += count.trim().trim_end_matches(',').parse::<usize>().unwrap();
    }
    assert_eq!(frames, 25 * SECONDS);
    let recording = open(&options);
    assert_eq!(listed(&recording, video).len(), SECONDS);
}

/// Files of so many seconds.
fn config_of_files(folder: &std::path::Path, seconds: u64) -> crate::config::Recording {
    crate::config::Recording {
        file_duration: std::time::Duration::from_secs(seconds),
        ..options(folder)
    }
}

#[test]
fn another_life_goes_on_behind_a_discontinuity_and_replaces_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let options = options(folder.path());
    let [video, _] = source();
    record_all(&options, &[video]);
    let recording = open(&options);
    let recorder = Recorder::start(Arc::clone(&recording), "news").unwrap();
    let later = video.again(EPOCH + 60, 60_000);
    record(&recorder, video, &later);
    // Names that are there already.
    record(&recorder, video, &video.segments);
    assert!(recorder.finish(LIMIT));
    assert_eq!(recorder.stats().refused, SECONDS as u64);
    let listed = recording.segments(video.name, i64::MIN, i64::MAX);
    assert_eq!(listed.len(), 2 * SECONDS);
    let anew: Vec<bool> = listed.iter().map(|segment| segment.discontinuity).collect();
    assert_eq!(anew.iter().position(|anew| *anew), Some(SECONDS));
    assert_eq!(anew.iter().filter(|anew| **anew).count(), 1);
    for segment in &video.segments {
        for epoch in [EPOCH, EPOCH + 60] {
            let bytes = recording.read(video.name, epoch, segment.number).unwrap();
            assert_eq!(bytes, sent(segment));
        }
    }
}

#[test]
fn gaps_and_missing_numbers_stay_gaps() {
    let folder = tempfile::tempdir().unwrap();
    let options = options(folder.path());
    let [video, _] = source();
    let mut segments = video.segments.clone();
    let gap = edgepack_packager::live::Segment {
        gap: true,
        parts: Vec::new(),
        ..edgepack_packager::live::Segment::clone(&segments[1])
    };
    segments[1] = Arc::new(gap);
    let missing = segments.remove(3);
    let recording = open(&options);
    let recorder = Recorder::start(Arc::clone(&recording), "news").unwrap();
    record(&recorder, video, &segments);
    assert!(recorder.finish(LIMIT));
    let first = video.segments[0].number;
    let expected = (0..6).map(|at| (first + at, at == 1 || at == 3)).collect();
    let check = |recording: &Recording| {
        assert_eq!(listed(recording, video), expected);
        let told = recording.segments(video.name, i64::MIN, i64::MAX);
        assert_eq!(
            (told[3].start, told[3].duration),
            (missing.start, missing.duration)
        );
        let error = recording
            .read(video.name, EPOCH, missing.number)
            .unwrap_err();
        assert!(matches!(error, RecordingError::NotThere { .. }), "{error}");
    };
    check(&recording);
    drop(recording);
    check(&open(&options));
}

#[test]
fn a_channel_is_recorded_by_one_process_at_a_time() {
    let folder = tempfile::tempdir().unwrap();
    let options = options(folder.path());
    let recording = open(&options);
    let second = Recording::open(&options, "/live", "news");
    assert!(matches!(second, Err(RecordingError::Locked { .. })));
    Recording::open(&options, "/live", "sports").unwrap();
    drop(recording);
    open(&options);
}
