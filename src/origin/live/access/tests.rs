#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderValue, StatusCode};

use super::check;
use crate::config::{ClientName, IngestAccess, Secret};
use crate::delivery::ClientCertificate;

fn headers(value: &'static str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(AUTHORIZATION, HeaderValue::from_static(value));
    headers
}

#[test]
fn an_open_channel_takes_everybody() {
    assert!(check(&IngestAccess::default(), &HeaderMap::new(), None).is_ok());
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
        assert!(check(&access, &headers(good), None).is_ok(), "{good}");
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
        let fault = check(&access, &headers(bad), None).unwrap_err();
        assert_eq!(fault.status, StatusCode::FORBIDDEN, "{bad}");
    }
    assert!(check(&access, &HeaderMap::new(), None).is_err());
}

#[test]
fn a_channel_that_is_fed_another_way_takes_pushes_from_nobody_without_credentials() {
    let closed = IngestAccess {
        closed: true,
        ..IngestAccess::default()
    };
    assert!(check(&closed, &HeaderMap::new(), None).is_err());
    assert!(check(&closed, &headers("Bearer s3cret"), None).is_err());
    let keyed = IngestAccess {
        bearer: Some(Secret::new(b"s3cret".to_vec())),
        ..closed
    };
    assert!(check(&keyed, &headers("Bearer s3cret"), None).is_ok());
}

#[test]
fn a_named_certificate_opens_by_name_or_fingerprint_beside_other_means() {
    let shown = |name: &str| {
        let made = rcgen::generate_simple_self_signed([name.to_owned()]).unwrap();
        ClientCertificate::new(made.cert.der())
    };
    let [named, pinned, other] = ["a.example.com", "b.example.com", "c.example.com"].map(shown);
    let access = IngestAccess {
        client_certificates: vec![
            ClientName::Name("a.example.com".into()),
            ClientName::Sha256(*pinned.sha256()),
        ],
        ..IngestAccess::default()
    };
    let nothing = HeaderMap::new();
    assert!(!access.is_open());
    assert!(check(&access, &nothing, Some(&named)).is_ok());
    assert!(check(&access, &nothing, Some(&pinned)).is_ok());
    assert!(check(&access, &nothing, None).is_err());
    let fault = check(&access, &nothing, Some(&other)).unwrap_err();
    assert_eq!(fault.status, StatusCode::FORBIDDEN);
    assert!(
        fault.detail.contains("\"c.example.com\", sha256:"),
        "{}",
        fault.detail
    );
    let either = IngestAccess {
        bearer: Some(Secret::new(b"s3cret".to_vec())),
        ..access
    };
    assert!(check(&either, &headers("Bearer s3cret"), None).is_ok());
    assert!(check(&either, &headers("Bearer s3cret"), Some(&other)).is_ok());
    assert!(check(&either, &headers("Bearer wrong"), Some(&named)).is_ok());
    let without = IngestAccess {
        client_certificates: Vec::new(),
        ..either
    };
    assert!(check(&without, &nothing, Some(&named)).is_err());
}
