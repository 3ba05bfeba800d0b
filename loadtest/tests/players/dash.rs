//! DASH titles.
use super::media::{SECONDS, dash};
use super::server::{Reply, Server};
use super::{assert_clean, play, scenario};

#[tokio::test]
async fn a_static_title_is_played_to_its_end() {
    // ffmpeg rounds it down below what its segments last.
    let server = Server::of_files(dash(), |asked, bytes| {
        (asked.path == "/main.mpd").then(|| {
            let text = String::from_utf8(bytes.to_vec()).unwrap();
            let (before, after) = text.split_once("maxSegmentDuration=\"PT2.0S\"").unwrap();
            Reply::Whole(format!("{before}maxSegmentDuration=\"PT3S\"{after}").into())
        })
    })
    .await;
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
