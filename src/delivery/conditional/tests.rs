#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use proptest::prelude::*;

use super::*;

fn headers(pairs: &[(HeaderName, &str)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in pairs {
        headers.append(name, HeaderValue::from_str(value).unwrap());
    }
    headers
}

fn etag() -> Etag {
    Etag::from_digest(&[0xab, 0xcd])
}

/// Tue, 15 Nov 1994 12:45:26 GMT, and some of the next second.
fn modified() -> Option<SystemTime> {
    Some(UNIX_EPOCH + Duration::from_millis(784_903_526_400))
}

fn outcome(pairs: &[(HeaderName, &str)]) -> Outcome {
    evaluate(&headers(pairs), &etag(), modified())
}

#[test]
fn if_none_match_compares_weakly_over_lists_and_lines() {
    for matching in [
        "\"abcd\"",
        "W/\"abcd\"",
        "*",
        "\"x\", \"abcd\"",
        " ,, \"a,b\" ,W/\"abcd\"",
        "\"\",\"abcd\"",
    ] {
        assert_eq!(
            outcome(&[(IF_NONE_MATCH, matching)]),
            Outcome::NotModified,
            "{matching}"
        );
    }
    for other in [
        "\"ABCD\"",
        "\"abc\"",
        "abcd",
        "",
        "\"abcd",
        "W/abcd",
        "\"x\" nonsense \"abcd\"",
    ] {
        assert_eq!(
            outcome(&[(IF_NONE_MATCH, other)]),
            Outcome::Proceed,
            "{other}"
        );
    }
    assert_eq!(
        outcome(&[(IF_NONE_MATCH, "\"x\""), (IF_NONE_MATCH, "\"abcd\"")]),
        Outcome::NotModified
    );
}

#[test]
fn a_tag_outranks_a_date() {
    let future = "Tue, 15 Nov 2094 12:45:26 GMT";
    assert_eq!(
        outcome(&[(IF_NONE_MATCH, "\"x\""), (IF_MODIFIED_SINCE, future)]),
        Outcome::Proceed
    );
    let past = "Tue, 15 Nov 1904 12:45:26 GMT";
    assert_eq!(
        outcome(&[(IF_MATCH, "\"abcd\""), (IF_UNMODIFIED_SINCE, past)]),
        Outcome::Proceed
    );
}

#[test]
fn dates_compare_by_the_second() {
    assert_eq!(
        outcome(&[(IF_MODIFIED_SINCE, "Tue, 15 Nov 1994 12:45:26 GMT")]),
        Outcome::NotModified
    );
    assert_eq!(
        outcome(&[(IF_MODIFIED_SINCE, "Tue, 15 Nov 1994 12:45:25 GMT")]),
        Outcome::Proceed
    );
    assert_eq!(
        outcome(&[(IF_MODIFIED_SINCE, "yesterday")]),
        Outcome::Proceed
    );
    assert_eq!(
        outcome(&[(IF_UNMODIFIED_SINCE, "Tue, 15 Nov 1994 12:45:26 GMT")]),
        Outcome::Proceed
    );
    assert_eq!(
        outcome(&[(IF_UNMODIFIED_SINCE, "Tue, 15 Nov 1994 12:45:25 GMT")]),
        Outcome::Failed
    );
}

#[test]
fn if_match_wants_the_strong_tag() {
    assert_eq!(outcome(&[(IF_MATCH, "\"abcd\"")]), Outcome::Proceed);
    assert_eq!(outcome(&[(IF_MATCH, "*")]), Outcome::Proceed);
    assert_eq!(outcome(&[(IF_MATCH, "W/\"abcd\"")]), Outcome::Failed);
    assert_eq!(outcome(&[(IF_MATCH, "\"x\"")]), Outcome::Failed);
}

#[test]
fn if_range_needs_the_very_representation() {
    let applies = |value: &str| range_applies(&headers(&[(IF_RANGE, value)]), &etag(), modified());
    assert!(range_applies(&HeaderMap::new(), &etag(), modified()));
    assert!(applies("\"abcd\""));
    assert!(applies("Tue, 15 Nov 1994 12:45:26 GMT"));
    assert!(!applies("W/\"abcd\""));
    assert!(!applies("\"abce\""));
    assert!(!applies("Tue, 15 Nov 1994 12:45:27 GMT"));
    assert!(!applies("nonsense"));
}

#[test]
fn a_list_without_end_is_not_read_to_the_end() {
    let list = "\"x\",".repeat(TAGS_MAX) + "\"abcd\"";
    assert_eq!(outcome(&[(IF_NONE_MATCH, &list)]), Outcome::Proceed);
}

proptest! {
    #[test]
    fn any_value_is_survived(value in "[ -~]{0,60}") {
        for name in [IF_MATCH, IF_NONE_MATCH, IF_RANGE, IF_MODIFIED_SINCE] {
            let headers = headers(&[(name, &value)]);
            evaluate(&headers, &etag(), modified());
            range_applies(&headers, &etag(), modified());
        }
    }
}
