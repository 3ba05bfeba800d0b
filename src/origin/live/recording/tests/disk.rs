//! Disks that are full, and disks that are slow.
use std::fs::File;
use std::io;
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, mpsc};

use bytes::Bytes;

use super::super::Recorder;
use super::super::volume::{Disk, Volume};
use super::support::*;
use crate::config::{self, Fsync};

#[test]
fn a_disk_that_is_full_at_any_call_costs_at_most_one_segment() {
    let [video, _] = source();
    let mut calls = 0;
    for fsync in [Fsync::Never, Fsync::Segment] {
        for written in [0, 50, 1000] {
            for at in 0.. {
                let folder = tempfile::tempdir().unwrap();
                let options = config::Recording {
                    fsync,
                    ..options(folder.path())
                };
                let recording = open(&options);
                let disk = Faulty {
                    at,
                    fault: Fault::Full { written },
                    calls: 0,
                };
                let recorder = Recorder::on(Arc::clone(&recording), "news", disk).unwrap();
                record(&recorder, video, &video.segments);
                assert!(recorder.finish(LIMIT));
                let stats = recorder.stats();
                let there = listed(&recording, video);
                let whole = there.values().filter(|gap| !**gap).count();
                assert_eq!(whole as u64, stats.segments);
                assert_eq!(stats.segments + stats.lost_to_disk, SECONDS as u64);
                assert!(stats.lost_to_disk <= 1);
                drop(recording);
                assert_eq!(listed(&open(&options), video), there, "call {at}");
                // All calls have had their turn.
                if stats.lost_to_disk == 0 && at > 3 * SECONDS * 2 {
                    break;
                }
                calls += 1;
            }
        }
    }
    assert!(calls > 60, "{calls}");
}

/// Set in a process of its own.
const LIMITED: &str = "EDGEPACK_TEST_LIMITED_FOLDER";

/// The kernel writes as much as it may, then refuses (`setrlimit(2)`, RLIMIT_FSIZE).
#[test]
fn what_the_kernel_refuses_in_the_middle_of_a_write_is_undone() {
    let folder = tempfile::tempdir().unwrap();
    let name = "origin::live::recording::tests::disk::under_a_limit";
    // Blocks of 512 bytes: a header and two or three segments.
    let script = "trap '' XFSZ; ulimit -f 12; exec \"$0\" --exact \"$1\" --ignored";
    let status = Command::new("sh")
        .args(["-c", script])
        .arg(std::env::current_exe().unwrap())
        .arg(name)
        .env(LIMITED, folder.path())
        .output()
        .unwrap();
    assert!(
        status.status.success(),
        "{}",
        String::from_utf8_lossy(&status.stdout)
    );
    let [video, _] = source();
    let options = options(folder.path());
    let there = listed(&open(&options), video);
    let whole = there.values().filter(|gap| !**gap).count();
    assert!((1..SECONDS).contains(&whole), "{whole} of {SECONDS}");
}

#[test]
#[ignore = "run by another test, under a limit"]
fn under_a_limit() {
    let Some(folder) = std::env::var_os(LIMITED) else {
        return;
    };
    let options = options(Path::new(&folder));
    let [video, _] = source();
    let recording = open(&options);
    let recorder = Recorder::start(Arc::clone(&recording), "news").unwrap();
    record(&recorder, video, &video.segments);
    assert!(recorder.finish(LIMIT));
    let stats = recorder.stats();
    assert!(
        stats.lost_to_disk > 0 && stats.segments > 0 && stats.is_failing,
        "{stats:?}"
    );
    listed(&recording, video);
}

/// Waits before each append until it is let go on.
struct Slow {
    began: mpsc::Sender<()>,
    go: mpsc::Receiver<()>,
}

impl Volume for Slow {
    fn create(&mut self, path: &Path) -> io::Result<File> {
        let _ = self.began.send(());
        let _ = self.go.recv();
        Disk.create(path)
    }

    fn append(&mut self, file: &File, offset: u64, pieces: &[Bytes]) -> io::Result<()> {
        Disk.append(file, offset, pieces)
    }

    fn cut(&mut self, file: &File, length: u64) -> io::Result<()> {
        Disk.cut(file, length)
    }

    fn sync(&mut self, file: &File) -> io::Result<()> {
        Disk.sync(file)
    }

    fn sync_folder(&mut self, folder: &Path) -> io::Result<()> {
        Disk.sync_folder(folder)
    }
}

#[test]
fn what_a_slow_disk_leaves_no_room_for_becomes_a_gap_and_nobody_waits() {
    let folder = tempfile::tempdir().unwrap();
    let [video, _] = source();
    let room: u64 = video.segments[..3].iter().map(|s| s.bytes()).sum();
    let options = config::Recording {
        queue: room,
        ..options(folder.path())
    };
    let recording = open(&options);
    let (began, begins) = mpsc::channel();
    let (go, going) = mpsc::channel();
    let disk = Slow { began, go: going };
    let recorder = Recorder::on(Arc::clone(&recording), "news", disk).unwrap();
    record(&recorder, video, &video.segments[..1]);
    begins.recv_timeout(LIMIT).unwrap();
    record(&recorder, video, &video.segments[1..5]);
    let stats = recorder.stats();
    assert_eq!((stats.lost_to_queue, stats.is_failing), (2, true));
    assert_eq!(stats.queued_bytes, room);
    drop(go);
    assert!(recorder.flush(LIMIT));
    record(&recorder, video, &video.segments[5..]);
    assert!(recorder.finish(LIMIT));
    let stats = recorder.stats();
    assert_eq!(
        (stats.segments, stats.queued_bytes, stats.is_failing),
        (4, 0, false)
    );
    let first = video.segments[0].number;
    let expected = (0..6).map(|at| (first + at, at == 3 || at == 4)).collect();
    assert_eq!(listed(&recording, video), expected);
    drop(recording);
    assert_eq!(listed(&open(&options), video), expected);
}
