//! DASH titles.
use super::media::{SECONDS, dash};
use super::server::Server;
use super::{assert_clean, play, scenario};

#[tokio::test]
async fn a_static_title_is_played_to_its_end() {
    let server = Server::of_files(dash(), |_, _| None).await;
    let outcome = play(&scenario(&server.url("/main.mpd"))).await;
    assert_clean(&outcome);
    assert_eq!(outcome.viewers.finished, 1);
    assert_eq!(outcome.stalls, 0);
    assert!(
        (outcome.played_s - SECONDS).abs() < 0.5,
        "{}",
        outcome.played_s
    );
    assert_eq!(outcome.latency_ms["manifest"].count, 1);
}
