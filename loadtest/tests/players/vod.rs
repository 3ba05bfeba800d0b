//! Titles that are there as a whole.
use std::time::Duration;

use edgepack_loadtest::scenario::{Carrier, Cmcd, StartRung, Tokens};

use super::media::{SECONDS, hls};
use super::server::{Reply, Server};
use super::{assert_clean, play, scenario};

#[tokio::test]
async fn a_good_title_is_played_to_its_end_without_error_or_stall() {
    let server = Server::of_files(hls(), |_, _| None).await;
    let mut scenario = scenario(&server.url("/main.m3u8"));
    scenario.load.viewers = Some(3);
    let outcome = play(&scenario).await;
    assert_clean(&outcome);
    assert_eq!((outcome.viewers.started, outcome.viewers.finished), (3, 3));
    assert_eq!(outcome.viewers.peak, 3);
    assert_eq!(outcome.stalls, 0);
    assert!(
        (outcome.played_s - 3.0 * SECONDS).abs() < 0.5,
        "{}",
        outcome.played_s
    );
    assert_eq!(outcome.startup_ms.count, 3);
    assert!(outcome.latency_ms["header"].count >= 6);
    // Three segments of picture and four of sound each.
    assert_eq!(outcome.latency_ms["segment"].count, 21);
    assert!(outcome.connections.opened <= 6);
    let seconds: f64 = outcome.rungs.values().sum();
    assert!((seconds - outcome.played_s).abs() < 0.1);
    // It ended with the last viewer, not with the time allowed.
    assert!(outcome.seconds < 15.0);
}

#[tokio::test]
async fn a_throttled_server_makes_players_go_down() {
    let server = Server::of_files(hls(), |asked, bytes| {
        let media = asked.path.ends_with(".m4s");
        media.then(|| Reply::Slow(bytes.clone(), 60_000))
    })
    .await;
    let mut scenario = scenario(&server.url("/main.m3u8"));
    scenario.abr.start = StartRung::Highest;
    let outcome = play(&scenario).await;
    assert_clean(&outcome);
    assert_eq!(outcome.rungs.len(), 2, "{:?}", outcome.rungs);
    assert!(outcome.rung_switches >= 1);
    // The first segment of 1.5 Mb/s takes about six seconds.
    assert!(outcome.startup_ms.max > 1000.0, "{:?}", outcome.startup_ms);
}

#[tokio::test]
async fn without_adaptation_a_throttled_server_means_stalls() {
    let server = Server::of_files(hls(), |asked, bytes| {
        let media = asked.path.ends_with(".m4s");
        media.then(|| Reply::Slow(bytes.clone(), 100_000))
    })
    .await;
    let mut scenario = scenario(&server.url("/main.m3u8"));
    scenario.abr.start = StartRung::Highest;
    scenario.abr.enabled = false;
    scenario.playback.audio = false;
    let outcome = play(&scenario).await;
    assert_clean(&outcome);
    assert!(outcome.stalls >= 1);
    assert!(
        outcome.rebuffer_ratio() > 0.05,
        "{}",
        outcome.rebuffer_ratio()
    );
}

#[tokio::test]
async fn token_and_cmcd_go_with_every_request() {
    let files = hls();
    let server = Server::start(false, move |asked| {
        let file = asked
            .path
            .strip_prefix("/t/")
            .and_then(|rest| rest.split_once('/'))
            .and_then(|(token, path)| {
                assert_eq!(token.split('.').count(), 3, "{token} is no JWT");
                files.get(&format!("/{path}")).cloned()
            });
        Box::pin(async move { file.map_or(Reply::Status(404), Reply::Whole) })
    })
    .await;
    let mut scenario = scenario(&server.url("/main.m3u8"));
    scenario.cmcd = Cmcd::Header;
    scenario.load.duration = Duration::from_secs(3);
    scenario.tokens = Some(Tokens {
        secret: Some("a secret of at least thirty-two bytes".into()),
        secret_file: None,
        key_id: None,
        carrier: Carrier::Path,
        name: None,
        prefix: "/t/{token}".into(),
        lifetime: Duration::from_secs(60),
        issuer: None,
        audience: None,
        paths: vec!["/".into()],
    });
    let outcome = play(&scenario).await;
    assert_clean(&outcome);
    let asked = server.asked.lock().unwrap();
    assert!(asked.len() > 6);
    let header = |name: &str, at: usize| -> String {
        let value = asked[at].headers.get(name);
        value.map_or_else(String::new, |value| value.to_str().unwrap().to_owned())
    };
    assert!(header("cmcd-object", 0).contains("ot=m"));
    assert!(
        asked
            .iter()
            .all(|asked| asked.headers.contains_key("cmcd-session"))
    );
    let picture = asked
        .iter()
        .position(|asked| asked.path.ends_with("s0-0.m4s"))
        .unwrap();
    assert!(header("cmcd-object", picture).contains("ot=v"));
    assert!(header("cmcd-object", picture).contains("d=2000"));
    assert!(header("cmcd-request", picture).contains("su"));
}

#[tokio::test]
async fn viewers_seek_and_leave_as_the_scenario_says() {
    let server = Server::of_files(hls(), |_, _| None).await;
    let mut scenario = scenario(&server.url("/main.m3u8"));
    scenario.behaviour.watch = Some(Duration::from_secs(2));
    scenario.behaviour.seeks_per_minute = 60.0;
    scenario.load.viewers = Some(4);
    let outcome = play(&scenario).await;
    assert_clean(&outcome);
    assert_eq!(outcome.viewers.finished, 4);
    // Who jumps to the end may see less.
    assert!(outcome.played_s < 9.0, "{}", outcome.played_s);
    assert_eq!(outcome.stalls, 0);
}
