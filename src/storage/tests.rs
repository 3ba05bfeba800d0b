#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use std::fs::{self, File};
use std::io::{Seek, Write};
use std::os::fd::OwnedFd;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use futures_util::future::join_all;
use tempfile::TempDir;
use tokio::task::LocalSet;

use super::*;
use crate::memory::Budget;

fn content(len: usize) -> Vec<u8> {
    (0..len).map(|i| (i * 13 + i / 8191) as u8).collect()
}

/// Runs `test` once with each engine that this machine has.
fn each_engine<F: Future<Output = ()>>(
    change: impl Fn(&mut StorageOptions),
    test: impl Fn(Storage) -> F,
) {
    for engine in [Engine::Pread, Engine::IoUring] {
        let mut options = StorageOptions {
            engine,
            revalidate_ms: 0,
            pool_bytes: 64 << 20,
            ..Default::default()
        };
        change(&mut options);
        let budget = Budget::new(u64::MAX, Duration::from_millis(100));
        let shared = match SharedStorage::within(options, budget) {
            Ok(shared) => shared,
            Err(StartError::Unavailable(reason)) => {
                println!("skipped {engine:?}: {reason}");
                continue;
            }
            Err(error) => panic!("{error}"),
        };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        LocalSet::new().block_on(&runtime, async {
            let storage = Storage::start(&shared).unwrap();
            println!("{engine:?}");
            test(storage).await;
        });
        drop(runtime);
        assert_eq!(
            shared.pool().usage().out_bytes,
            0,
            "{engine:?}: every buffer came back"
        );
    }
}

async fn only(storage: &Storage, dir: &TempDir) -> Arc<SourceFile> {
    storage.find(dir.path(), "a.mp4").await.unwrap().remove(0)
}

fn fault_code<T: std::fmt::Debug>(outcome: Result<T, StorageError>) -> &'static str {
    outcome.unwrap_err().fault().code
}

#[test]
fn interleaved_ranges_equal_a_plain_read() {
    let dir = TempDir::new().unwrap();
    let whole = content(4 << 20);
    fs::write(dir.path().join("a.mp4"), &whole).unwrap();
    each_engine(
        |_| (),
        |storage| {
            let (dir, whole) = (&dir, &whole);
            async move {
                let file = only(&storage, dir).await;
                // Gaps from nothing to beyond the limit, now and then backwards.
                let ranges: Vec<(u64, u64)> = (0..3_000u64)
                    .map(|i| ((i * 1_301 + i * i % 40_000) % 4_100_000, i * 7 % 900))
                    .collect();
                let want: Vec<u8> = ranges
                    .iter()
                    .flat_map(|(offset, len)| &whole[*offset as usize..(offset + len) as usize])
                    .copied()
                    .collect();
                let buf = storage.buffer(want.len() as u64).await.unwrap();
                let buf = storage.read_ranges(&file, &ranges, buf).await.unwrap();
                assert!(buf.as_slice() == want);
                let bytes = storage.read(&file, 4_000_000, 1_000).await.unwrap();
                assert!(bytes == whole[4_000_000..4_001_000]);
                let stats = storage.shared().stats();
                assert_eq!(stats.reads.bytes.load(Relaxed), want.len() as u64 + 1_000);
            }
        },
    );
}

#[test]
fn thousands_of_reads_at_once_pass_through_a_shallow_queue() {
    let dir = TempDir::new().unwrap();
    let whole = content(1 << 20);
    fs::write(dir.path().join("a.mp4"), &whole).unwrap();
    let shallow = |options: &mut StorageOptions| {
        options.queue_depth = 8;
        options.pread_threads = 4;
    };
    each_engine(shallow, |storage| {
        let (dir, whole) = (&dir, &whole);
        async move {
            let file = only(&storage, dir).await;
            let reads = (0..4_000u64).map(|i| {
                let (offset, file, storage) = (i * 251 % 1_000_000, &file, &storage);
                async move {
                    let bytes = storage.read(file, offset, 2_000).await.unwrap();
                    assert!(bytes == whole[offset as usize..offset as usize + 2_000]);
                }
            });
            join_all(reads).await;
        }
    });
}

#[test]
fn a_range_past_the_end_is_refused_before_memory_is_set_aside() {
    let dir = TempDir::new().unwrap();
    fs::write(dir.path().join("a.mp4"), "abc").unwrap();
    each_engine(
        |_| (),
        |storage| {
            let dir = &dir;
            async move {
                let file = only(&storage, dir).await;
                assert_eq!(
                    fault_code(storage.read(&file, 0, u64::MAX).await),
                    "asset-truncated"
                );
                assert_eq!(
                    fault_code(storage.read(&file, u64::MAX, 2).await),
                    "asset-truncated"
                );
                assert_eq!(
                    fault_code(storage.buffer(u64::MAX).await),
                    "segment-too-large"
                );
                assert_eq!(storage.read(&file, 3, 0).await.unwrap(), "");
                let small = storage.buffer(0).await.unwrap();
                let twice: Vec<_> = (0..2_000).map(|_| (0, 3)).collect();
                let outcome = storage.read_ranges(&file, &twice, small).await;
                assert_eq!(fault_code(outcome), "asset-unreadable");
            }
        },
    );
}

#[test]
fn a_file_truncated_while_served_is_an_error_and_then_the_new_file() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("a.mp4");
    each_engine(
        |_| (),
        |storage| {
            let (dir, path) = (&dir, &path);
            async move {
                fs::write(path, content(100_000)).unwrap();
                let file = only(&storage, dir).await;
                fs::OpenOptions::new()
                    .write(true)
                    .open(path)
                    .unwrap()
                    .set_len(50_000)
                    .unwrap();
                let beyond = storage.read(&file, 40_000, 20_000).await.unwrap_err();
                assert!(
                    matches!(beyond, StorageError::Truncated { offset: 50_000, .. }),
                    "{beyond}"
                );
                assert_eq!(beyond.fault().status, 502);
                assert_eq!(
                    fault_code(storage.read(&file, 0, 10).await),
                    "asset-changed"
                );
                let file = only(&storage, dir).await;
                assert_eq!(file.version().len, 50_000);
                assert_eq!(
                    storage.read(&file, 40_000, 10_000).await.unwrap().len(),
                    10_000
                );
            }
        },
    );
}

#[test]
fn a_file_appended_to_or_replaced_while_served_is_an_error_and_then_the_new_file() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("a.mp4");
    let append = || {
        let mut file = fs::OpenOptions::new().append(true).open(&path).unwrap();
        file.write_all(b"x").unwrap();
    };
    let replace = || {
        fs::write(dir.path().join("next"), content(100_001)).unwrap();
        fs::rename(dir.path().join("next"), &path).unwrap();
    };
    let changes: [&dyn Fn(); 2] = [&append, &replace];
    for change in changes {
        each_engine(
            |options| options.revalidate_ms = 60_000,
            |storage| {
                let (dir, path) = (&dir, &path);
                async move {
                    fs::write(path, content(100_000)).unwrap();
                    let file = only(&storage, dir).await;
                    assert!(storage.read(&file, 0, 100_000).await.is_ok());
                    change();
                    let changed = storage.read(&file, 0, 100_000).await.unwrap_err().fault();
                    assert_eq!(
                        (changed.code, changed.status.as_u16()),
                        ("asset-changed", 502)
                    );
                    assert_eq!(changed.retry_after_s, Some(1));
                    assert_eq!(storage.shared().stats().changed.load(Relaxed), 1);
                    let file = only(&storage, dir).await;
                    assert_eq!(
                        storage.read(&file, 0, 100_001).await.unwrap().len(),
                        100_001
                    );
                }
            },
        );
    }
}

/// Versions are all one byte; a writer replaces them, by rename and in place, while readers read.
#[test]
fn what_is_read_is_never_a_mix_of_two_versions() {
    const LEN: usize = 300_000;
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("a.mp4");
    fs::write(&path, vec![0; LEN]).unwrap();
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut value = 1u8;
            while !stop.load(Relaxed) {
                if value.is_multiple_of(2) {
                    fs::write(dir.path().join("next"), vec![value; LEN]).unwrap();
                    fs::rename(dir.path().join("next"), &path).unwrap();
                } else {
                    let mut file = fs::OpenOptions::new().write(true).open(&path).unwrap();
                    file.rewind().unwrap();
                    file.write_all(&vec![value; LEN]).unwrap();
                }
                value = value.wrapping_add(1);
                // Longer than a tick of the file clock, so that readers get their turn.
                std::thread::sleep(Duration::from_millis(31));
            }
        });
        each_engine(
            |_| (),
            |storage| {
                let dir = &dir;
                async move {
                    let (mut whole, mut refused) = (0, 0);
                    let start = Instant::now();
                    while start.elapsed() < Duration::from_millis(1_500) {
                        let Ok(mut files) = storage.find(dir.path(), "a.mp4").await else {
                            refused += 1;
                            continue;
                        };
                        let file = files.remove(0);
                        loop {
                            let ranges: Vec<_> = (0..60).map(|i| (i * 5_000, 4_000)).collect();
                            let buf = storage.buffer(240_000).await.unwrap();
                            match storage.read_ranges(&file, &ranges, buf).await {
                                Ok(buf) => {
                                    let first = buf.as_slice()[0];
                                    assert!(buf.as_slice().iter().all(|byte| *byte == first));
                                    whole += 1;
                                }
                                Err(StorageError::Changed { .. }) => {
                                    refused += 1;
                                    break;
                                }
                                Err(error) => panic!("{error}"),
                            }
                            tokio::task::yield_now().await;
                        }
                    }
                    println!("{whole} read, {refused} refused");
                    assert!(whole > 0 && refused > 0);
                }
            },
        );
        stop.store(true, Relaxed);
    });
}

#[test]
fn a_read_that_takes_too_long_is_given_up_and_its_buffer_stays_with_the_kernel() {
    let impatient = |options: &mut StorageOptions| options.read_timeout_ms = 20;
    each_engine(impatient, |storage| async move {
        if storage.engine() == EngineInUse::Pread {
            // Nothing slow can be had that pread takes: it refuses pipes.
            return;
        }
        let (reader, writer) = std::io::pipe().unwrap();
        let reader = File::from(OwnedFd::from(reader));
        let mut version = FileVersion::of(&reader.metadata().unwrap());
        version.len = 100;
        let handles = Handles {
            file: Arc::new(reader),
            direct: None,
        };
        let file = SourceFile::new(handles, version, Path::new("/media/slow.mp4").into());
        let late = storage.read(&file, 0, 100).await.unwrap_err().fault();
        assert_eq!((late.code, late.status.as_u16()), ("storage-timeout", 504));
        assert!(!late.message.contains("slow.mp4") && late.detail.contains("slow.mp4"));
        assert_eq!(storage.shared().pool().usage().out_bytes, 4096);
        drop(writer);
        let everything = storage.shared().pool().options().max_bytes;
        let all = storage.shared().pool().take_when_free(everything).await;
        assert!(all.is_ok(), "the buffer is back once the kernel is done");
    });
}

#[test]
fn requests_wait_a_moment_for_memory_and_are_then_turned_away() {
    let tight = |options: &mut StorageOptions| {
        options.pool_bytes = 16 << 20;
    };
    each_engine(tight, |storage| async move {
        let first = storage.buffer(12 << 20).await.unwrap();
        let refused = storage.buffer(5 << 20).await.unwrap_err().fault();
        assert_eq!(
            (refused.code, refused.status.as_u16()),
            ("memory-exhausted", 503)
        );
        assert_eq!(refused.retry_after_s, Some(1));
        let waiting = storage.buffer(5 << 20);
        let freeing = async {
            tokio::task::yield_now().await;
            drop(first);
        };
        let (buf, ()) = tokio::join!(waiting, freeing);
        assert!(buf.is_ok());
    });
}

#[test]
fn without_io_uring_auto_means_pread_and_io_uring_means_an_error() {
    let forbidden = || Err(Unavailable::Forbidden);
    assert_eq!(choose(Engine::Auto, forbidden).unwrap(), EngineInUse::Pread);
    assert_eq!(
        choose(Engine::Auto, || Ok(())).unwrap(),
        EngineInUse::IoUring
    );
    let refused = choose(Engine::IoUring, forbidden).unwrap_err();
    assert!(refused.to_string().contains("seccomp"), "{refused}");
    let never_probed = || -> Result<(), Unavailable> { panic!("probed") };
    assert_eq!(
        choose(Engine::Pread, never_probed).unwrap(),
        EngineInUse::Pread
    );
}

#[test]
fn options_that_cannot_work_are_named_all_of_them() {
    assert_eq!(StorageOptions::default().problems(), []);
    let options = StorageOptions {
        queue_depth: 0,
        pread_threads: 5_000,
        ..Default::default()
    };
    let problems: Vec<_> = options.problems().iter().map(ToString::to_string).collect();
    assert_eq!(
        problems,
        [
            "queue_depth = 0 is not possible: 1 to 32768",
            "pread_threads = 5000 is not possible: 1 to 512"
        ]
    );
    assert!(matches!(
        SharedStorage::new(options),
        Err(StartError::Options(_))
    ));
}

#[test]
fn media_read_around_the_page_cache_is_the_same() {
    // Of this repository's file system: that of temporary files may refuse.
    let dir = TempDir::new_in(env!("CARGO_MANIFEST_DIR")).unwrap();
    // No multiple of a block.
    let whole = content((3 << 20) + 1234);
    fs::write(dir.path().join("a.mp4"), &whole).unwrap();
    for direct in [false, true] {
        each_engine(
            |options| options.direct = direct,
            |storage| {
                let (dir, whole) = (&dir, &whole);
                async move {
                    let file = only(&storage, dir).await;
                    let cases: [&[(u64, u64)]; 4] = [
                        &[(5, 2 << 20)],
                        &[(2 << 20, (1 << 20) + 1234)],
                        &[(7000, 100_000), (108_000, 5), (109_000, 300_000)],
                        &[(100, 400), (900_000, 400)],
                    ];
                    for ranges in cases {
                        let mut want = vec![9; 77];
                        for (offset, len) in ranges {
                            want.extend(&whole[*offset as usize..(offset + len) as usize]);
                        }
                        let read = storage.read_media(&file, ranges, 77, 16).await;
                        let mut read = read.unwrap();
                        assert!(read.room() >= 16);
                        assert!(read.prepend(&[9; 77]));
                        assert!(read.as_slice() == want, "{ranges:?}");
                    }
                    let stats = storage.shared().stats();
                    let (runs, refused) = (
                        stats.direct_runs.load(Relaxed),
                        stats.direct_refused.load(Relaxed),
                    );
                    match direct {
                        false => assert_eq!((runs, refused), (0, 0)),
                        // Scattered ranges are no run.
                        true => assert!(runs == 3 || refused > 0, "{runs} {refused}"),
                    }
                }
            },
        );
    }
}

/// Handles of this process that lead into the folder.
fn handles_into(dir: &TempDir) -> usize {
    let root = dir.path().canonicalize().unwrap();
    let open = fs::read_dir("/proc/self/fd").unwrap();
    let targets = open.filter_map(|handle| fs::read_link(handle.unwrap().path()).ok());
    targets.filter(|target| target.starts_with(&root)).count()
}

#[test]
fn files_in_use_beyond_the_bound_are_closed_and_read_all_the_same() {
    each_engine(
        |options| options.max_open_files = 3,
        |storage| async move {
            let dir = TempDir::new().unwrap();
            for number in 0..10_usize {
                let name = format!("{number}.mp4");
                fs::write(dir.path().join(name), content(1000 + number)).unwrap();
            }
            let files = storage.find(dir.path().parent().unwrap(), {
                dir.path().file_name().unwrap().to_str().unwrap()
            });
            let files = files.await.unwrap();
            assert_eq!(files.len(), 10);
            assert!(handles_into(&dir) <= 3, "{}", handles_into(&dir));
            for _ in 0..3 {
                for file in &files {
                    let len = file.version().len;
                    let read = storage.read(file, 0, len).await.unwrap();
                    assert!(read[..] == content(len as usize), "{}", file.name());
                    assert!(handles_into(&dir) <= 3, "{}", handles_into(&dir));
                }
            }
            let opened = storage.shared().stats().opened.load(Relaxed);
            storage.read(&files[9], 0, 10).await.unwrap();
            assert_eq!(
                storage.shared().stats().opened.load(Relaxed),
                opened,
                "the last one is open"
            );
            drop(files);
        },
    );
}

#[test]
fn a_file_that_was_replaced_while_it_was_closed_is_an_error() {
    each_engine(
        |options| options.max_open_files = 1,
        |storage| async move {
            let dir = TempDir::new().unwrap();
            for name in ["a.mp4", "b.mp4", "c.mp4"] {
                fs::write(dir.path().join(name), content(100)).unwrap();
            }
            let mut files = Vec::new();
            for name in ["a.mp4", "b.mp4", "c.mp4"] {
                files.push(storage.files().open(dir.path(), name).await.unwrap());
            }
            fs::write(dir.path().join("new"), content(100)).unwrap();
            fs::rename(dir.path().join("new"), dir.path().join("a.mp4")).unwrap();
            fs::remove_file(dir.path().join("b.mp4")).unwrap();
            for file in &files[..2] {
                let read = storage.read(file, 0, 100).await;
                assert_eq!(fault_code(read), "asset-changed", "{}", file.name());
                assert!(file.is_stale());
            }
            assert!(storage.read(&files[2], 0, 100).await.is_ok());
        },
    );
}
