#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::super::testing::{Fake, keys, record, request, store, store_with};
use super::super::{KeyError, KeySet};
use super::*;

fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn down() -> KeyError {
    KeyError::Unreachable("connection refused".into())
}

fn key_of(set: &KeySet, label: &str) -> [u8; 16] {
    *set.record(label, 0).unwrap().key.expose()
}

#[tokio::test(start_paused = true)]
async fn requests_for_the_same_keys_are_one() {
    let fake = Fake::new();
    fake.take(secs(2));
    let store = store(&fake, keys());
    let (one, two) = (request("film"), request("film"));
    let (one, two) = tokio::join!(store.get(&one), store.get(&two));
    let (one, two) = (one.unwrap(), two.unwrap());
    assert!(Arc::ptr_eq(&one, &two));
    assert_eq!(fake.asked(), 1);
    assert_eq!(one.records().count(), 4);
    let hd = record("film", "HD", 1, 0).key;
    assert_eq!(one.record("HD", 1).unwrap().key.expose(), hd.expose());
    assert_eq!(one.by_kid(hd.kid).unwrap().key.expose(), hd.expose());
    assert!(one.record("SD", 0).is_none() && one.record("HD", 2).is_none());
    store.get(&request("other")).await.unwrap();
    assert_eq!(fake.asked(), 2);
}

#[test]
fn workers_with_runtimes_of_their_own_share_one_fetch() {
    let fake = Fake::new();
    fake.take(Duration::from_millis(200));
    let main = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let store = main.block_on(async { Arc::new(store(&fake, keys())) });
    let workers: Vec<_> = (0..8)
        .map(|_| {
            let store = store.clone();
            std::thread::spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread()
                    .enable_all()
                    .build()
                    .unwrap();
                runtime.block_on(async { store.get(&request("film")).await.unwrap() })
            })
        })
        .collect();
    let sets: Vec<_> = workers
        .into_iter()
        .map(|worker| worker.join().unwrap())
        .collect();
    assert!(sets.iter().all(|set| Arc::ptr_eq(set, &sets[0])));
    assert_eq!(fake.asked(), 1);
}

#[tokio::test(start_paused = true)]
async fn who_leaves_stops_nothing() {
    let fake = Fake::new();
    fake.take(secs(2));
    let store = store(&fake, keys());
    let film = request("film");
    assert!(timeout(secs(1), store.get(&film)).await.is_err());
    sleep(secs(2)).await;
    store.get(&request("film")).await.unwrap();
    assert_eq!(fake.asked(), 1);
}

#[tokio::test(start_paused = true)]
async fn keys_in_use_are_refreshed_before_their_time_ends() {
    let fake = Fake::new();
    let store = store(&fake, keys());
    let set = store.get(&request("film")).await.unwrap();
    let started = Instant::now();
    while fake.asked() == 1 {
        assert!(set.is_fresh());
        sleep(Duration::from_millis(100)).await;
    }
    let after = started.elapsed().as_secs();
    assert!((43..=55).contains(&after), "{after} s");
    // The same keys are the same set, for another while.
    sleep(secs(30)).await;
    assert!(set.is_fresh());
    assert!(Arc::ptr_eq(
        &set,
        &store.get(&request("film")).await.unwrap()
    ));
}

#[tokio::test(start_paused = true)]
async fn keys_out_of_use_are_not_refreshed() {
    let fake = Fake::new();
    let store = store(&fake, keys());
    let set = store.get(&request("film")).await.unwrap();
    sleep(secs(59)).await;
    // The first time counts as use.
    assert_eq!(fake.asked(), 2);
    sleep(secs(600)).await;
    assert_eq!(fake.asked(), 2);
    assert!(!set.is_fresh());
    store.get(&request("film")).await.unwrap();
    assert_eq!(fake.asked(), 3);
    assert!(set.is_fresh());
}

#[tokio::test(start_paused = true)]
async fn new_keys_are_a_new_set() {
    let fake = Fake::new();
    let store = store(&fake, keys());
    let old = store.get(&request("film")).await.unwrap();
    fake.change_keys();
    sleep(secs(59)).await;
    assert!(!old.is_fresh());
    let new = store.get(&request("film")).await.unwrap();
    assert!(!Arc::ptr_eq(&old, &new));
    assert_ne!(key_of(&old, "HD"), key_of(&new, "HD"));
    assert!(new.is_fresh());
}

#[tokio::test(start_paused = true)]
async fn without_their_provider_keys_serve_on() {
    let fake = Fake::new();
    let store = store(&fake, keys());
    let set = store.get(&request("film")).await.unwrap();
    fake.fail(down());
    sleep(secs(3600)).await;
    assert!(!set.is_fresh());
    let stale = store.get(&request("film")).await.unwrap();
    assert!(Arc::ptr_eq(&set, &stale));
    fake.work();
    sleep(secs(61)).await;
    store.get(&request("film")).await.unwrap();
    assert!(set.is_fresh());
}

#[tokio::test(start_paused = true)]
async fn keys_serve_no_longer_than_they_may() {
    let fake = Fake::new();
    let limited = Keys {
        max_stale: Some(secs(100)),
        ..keys()
    };
    let store = store(&fake, limited);
    store.get(&request("film")).await.unwrap();
    fake.fail(down());
    sleep(secs(150)).await;
    store.get(&request("film")).await.unwrap();
    sleep(secs(15)).await;
    let error = store.get(&request("film")).await.unwrap_err();
    assert_eq!(error.cause(), &down());
}

#[tokio::test(start_paused = true)]
async fn a_slow_provider_holds_viewers_up_for_a_second_where_keys_are_there() {
    let fake = Fake::new();
    let store = store(&fake, keys());
    let set = store.get(&request("film")).await.unwrap();
    // Out of use, and so not refreshed ahead.
    sleep(secs(200)).await;
    let asked = fake.asked();
    fake.take(secs(20));
    let started = Instant::now();
    let stale = store.get(&request("film")).await.unwrap();
    assert!(Arc::ptr_eq(&set, &stale));
    assert_eq!(started.elapsed(), STALE_WAIT);
    assert_eq!(fake.asked(), asked + 1);
}

#[tokio::test(start_paused = true)]
async fn a_failure_is_remembered_for_longer_and_longer() {
    let fake = Fake::new();
    fake.fail(KeyError::Unknown(404));
    let store = store(&fake, keys());
    let error = store.get(&request("film")).await.unwrap_err();
    assert_eq!(error, KeyError::Unknown(404));
    let error = store.get(&request("film")).await.unwrap_err();
    assert_eq!((error.cause(), fake.asked()), (&KeyError::Unknown(404), 1));
    let retry_after = error.retry_after().as_millis();
    assert!((800..=1200).contains(&retry_after), "{retry_after} ms");
    let mut pauses = Vec::new();
    for _ in 0..4 {
        let (asked, started) = (fake.asked(), Instant::now());
        while fake.asked() == asked {
            sleep(Duration::from_millis(20)).await;
            let _ = store.get(&request("film")).await;
        }
        pauses.push(started.elapsed().as_secs_f64());
    }
    for (pause, expected) in pauses.iter().zip([1.0, 2.0, 4.0, 8.0]) {
        assert!((pause / expected - 1.0).abs() < 0.15, "{pauses:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_dead_provider_is_left_alone_and_found_again() {
    let fake = Fake::new();
    fake.fail(down());
    let store = store(&fake, keys());
    for content in 0..50 {
        let error = store.get(&request(&format!("film{content}"))).await;
        assert_eq!(error.unwrap_err().cause(), &down());
    }
    assert_eq!(fake.asked(), 3, "three failures, and no more is asked");
    // After its pause one request finds out.
    sleep(secs(2)).await;
    for content in 50..60 {
        store
            .get(&request(&format!("film{content}")))
            .await
            .unwrap_err();
    }
    assert_eq!(fake.asked(), 4);
    fake.work();
    sleep(secs(40)).await;
    for content in 0..60 {
        store
            .get(&request(&format!("film{content}")))
            .await
            .unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn contents_that_a_provider_does_not_know_do_not_shut_it() {
    let fake = Fake::new();
    fake.fail(KeyError::Unknown(404));
    let store = store(&fake, keys());
    for content in 0..10 {
        store
            .get(&request(&format!("film{content}")))
            .await
            .unwrap_err();
    }
    assert_eq!(fake.asked(), 10);
}

#[tokio::test(start_paused = true)]
async fn a_mount_is_unwell_when_its_provider_failed_for_too_long_and_recovers_by_itself() {
    let fake = Fake::new();
    let strict = Keys {
        unready_after: Some(secs(30)),
        ..keys()
    };
    let store = store(&fake, strict);
    fake.fail(KeyError::Failed(500));
    store.get(&request("film")).await.unwrap_err();
    assert!(store.unwell().is_empty());
    sleep(secs(31)).await;
    let unwell = store.unwell();
    assert_eq!((unwell.len(), unwell[0].mount.as_str()), (1, "vod"));
    assert_eq!(unwell[0].error, KeyError::Failed(500));
    // No viewer asks any more.
    fake.work();
    sleep(secs(61)).await;
    assert!(store.unwell().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_failure_that_may_last_does_not_make_the_node_unready() {
    let fake = Fake::new();
    let store = store(&fake, keys());
    fake.fail(down());
    store.get(&request("film")).await.unwrap_err();
    sleep(secs(3600)).await;
    assert!(store.unwell().is_empty());
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_lacks_a_label_is_wrong() {
    let fake = Fake::new();
    fake.leave_out("AUDIO");
    let store = store(&fake, keys());
    let error = store.get(&request("film")).await.unwrap_err();
    assert!(
        matches!(&error, KeyError::Wrong(why) if why.contains("AUDIO")),
        "{error}"
    );
}

#[tokio::test(start_paused = true)]
async fn keys_are_bounded_and_those_longest_out_of_use_go() {
    let fake = Fake::new();
    let few = Keys {
        max_sets: 16,
        ..keys()
    };
    let store = store(&fake, few);
    for content in 0..16 {
        store
            .get(&request(&format!("film{content}")))
            .await
            .unwrap();
    }
    store.get(&request("film0")).await.unwrap();
    store.get(&request("film16")).await.unwrap();
    assert_eq!(store.sources()[0].entries().len(), 16);
    store.get(&request("film0")).await.unwrap();
    assert_eq!(fake.asked(), 17);
    store.get(&request("film1")).await.unwrap();
    assert_eq!(fake.asked(), 18);
}

#[tokio::test(start_paused = true)]
async fn keys_fetched_ahead_are_there() {
    let fake = Fake::new();
    let store = store(&fake, keys());
    store.prefetch(request("film"));
    store.prefetch(request("film"));
    sleep(secs(1)).await;
    fake.fail(down());
    store.get(&request("film")).await.unwrap();
    assert_eq!(fake.asked(), 1);
}

#[tokio::test]
async fn requests_that_no_provider_should_see_are_refused() {
    let fake = Fake::new();
    let store = store(&fake, keys());
    let good = request("film");
    let bad = [
        KeyRequest {
            periods: 3..3,
            ..good.clone()
        },
        KeyRequest {
            periods: 0..100_000,
            ..good.clone()
        },
        KeyRequest {
            labels: Vec::new(),
            ..good.clone()
        },
        KeyRequest {
            labels: vec![good.labels[0].clone(), good.labels[0].clone()],
            ..good.clone()
        },
        KeyRequest { mount: 1, ..good },
    ];
    for bad in bad {
        let error = store.get(&bad).await.unwrap_err();
        assert!(matches!(error, KeyError::Unreasonable(_)), "{error}");
        store.prefetch(bad);
    }
    assert_eq!(fake.asked(), 0);
}

#[tokio::test(start_paused = true)]
async fn reports_and_metrics_show_ids_and_ages_and_no_key() {
    let fake = Fake::new();
    let telemetry = Telemetry::new(None).unwrap();
    let store = store_with(&fake, keys(), &telemetry);
    let set = store.get(&request("film")).await.unwrap();
    sleep(secs(10)).await;
    let report = store.report(3);
    let keys = report["keys"].as_array().unwrap();
    assert_eq!((keys.len(), &report["truncated"]), (3, &true.into()));
    assert_eq!(
        keys[0]["kid"],
        record("film", "HD", 0, 0).key.kid.to_string()
    );
    assert_eq!(
        (&keys[0]["age_s"], &keys[0]["source"]),
        (&10.into(), &"fake".into())
    );
    assert_eq!(
        report["mounts"][0]["failing_for_s"],
        serde_json::Value::Null
    );
    let all = store.report(100);
    assert_eq!(all["truncated"], false);
    let metrics = String::from_utf8(telemetry.render().unwrap()).unwrap();
    assert!(
        metrics.contains(
            "edgepack_key_requests_total{mount=\"vod\",outcome=\"ok\",provider=\"fake\"} 1"
        )
    );
    let shown = format!("{all} {metrics} {set:?} {store:?}");
    for (_, _, record) in set.records() {
        assert!(!shown.contains(&hex::encode(record.key.expose())));
    }
}
