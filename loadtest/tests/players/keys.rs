//! Segments that are encrypted as a whole, and their keys.
use std::collections::HashMap;
use std::sync::Arc;

use bytes::Bytes;
use edgepack_loadtest::outcome::{Outcome, Unverified};

use super::media::Files;
use super::server::Server;
use super::{assert_clean, play, scenario};

/// Two segments, of which nobody but who has the key can tell more than their length.
fn files(method: &str, key: usize, segment: usize) -> Files {
    let list = format!(
        "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:2\n#EXT-X-KEY:METHOD={method},URI=\"one.key\"\n\
         #EXTINF:2.0,\n0.ts\n#EXT-X-KEY:METHOD={method},URI=\"two.key\"\n#EXTINF:2.0,\n1.ts\n#EXT-X-ENDLIST\n"
    );
    let bytes = |length: usize| Bytes::from(vec![7_u8; length]);
    Arc::new(HashMap::from([
        ("/main.m3u8".to_owned(), list.into()),
        ("/one.key".to_owned(), bytes(16)),
        ("/two.key".to_owned(), bytes(key)),
        ("/0.ts".to_owned(), bytes(32_000)),
        ("/1.ts".to_owned(), bytes(segment)),
    ]))
}

async fn outcome(method: &str, key: usize, segment: usize) -> Outcome {
    let server = Server::of_files(files(method, key, segment), |_, _| None).await;
    play(&scenario(&server.url("/main.m3u8"))).await
}

fn assert_violation(outcome: &Outcome, rule: &str, url: &str) {
    assert!(outcome.errors.is_empty(), "{:#?}", outcome.samples);
    let samples: Vec<_> = outcome.samples.iter().collect();
    assert_eq!(outcome.violations, 1, "{samples:#?}");
    assert!(samples[0].what.starts_with(rule), "{samples:#?}");
    assert!(samples[0].url.ends_with(url), "{samples:#?}");
}

#[tokio::test]
async fn keys_are_fetched_once_each_and_segments_counted_as_not_verified() {
    let outcome = outcome("AES-128", 16, 32_000).await;
    assert_clean(&outcome);
    assert_eq!(outcome.latency_ms["key"].count, 2);
    let unverified: Vec<_> = outcome.unverified.into_iter().collect();
    assert_eq!(unverified, [(Unverified::Encrypted, 2)]);
}

#[tokio::test]
async fn a_key_of_another_length_is_a_violation() {
    assert_violation(
        &outcome("AES-128", 15, 32_000).await,
        "key-length",
        "/two.key",
    );
    assert_violation(
        &outcome("AES-256", 32, 32_000).await,
        "key-length",
        "/one.key",
    );
}

#[tokio::test]
async fn a_segment_that_is_no_whole_blocks_is_a_violation() {
    assert_violation(&outcome("AES-128", 16, 32_001).await, "blocks", "/1.ts");
}

#[tokio::test]
async fn what_is_longer_than_is_kept_is_counted_as_not_verified() {
    let server = Server::of_files(super::media::hls(), |_, _| None).await;
    let mut scenario = scenario(&server.url("/main.m3u8"));
    scenario.limits.segment_bytes = 1024;
    let outcome = play(&scenario).await;
    assert_clean(&outcome);
    // All but the shortest of the sound.
    let segments = outcome.latency_ms["segment"].count;
    let unverified = outcome.unverified[&Unverified::TooLong];
    assert!(
        (segments - 2..=segments).contains(&unverified),
        "{unverified}"
    );
}
