#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use std::time::Duration;

use futures_util::FutureExt;

use super::*;

fn pool(max_bytes: usize, max_idle_bytes: usize) -> Pool {
    Pool::new(PoolOptions {
        max_bytes,
        max_idle_bytes,
    })
}

fn filled(pool: &Pool, bytes: &[u8]) -> PooledBuf {
    let mut buf = pool.take(bytes.len()).unwrap();
    assert!(buf.extend_from_slice(bytes));
    buf
}

#[test]
fn a_buffer_is_page_aligned_and_starts_empty() {
    let pool = pool(1 << 20, 1 << 20);
    let mut buf = pool.take(10_000).unwrap();
    assert_eq!((buf.len(), buf.capacity()), (0, 12_288));
    assert_eq!(buf.as_mut_ptr() as usize % 4096, 0);
    assert_eq!(buf.as_slice(), b"");
    assert!(!buf.extend_from_slice(&[1; 12_289]));
    assert!(buf.extend_from_slice(&[1; 12_288]));
    assert!(!buf.extend_from_slice(&[1]));
}

#[test]
fn the_last_slice_dropped_returns_the_buffer_which_is_used_again() {
    let pool = pool(1 << 20, 1 << 20);
    let frozen = filled(&pool, &[7; 5000]).freeze();
    let address = frozen.as_ptr();
    let slice = frozen.slice(4000..4500);
    drop(frozen);
    assert_eq!(pool.usage().out_bytes, 8192);
    std::thread::spawn(move || drop(slice)).join().unwrap();
    assert_eq!(pool.usage().out_bytes, 0);
    let again = filled(&pool, &[8; 6000]).freeze();
    assert_eq!(again.as_ptr(), address);
}

#[test]
fn a_recycled_buffer_never_shows_what_it_held_before() {
    let pool = pool(1 << 20, 1 << 20);
    let before = filled(&pool, &[7; 5000]);
    let address = before.as_slice().as_ptr();
    drop(before);
    let mut buf = pool.take(5000).unwrap();
    assert_eq!(buf.as_slice().as_ptr(), address);
    assert_eq!(buf.as_mut_slice(), b"");
    assert_eq!(buf.extend_with(3000, |_| Err("disk")), Some(Err("disk")));
    assert_eq!(buf.as_slice(), b"", "a failed fill adds nothing");
    assert!(buf.extend_from_slice(b"abc"));
    assert_eq!(buf.freeze(), "abc");
    assert_eq!(pool.take(5000).unwrap().freeze(), "");
}

#[test]
fn the_bound_on_bytes_out_refuses_and_waits() {
    let pool = pool(16_384, 1 << 20);
    let first = pool.take(8192).unwrap();
    let _second = pool.take(8192).unwrap();
    let refused = pool.take(1).unwrap_err();
    assert!(matches!(
        refused,
        PoolError::Exhausted {
            wanted: 4096,
            out: 16_384,
            limit: 16_384
        }
    ));
    assert!(matches!(
        pool.take(16_385),
        Err(PoolError::TooLarge { limit: 16_384, .. })
    ));
    let waiting = pool.take_when_free(8192);
    let mut waiting = std::pin::pin!(waiting);
    assert!(waiting.as_mut().now_or_never().is_none());
    drop(first);
    assert!(waiting.now_or_never().unwrap().is_ok());
    assert_eq!(pool.usage().refused, 2);
}

#[test]
fn the_bound_on_idle_bytes_returns_memory_to_the_kernel() {
    let pool = pool(64 << 20, 20 << 20);
    let bufs: Vec<_> = (0..4).map(|_| pool.take(16 << 20).unwrap()).collect();
    assert_eq!(pool.usage().mapped_bytes, 64 << 20);
    drop(bufs);
    assert_eq!(
        pool.usage(),
        PoolUsage {
            out_bytes: 0,
            mapped_bytes: 16 << 20,
            refused: 0
        }
    );
}

#[test]
fn memory_that_lies_between_buffers_counts_against_the_bound() {
    let pool = pool(32 << 20, 0);
    let mut bufs: Vec<_> = (0..8).map(|_| pool.take(4 << 20).unwrap()).collect();
    bufs.remove(5);
    bufs.remove(1);
    // Half of what is free is in either chunk.
    assert!(matches!(
        pool.take(8 << 20),
        Err(PoolError::Exhausted { .. })
    ));
    assert!(pool.take(4 << 20).is_ok());
}

#[test]
fn waiting_takers_on_other_threads_are_woken() {
    let pool = pool(8192, 8192);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_time()
        .build()
        .unwrap();
    runtime.block_on(async {
        let tasks: Vec<_> = (0..200)
            .map(|i| {
                let pool = pool.clone();
                tokio::spawn(async move {
                    let buf = pool.take_when_free(1 + i * 40).await.unwrap();
                    tokio::task::yield_now().await;
                    drop(buf);
                })
            })
            .collect();
        for task in tasks {
            tokio::time::timeout(Duration::from_secs(20), task)
                .await
                .unwrap()
                .unwrap();
        }
    });
    assert_eq!(pool.usage().out_bytes, 0);
}
