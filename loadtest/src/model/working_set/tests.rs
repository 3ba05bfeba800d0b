#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use proptest::prelude::*;

use super::*;

#[test]
fn four_titles_by_hand() {
    // Zipf 1: 1 + 1/2 + 1/3 + 1/4 = 25/12; shares 48 %, 72 %, 88 %, 100 %.
    assert!((share_of(1, 4, 1.0) - 0.48).abs() < 1e-12);
    assert!((share_of(2, 4, 1.0) - 0.72).abs() < 1e-12);
    for (wanted, titles) in [
        (0.0, 0),
        (0.3, 1),
        (0.48, 1),
        (0.49, 2),
        (0.72, 2),
        (0.9, 4),
        (1.0, 4),
    ] {
        assert_eq!(titles_for(wanted, 4, 1.0), titles, "{wanted}");
    }
}

#[test]
fn all_alike_is_proportion() {
    assert_eq!(titles_for(0.9, 1000, 0.0), 900);
    assert_eq!(titles_for(0.5, 1_000_000, 0.0), 500_000);
}

#[test]
fn the_integral_meets_the_sum() {
    for exponent in [0.5, 0.8, 1.0, 1.3] {
        let sum: f64 = (1..=50_000)
            .map(|rank| f64::from(rank).powf(-exponent))
            .sum();
        let near = weight(50_000, exponent);
        assert!((near / sum - 1.0).abs() < 1e-6, "{exponent}: {near} {sum}");
    }
}

proptest! {
    #[test]
    fn no_fewer_titles_would_do(
        wanted in 0.01_f64..1.0,
        titles in 1_u64..3_000,
        exponent in 0.0_f64..2.0,
    ) {
        let kept = titles_for(wanted, titles, exponent);
        prop_assert!((1..=titles).contains(&kept));
        prop_assert!(share_of(kept, titles, exponent) >= wanted - 1e-9);
        prop_assert!(share_of(kept - 1, titles, exponent) < wanted);
    }
}
