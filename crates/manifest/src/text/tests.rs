#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use proptest::prelude::*;

use super::*;

fn written(write: impl Fn(&mut String)) -> String {
    let mut out = String::new();
    write(&mut out);
    out
}

#[test]
fn durations_are_iso_8601() {
    for (microseconds, expected) in [
        (0, "PT0S"),
        (60_000_000, "PT1M0S"),
        (3_600_500_000, "PT1H0M0.5S"),
        (59_999_999, "PT59.999999S"),
        (4_000_040, "PT4.00004S"),
    ] {
        assert_eq!(
            written(|out| push_iso_duration(out, microseconds)),
            expected
        );
    }
}

#[test]
fn rescaling_rounds_to_nearest_and_never_overflows() {
    assert_eq!(rescale(120_120, 30_000, MICROS), 4_004_000);
    assert_eq!(rescale(1, 3, MICROS), 333_333);
    assert_eq!(rescale(2, 3, MICROS), 666_667);
    assert_eq!(rescale(u64::MAX, 1, MICROS), u64::MAX);
    assert_eq!(rescale(5, 0, 1), 5);
}

proptest! {
    #[test]
    fn numbers_are_those_of_the_standard_formatter(value: u64, decimals in 1_u32..10) {
        prop_assert_eq!(written(|out| push_number(out, value)), value.to_string());
        let unit = 10_u64.pow(decimals);
        let expected = format!("{}.{:0width$}", value / unit, value % unit, width = decimals as usize);
        prop_assert_eq!(written(|out| push_fixed(out, value, decimals)), expected);
    }

    #[test]
    fn no_string_leaves_an_xml_attribute_or_makes_the_document_ill_formed(value: String) {
        let escaped = written(|out| push_attribute(out, "a", &value));
        let inside = escaped.strip_prefix(" a=\"").and_then(|rest| rest.strip_suffix('"')).unwrap();
        prop_assert!(!inside.contains(['"', '<', '>', '\'', '\n', '\r', '\t']));
        prop_assert!(!inside.chars().any(|c| c < ' '));
        for (at, _) in inside.match_indices('&') {
            let end = inside[at..].find(';').unwrap() + at;
            prop_assert!(["amp", "lt", "gt", "quot", "apos", "#9", "#10", "#13"].contains(&&inside[at + 1..end]));
        }
    }

    #[test]
    fn no_string_leaves_an_hls_quoted_string(value: String) {
        prop_assert!(!written(|out| push_quoted(out, &value)).contains(['"', '\n', '\r']));
        prop_assert!(!written(|out| push_quoted_uri(out, &value)).contains(['"', '\n', '\r', ' ']));
    }

    #[test]
    fn path_elements_hold_unreserved_characters_only(value: String) {
        let element = written(|out| push_path_element(out, &value));
        prop_assert!(element.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~%".contains(&b)));
    }
}
