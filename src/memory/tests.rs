#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use std::sync::Mutex;

use futures_util::FutureExt;

use super::*;

fn budget(limit: u64) -> Budget {
    Budget::new(limit, Duration::from_secs(5))
}

#[test]
fn what_is_held_counts_until_it_is_dropped() {
    let budget = budget(100);
    let mut title = budget.take_at_once(Use::Titles, 60).unwrap();
    let text = budget.take_at_once(Use::Text, 40).unwrap();
    let refused = budget.take_at_once(Use::Text, 1).unwrap_err();
    assert_eq!((refused.wanted, refused.used, refused.limit), (1, 100, 100));
    drop(text);
    title.merge(budget.take_at_once(Use::Titles, 5).unwrap());
    assert_eq!((budget.used(Use::Titles), budget.used(Use::Text)), (65, 0));
    title.shrink_to(15);
    assert_eq!(budget.used_in_all(), 15);
    drop(title);
    assert_eq!((budget.used_in_all(), budget.refused()), (0, 1));
}

#[test]
fn shortage_has_the_caches_give_up_what_they_can_spare() {
    let budget = budget(100);
    let cache = Arc::new(Mutex::new(vec![
        budget.take_at_once(Use::Media, 70).unwrap(),
    ]));
    budget.on_shortage({
        let cache = Arc::clone(&cache);
        move |wanted| {
            assert_eq!(wanted, 50);
            cache.lock().unwrap().clear();
        }
    });
    assert!(budget.take_at_once(Use::Titles, 50).is_ok());
}

#[tokio::test]
async fn who_waits_is_woken_by_what_becomes_free() {
    let budget = budget(100);
    let first = budget.take_at_once(Use::Media, 80).unwrap();
    let mut waiting = Box::pin(budget.take(Use::Titles, 30));
    assert!(waiting.as_mut().now_or_never().is_none());
    assert_eq!(budget.waiting(), 1);
    drop(first);
    assert_eq!(waiting.await.unwrap().bytes(), 30);
    assert_eq!(budget.waiting(), 0);
}

#[tokio::test(start_paused = true)]
async fn waits_end_and_hopeless_ones_do_not_begin() {
    let budget = budget(100);
    let _all = budget.take_at_once(Use::Media, 100).unwrap();
    let began = tokio::time::Instant::now();
    assert!(budget.take(Use::Titles, 101).await.is_err());
    assert_eq!(began.elapsed(), Duration::ZERO);
    assert!(budget.take(Use::Titles, 1).await.is_err());
    assert_eq!(began.elapsed(), Duration::from_secs(5));
    let mut crowd: Vec<_> = (0..MAX_WAITING)
        .map(|_| Box::pin(budget.take(Use::Titles, 1)))
        .collect();
    for one in &mut crowd {
        assert!(one.as_mut().now_or_never().is_none());
    }
    assert!(budget.take(Use::Titles, 1).now_or_never().unwrap().is_err());
}

#[test]
fn bytes_hold_their_part_to_the_last_slice() {
    let budget = budget(100);
    let held = budget.take_at_once(Use::Manifests, 7).unwrap();
    let bytes = held_bytes(String::from("#EXTM3U"), held);
    let slice = bytes.slice(1..4);
    drop(bytes);
    assert_eq!((&slice[..], budget.used(Use::Manifests)), (&b"EXT"[..], 7));
    drop(slice);
    assert_eq!(budget.used_in_all(), 0);
}
