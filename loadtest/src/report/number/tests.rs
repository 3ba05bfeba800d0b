#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use super::*;

/// With ordinary spaces, as these are easier to compare.
fn spaced(text: &str) -> String {
    text.replace(SPACE, " ")
}

#[test]
fn thousands_stand_apart() {
    for (value, text) in [
        (0, "0"),
        (999, "999"),
        (1000, "1 000"),
        (12_345_678, "12 345 678"),
    ] {
        assert_eq!(spaced(&count(value)), text);
    }
}

#[test]
fn three_digits_count() {
    for (value, text) in [
        (0.0, "0"),
        (1234.5, "1 234"),
        (123.4, "123"),
        (12.34, "12.3"),
        (1.234, "1.23"),
        (0.1234, "0.123"),
        (0.001_234, "0.00123"),
        (-1.5, "−1.50"),
        (-0.0001, "−0.000100"),
        (f64::NAN, "–"),
    ] {
        assert_eq!(spaced(&short(value)), text, "{value}");
    }
    assert_eq!(fixed(-0.001, 2), "0.00", "no minus before nothing");
}

#[test]
fn units_fit_their_size() {
    assert_eq!(spaced(&time(0.2314)), "231 ms");
    assert_eq!(spaced(&time(2.314)), "2.31 s");
    assert_eq!(spaced(&bit_rate(4_200_000.0)), "4.20 Mb/s");
    assert_eq!(spaced(&bit_rate(999_900_000.0)), "1.00 Gb/s");
    assert_eq!(spaced(&traffic(12.3e9)), "12.3 GB");
    assert_eq!(spaced(&memory(4_294_967_296.0)), "4.00 GiB");
    assert_eq!(spaced(&percent(0.005)), "0.5 %");
    assert_eq!(spaced(&percent(0.0)), "0 %");
    assert_eq!(spaced(&percent(0.000_001)), "< 0.001 %");
    assert_eq!(spaced(&percent(0.71234)), "71.2 %");
}

#[test]
fn ticks_and_factors_have_no_zeros_at_the_end() {
    assert_eq!(plain(0.2), "0.2");
    assert_eq!(plain(20.0), "20");
    assert_eq!(plain(0.0), "0");
    assert_eq!(spaced(&plain(20_000.0)), "20 000");
}

#[test]
fn moments_are_in_utc() {
    assert_eq!(moment(0.0), "1970-01-01 00:00:00 UTC");
    assert_eq!(moment(1_700_000_000.9), "2023-11-14 22:13:20 UTC");
    for odd in [-1.0, f64::NAN, f64::INFINITY, 1e18] {
        assert_eq!(moment(odd), "at an unknown time");
    }
}
