#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use proptest::prelude::*;

use super::*;

fn linear(values: &[f64]) -> Scale {
    Scale::over(Kind::Linear, values.iter().copied(), true, 5)
}

#[test]
fn ticks_are_round_and_cover_the_values() {
    assert_eq!(
        linear(&[3.0, 97.0]).ticks,
        [0.0, 20.0, 40.0, 60.0, 80.0, 100.0]
    );
    let scale = linear(&[0.43]);
    assert_eq!(scale.ticks.len(), 6);
    assert_eq!(scale.place(0.0), 0.0);
    assert!((scale.place(0.5) - 1.0).abs() < 1e-9);
}

#[test]
fn decades_are_evenly_apart() {
    let scale = Scale::over(Kind::Log, [1.0, 1000.0].into_iter(), true, 5);
    assert!((scale.place(10.0) - 1.0 / 3.0).abs() < 1e-9);
    assert!((scale.place(100.0) - 2.0 / 3.0).abs() < 1e-9);
    assert_eq!(scale.place(0.0), 0.0, "nothing is below the lowest");
}

#[test]
fn nothing_and_one_value_have_an_axis_too() {
    for values in [&[][..], &[0.0], &[f64::NAN], &[7.0]] {
        for kind in [Kind::Linear, Kind::Log] {
            let scale = Scale::over(kind, values.iter().copied(), true, 5);
            assert!(scale.ticks.len() >= 2, "{values:?} {kind:?}");
        }
    }
}

proptest! {
    #[test]
    fn values_lie_between_the_ends(
        values in prop::collection::vec(1e-6_f64..1e12, 1..20),
        log in any::<bool>(),
    ) {
        let kind = if log { Kind::Log } else { Kind::Linear };
        let scale = Scale::over(kind, values.iter().copied(), true, 5);
        prop_assert!((2..=20).contains(&scale.ticks.len()), "{:?}", scale.ticks);
        prop_assert!(scale.ticks.windows(2).all(|pair| pair[0] < pair[1]));
        for value in values {
            prop_assert!(value >= scale.low * 0.999_99 && value <= scale.high * 1.000_01, "{value} {scale:?}");
        }
    }
}
