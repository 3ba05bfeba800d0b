#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use super::*;

fn decorated(cors: &Cors, origin: Option<&'static str>) -> HeaderMap {
    let mut request = HeaderMap::new();
    request.extend(origin.map(|origin| (ORIGIN, HeaderValue::from_static(origin))));
    let mut response = HeaderMap::new();
    cors.decorate(&request, &mut response);
    response
}

#[test]
fn anybody_may_read_unless_said_otherwise() {
    let headers = decorated(&Cors::default(), Some("https://a.example"));
    assert_eq!(headers[ACCESS_CONTROL_ALLOW_ORIGIN], "*");
    assert!(
        headers[ACCESS_CONTROL_EXPOSE_HEADERS]
            .to_str()
            .unwrap()
            .contains("content-range")
    );
    assert!(!headers.contains_key(ACCESS_CONTROL_ALLOW_CREDENTIALS));
}

#[test]
fn a_list_lets_in_only_its_members() {
    let cors = Cors::new(["https://a.example"], true, Duration::from_secs(60));
    let inside = decorated(&cors, Some("https://a.example"));
    assert_eq!(inside[ACCESS_CONTROL_ALLOW_ORIGIN], "https://a.example");
    assert_eq!(inside[ACCESS_CONTROL_ALLOW_CREDENTIALS], "true");
    for origin in [
        None,
        Some("https://b.example"),
        Some("null"),
        Some("https://a.example.evil"),
    ] {
        let outside = decorated(&cors, origin);
        assert!(
            !outside.contains_key(ACCESS_CONTROL_ALLOW_ORIGIN),
            "{origin:?}"
        );
        assert_eq!(outside[VARY], "origin");
    }
}

#[test]
fn any_origin_with_cookies_is_named() {
    let cors = Cors::new(["*"], true, Duration::from_secs(60));
    let headers = decorated(&cors, Some("https://a.example"));
    assert_eq!(headers[ACCESS_CONTROL_ALLOW_ORIGIN], "https://a.example");
    assert_eq!(headers[ACCESS_CONTROL_ALLOW_CREDENTIALS], "true");
}

#[test]
fn a_preflight_names_what_players_send() {
    let response = Cors::default().options();
    assert_eq!(response.status, StatusCode::NO_CONTENT);
    let asked = response.headers[ACCESS_CONTROL_ALLOW_HEADERS]
        .to_str()
        .unwrap();
    for name in ["range", "authorization", "cmcd-request"] {
        assert!(asked.split(", ").any(|header| header == name), "{name}");
    }
}
