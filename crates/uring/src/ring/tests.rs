#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
//! Pipes stand in for slow files: they give short reads, and keep a read waiting for as long as
//! the test wishes.
use std::io::{PipeWriter, Write};
use std::os::fd::OwnedFd;
use std::sync::atomic::Ordering::Relaxed;

use futures_util::FutureExt;
use tokio::task::LocalSet;

use super::*;
use crate::{Pool, PoolOptions, probe};

const PATIENCE: Duration = Duration::from_secs(20);

fn range(offset: u64, len: u64) -> FileRange {
    FileRange { offset, len }
}

fn pool() -> Pool {
    Pool::new(PoolOptions {
        max_bytes: 1 << 30,
        max_idle_bytes: 1 << 26,
    })
}

fn content(len: usize) -> Vec<u8> {
    (0..len).map(|i| (i * 31 + i / 4099) as u8).collect()
}

fn file_of(bytes: &[u8]) -> Arc<File> {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(bytes).unwrap();
    Arc::new(file)
}

fn pipe() -> (Arc<File>, PipeWriter) {
    let (reader, writer) = io::pipe().unwrap();
    (Arc::new(File::from(OwnedFd::from(reader))), writer)
}

/// Runs `test` with a ring and its driver, or says why not.
fn with_ring<F: Future<Output = ()>>(options: RingOptions, test: impl FnOnce(Ring) -> F) {
    if let Err(unavailable) = probe() {
        println!("skipped: {unavailable}");
        return;
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    LocalSet::new().block_on(&runtime, async {
        let (ring, driver) = Ring::new(options, Arc::default()).unwrap();
        let driver = tokio::task::spawn_local(driver);
        tokio::time::timeout(PATIENCE, test(ring))
            .await
            .expect("in time");
        tokio::time::timeout(PATIENCE, driver)
            .await
            .expect("ends with its ring")
            .unwrap();
    });
}

#[test]
fn scattered_ranges_land_in_order_with_nothing_between() {
    with_ring(
        RingOptions {
            gap_limit: 5000,
            ..Default::default()
        },
        |ring| async move {
            let whole = content(300_000);
            let file = file_of(&whole);
            let pool = pool();
            let ranges = [
                range(10, 5_000),
                range(5_010, 90),
                range(9_000, 1),
                range(200_000, 70_000),
                range(0, 3),
            ];
            let want: Vec<u8> = ranges
                .iter()
                .flat_map(|r| &whole[r.offset as usize..(r.offset + r.len) as usize])
                .copied()
                .collect();
            let mut buf = pool.take(100_000).unwrap();
            assert!(buf.extend_from_slice(b"before"));
            let buf = ring.read(file, &ranges, buf).await.unwrap();
            assert_eq!(&buf.as_slice()[..6], b"before");
            assert!(buf.as_slice()[6..] == want);
            let stats = ring.stats();
            assert_eq!(stats.operations.load(Relaxed), 3);
            assert_eq!(stats.bytes.load(Relaxed), want.len() as u64);
            assert_eq!(stats.gap_bytes.load(Relaxed), 3_900);
        },
    );
}

#[test]
fn a_warm_read_is_complete_when_it_returns() {
    with_ring(RingOptions::default(), |ring| async move {
        let file = file_of(&content(100_000));
        let read = ring.read(file, &[range(0, 100_000)], pool().take(100_000).unwrap());
        assert!(read.now_or_never().expect("no wait").is_ok());
        assert_eq!(ring.in_flight(), 0);
    });
}

#[test]
fn short_reads_are_taken_up_where_they_stopped() {
    with_ring(RingOptions::default(), |ring| async move {
        let whole = content(60_000);
        let (reader, mut writer) = pipe();
        let ranges = [
            range(0, 20_000),
            range(21_000, 9_000),
            range(30_500, 29_500),
        ];
        let buf = pool().take(60_000).unwrap();
        let mut read = Box::pin(ring.read(reader, &ranges, buf));
        for piece in whole.chunks(7_001) {
            writer.write_all(piece).unwrap();
            tokio::task::yield_now().await;
            let _ = (&mut read).now_or_never();
            tokio::time::sleep(Duration::from_millis(1)).await;
            if piece.len() < 7_001 {
                break;
            }
        }
        let buf = read.await.unwrap();
        let want = [&whole[..20_000], &whole[21_000..30_000], &whole[30_500..]].concat();
        assert!(buf.as_slice() == want);
        assert!(ring.stats().resubmitted.load(Relaxed) > 0);
        assert_eq!(ring.stats().operations.load(Relaxed), 1);
    });
}

#[test]
fn a_file_that_ends_early_is_an_error_and_the_buffer_goes_back() {
    with_ring(RingOptions::default(), |ring| async move {
        let file = file_of(&content(10_000));
        let pool = pool();
        let ranges = [range(0, 100), range(9_000, 2_000)];
        let error = ring
            .read(file, &ranges, pool.take(3_000).unwrap())
            .await
            .unwrap_err();
        assert!(
            matches!(error, ReadError::Truncated { offset: 10_000 }),
            "{error}"
        );
        assert_eq!(pool.usage().out_bytes, 0);
    });
}

#[test]
fn what_the_kernel_refuses_is_an_error_with_its_place() {
    with_ring(RingOptions::default(), |ring| async move {
        let directory = Arc::new(File::open("/").unwrap());
        let read = ring.read(directory, &[range(5, 10)], pool().take(10).unwrap());
        let error = read.await.unwrap_err();
        assert!(
            matches!(
                error,
                ReadError::Io {
                    offset: 5,
                    len: 10,
                    ..
                }
            ),
            "{error}"
        );
        let read = ring.read(
            file_of(b"abc"),
            &[range(0, 5_000)],
            pool().take(10).unwrap(),
        );
        let error = read.await.unwrap_err();
        assert!(matches!(
            error,
            ReadError::BufferTooSmall {
                wanted: 5_000,
                room: 4_096
            }
        ));
        let read = ring.read(file_of(b"abc"), &[], pool().take(10).unwrap());
        assert_eq!(read.await.unwrap().len(), 0);
    });
}

#[test]
fn a_dropped_future_leaves_the_buffer_with_the_ring_until_the_kernel_lets_go() {
    with_ring(RingOptions::default(), |ring| async move {
        let (reader, mut writer) = pipe();
        let weak = Arc::downgrade(&reader);
        let pool = Pool::new(PoolOptions {
            max_bytes: 8_192,
            max_idle_bytes: 8_192,
        });
        let read = ring.read(reader, &[range(0, 5_000)], pool.take(5_000).unwrap());
        drop(read);
        tokio::task::yield_now().await;
        assert_eq!(ring.in_flight(), 1);
        assert!(weak.upgrade().is_some(), "the ring keeps the file open");
        assert!(pool.take(1).is_err(), "the buffer is not free yet");
        writer.write_all(&content(10)).unwrap();
        // The short read is not taken up again, as nobody waits for it.
        let buf = pool.take_when_free(5_000).await.unwrap();
        assert_eq!(ring.in_flight(), 0);
        assert!(buf.is_empty());
        assert!(weak.upgrade().is_none());
    });
}

#[test]
fn thousands_of_reads_at_once_pass_through_a_shallow_queue() {
    with_ring(
        RingOptions {
            queue_depth: 8,
            ..Default::default()
        },
        |ring| async move {
            let whole = content(1 << 20);
            let file = file_of(&whole);
            let pool = pool();
            let reads: Vec<_> = (0..5_000u64)
                .map(|i| {
                    let offset = i * 7_919 % 1_000_000;
                    let read = ring.read(
                        Arc::clone(&file),
                        &[range(offset, 1_000), range(0, 10)],
                        pool.take(1_010).unwrap(),
                    );
                    (offset as usize, read)
                })
                .collect();
            for (offset, read) in reads {
                let buf = read.await.unwrap();
                assert!(buf.as_slice()[..1_000] == whole[offset..offset + 1_000]);
                assert!(buf.as_slice()[1_000..] == whole[..10]);
            }
            assert_eq!(pool.usage().out_bytes, 0);
        },
    );
}

/// More than one turn's share, most of it warm: nothing but the driver itself asks for the rest.
#[test]
fn a_batch_of_more_than_a_turn_runs_to_its_end() {
    let options = RingOptions {
        queue_depth: 8,
        gap_limit: 0,
        ..Default::default()
    };
    with_ring(options, |ring| async move {
        let whole = content(1 << 20);
        let ranges: Vec<_> = (0..5_000).map(|i| range(i * 104, 103)).rev().collect();
        let buf = pool().take(5_000 * 103).unwrap();
        let small = ring.read(file_of(&whole), &ranges, buf);
        let ranges: Vec<_> = (0..40).map(|i| range(i, 1_000_000)).collect();
        let buf = pool().take(40_000_000).unwrap();
        let large = ring.read(file_of(&whole), &ranges, buf);
        let small = small.await.unwrap();
        assert!(small.as_slice()[..103] == whole[4_999 * 104..][..103]);
        let large = large.await.unwrap();
        assert!(large.as_slice()[39_000_000..] == whole[39..][..1_000_000]);
    });
}

#[test]
fn reads_wait_in_a_bounded_backlog_while_the_queue_is_full() {
    let options = RingOptions {
        queue_depth: 4,
        max_queued: 10,
        ..Default::default()
    };
    with_ring(options, |ring| async move {
        let pool = pool();
        let take = || pool.take(1).unwrap();
        let pipes: Vec<_> = (0..14).map(|_| pipe()).collect();
        let mut reads: Vec<_> = pipes
            .iter()
            .map(|(file, _)| ring.read(Arc::clone(file), &[range(0, 1)], take()))
            .collect();
        assert_eq!(ring.in_flight(), 4);
        let refused = ring
            .read(Arc::clone(&pipes[0].0), &[range(0, 1)], take())
            .await;
        assert!(matches!(refused, Err(ReadError::Busy { queued: 10 })));
        // The last one gives up while it waits; the others get their byte.
        drop(reads.pop());
        for ((_, writer), read) in pipes.iter().zip(reads) {
            let mut writer = writer;
            writer.write_all(b"x").unwrap();
            assert_eq!(read.await.unwrap().as_slice(), b"x");
        }
        assert_eq!(pool.usage().out_bytes, 0);
    });
}

#[test]
fn a_ring_that_goes_away_takes_its_reads_with_it() {
    with_ring(
        RingOptions {
            queue_depth: 2,
            ..Default::default()
        },
        |ring| async move {
            let pool = pool();
            let pipes: Vec<_> = (0..5).map(|_| pipe()).collect();
            let reads: Vec<_> = pipes
                .iter()
                .map(|(file, _)| {
                    ring.read(Arc::clone(file), &[range(0, 100)], pool.take(100).unwrap())
                })
                .collect();
            drop(ring);
            for read in reads {
                assert!(matches!(read.await, Err(ReadError::Closed)));
            }
            assert_eq!(
                pool.usage().out_bytes,
                0,
                "the kernel has let go of every buffer"
            );
        },
    );
}

#[test]
fn a_ring_outlives_its_driver_without_harm() {
    if probe().is_err() {
        return;
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let pool = pool();
    let (file, _writer) = pipe();
    let (ring, read) = runtime.block_on(async {
        let (ring, driver) = Ring::new(RingOptions::default(), Arc::default()).unwrap();
        drop(driver);
        let read = ring.read(file, &[range(0, 1)], pool.take(1).unwrap());
        (ring, read)
    });
    drop(runtime);
    drop(ring);
    assert!(matches!(read.now_or_never(), Some(Err(ReadError::Closed))));
    assert_eq!(pool.usage().out_bytes, 0);
}

#[test]
fn without_a_runtime_there_is_no_ring_but_an_error() {
    assert!(Ring::new(RingOptions::default(), Arc::default()).is_err());
}

/// Reads that have to wait for the disk wake the driver; none is forgotten.
#[test]
fn cold_reads_complete_too() {
    use std::os::fd::AsRawFd;
    with_ring(
        RingOptions {
            queue_depth: 16,
            ..Default::default()
        },
        |ring| async move {
            let whole = content(8 << 20);
            let mut named = tempfile::NamedTempFile::new_in(env!("CARGO_MANIFEST_DIR")).unwrap();
            named.write_all(&whole).unwrap();
            named.as_file().sync_all().unwrap();
            let file = Arc::new(named.reopen().unwrap());
            let pool = pool();
            for round in 0..3u64 {
                // SAFETY: advice about a file that is open.
                unsafe { libc::posix_fadvise(file.as_raw_fd(), 0, 0, libc::POSIX_FADV_DONTNEED) };
                let reads: Vec<_> = (0..256u64)
                    .map(|i| {
                        let offset = (i * 97 % 256) * 32_768 + round;
                        let buf = pool.take(20_000).unwrap();
                        (
                            offset as usize,
                            ring.read(Arc::clone(&file), &[range(offset, 20_000)], buf),
                        )
                    })
                    .collect();
                for (offset, read) in reads {
                    assert!(read.await.unwrap().as_slice() == &whole[offset..offset + 20_000]);
                }
            }
        },
    );
}
