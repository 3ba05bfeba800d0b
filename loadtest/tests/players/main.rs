//! Players against servers that behave, and against servers that do not.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod dash;
mod faults;
mod loops;
mod low_latency;
mod media;
mod server;
mod vod;

use std::time::Duration;

use edgepack_loadtest::outcome::Outcome;
use edgepack_loadtest::scenario::Scenario;

/// One viewer who plays to the end and is not followed by another.
fn scenario(url: &str) -> Scenario {
    let mut scenario = Scenario::of_manifest(url);
    scenario.load.viewers = Some(1);
    scenario.load.over = Duration::ZERO;
    scenario.load.replace = false;
    scenario.load.duration = Duration::from_secs(20);
    scenario.load.grace = Duration::from_millis(500);
    scenario.load.threads = 1;
    scenario.playback.start = 0.5;
    scenario
}

async fn play(scenario: &Scenario) -> Outcome {
    edgepack_loadtest::run(scenario, |_| {}).await.unwrap()
}

fn assert_clean(outcome: &Outcome) {
    assert!(outcome.errors.is_empty(), "{:#?}", outcome.samples);
    assert_eq!(outcome.violations, 0, "{:#?}", outcome.samples);
}
