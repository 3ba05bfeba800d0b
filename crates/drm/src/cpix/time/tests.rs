#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use super::*;

#[test]
fn seconds_become_dates() {
    for (seconds, text) in [
        (0, "1970-01-01T00:00:00Z"),
        (951_782_399, "2000-02-28T23:59:59Z"),
        (951_782_400, "2000-02-29T00:00:00Z"),
        (1_767_225_600, "2026-01-01T00:00:00Z"),
        (4_107_542_400, "2100-03-01T00:00:00Z"),
        (253_402_300_799, "9999-12-31T23:59:59Z"),
    ] {
        assert_eq!(DateTime::from_unix(seconds).as_str(), text);
        assert!(DateTime::parse(text).is_ok());
    }
}

#[test]
fn fractions_and_zones_are_dates_and_rubbish_is_not() {
    for text in [
        "2026-01-01T00:00:00",
        "2026-01-01T00:00:00.125Z",
        "2026-01-01T00:00:00+02:00",
    ] {
        assert_eq!(DateTime::parse(text).unwrap().to_string(), text);
    }
    for text in [
        "",
        "2026-01-01",
        "2026-01-01 00:00:00Z",
        "2026-01-01T00:00:00x",
        "2026-01-01T00:00:00+0200",
        "2026-01-01T00:00:00.1+02:00:00",
        "\u{661}026-01-01T00:00:00Z",
        "2026-01-01T00:00:00.1111111111111111111111111111111111111Z",
    ] {
        assert!(DateTime::parse(text).is_err(), "{text}");
    }
}
