#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::single_range_in_vec_init
)]
use http::HeaderValue;
use proptest::prelude::*;

use super::*;

fn ranges(value: &str, length: u64) -> Ranges {
    let mut headers = HeaderMap::new();
    headers.insert(RANGE, HeaderValue::from_str(value).unwrap());
    evaluate(&headers, length)
}

#[test]
fn ranges_are_held_against_the_length() {
    for (value, expected) in [
        ("bytes=0-0", vec![0..1]),
        ("bytes=0-99", vec![0..100]),
        ("bytes=90-", vec![90..100]),
        ("bytes=-10", vec![90..100]),
        ("bytes=-1000", vec![0..100]),
        ("bytes=90-1000", vec![90..100]),
        ("bytes=90-99999999999999999999999999", vec![90..100]),
        ("Bytes = 1-2", vec![1..3]),
        ("bytes=0-1, 5-6 ,\t-2", vec![0..2, 5..7, 98..100]),
        ("bytes=50-59,0-9", vec![50..60, 0..10]),
        ("bytes=0-1,200-300", vec![0..2]),
        ("bytes=,0-1,", vec![0..2]),
    ] {
        assert_eq!(ranges(value, 100), Ranges::Some(expected), "{value}");
    }
}

#[test]
fn what_lies_beyond_the_end_is_unsatisfiable() {
    for value in [
        "bytes=100-",
        "bytes=100-200",
        "bytes=-0",
        "bytes=200-300,100-",
    ] {
        assert_eq!(ranges(value, 100), Ranges::Unsatisfiable, "{value}");
    }
    assert_eq!(ranges("bytes=0-", 0), Ranges::Unsatisfiable);
}

#[test]
fn what_is_no_range_is_ignored() {
    for value in [
        "",
        "bytes",
        "bytes=",
        "bytes=,",
        "bytes=a-b",
        "bytes=5-2",
        "bytes=-",
        "bytes=--1",
        "bytes=1",
        "bytes=+1-2",
        "items=0-1",
        "bytes=0-1;2-3",
        "bytes=0x0-1",
    ] {
        assert_eq!(ranges(value, 100), Ranges::Whole, "{value}");
    }
    let mut twice = HeaderMap::new();
    twice.append(RANGE, HeaderValue::from_static("bytes=0-1"));
    twice.append(RANGE, HeaderValue::from_static("bytes=0-1"));
    assert_eq!(evaluate(&twice, 100), Ranges::Whole);
    assert_eq!(evaluate(&HeaderMap::new(), 100), Ranges::Whole);
}

#[test]
fn overlapping_ranges_become_one() {
    assert_eq!(ranges("bytes=0-,0-,0-,0-", 100), Ranges::Some(vec![0..100]));
    assert_eq!(
        ranges("bytes=0-9,20-29,10-19", 100),
        Ranges::Some(vec![0..30])
    );
    assert_eq!(
        ranges("bytes=0-9,5-14,50-", 100),
        Ranges::Some(vec![0..15, 50..100])
    );
}

#[test]
fn more_than_the_limit_gets_the_whole() {
    let many = |count: usize| {
        format!(
            "bytes={}",
            (0..count)
                .map(|i| format!("{0}-{0},", i * 3))
                .collect::<String>()
        )
    };
    assert!(
        matches!(ranges(&many(RANGES_MAX), 1000), Ranges::Some(ranges) if ranges.len() == RANGES_MAX)
    );
    assert_eq!(ranges(&many(RANGES_MAX + 1), 1000), Ranges::Whole);
}

proptest! {
    #[test]
    fn what_is_sent_lies_inside_and_never_twice(value in "bytes=[0-9,-]{0,40}", length in 0u64..200) {
        if let Ranges::Some(ranges) = ranges(&value, length) {
            let mut sorted = ranges;
            sorted.sort_by_key(|range| range.start);
            prop_assert!(sorted.iter().all(|range| range.start < range.end && range.end <= length));
            prop_assert!(sorted.windows(2).all(|pair| pair[0].end < pair[1].start));
        }
    }

    #[test]
    fn any_value_is_survived(value in "[ -~]{0,60}", length in any::<u64>()) {
        ranges(&value, length);
    }
}
