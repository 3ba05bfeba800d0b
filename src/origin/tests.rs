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
