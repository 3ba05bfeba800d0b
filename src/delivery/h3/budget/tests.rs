#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use super::*;

#[test]
fn a_path_holds_what_it_carries_in_a_quarter_of_a_second() {
    let millis = Duration::from_millis;
    assert_eq!(wanted(100_000, millis(50)), 500_000);
    assert_eq!(wanted(100_000, millis(1)), 25_000_000);
}

#[test]
fn a_long_path_holds_two_windows() {
    assert_eq!(wanted(100_000, Duration::from_millis(600)), 200_000);
    assert_eq!(wanted(u64::MAX, Duration::ZERO), u64::MAX);
}
