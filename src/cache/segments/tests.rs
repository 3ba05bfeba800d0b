#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use std::cell::Cell;
use std::rc::Rc;

use bytes::Bytes;
use tokio::sync::oneshot;
use tokio::task::LocalSet;

use super::*;

fn run<F: Future>(test: F) -> F::Output {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    LocalSet::new().block_on(&runtime, test)
}

fn fault() -> Fault {
    Fault {
        status: StatusCode::BAD_GATEWAY,
        blame: Blame::Asset,
        code: "test",
        message: String::new(),
        detail: String::new(),
        retry_after_s: None,
    }
}

async fn fill_with(mut filler: Filler, bytes: usize) {
    filler.push(Bytes::from(vec![7; bytes]));
    filler.finish();
}

#[test]
fn simultaneous_requests_are_one_fill() {
    run(async {
        for budget in [1 << 20, 0] {
            let cache = SegmentCache::new(budget);
            let (go, wait) = oneshot::channel::<()>();
            let (first, lookup) = cache.get_or_fill(1, |filler| async {
                wait.await.unwrap();
                fill_with(filler, 10).await;
            });
            assert_eq!(lookup, Lookup::Miss);
            let (second, lookup) = cache.get_or_fill(1, |_| async { panic!("a second fill") });
            assert_eq!(lookup, Lookup::Coalesced);
            go.send(()).unwrap();
            assert_eq!(first.completed().await.unwrap(), 10);
            assert_eq!(second.completed().await.unwrap(), 10);
        }
    });
}

#[test]
fn a_viewer_who_leaves_does_not_end_the_fill() {
    run(async {
        let cache = SegmentCache::new(1 << 20);
        let (go, wait) = oneshot::channel::<()>();
        let (entry, _) = cache.get_or_fill(1, |filler| async {
            wait.await.unwrap();
            fill_with(filler, 10).await;
        });
        drop(entry);
        let (entry, _) = cache.get_or_fill(1, |_| async { panic!("a second fill") });
        go.send(()).unwrap();
        assert_eq!(entry.completed().await.unwrap(), 10);
    });
}

#[test]
fn a_failed_fill_is_told_to_all_who_waited_and_tried_again_by_the_next() {
    run(async {
        let cache = SegmentCache::new(1 << 20);
        let tries = Rc::new(Cell::new(0));
        let (first, _) = cache.get_or_fill(1, |filler| {
            let tries = tries.clone();
            async move {
                tries.set(tries.get() + 1);
                filler.fail(fault());
            }
        });
        let (second, _) = cache.get_or_fill(1, |_| async { panic!("a second fill") });
        assert_eq!(first.completed().await.unwrap_err().code, "test");
        assert_eq!(second.completed().await.unwrap_err().code, "test");
        let (third, lookup) = cache.get_or_fill(1, |filler| fill_with(filler, 3));
        assert_eq!(lookup, Lookup::Miss);
        assert_eq!(third.completed().await.unwrap(), 3);
        assert_eq!(tries.get(), 1);
    });
}

#[test]
fn a_fill_that_panics_fails_its_entry_and_leaves_the_table() {
    run(async {
        let cache = SegmentCache::new(1 << 20);
        let (entry, _) = cache.get_or_fill(1, |filler| async move {
            let _held = filler;
            panic!("the fill breaks");
        });
        assert_eq!(entry.completed().await.unwrap_err().code, "fill-abandoned");
        let (entry, lookup) = cache.get_or_fill(1, |filler| fill_with(filler, 3));
        assert_eq!(
            (entry.completed().await.unwrap(), lookup),
            (3, Lookup::Miss)
        );
    });
}

#[test]
fn finished_entries_stay_within_the_budget() {
    run(async {
        let cache = SegmentCache::new(100 * 1024);
        for key in 0..200 {
            let (entry, _) = cache.get_or_fill(key, |filler| fill_with(filler, 9 * 1024));
            entry.completed().await.unwrap();
            tokio::task::yield_now().await;
        }
        assert!(cache.weight() <= 100 * 1024, "{}", cache.weight());
        assert!(!cache.is_empty());
    });
}

/// Memory is what a budget is about: what is pushed out lets go of its bytes at once.
#[test]
fn evicted_entries_let_go_of_their_memory_at_once() {
    struct Counted(Arc<AtomicU64>, Vec<u8>);
    impl AsRef<[u8]> for Counted {
        fn as_ref(&self) -> &[u8] {
            &self.1
        }
    }
    impl Drop for Counted {
        fn drop(&mut self) {
            self.0.fetch_sub(self.1.len() as u64, Ordering::Relaxed);
        }
    }
    run(async {
        let held = Arc::new(AtomicU64::new(0));
        let cache = SegmentCache::new(1 << 20);
        for key in 0..500 {
            let held = held.clone();
            let (entry, _) = cache.get_or_fill(key, |mut filler| async move {
                held.fetch_add(10_000, Ordering::Relaxed);
                filler.push(Bytes::from_owner(Counted(held, vec![7; 10_000])));
                filler.finish();
            });
            entry.completed().await.unwrap();
            drop(entry);
            tokio::task::yield_now().await;
        }
        let held = held.load(Ordering::Relaxed);
        // In whole pages: 10 000 bytes take three.
        assert!((700_000..=1 << 20).contains(&held), "{held}");
    });
}

/// Workers on their own threads, each asking for the same few keys in its own order, with a budget
/// too small for all of them.
#[test]
fn across_threads_there_is_one_fill_per_key_at_a_time_and_everyone_gets_the_right_bytes() {
    const KEYS: usize = 20;
    let cache = SegmentCache::new(10 * 5_000);
    let under_way: Vec<AtomicU64> = (0..KEYS).map(|_| AtomicU64::new(0)).collect();
    let under_way = Arc::new(under_way);
    std::thread::scope(|scope| {
        for thread in 0..4usize {
            let (cache, under_way) = (cache.clone(), under_way.clone());
            scope.spawn(move || {
                run(async {
                    for i in 0..2_000 {
                        let key = (i * (2 * thread + 1) + i / 7) % KEYS;
                        let under_way = under_way.clone();
                        let (entry, _) = cache.get_or_fill(key, |mut filler| async move {
                            assert_eq!(under_way[key].fetch_add(1, Ordering::SeqCst), 0);
                            filler.push(Bytes::from(vec![key as u8; 2_500]));
                            tokio::task::yield_now().await;
                            filler.push(Bytes::from(vec![key as u8; 2_500]));
                            under_way[key].fetch_sub(1, Ordering::SeqCst);
                            filler.finish();
                        });
                        // Some look at what is there, some leave at once.
                        if i % 3 != 0 {
                            assert_eq!(entry.completed().await.unwrap(), 5_000);
                            let slices = entry.slices(0..5_000).unwrap();
                            assert!(slices.concat().iter().all(|byte| *byte == key as u8));
                        }
                    }
                });
            });
        }
    });
    let stats = cache.stats();
    let [hits, misses, coalesced] =
        [&stats.hits, &stats.misses, &stats.coalesced].map(|n| n.load(Ordering::Relaxed));
    assert_eq!(hits + misses + coalesced, 8_000);
    assert!(hits > 0 && misses > KEYS as u64, "{stats:?}");
    assert!(cache.weight() <= 10 * 5_000);
}

#[test]
fn more_fills_than_allowed_are_turned_away() {
    run(async {
        let cache = SegmentCache::new(0);
        let hold = |filler| async move {
            let _filler: Filler = filler;
            std::future::pending::<()>().await;
        };
        for key in 0..MAX_FILLS {
            cache.get_or_fill(key, hold);
        }
        let (entry, _) = cache.get_or_fill(MAX_FILLS, hold);
        assert_eq!(entry.fault().unwrap().code, "too-many-fills");
        assert_eq!(cache.get_or_fill(0, hold).1, Lookup::Coalesced);
        assert_eq!(cache.filling(), MAX_FILLS);
    });
}

#[test]
fn shedding_gives_up_what_nobody_reads() {
    run(async {
        let cache = SegmentCache::new(1 << 20);
        for key in 0..8 {
            let (entry, _) = cache.get_or_fill(key, |filler| fill_with(filler, 50_000));
            entry.completed().await.unwrap();
            tokio::task::yield_now().await;
        }
        let read = cache.ready(&3).unwrap();
        assert_eq!(cache.shed(1), 50_000, "one will do");
        assert_eq!(cache.len(), 7);
        assert_eq!(cache.shed(u64::MAX), 6 * 50_000);
        assert!(
            cache
                .ready(&3)
                .is_some_and(|entry| Arc::ptr_eq(&entry, &read))
        );
        assert_eq!(
            (cache.len(), cache.stats().evictions.load(Ordering::Relaxed)),
            (1, 7)
        );
    });
}
