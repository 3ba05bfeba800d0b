#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use super::*;
use proptest::prelude::*;

#[test]
fn durations_are_numbers_with_a_unit() {
    for (text, millis) in [
        ("500ms", 500),
        ("4s", 4_000),
        ("3.84s", 3_840),
        ("0s", 0),
        ("5m", 300_000),
        ("1.5h", 5_400_000),
        ("7d", 604_800_000),
        ("4 s", 4_000),
    ] {
        assert_eq!(
            parse_duration(text),
            Some(Duration::from_millis(millis)),
            "{text}"
        );
    }
    assert_eq!(parse_duration("1us"), Some(Duration::from_micros(1)));
    for text in [
        "",
        "4",
        "s",
        "4 sec",
        "-4s",
        "+4s",
        "4S",
        ".5s",
        "4.s",
        "1e3s",
        "4s4",
        "1_000s",
        "999999999999d",
        "0.0000000001s",
    ] {
        assert_eq!(parse_duration(text), None, "{text}");
    }
}

#[test]
fn sizes_are_numbers_with_a_unit() {
    for (text, bytes) in [
        ("0B", 0),
        ("64KiB", 65_536),
        ("2GiB", 2 << 30),
        ("1.5GiB", 3 << 29),
        ("100MB", 100_000_000),
        ("1TiB", 1 << 40),
    ] {
        assert_eq!(parse_size(text), Some(bytes), "{text}");
    }
    for text in [
        "",
        "64",
        "64kib",
        "64K",
        "0.3B",
        "99999999999TiB",
        "-1B",
        "0x10B",
    ] {
        assert_eq!(parse_size(text), None, "{text}");
    }
}

#[test]
fn values_are_shown_as_they_are_written() {
    assert_eq!(Duration::from_millis(1500).shown(), "1500ms");
    assert_eq!(Duration::from_secs(86_400).shown(), "1d");
    assert_eq!(Duration::ZERO.shown(), "0s");
    assert_eq!(Size(65_536).shown(), "64KiB");
    assert_eq!(Size(1_000_000).shown(), "1MB");
    assert_eq!(Size(0).shown(), "0B");
}

#[test]
fn only_likely_words_are_suggested() {
    let known = ["workers", "drain_timeout", "http"];
    assert_eq!(nearest("worker", &known), Some("workers"));
    assert_eq!(nearest("drian_timeout", &known), Some("drain_timeout"));
    assert_eq!(nearest("htpp", &known), Some("http"));
    assert_eq!(nearest("colour", &known), None);
}

proptest! {
    #[test]
    fn what_is_shown_reads_back(nanos in any::<u64>(), bytes in any::<u64>()) {
        let duration = Duration::from_nanos(nanos / 1000 * 1000);
        prop_assert_eq!(parse_duration(&duration.shown()), Some(duration));
        prop_assert_eq!(parse_size(&Size(bytes).shown()), Some(bytes));
    }

    #[test]
    fn no_text_makes_it_panic(text in "[0-9.a-zA-Z é]{0,40}") {
        let _ = (parse_duration(&text), parse_size(&text));
    }
}
