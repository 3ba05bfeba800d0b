//! Whatever moment a process or machine ends at, what is listed afterwards is what was sent.
use std::fs::{self, OpenOptions};
use std::io::{BufRead, BufReader};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use super::super::record::RECORD_LEN;
use super::super::{Recorder, RecordingError};
use super::support::*;
use crate::config::{self, Verify};

#[derive(Clone, Copy)]
enum Ending {
    Media,
    Index,
}

/// Cuts a file of a whole recording at each offset from `from` on, opens it, and says how many segments are there.
fn cut_at_each_offset(ending: Ending, from: impl Fn(u64, u64) -> u64, check: impl Fn(u64, usize)) {
    let whole = tempfile::tempdir().unwrap();
    let [video, _] = source();
    record_all(&options(whole.path()), &[video]);
    let last = video.segments.last().unwrap();
    let last = u64::try_from(sent(last).len()).unwrap();
    let ending = match ending {
        Ending::Media => "mp4",
        Ending::Index => "idx",
    };
    let path = &files(&folder(&options(whole.path()), video), ending)[0];
    let length = fs::metadata(path).unwrap().len();
    let path = path.strip_prefix(whole.path()).unwrap();
    let scratch = tempfile::tempdir().unwrap();
    let options = options(scratch.path());
    for offset in from(length, last)..length {
        copy(whole.path(), scratch.path());
        let file = OpenOptions::new()
            .write(true)
            .open(scratch.path().join(path))
            .unwrap();
        file.set_len(offset).unwrap();
        let there = listed(&open(&options), video);
        assert!(there.values().all(|gap| !gap), "at {offset}");
        check(offset, there.len());
        // What the first opening made of it, the second finds in order.
        assert_eq!(listed(&open(&options), video), there);
    }
}

#[test]
fn media_cut_anywhere_in_the_last_segment_cost_that_one() {
    let from = |length, last| length - last;
    cut_at_each_offset(Ending::Media, from, |_, there| {
        assert_eq!(there, SECONDS - 1);
    });
}

#[test]
fn an_index_cut_anywhere_costs_the_segments_whose_records_are_gone() {
    cut_at_each_offset(
        Ending::Index,
        |_, _| 0,
        |offset, there| {
            let records = usize::try_from(offset).unwrap() / RECORD_LEN;
            assert_eq!(there, records.saturating_sub(1), "at {offset}");
        },
    );
}

#[test]
fn an_index_without_media_is_removed() {
    let folder = tempfile::tempdir().unwrap();
    let options = options(folder.path());
    let [video, _] = source();
    record_all(&options, &[video]);
    let of_track = super::support::folder(&options, video);
    fs::remove_file(&files(&of_track, "mp4")[0]).unwrap();
    assert!(open(&options).tracks().is_empty());
    assert!(files(&of_track, "idx").is_empty());
}

#[test]
fn every_flipped_byte_is_found_when_opening_and_when_reading() {
    let whole = tempfile::tempdir().unwrap();
    let [video, _] = source();
    record_all(&options(whole.path()), &[video]);
    let scratch = tempfile::tempdir().unwrap();
    let tail = config::Recording {
        verify: Verify::Tail,
        ..options(scratch.path())
    };
    let all = options(scratch.path());
    let first = video.segments[0].number;
    let header = open(&options(whole.path())).locate(video.name, EPOCH, first);
    let header = usize::try_from(header.unwrap().offset).unwrap();
    for ending in ["mp4", "idx"] {
        let path = files(&folder(&options(whole.path()), video), ending).remove(0);
        let content = fs::read(&path).unwrap();
        let path = scratch
            .path()
            .join(path.strip_prefix(whole.path()).unwrap());
        let step = if ending == "idx" { 3 } else { 97 };
        for at in (0..content.len()).step_by(step) {
            copy(whole.path(), scratch.path());
            let file = OpenOptions::new().write(true).open(&path).unwrap();
            file.write_all_at(&[content[at] ^ 0x10], u64::try_from(at).unwrap())
                .unwrap();
            // `listed` compares what is there with what was sent.
            let there = listed(&open(&all), video);
            let lost = SECONDS - there.values().filter(|gap| !**gap).count();
            let of_all = ending == "idx" && at < RECORD_LEN || ending == "mp4" && at < header;
            assert!(
                lost == 1 || (of_all && lost <= SECONDS),
                "{ending} {at}: {lost}"
            );
            open(&tail);
        }
    }
    // Damaged while it is open.
    copy(whole.path(), scratch.path());
    let recording = open(&all);
    let number = video.segments[2].number;
    let located = recording.locate(video.name, EPOCH, number).unwrap();
    let bytes = recording.read(video.name, EPOCH, number).unwrap();
    let file = OpenOptions::new().write(true).open(&located.path).unwrap();
    file.write_all_at(&[bytes[40] ^ 1], located.offset + 40)
        .unwrap();
    let error = recording.read(video.name, EPOCH, number).unwrap_err();
    assert!(matches!(error, RecordingError::Damaged { .. }), "{error}");
    assert!(listed(&recording, video)[&number]);
}

#[test]
fn a_process_killed_at_any_call_leaves_what_it_had_recorded() {
    let [video, _] = source();
    let segments = &video.segments[..3];
    for written in [0, 1, RECORD_LEN - 1, 1000, usize::MAX] {
        for at in 0.. {
            let folder = tempfile::tempdir().unwrap();
            let options = options(folder.path());
            let recording = open(&options);
            let disk = Faulty {
                at,
                fault: Fault::Dead { written },
                calls: 0,
            };
            let recorder = Recorder::on(Arc::clone(&recording), "news", disk).unwrap();
            record(&recorder, video, segments);
            assert!(recorder.finish(LIMIT));
            let recorded = usize::try_from(recorder.stats().segments).unwrap();
            let before = listed(&recording, video);
            assert_eq!(before.values().filter(|gap| !**gap).count(), recorded);
            drop(recording);
            let after = listed(&open(&options), video);
            let there = after.values().filter(|gap| !**gap).count();
            // A record may have come to the disk whole, though its writer was not told.
            assert!(
                there == recorded || there == recorded + 1,
                "call {at}: {there}"
            );
            if recorded == segments.len() {
                break;
            }
        }
    }
}

/// Set in a process of its own.
const KILLED: &str = "EDGEPACK_TEST_KILLED_FOLDER";

#[test]
fn a_process_killed_by_the_kernel_leaves_what_it_said_it_had() {
    let [video, _] = source();
    for segments in [1, 7, 40] {
        let folder = tempfile::tempdir().unwrap();
        let mut child = Command::new(std::env::current_exe().unwrap())
            .arg("--exact")
            .arg("origin::live::recording::tests::crash::until_it_is_killed")
            .args(["--ignored", "--nocapture"])
            .env(KILLED, folder.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let said = lines.map(|line| line.unwrap()).filter_map(|line| {
            let count = line.split("recorded ").nth(1)?;
            count.parse::<usize>().ok()
        });
        let mut said = said.skip_while(|count| *count < segments);
        let said = said.next().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
        let recording = open(&options(folder.path()));
        listed(&recording, video);
        let there = recording.segments(video.name, i64::MIN, i64::MAX);
        assert!(there.iter().all(|segment| !segment.gap));
        assert!(there.len() >= said, "{} of {said}", there.len());
    }
}

/// Records life after life, and says how much each time.
#[test]
#[ignore = "run by another test, which kills it"]
fn until_it_is_killed() {
    let Some(folder) = std::env::var_os(KILLED) else {
        return;
    };
    let [video, _] = source();
    let recording = open(&options(Path::new(&folder)));
    let recorder = Recorder::start(recording, "news").unwrap();
    for life in 0..10_000 {
        let later = video.again(EPOCH + life, i64::from(life) * 6000);
        for segment in &later {
            record(&recorder, video, std::slice::from_ref(segment));
            assert!(recorder.flush(LIMIT));
            println!("recorded {}", recorder.stats().segments);
        }
    }
}
