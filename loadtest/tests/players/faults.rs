//! What servers do wrong, and the class it shows up as.
use std::time::Duration;

use bytes::Bytes;
use edgepack_loadtest::outcome::{ErrorClass, Outcome};

use super::media::hls;
use super::server::{Asked, Reply, Server};
use super::{play, scenario};

/// The second segment of the picture, whatever the rung.
fn is_second(asked: &Asked) -> bool {
    asked.path.starts_with("/s0-1.") || asked.path.starts_with("/s1-1.")
}

async fn found(
    change: impl Fn(&Asked, &Bytes) -> Option<Reply> + Send + Sync + 'static,
) -> Outcome {
    let server = Server::of_files(hls(), change).await;
    let mut scenario = scenario(&server.url("/main.m3u8"));
    scenario.load.duration = Duration::from_secs(4);
    scenario.timeouts.stall = Duration::from_millis(500);
    scenario.limits.failures = 2;
    play(&scenario).await
}

fn assert_only(outcome: &Outcome, class: ErrorClass) {
    let classes: Vec<_> = outcome.errors.keys().copied().collect();
    assert_eq!(classes, [class], "{:#?}", outcome.samples);
    assert_eq!(outcome.violations, 0, "{:#?}", outcome.samples);
}

#[tokio::test]
async fn a_truncated_segment_is_a_fault_of_length() {
    let outcome = found(|asked, bytes| {
        is_second(asked).then(|| Reply::Truncated(bytes.clone(), bytes.len() / 2))
    })
    .await;
    assert_only(&outcome, ErrorClass::Length);
    assert_eq!(outcome.viewers.failed, 1);
}

#[tokio::test]
async fn a_missing_segment_is_a_4xx() {
    let outcome = found(|asked, _| is_second(asked).then_some(Reply::Status(404))).await;
    assert_only(&outcome, ErrorClass::Status4xx);
}

#[tokio::test]
async fn an_overloaded_server_is_a_5xx() {
    let outcome = found(|asked, _| is_second(asked).then_some(Reply::Status(503))).await;
    assert_only(&outcome, ErrorClass::Status5xx);
}

#[tokio::test]
async fn a_body_that_stops_is_a_timeout() {
    let outcome = found(|asked, bytes| {
        is_second(asked).then(|| Reply::Stalled(bytes.clone(), bytes.len() / 2))
    })
    .await;
    assert_only(&outcome, ErrorClass::Timeout);
}

#[tokio::test]
async fn what_is_no_playlist_is_unreadable() {
    let outcome = found(|asked, _| {
        let playlist = asked.path == "/v0.m3u8" || asked.path == "/v1.m3u8";
        playlist.then(|| Reply::Whole(Bytes::from_static(b"<html>not found</html>")))
    })
    .await;
    assert_only(&outcome, ErrorClass::Unreadable);
}

fn assert_violation(outcome: &Outcome, rule: &str) {
    assert!(outcome.errors.is_empty(), "{:#?}", outcome.samples);
    assert!(outcome.violations >= 1);
    let named = |sample: &edgepack_loadtest::outcome::Incident| sample.what.starts_with(rule);
    assert!(
        outcome.samples.iter().any(named),
        "{rule} is not among {:#?}",
        outcome.samples
    );
}

#[tokio::test]
async fn a_wrong_decode_time_is_a_violation() {
    let outcome = found(|asked, bytes| {
        is_second(asked).then(|| {
            let mut wrong = bytes.to_vec();
            let at = wrong.windows(4).position(|it| it == b"tfdt").unwrap();
            // Version 1: eight bytes after version and flags.
            assert_eq!(wrong[at + 4], 1);
            wrong[at + 14] ^= 0x40;
            Reply::Whole(wrong.into())
        })
    })
    .await;
    assert_violation(&outcome, "decode-time");
}

#[tokio::test]
async fn a_segment_cut_short_under_a_right_length_is_a_violation() {
    let outcome = found(|asked, bytes| {
        is_second(asked).then(|| Reply::Whole(bytes.slice(..bytes.len() / 2)))
    })
    .await;
    assert!(outcome.violations >= 1);
    assert!(outcome.errors.is_empty());
}

#[tokio::test]
async fn a_playlist_that_breaks_a_rule_is_a_violation() {
    let outcome = found(|asked, bytes| {
        let playlist = asked.path == "/v0.m3u8" || asked.path == "/v1.m3u8";
        playlist.then(|| {
            let text = String::from_utf8(bytes.to_vec()).unwrap();
            Reply::Whole(text.replace("TARGETDURATION:2", "TARGETDURATION:1").into())
        })
    })
    .await;
    assert_violation(&outcome, "hls-target-duration");
}

#[tokio::test]
async fn what_differs_from_its_checksum_is_a_violation() {
    let folder = tempfile::tempdir().unwrap();
    let sums = folder.path().join("SHA256SUMS");
    std::fs::write(&sums, format!("{} /s0-1.m4s\n", "0".repeat(64))).unwrap();
    let server = Server::of_files(hls(), |_, _| None).await;
    let mut scenario = scenario(&server.url("/main.m3u8"));
    scenario.load.duration = Duration::from_secs(3);
    scenario.abr.enabled = false;
    scenario.verify.checksums = Some(sums);
    let outcome = play(&scenario).await;
    assert_violation(&outcome, "checksum");
}

#[tokio::test]
async fn a_server_that_is_not_there_is_a_connect_error() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let mut scenario = scenario(&format!("http://{address}/main.m3u8"));
    scenario.limits.failures = 2;
    let outcome = play(&scenario).await;
    assert_only(&outcome, ErrorClass::Connect);
    assert_eq!(outcome.connections.failed, 2);
    assert_eq!(outcome.error_rate(), 1.0);
}

#[tokio::test]
async fn other_machines_are_left_alone_unless_they_are_ones_own() {
    let scenario = scenario("http://192.0.2.1/main.m3u8");
    let refused = edgepack_loadtest::run(&scenario, |_| {}).await.unwrap_err();
    assert!(refused.to_string().contains("--i-own-this-target"));
}

#[tokio::test]
async fn a_playlist_on_this_machine_leads_to_no_other() {
    let outcome = found(|asked, bytes| {
        let playlist = asked.path == "/v0.m3u8" || asked.path == "/v1.m3u8";
        playlist.then(|| {
            let text = String::from_utf8(bytes.to_vec()).unwrap();
            let text = text.replace("\ns0-", "\nhttp://192.0.2.1/s0-");
            Reply::Whole(text.replace("\ns1-", "\nhttp://192.0.2.1/s1-").into())
        })
    })
    .await;
    assert!(outcome.errors[&ErrorClass::Connect] >= 1);
    assert!(
        outcome
            .samples
            .iter()
            .any(|it| it.what.contains("192.0.2.1"))
    );
}
