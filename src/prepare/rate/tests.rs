#![allow(clippy::unwrap_used)]
use super::*;

fn rate(text: &str) -> Rate {
    Rate::parse(text).unwrap()
}

fn constant_of(average: &str, real: &str) -> String {
    constant(Rate::parse(average), Rate::parse(real))
        .unwrap()
        .to_string()
}

#[test]
fn constant_rates_stay_exact() {
    for kept in [
        "24000/1001",
        "24/1",
        "25/1",
        "30000/1001",
        "30/1",
        "50/1",
        "60000/1001",
        "25/2",
        "10/1",
    ] {
        assert_eq!(constant_of(kept, kept), kept);
    }
    // 84 frames in 2.8028 s; a film whose last frame is a tick too long.
    assert_eq!(constant_of("84000000/2802800", "30000/1001"), "30000/1001");
    assert_eq!(constant_of("1000000/40001", "25/1"), "25/1");
}

#[test]
fn changing_rates_become_the_nearest_standard_one() {
    assert_eq!(constant_of("2961/100", "90000/1"), "30000/1001");
    assert_eq!(constant_of("713/100", "60/1"), "24000/1001");
    assert_eq!(constant_of("5200/100", "1000/1"), "50/1");
    // Every seventh frame of 30 a second was dropped: the others stay where they are.
    assert_eq!(constant_of("4620/179", "30/1"), "30/1");
}

#[test]
fn high_rates_are_halved_to_60_or_less() {
    assert_eq!(constant_of("120/1", "120/1"), "60/1");
    assert_eq!(constant_of("120000/1001", "120000/1001"), "60000/1001");
    assert_eq!(constant_of("100/1", "100/1"), "50/1");
    assert_eq!(constant_of("240/1", "240/1"), "60/1");
}

#[test]
fn a_field_rate_is_not_the_frame_rate() {
    assert_eq!(constant_of("25/1", "50/1"), "25/1");
    assert_eq!(constant_of("30000/1001", "60000/1001"), "30000/1001");
}

#[test]
fn no_rate_is_none() {
    assert_eq!(Rate::parse("0/0"), None);
    assert_eq!(Rate::parse("25"), None);
    assert_eq!(constant(None, None), None);
    assert_eq!(constant(None, Some(rate("25/1"))), Some(rate("25/1")));
}

#[test]
fn groups_begin_at_the_same_moments_on_every_rung() {
    for (full, gop, half, half_gop) in [
        ("24000/1001", 48, "24000/1001", 48),
        ("25/1", 50, "25/1", 50),
        ("30000/1001", 60, "30000/1001", 60),
        ("25/2", 25, "25/2", 25),
        ("48/1", 96, "24/1", 48),
        ("50/1", 100, "25/1", 50),
        ("60000/1001", 120, "30000/1001", 60),
        ("75/2", 76, "75/4", 38),
    ] {
        let cadence = Cadence::new(rate(full));
        assert_eq!(
            (cadence.gop(false), cadence.gop(true)),
            (gop, half_gop),
            "{full}"
        );
        assert_eq!(cadence.rate(true).to_string(), half, "{full}");
        let length = |rate: Rate, gop: u32| {
            (
                u64::from(gop) * u64::from(rate.seconds),
                u64::from(rate.frames),
            )
        };
        let (one, other) = (
            length(rate(full), gop),
            length(cadence.rate(true), half_gop),
        );
        assert_eq!(
            one.0 * other.1,
            other.0 * one.1,
            "{full}: groups of equal length"
        );
    }
}

#[test]
fn every_frame_is_a_whole_number_of_ticks() {
    for full in ["24000/1001", "25/1", "60000/1001", "25/2", "60/1"] {
        let cadence = Cadence::new(rate(full));
        let timescale = u64::from(cadence.timescale());
        assert!(timescale >= 10_000);
        for rate in [cadence.rate(false), cadence.rate(true)] {
            assert_eq!(
                timescale * u64::from(rate.seconds) % u64::from(rate.frames),
                0,
                "{rate}"
            );
        }
    }
}
