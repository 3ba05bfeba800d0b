//! Players against servers that behave, and against servers that do not.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod dash;
mod dash_live;
mod faults;
mod fragments;
mod keys;
mod loops;
mod low_latency;
mod media;
mod quic;
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

/// It broke this rule, and nothing else went wrong.
fn assert_violation(outcome: &Outcome, rule: &str) {
    assert!(outcome.errors.is_empty(), "{:#?}", outcome.samples);
    assert!(outcome.violations >= 1, "{rule} was not noticed");
    let others = outcome.samples.iter().find(|it| !it.what.starts_with(rule));
    assert!(others.is_none(), "{rule}: {:#?}", outcome.samples);
}

fn assert_clean(outcome: &Outcome) {
    assert!(outcome.errors.is_empty(), "{:#?}", outcome.samples);
    assert_eq!(outcome.violations, 0, "{:#?}", outcome.samples);
}
