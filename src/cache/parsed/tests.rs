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

#[test]
fn simultaneous_requests_are_one_load() {
    run(async {
        let cache = ParsedCache::<u32, u32>::new(10);
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
        let cache = ParsedCache::<u32, u32>::new(10);
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
        let cache = ParsedCache::<u32, u32>::new(10);
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
        let cache = ParsedCache::<u32, u32>::new(10);
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
        let cache = ParsedCache::<u32, u32>::new(10);
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
        let cache = ParsedCache::<u32, u32>::new(10);
        assert_eq!(*cache.get_or_load(1, || async { Ok(1) }).await.unwrap(), 1);
        cache.invalidate(&1);
        assert!(cache.get(&1).is_none());
        assert_eq!(*cache.get_or_load(1, || async { Ok(2) }).await.unwrap(), 2);
    });
}
