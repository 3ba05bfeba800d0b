#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use http::StatusCode;
use proptest::prelude::*;

use super::*;

fn pairs(raw: &str) -> Vec<(String, String)> {
    let query = Query::parse(Some(raw), Some("token")).unwrap();
    query
        .pairs()
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

fn pair(name: &str, value: &str) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

#[test]
fn pairs_keep_their_order_and_repeat() {
    assert_eq!(
        pairs("lang=de&codec=avc1&lang=en"),
        [
            pair("lang", "de"),
            pair("codec", "avc1"),
            pair("lang", "en")
        ]
    );
    assert!(Query::parse(None, None).unwrap().is_empty());
    assert!(Query::parse(Some(""), None).unwrap().is_empty());
    assert_eq!(pairs("&a&&b="), [pair("a", ""), pair("b", "")]);
}

#[test]
fn escapes_are_decoded_after_the_pairs_are_cut() {
    assert_eq!(
        pairs("na%6De=a%26b%3Dc=d"),
        [pair("name", "a&b=c=d")],
        "an escaped ampersand belongs to the value"
    );
    assert_eq!(pairs("a=v1%2Ba1+x"), [pair("a", "v1+a1+x")]);
    assert_eq!(
        pairs("a=100%&b=%zz&c=%ff"),
        [pair("a", "100%"), pair("b", "%zz"), pair("c", "%ff")]
    );
}

#[test]
fn the_token_is_not_among_them() {
    assert_eq!(pairs("token=secret&a=1&token=other"), [pair("a", "1")]);
    let long = format!("token={}&a=1", "x".repeat(QUERY_MAX));
    assert_eq!(pairs(&long), [pair("a", "1")], "a token has its own limit");
    let query = Query::parse(Some("token=1"), None).unwrap();
    assert_eq!(query.pairs().next(), Some(("token", "1")));
}

#[test]
fn length_and_number_are_bounded() {
    let refused = |raw: &str| {
        let fault = Query::parse(Some(raw), None).unwrap_err();
        (fault.status, fault.code)
    };
    let expected = (StatusCode::BAD_REQUEST, "query-too-long");
    assert_eq!(refused(&"x".repeat(QUERY_MAX + 1)), expected);
    assert_eq!(refused(&"a&".repeat(PAIRS_MAX + 1)), expected);
    assert!(Query::parse(Some(&"x".repeat(QUERY_MAX)), None).is_ok());
    assert!(Query::parse(Some(&"a&".repeat(PAIRS_MAX)), None).is_ok());
}

proptest! {
    #[test]
    fn any_query_gives_pairs_or_a_fault(raw in "\\PC{0,200}", name in "[a-z]{0,4}") {
        if let Ok(query) = Query::parse(Some(&raw), Some(&name)) {
            prop_assert!(query.pairs().count() <= PAIRS_MAX);
        }
    }
}
