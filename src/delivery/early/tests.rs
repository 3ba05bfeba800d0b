#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use std::time::SystemTime;

use http::{HeaderMap, Uri};

use super::*;
use crate::delivery::{Protocol, RequestBody};

fn request(method: Method, early: &[&'static str]) -> Request {
    let early = early.iter().map(|value| HeaderValue::from_static(value));
    Request {
        method,
        uri: Uri::from_static("/vod/a/clear/clearkey"),
        headers: early
            .map(|value| (EARLY_DATA, value))
            .collect::<HeaderMap>(),
        body: RequestBody(None),
        peer: ([127, 0, 0, 1], 1).into(),
        protocol: Protocol::Http3,
        secure: true,
        client_certificate: None,
        now: SystemTime::now(),
    }
}

#[test]
fn what_is_safe_may_come_early() {
    for method in [Method::GET, Method::HEAD, Method::OPTIONS] {
        assert!(check(&request(method, &["1"])).is_ok());
    }
    assert!(check(&request(Method::POST, &[])).is_ok());
}

#[test]
fn what_is_not_safe_has_to_wait_for_the_handshake() {
    for early in [&["1"][..], &["1", "1"]] {
        let fault = check(&request(Method::POST, early)).unwrap_err();
        assert_eq!((fault.status.as_u16(), fault.code), (425, "too-early"));
    }
}
