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

#[test]
fn content_stands_where_it_was_indented_to_and_takes_a_front() {
    let pool = pool(1 << 20, 1 << 20);
    let mut buf = pool.take(8192).unwrap();
    assert!(!buf.indent(8193));
    assert!(buf.indent(100));
    assert_eq!(buf.room(), 8092);
    assert_eq!(buf.as_mut_ptr() as usize % 4096, 100);
    assert!(buf.extend_from_slice(b"media and more"));
    assert!(!buf.indent(0), "not once there is content");
    assert!(!buf.narrow(6, 9), "more than there is");
    assert!(buf.narrow(6, 3));
    assert_eq!(buf.as_slice(), b"and");
    assert!(!buf.prepend(&[0; 107]), "more than fits before it");
    assert!(buf.prepend(b"header "));
    assert_eq!(buf.as_mut_slice(), b"header and");
    assert_eq!(buf.room(), 8192 - 99 - 10);
    assert!(!buf.extend_from_slice(&[1; 8084]));
    assert_eq!(buf.freeze(), "header and");
}

#[test]
fn idle_chunks_too_small_for_a_buffer_make_way_for_it() {
    let pool = pool(24 << 20, 24 << 20);
    drop(pool.take(1000).unwrap());
    assert_eq!(pool.usage().mapped_bytes, 16 << 20);
    drop(pool.take(20 << 20).unwrap());
    assert_eq!(pool.usage().mapped_bytes, 20 << 20);
    assert_eq!(pool.trim(), 20 << 20);
    assert_eq!(pool.usage().mapped_bytes, 0);
}

#[test]
fn a_pool_maps_what_its_quota_allows_and_says_what_it_unmaps() {
    #[derive(Default)]
    struct Half(Mutex<usize>);
    impl Quota for Half {
        fn may_map(&self, bytes: usize) -> bool {
            let mut held = self.0.lock().unwrap();
            let may = *held + bytes <= 10 << 20;
            *held += if may { bytes } else { 0 };
            may
        }
        fn unmapped(&self, bytes: usize) {
            *self.0.lock().unwrap() -= bytes;
        }
    }
    let quota = Arc::new(Half::default());
    let options = PoolOptions {
        max_bytes: 64 << 20,
        max_idle_bytes: 0,
    };
    let pool = Pool::with_quota(options, Arc::<Half>::clone(&quota));
    let first = pool.take(6 << 20).unwrap();
    assert!(matches!(
        pool.take(6 << 20),
        Err(PoolError::Exhausted { .. })
    ));
    let second = pool.take(3 << 20).unwrap();
    assert_eq!(*quota.0.lock().unwrap(), pool.usage().mapped_bytes);
    drop((first, second));
    assert_eq!(*quota.0.lock().unwrap(), 0);
}
