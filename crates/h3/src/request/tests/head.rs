//! The rules for heads and trailers (RFC 9114, 4.2 and 4.3).
use http::header::{CONTENT_LENGTH, COOKIE, HOST};
use http::{Method, Version};

use super::*;

#[test]
fn a_get_becomes_a_request() {
    let request = head(&with(&[("range", "bytes=0-"), ("x-a", "1"), ("x-a", "2")])).unwrap();
    assert_eq!(request.method(), Method::GET);
    assert_eq!(request.version(), Version::HTTP_3);
    assert_eq!(
        request.uri(),
        "https://edge.example/vod/bear/clear/v1/3.m4s?token=x"
    );
    assert_eq!(request.headers()["range"], "bytes=0-");
    assert_eq!(request.headers().get_all("x-a").iter().count(), 2);
    assert_eq!(hear(&with(&[])).error, None);
}

#[test]
fn pseudo_headers_are_each_required_once_and_come_first() {
    for missing in [":method", ":scheme", ":path"] {
        let fields: Vec<_> = GET
            .iter()
            .copied()
            .filter(|(name, _)| *name != missing)
            .collect();
        assert_eq!(
            malformed(&headers(&fields)),
            Malformed::MissingPseudoHeader(missing)
        );
    }
    for twice in GET {
        assert_eq!(
            malformed(&with(&[*twice])),
            Malformed::DuplicatePseudoHeader
        );
    }
    for regular in [("x", "1"), ("cookie", ""), ("cookie", "a=b")] {
        let late = [&[regular], GET].concat();
        assert_eq!(malformed(&headers(&late)), Malformed::PseudoHeaderOrder);
    }
    for undefined in [":status", ":protocol", ":", ":Path"] {
        let fields = [GET, &[(undefined, "200")]].concat();
        assert_eq!(
            malformed(&headers(&fields)),
            Malformed::UndefinedPseudoHeader
        );
    }
}

#[test]
fn pseudo_header_values_are_checked() {
    let replaced = |name: &'static str, value: &'static str| {
        let fields: Vec<_> = GET
            .iter()
            .map(|(n, v)| if *n == name { (name, value) } else { (*n, *v) })
            .collect();
        headers(&fields)
    };
    for (name, value) in [
        (":method", ""),
        (":method", "GE T"),
        (":scheme", ""),
        (":scheme", "ht tp"),
        (":authority", ""),
        (":authority", "user@edge.example"),
        (":authority", "edge.example/x"),
        (":path", ""),
        (":path", "vod"),
        (":path", "*"),
        (":path", "https://edge.example/"),
        (":path", "/a#b"),
        (":path", "/a b"),
        (":path", "/a\r\nb"),
    ] {
        assert_eq!(
            malformed(&replaced(name, value)),
            Malformed::InvalidPseudoHeader(name),
            "{name}: {value:?}"
        );
    }
}

#[test]
fn options_may_ask_for_the_whole_server() {
    let request = head(&headers(&[
        (":method", "OPTIONS"),
        (":scheme", "https"),
        (":authority", "edge.example"),
        (":path", "*"),
    ]))
    .unwrap();
    assert_eq!(request.uri().path(), "*");
}

#[test]
fn connect_is_refused_with_a_status() {
    let error = hear(&headers(&[(":method", "CONNECT"), (":authority", "a:1")]))
        .error
        .unwrap();
    assert_eq!(error, Error::Connect);
    assert_eq!(error.status().unwrap(), 501);
    let path = [
        (":method", "CONNECT"),
        (":authority", "a:1"),
        (":path", "/"),
    ];
    assert_eq!(malformed(&headers(&path)), Malformed::ConnectWith(":path"));
}

#[test]
fn authority_and_host_stand_in_for_each_other_and_agree() {
    let without: Vec<_> = GET
        .iter()
        .copied()
        .filter(|(n, _)| *n != ":authority")
        .collect();
    assert_eq!(malformed(&headers(&without)), Malformed::MissingAuthority);
    let host = [&without[..], &[("host", "other.example:8443")]].concat();
    let request = head(&headers(&host)).unwrap();
    assert_eq!(request.uri().authority().unwrap(), "other.example:8443");
    assert_eq!(request.headers()[HOST], "other.example:8443");
    assert!(head(&with(&[("host", "edge.example")])).is_ok());
    assert_eq!(
        malformed(&with(&[("host", "other.example")])),
        Malformed::HostMismatch
    );
    let twice = [("host", "edge.example"), ("host", "edge.example")];
    assert_eq!(malformed(&with(&twice)), Malformed::Host);
}

#[test]
fn field_names_are_lower_case_tokens() {
    for name in ["Range", "x y", "x\0", "", "x\u{e4}", "x:y"] {
        assert_eq!(
            malformed(&with(&[(name, "1")])),
            Malformed::FieldName,
            "{name:?}"
        );
    }
}

#[test]
fn field_values_have_no_line_ends_and_no_space_around() {
    for value in ["a\r\nb: c", "a\0", "a\n", " a", "a ", "\ta", "\u{7f}"] {
        assert_eq!(
            malformed(&with(&[("x", value)])),
            Malformed::FieldValue,
            "{value:?}"
        );
    }
    assert!(head(&with(&[("x", "a\t b"), ("y", ""), ("z", "\u{e4}")])).is_ok());
}

#[test]
fn fields_of_a_connection_are_refused() {
    for name in [
        "connection",
        "keep-alive",
        "proxy-connection",
        "transfer-encoding",
        "upgrade",
    ] {
        assert_eq!(
            malformed(&with(&[(name, "x")])),
            Malformed::ConnectionSpecific
        );
    }
    assert!(head(&with(&[("te", "trailers")])).is_ok());
    assert_eq!(malformed(&with(&[("te", "gzip")])), Malformed::Te);
}

#[test]
fn cookie_crumbs_are_joined() {
    let request = head(&with(&[("cookie", "a=1"), ("x", "y"), ("cookie", "b=2")])).unwrap();
    let cookies: Vec<_> = request.headers().get_all(COOKIE).iter().collect();
    assert_eq!(cookies, ["a=1; b=2"]);
}

#[test]
fn content_length_agrees_with_itself_and_with_the_body() {
    assert_eq!(hear(&with_body("5", b"hello")).error, None);
    for length in ["4", "6", "0"] {
        assert_eq!(
            malformed(&with_body(length, b"hello")),
            Malformed::BodyLength
        );
    }
    for length in ["", "+5", "-5", "5,5", "0x5", "99999999999999999999"] {
        assert_eq!(
            malformed(&with(&[("content-length", length)])),
            Malformed::ContentLength,
            "{length:?}"
        );
    }
    let twice = with(&[("content-length", "0"), ("content-length", "0")]);
    assert_eq!(hear(&twice).error, None);
    assert_eq!(head(&twice).unwrap().headers()[CONTENT_LENGTH], "0");
    let differing = with(&[("content-length", "1"), ("content-length", "2")]);
    assert_eq!(malformed(&differing), Malformed::ContentLength);
    let short = [with_body("9", b"hello"), headers(&[("t", "1")])].concat();
    assert_eq!(malformed(&short), Malformed::BodyLength);
}

#[test]
fn trailers_have_no_pseudo_headers() {
    let bytes = [with(&[]), headers(&[(":path", "/")])].concat();
    assert_eq!(malformed(&bytes), Malformed::PseudoHeaderInTrailers);
}

#[test]
fn too_large_a_head_is_told_by_status_431() {
    let long = "v".repeat(40_000);
    let many: Vec<_> = (0..129).map(|_| ("x", "")).collect();
    for bytes in [with(&[("x", &long)]), with(&many)] {
        let error = hear(&bytes).error.unwrap();
        assert_eq!(error.scope(), Scope::Stream);
        assert_eq!(error.status().unwrap(), 431);
    }
}
