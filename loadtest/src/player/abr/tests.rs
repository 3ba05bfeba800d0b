#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use super::*;
use crate::presentation::Source;

fn rungs(rates: &[u64]) -> Vec<Rung> {
    let rung = |&bandwidth: &u64| Rung {
        name: bandwidth.to_string(),
        bandwidth,
        height: None,
        codecs: String::new(),
        source: Source::Known(0),
    };
    rates.iter().map(rung).collect()
}

fn abr() -> Abr {
    Abr::new(&scenario::Abr::default())
}

#[test]
fn a_fast_network_and_a_full_buffer_lead_up() {
    let rungs = rungs(&[500_000, 2_000_000, 6_000_000]);
    let mut abr = abr();
    assert_eq!(abr.choose(&rungs, 0.0), 0);
    abr.sample(2_000_000, 1.0);
    assert_eq!(
        abr.choose(&rungs, 0.1),
        0,
        "with little buffered nothing is risked"
    );
    assert_eq!(abr.choose(&rungs, 0.6), 2);
}

#[test]
fn a_slow_network_leads_down_at_once() {
    let rungs = rungs(&[500_000, 2_000_000, 6_000_000]);
    let mut abr = abr();
    abr.choose(&rungs, 0.0);
    abr.sample(2_000_000, 1.0);
    assert_eq!(abr.choose(&rungs, 0.9), 2);
    abr.sample(200_000, 8.0);
    assert_eq!(abr.choose(&rungs, 0.5), 0);
}

#[test]
fn small_bodies_measure_nothing() {
    let mut abr = abr();
    abr.sample(1000, 0.5);
    assert_eq!(abr.throughput(), None);
}

#[test]
fn switched_off_it_stays_where_it_began() {
    let rungs = rungs(&[500_000, 2_000_000]);
    let mut abr = Abr::new(&scenario::Abr {
        enabled: false,
        start: StartRung::Highest,
        ..scenario::Abr::default()
    });
    assert_eq!(abr.choose(&rungs, 0.0), 1);
    abr.sample(20_000, 10.0);
    abr.failed();
    assert_eq!(abr.choose(&rungs, 0.5), 1);
}

#[test]
fn rungs_above_the_limit_are_left_alone() {
    let rungs = rungs(&[500_000, 2_000_000, 6_000_000]);
    let mut abr = Abr::new(&scenario::Abr {
        max_bandwidth: 2_500_000,
        start: StartRung::Highest,
        ..scenario::Abr::default()
    });
    assert_eq!(abr.choose(&rungs, 0.0), 1);
}
