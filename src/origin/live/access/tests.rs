use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderValue, StatusCode};

use super::check;
use crate::config::{IngestAccess, Secret};

fn headers(value: &'static str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(AUTHORIZATION, HeaderValue::from_static(value));
    headers
}

#[test]
fn an_open_channel_takes_everybody() {
    assert!(check(&IngestAccess::default(), &HeaderMap::new()).is_ok());
}

#[test]
fn a_bearer_token_or_a_password_opens_and_nothing_else_does() {
    let access = IngestAccess {
        bearer: Some(Secret::new(b"s3cret".to_vec())),
        basic: Some(("encoder".into(), Secret::new(b"pass:word".to_vec()))),
        ..IngestAccess::default()
    };
    // encoder:pass:word
    for good in [
        "Bearer s3cret",
        "bearer s3cret",
        "Basic ZW5jb2RlcjpwYXNzOndvcmQ=",
    ] {
        assert!(check(&access, &headers(good)).is_ok(), "{good}");
    }
    // encoder:other, other:pass:word
    for bad in [
        "Bearer s3cre",
        "Bearer s3crets",
        "Basic ZW5jb2RlcjpvdGhlcg==",
        "Basic b3RoZXI6cGFzczp3b3Jk",
        "Basic !",
        "Digest x",
        "s3cret",
    ] {
        let fault = check(&access, &headers(bad)).unwrap_err();
        assert_eq!(fault.status, StatusCode::FORBIDDEN, "{bad}");
    }
    assert!(check(&access, &HeaderMap::new()).is_err());
}

#[test]
fn a_channel_that_is_fed_another_way_takes_pushes_from_nobody_without_credentials() {
    let closed = IngestAccess {
        closed: true,
        ..IngestAccess::default()
    };
    assert!(check(&closed, &HeaderMap::new()).is_err());
    assert!(check(&closed, &headers("Bearer s3cret")).is_err());
    let keyed = IngestAccess {
        bearer: Some(Secret::new(b"s3cret".to_vec())),
        ..closed
    };
    assert!(check(&keyed, &headers("Bearer s3cret")).is_ok());
}
