#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use super::*;

#[test]
fn a_host_is_its_authority_without_the_port() {
    for (authority, expected) in [
        ("localhost:8443", "localhost"),
        ("localhost", "localhost"),
        ("[::1]:80", "[::1]"),
        ("[::1]", "[::1]"),
    ] {
        assert_eq!(host(authority), expected);
    }
}

#[test]
fn gzip_is_sent_only_to_who_takes_it() {
    for (value, expected) in [
        ("gzip, br", true),
        ("br, GZIP;q=0.5", true),
        ("gzip;q=0", false),
        ("gzip;q=0.0", false),
        ("br", false),
        ("", false),
    ] {
        let headers = HeaderMap::from_iter([(ACCEPT_ENCODING, value.parse().unwrap())]);
        assert_eq!(takes_gzip(&headers), expected, "{value}");
    }
}
