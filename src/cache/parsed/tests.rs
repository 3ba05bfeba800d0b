#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use futures_util::future::join;
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

/// Values that weigh next to nothing.
fn light(max_entries: u64) -> ParsedCache<u32, u32> {
    ParsedCache::new(max_entries, 1 << 20, |_| 1)
}

#[test]
fn simultaneous_requests_are_one_load() {
    run(async {
        let cache = light(10);
        let (go, wait) = oneshot::channel::<()>();
        let first = cache.get_or_load(1, || async {
            wait.await.unwrap();
            Ok(7)
        });
        let second = async {
            go.send(()).unwrap();
            cache
                .get_or_load(1, || async { panic!("a second load") })
                .await
        };
        let (first, second) = join(first, second).await;
        assert!(Arc::ptr_eq(&first.unwrap(), &second.unwrap()));
        assert_eq!(*cache.get(&1).unwrap(), 7);
    });
}

#[test]
fn a_failure_is_not_kept() {
    run(async {
        let cache = light(10);
        assert_eq!(
            cache
                .get_or_load(1, || async { Err(abandoned()) })
                .await
                .unwrap_err()
                .code,
            "load-abandoned"
        );
        assert_eq!(*cache.get_or_load(1, || async { Ok(2) }).await.unwrap(), 2);
    });
}

#[test]
fn a_caller_who_goes_away_does_not_end_the_load() {
    run(async {
        let cache = light(10);
        let (go, wait) = oneshot::channel::<()>();
        let leader = cache.get_or_load(1, || async {
            wait.await.unwrap();
            Ok(7)
        });
        let gone = tokio::time::timeout(std::time::Duration::ZERO, leader).await;
        assert!(gone.is_err());
        go.send(()).unwrap();
        assert_eq!(
            *cache
                .get_or_load(1, || async { panic!("a second load") })
                .await
                .unwrap(),
            7
        );
    });
}

#[test]
fn a_load_that_panics_is_a_fault_and_can_be_tried_again() {
    run(async {
        let cache = light(10);
        let broken = cache
            .get_or_load(1, || async { panic!("the load breaks") })
            .await;
        assert_eq!(broken.unwrap_err().code, "load-abandoned");
        assert_eq!(*cache.get_or_load(1, || async { Ok(2) }).await.unwrap(), 2);
    });
}

#[test]
fn no_more_than_allowed_is_kept_and_the_rest_is_let_go_at_once() {
    run(async {
        let cache = light(10);
        let mut seen = Vec::new();
        for key in 0..100 {
            let value = cache
                .get_or_load(key, || async move { Ok(key) })
                .await
                .unwrap();
            seen.push(Arc::downgrade(&value));
        }
        // The loading task itself may still hold the last one.
        tokio::task::yield_now().await;
        let kept = seen.iter().filter(|value| value.strong_count() > 0).count();
        assert!((1..=10).contains(&kept), "{kept}");
        assert_eq!(cache.len(), 10);
    });
}

#[test]
fn what_is_invalidated_is_loaded_again() {
    run(async {
        let cache = light(10);
        assert_eq!(*cache.get_or_load(1, || async { Ok(1) }).await.unwrap(), 1);
        cache.invalidate(&1);
        assert!(cache.get(&1).is_none());
        assert_eq!(*cache.get_or_load(1, || async { Ok(2) }).await.unwrap(), 2);
    });
}

/// Values that weigh what they say, in KiB.
fn by_weight(budget_kib: u64) -> ParsedCache<u32, u64> {
    ParsedCache::new(1000, budget_kib << 10, |kib| kib << 10)
}

#[test]
fn the_least_recently_used_go_when_all_together_are_too_heavy() {
    run(async {
        let cache = by_weight(1000);
        for key in 0..4 {
            cache.get_or_load(key, || async { Ok(240) }).await.unwrap();
        }
        assert_eq!((cache.len(), cache.weight()), (4, 960 << 10));
        assert!(cache.get(&0).is_some());
        // A newcomer nobody asked for before is let in all the same.
        cache.get_or_load(4, || async { Ok(400) }).await.unwrap();
        let kept: Vec<_> = (0..5).filter(|key| cache.get(key).is_some()).collect();
        assert_eq!(kept, [0, 3, 4]);
        assert_eq!((cache.len(), cache.weight()), (3, 880 << 10));
    });
}

#[test]
fn what_is_heavier_than_the_budget_is_kept_alone() {
    run(async {
        let cache = by_weight(1000);
        for key in 0..3 {
            cache.get_or_load(key, || async { Ok(100) }).await.unwrap();
        }
        cache.get_or_load(7, || async { Ok(5000) }).await.unwrap();
        assert_eq!(*cache.get(&7).unwrap(), 5000);
        assert_eq!((cache.len(), cache.weight()), (1, 5000 << 10));
        cache.get_or_load(8, || async { Ok(100) }).await.unwrap();
        assert_eq!(*cache.get(&8).unwrap(), 100);
        assert_eq!((cache.len(), cache.weight()), (1, 100 << 10));
    });
}
