//! Fixed lists, logs, and the protocols below.
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use edgepack_loadtest::fetch::{Fetch, fetch};
use edgepack_loadtest::replay::{Replay, replay};
use edgepack_loadtest::scenario::Protocol;
use tokio::sync::Mutex;
use url::Url;

use super::server::{Reply, Server};
use super::{assert_clean, play, scenario};

/// Answers one request at a time, each after 20 ms.
async fn one_at_a_time() -> Server {
    let turn = Arc::new(Mutex::new(()));
    Server::start(false, move |_| {
        let turn = Arc::clone(&turn);
        Box::pin(async move {
            let _turn = turn.lock().await;
            tokio::time::sleep(Duration::from_millis(20)).await;
            Reply::Whole(Bytes::from_static(b"content"))
        })
    })
    .await
}

fn plan(server: &Server) -> Fetch {
    Fetch {
        duration: Duration::from_secs(2),
        threads: 1,
        ..Fetch::new(vec![server.url("/segment.m4s").parse().unwrap()])
    }
}

#[tokio::test]
async fn a_closed_loop_waits_for_each_answer() {
    let server = one_at_a_time().await;
    let plan = Fetch {
        connections: 1,
        requests: Some(20),
        ..plan(&server)
    };
    let outcome = fetch(&plan, |_| {}).await.unwrap();
    assert_clean(&outcome);
    assert_eq!(outcome.requests, 20);
    assert_eq!(outcome.bytes, 20 * 7);
    assert_eq!(outcome.connections.opened, 1);
    assert!(outcome.latency_ms["segment"].p50 < 100.0);
}

#[tokio::test]
async fn an_open_loop_counts_what_requests_wait_for_their_turn() {
    let server = one_at_a_time().await;
    // Twice what the server can do for a second: the last waits about another.
    let plan = Fetch {
        connections: 1,
        rate: Some(100.0),
        requests: Some(100),
        grace: Duration::from_secs(5),
        duration: Duration::from_secs(4),
        ..plan(&server)
    };
    let outcome = fetch(&plan, |_| {}).await.unwrap();
    assert_clean(&outcome);
    assert_eq!(outcome.requests, 100);
    let latency = &outcome.latency_ms["segment"];
    assert!(latency.max > 500.0, "{latency:?}");
    assert!(latency.p50 > 100.0, "{latency:?}");
}

#[tokio::test]
async fn http2_has_one_connection_for_all_of_a_viewers_requests() {
    let server = Server::start(true, |_| {
        Box::pin(async { Reply::Whole(Bytes::from_static(b"content")) })
    })
    .await;
    let plan = Fetch {
        protocol: Protocol::Http2,
        connections: 2,
        streams: 8,
        requests: Some(200),
        ..plan(&server)
    };
    let outcome = fetch(&plan, |_| {}).await.unwrap();
    assert_clean(&outcome);
    assert_eq!(outcome.requests, 200);
    assert_eq!(outcome.connections.opened, 2);
}

#[tokio::test]
async fn http2_bodies_that_are_too_short_are_faults_of_length() {
    let server = Server::start(true, |_| {
        Box::pin(async { Reply::Truncated(Bytes::from(vec![0; 10_000]), 500) })
    })
    .await;
    let plan = Fetch {
        protocol: Protocol::Http2,
        connections: 1,
        requests: Some(3),
        ..plan(&server)
    };
    let outcome = fetch(&plan, |_| {}).await.unwrap();
    assert_eq!(outcome.errors.values().sum::<u64>(), 3, "{outcome:#?}");
    assert_eq!(outcome.bytes, 1500);
}

#[tokio::test]
async fn a_request_that_the_end_cuts_off_has_failed() {
    let server = Server::start(false, |_| Box::pin(std::future::pending())).await;
    let plan = Fetch {
        connections: 1,
        duration: Duration::from_millis(300),
        grace: Duration::from_millis(200),
        ..plan(&server)
    };
    let outcome = fetch(&plan, |_| {}).await.unwrap();
    assert_eq!(outcome.requests, 1);
    assert_eq!(outcome.errors.values().sum::<u64>(), 1);
}

#[tokio::test]
async fn a_log_is_asked_for_again_at_its_pace() {
    let server = Server::start(false, |_| {
        Box::pin(async { Reply::Whole(Bytes::from_static(b"content")) })
    })
    .await;
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("access.log");
    let lines = [
        r#"{"time":"2026-11-20T10:00:02.000000Z","peer":"10.0.0.2:1","protocol":"h1","tls":false,"method":"GET","path":"/late.m4s","status":200}"#,
        r#"10.0.0.1 - - [20/Nov/2026:11:00:00 +0100] "GET /early.m3u8?x=1 HTTP/1.1" 200 7 "-" "player""#,
        r#"10.0.0.1 - - [20/Nov/2026:11:00:01 +0100] "POST /licence HTTP/1.1" 200 7 "-" "player""#,
    ];
    std::fs::write(&log, lines.join("\n")).unwrap();
    let plan = Replay {
        speed: 2.0,
        threads: 1,
        ..Replay::new(log, Url::parse(&server.url("/")).unwrap())
    };
    let outcome = replay(&plan, |_| {}).await.unwrap();
    assert_clean(&outcome);
    assert_eq!(server.paths(), ["/early.m3u8", "/late.m4s"]);
    assert_eq!(server.asked.lock().unwrap()[0].query, "x=1");
    assert_eq!(outcome.connections.opened, 2);
    assert!((1.0..3.0).contains(&outcome.seconds), "{}", outcome.seconds);
}

#[tokio::test]
async fn arrivals_of_one_seed_are_the_same() {
    let server = Server::of_files(super::media::hls(), |_, _| None).await;
    let mut started = Vec::new();
    for _ in 0..2 {
        let mut scenario = scenario(&server.url("/main.m3u8"));
        scenario.load.arrivals = edgepack_loadtest::scenario::Arrivals::Poisson;
        scenario.load.rate = 20.0;
        scenario.load.viewers = None;
        scenario.load.duration = Duration::from_secs(1);
        scenario.seed = 7;
        started.push(play(&scenario).await.viewers.started);
    }
    assert_eq!(started[0], started[1]);
    assert!((5..40).contains(&started[0]), "{started:?}");
}
