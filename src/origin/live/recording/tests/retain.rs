//! What is too old or too much goes, in whole files.
use std::sync::Arc;
use std::time::Duration;

use super::super::Recorder;
use super::support::*;
use crate::config;

/// Files of two segments, of sound, too, whose segments do not begin to the second.
fn options_of(folder: &std::path::Path) -> config::Recording {
    config::Recording {
        file_duration: Duration::from_millis(1900),
        ..options(folder)
    }
}

#[test]
fn files_whose_last_segment_is_too_old_are_removed() {
    let folder = tempfile::tempdir().unwrap();
    let [video, sound] = source();
    let without = options_of(folder.path());
    record_all(&without, &[video, sound]);
    let options = config::Recording {
        retention: Some(Duration::from_secs(10)),
        ..without
    };
    let recording = open(&options);
    let bytes = recording.bytes();
    let began = video.segments[0].wall_clock_ms;
    assert_eq!(recording.retain(began + 11_900), 0);
    assert_eq!(recording.retain(began + 12_500), 2);
    assert!(recording.bytes() < bytes);
    assert_eq!(
        files(&super::support::folder(&options, video), "mp4").len(),
        2
    );
    assert_eq!(
        files(&super::support::folder(&options, video), "idx").len(),
        2
    );
    assert_eq!(listed(&recording, video).len(), SECONDS - 2);
    assert!(recording.span().unwrap().0 >= began + 1900);
    let left = [video, sound].map(|track| {
        let folder = super::support::folder(&options, track);
        files(&folder, "mp4").len() as u64
    });
    assert_eq!(recording.retain(began + 60_000), left.iter().sum::<u64>());
    assert_eq!((recording.bytes(), recording.span()), (0, None));
    drop(recording);
    assert!(open(&options).tracks().is_empty());
}

#[test]
fn the_oldest_files_of_all_tracks_make_room() {
    let folder = tempfile::tempdir().unwrap();
    let [video, sound] = source();
    let without = options_of(folder.path());
    record_all(&without, &[video, sound]);
    let bytes = open(&without).bytes();
    let options = config::Recording {
        max_bytes: Some(bytes * 2 / 3),
        ..without
    };
    let recording = open(&options);
    assert!(recording.retain(0) > 0);
    assert!(recording.bytes() <= bytes * 2 / 3);
    let oldest = |track: &Track| listed(&recording, track).into_keys().next().unwrap();
    assert!(oldest(video).abs_diff(oldest(sound)) <= 2);
    let last = video.segments.last().unwrap().number;
    assert!(listed(&recording, video).contains_key(&last));
    // As many bytes as are said are there.
    let on_disk = [video, sound].map(|track| {
        let folder = super::support::folder(&options, track);
        let files = files(&folder, "mp4")
            .into_iter()
            .chain(files(&folder, "idx"));
        files
            .map(|file| file.metadata().unwrap().len())
            .sum::<u64>()
    });
    assert_eq!(on_disk.iter().sum::<u64>(), recording.bytes());
}

#[test]
fn files_that_are_written_stay_whatever_their_age() {
    let folder = tempfile::tempdir().unwrap();
    let [video, _] = source();
    let options = config::Recording {
        retention: Some(Duration::from_secs(1)),
        ..options_of(folder.path())
    };
    let recording = open(&options);
    let recorder = Recorder::start(Arc::clone(&recording), "news").unwrap();
    record(&recorder, video, &video.segments[..3]);
    assert!(recorder.flush(LIMIT));
    recording.retain(i64::MAX);
    assert_eq!(listed(&recording, video).len(), 1);
    record(&recorder, video, &video.segments[3..4]);
    assert!(recorder.finish(LIMIT));
    assert_eq!(listed(&recording, video).len(), 2);
    assert_eq!(recording.retain(i64::MAX), 1);
}
