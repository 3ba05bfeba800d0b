#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use super::*;

fn parsed(pairs: &[(&str, &str)]) -> Result<Option<Stretch>, Fault> {
    Stretch::parse(pairs.iter().copied())
}

#[test]
fn a_stretch_is_named_in_seconds_or_as_a_date() {
    let stretch = Some(Stretch {
        start_ms: 1_800_000_000_000,
        end_ms: Some(1_800_000_060_500),
    });
    assert_eq!(
        parsed(&[("start", "1800000000"), ("end", "1800000060.5")]).unwrap(),
        stretch
    );
    assert_eq!(
        parsed(&[
            ("end", "2027-01-15T08:01:00.500Z"),
            ("start", "2027-01-15T08:00:00Z")
        ])
        .unwrap(),
        stretch
    );
    assert_eq!(parsed(&[("token", "x")]).unwrap(), None);
}

#[test]
fn what_it_is_told_as_is_the_same_stretch() {
    let stretch = Stretch {
        start_ms: 1_800_000_000_007,
        end_ms: Some(1_800_000_060_500),
    };
    let query = stretch.query();
    let pairs: Vec<_> = query
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .collect();
    assert_eq!(parsed(&pairs).unwrap(), Some(stretch));
}

#[test]
fn what_is_no_stretch_is_refused() {
    for pairs in [
        &[("start", "yesterday")][..],
        &[("end", "1800000000")],
        &[("start", "1800000000"), ("end", "1800000000")],
        &[("start", "-5")],
        &[("start", "NaN")],
    ] {
        assert_eq!(parsed(pairs).unwrap_err().status, 400, "{pairs:?}");
    }
}
