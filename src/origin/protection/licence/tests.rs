#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use std::time::SystemTime;

use http::{HeaderMap, HeaderValue, Method};

use super::*;
use crate::delivery::Protocol;

#[test]
fn a_licence_address_follows_the_request_or_the_configuration() {
    let mut headers = HeaderMap::new();
    headers.insert(
        http::header::HOST,
        HeaderValue::from_static("edge.example:8443"),
    );
    let request = Request {
        method: Method::GET,
        uri: "/".parse().unwrap(),
        headers,
        body: RequestBody(None),
        protocol: Protocol::Http1,
        secure: true,
        client_certificate: None,
        peer: "127.0.0.1:1".parse().unwrap(),
        now: SystemTime::now(),
    };
    for (public_url, token, expected) in [
        (
            None,
            None,
            "https://edge.example:8443/vod/film.mp4/cenc/clearkey",
        ),
        (
            None,
            Some("abc"),
            "https://edge.example:8443/t/abc/vod/film.mp4/cenc/clearkey",
        ),
        (
            Some("https://cdn.example/"),
            None,
            "https://cdn.example/vod/film.mp4/cenc/clearkey",
        ),
    ] {
        let url = url(public_url, &request, token, "/vod/film.mp4/cenc");
        assert_eq!(url, expected);
    }
}
