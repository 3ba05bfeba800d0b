#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use super::*;
use proptest::prelude::*;

fn headers(list: &[(&'static str, &str)]) -> HeaderMap {
    list.iter()
        .map(|(name, value)| {
            (
                http::HeaderName::from_static(name),
                HeaderValue::from_str(value).unwrap(),
            )
        })
        .collect()
}

#[test]
fn a_path_gives_up_one_token() {
    assert_eq!(split_path_token("/t/abc/vod/a"), (Some("abc"), "/vod/a"));
    assert_eq!(
        split_path_token("/t/abc/t/def/x"),
        (Some("abc"), "/t/def/x")
    );
    assert_eq!(split_path_token("/t/abc/"), (Some("abc"), "/"));
    assert_eq!(split_path_token("/t/abc"), (Some("abc"), "/"));
    for path in [
        "/",
        "/t",
        "/t/",
        "/t//vod",
        "/tt/abc/x",
        "/vod/t/abc/x",
        "t/abc/x",
        "",
    ] {
        assert_eq!(split_path_token(path), (None, path));
    }
}

#[test]
fn the_query_parameter_is_found_and_stripped() {
    assert_eq!(
        in_query("a=1&token=x.y.z&b=2", "token").as_deref(),
        Some("x.y.z")
    );
    assert_eq!(in_query("token=x%2Ey", "token").as_deref(), Some("x.y"));
    assert_eq!(in_query("token=a=b", "token").as_deref(), Some("a=b"));
    for query in ["", "a=1", "tokens=x", "xtoken=x", "token", "Token=x"] {
        assert_eq!(in_query(query, "token"), None, "{query}");
    }
    for (query, left) in [
        ("token=x", ""),
        ("a=1&token=x&b=2", "a=1&b=2"),
        ("token=x&a=1&token=y", "a=1"),
        ("token&a", "a"),
        ("a=1&&b", "a=1&&b"),
        ("tokens=x", "tokens=x"),
    ] {
        assert_eq!(strip_token_query(query, "token"), left, "{query}");
    }
}

#[test]
fn the_cookie_is_found_among_others_and_over_several_lines() {
    let one = headers(&[("cookie", "a=1; token=x.y.z; b=2")]);
    assert_eq!(in_cookies(&one, "token").as_deref(), Some("x.y.z"));
    let lines = headers(&[("cookie", "a=1"), ("cookie", "token=\"x.y.z\"")]);
    assert_eq!(in_cookies(&lines, "token").as_deref(), Some("x.y.z"));
    assert_eq!(
        in_cookies(&headers(&[("cookie", "tokens=x; atoken=y")]), "token"),
        None
    );
}

#[test]
fn bearer_is_the_only_scheme_and_its_case_does_not_matter() {
    let found =
        |value| in_authorization(&headers(&[("authorization", value)])).map(Cow::into_owned);
    assert_eq!(found("Bearer x.y.z").as_deref(), Some("x.y.z"));
    assert_eq!(found("bearer  x.y.z ").as_deref(), Some("x.y.z"));
    assert_eq!(found("Basic x"), None);
    assert_eq!(found("Bearer"), None);
}

#[test]
fn headers_are_stripped_of_the_token_alone() {
    let mut both = headers(&[
        ("authorization", "Bearer x"),
        ("cookie", "a=1; token=x"),
        ("cookie", "b=2"),
    ]);
    strip_token_headers(&mut both, "token");
    assert_eq!(both, headers(&[("cookie", "a=1; b=2")]));
    let mut only = headers(&[("cookie", "token=x")]);
    strip_token_headers(&mut only, "token");
    assert!(only.is_empty());
    let others = headers(&[
        ("authorization", "Basic x"),
        ("cookie", "a=1"),
        ("range", "bytes=0-"),
    ]);
    let mut untouched = others.clone();
    strip_token_headers(&mut untouched, "token");
    assert_eq!(untouched, others);
}

#[test]
fn a_log_sees_six_letters_and_the_length() {
    assert_eq!(redact("eyJhbGciOiJIUzI1NiJ9.e30.AAAA"), "eyJhbG…(29)");
    assert_eq!(redact("ab"), "ab…(2)");
    assert_eq!(redact("äöüäöü"), "äöü…(12)");
    assert_eq!(redact("aaaaa€"), "aaaaa…(8)");
}

#[test]
fn what_is_no_escape_stays() {
    for (text, decoded) in [
        ("%2e%2E", ".."),
        ("100%", "100%"),
        ("%zz%4", "%zz%4"),
        ("%ff", "%ff"),
        ("%2", "%2"),
    ] {
        assert_eq!(percent_decoded(text), decoded);
    }
}

proptest! {
    #[test]
    fn no_request_makes_it_panic(path in "\\PC{0,40}", query in "\\PC{0,40}") {
        let (_, rest) = split_path_token(&path);
        prop_assert!(path.is_empty() || rest.starts_with('/') || !path.starts_with('/'));
        let stripped = strip_token_query(&query, "token");
        prop_assert_eq!(in_query(&stripped, "token"), None);
        let _ = (in_query(&query, "token"), redact(&query), percent_decoded(&query));
    }
}
