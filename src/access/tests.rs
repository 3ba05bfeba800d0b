#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use std::net::Ipv4Addr;
use std::time::Instant;

use edgepack_token::{Algorithm, SigningKey, mint};
use http::header::{AUTHORIZATION, COOKIE};
use http::{HeaderName, Method, Uri};
use ring::rand::SystemRandom;

use super::*;
use crate::config::{Secret, TokenKey, TokenKeyMaterial};
use crate::delivery::{Protocol, RequestBody};

pub(super) const SECRET: [u8; 32] = [3; 32];
pub(super) const PATH: &str = "/vod/film/clear/index.m3u8";

pub(super) fn at(seconds: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
}

pub(super) fn policy() -> TokenPolicy {
    TokenPolicy::new(vec![TokenKey {
        id: Some("k".into()),
        algorithm: Algorithm::Hs256,
        material: TokenKeyMaterial::Secret(Secret::new(SECRET.to_vec())),
    }])
}

fn access(policy: &TokenPolicy) -> Access {
    Access::new(policy).unwrap()
}

pub(super) fn claims(path: &str) -> Claims {
    Claims {
        expires_at: Some(at(2000)),
        paths: Some(vec![path.parse().unwrap()]),
        ..Claims::default()
    }
}

pub(super) fn signed(secret: &[u8], claims: &Claims) -> String {
    mint(
        &SigningKey::hs256(Some("k"), secret).unwrap(),
        claims,
        &SystemRandom::new(),
    )
    .unwrap()
}

pub(super) fn token() -> String {
    signed(&SECRET, &claims("/vod/film"))
}

pub(super) fn request(uri: &str, headers: &[(HeaderName, &str)]) -> Request {
    Request {
        method: Method::GET,
        uri: uri.parse::<Uri>().unwrap(),
        headers: headers
            .iter()
            .map(|(name, value)| (name.clone(), HeaderValue::from_str(value).unwrap()))
            .collect(),
        body: RequestBody(None),
        peer: (Ipv4Addr::LOCALHOST, 1).into(),
        protocol: Protocol::Http1,
        secure: true,
        client_certificate: None,
        now: at(1000),
    }
}

/// As the route layer does: the token is taken off the path, what is left is checked.
fn check(access: &Access, request: &Request) -> Result<Grant, Fault> {
    let (path_token, path) = split_path_token(request.uri.path());
    access.check(request, path_token, path)
}

fn outcome(access: &Access, request: &Request) -> (u16, &'static str) {
    match check(access, request) {
        Ok(_) => (200, "ok"),
        Err(fault) => (fault.status.as_u16(), fault.code),
    }
}

#[test]
fn a_token_is_taken_from_path_query_cookie_and_bearer() {
    let token = token();
    let access = access(&policy());
    for (source, request) in [
        (
            TokenSource::Path,
            request(&format!("/t/{token}{PATH}"), &[]),
        ),
        (
            TokenSource::Query,
            request(&format!("{PATH}?a=1&token={token}"), &[]),
        ),
        (
            TokenSource::Cookie,
            request(PATH, &[(COOKIE, &format!("a=1; token={token}"))]),
        ),
        (
            TokenSource::Bearer,
            request(PATH, &[(AUTHORIZATION, &format!("Bearer {token}"))]),
        ),
    ] {
        let grant = check(&access, &request).unwrap();
        assert_eq!(grant.source, Some(source));
        assert_eq!(*grant.claims.unwrap(), claims("/vod/film"));
    }
}

#[test]
fn a_missing_token_is_401_and_a_bad_one_403_each_with_its_reason() {
    let access = access(&policy());
    let with = |token: &str| request(&format!("{PATH}?token={token}"), &[]);
    let expired = Claims {
        expires_at: Some(at(1000)),
        ..claims("/vod")
    };
    let early = Claims {
        not_before: Some(at(1001)),
        ..claims("/vod")
    };
    for (request, status, code) in [
        (request(PATH, &[]), 401, "token-missing"),
        (with(""), 401, "token-missing"),
        (
            request(PATH, &[(AUTHORIZATION, "Basic Zm9v")]),
            401,
            "token-missing",
        ),
        (with("x"), 403, "token-malformed"),
        (with(&"x".repeat(5000)), 403, "token-malformed"),
        (
            with(&signed(&[4; 32], &claims("/vod"))),
            403,
            "token-signature",
        ),
        (with(&signed(&SECRET, &expired)), 403, "token-expired"),
        (with(&signed(&SECRET, &early)), 403, "token-not-yet-valid"),
        (
            with(&signed(&SECRET, &claims("/vod/fil"))),
            403,
            "token-path",
        ),
    ] {
        for _ in 0..2 {
            assert_eq!(
                outcome(&access, &request),
                (status, code),
                "first and remembered"
            );
        }
    }
}

#[test]
fn the_policys_rules_reach_the_verifier() {
    let strict = TokenPolicy {
        issuer: Some("shop".into()),
        audience: Some("edge".into()),
        require_path: true,
        leeway: Duration::from_secs(10),
        max_size: 300,
        ..policy()
    };
    let access = access(&strict);
    let good = Claims {
        issuer: Some("shop".into()),
        audience: vec!["edge".into()],
        ..claims("/vod")
    };
    let code = |claims: &Claims| {
        outcome(
            &access,
            &request(&format!("{PATH}?token={}", signed(&SECRET, claims)), &[]),
        )
        .1
    };
    assert_eq!(code(&good), "ok");
    assert_eq!(
        code(&Claims {
            issuer: None,
            ..good.clone()
        }),
        "token-issuer"
    );
    assert_eq!(
        code(&Claims {
            audience: vec![],
            ..good.clone()
        }),
        "token-audience"
    );
    assert_eq!(
        code(&Claims {
            paths: None,
            ..good.clone()
        }),
        "token-path"
    );
    assert_eq!(
        code(&Claims {
            expires_at: Some(at(991)),
            ..good.clone()
        }),
        "ok"
    );
    assert_eq!(
        code(&Claims {
            expires_at: None,
            ..good.clone()
        }),
        "token-malformed"
    );
    assert_eq!(
        code(&Claims {
            subject: Some("x".repeat(200)),
            ..good
        }),
        "token-malformed"
    );
}

#[test]
fn the_first_source_that_holds_a_token_decides() {
    let (good, bad) = (token(), signed(&[4; 32], &claims("/vod")));
    let both = request(
        &format!("{PATH}?token={bad}"),
        &[(COOKIE, &format!("token={good}"))],
    );
    assert_eq!(outcome(&access(&policy()), &both).1, "token-signature");
    let cookie_first = TokenPolicy {
        sources: vec![TokenSource::Cookie, TokenSource::Query],
        ..policy()
    };
    assert_eq!(outcome(&access(&cookie_first), &both).1, "ok");
}

#[test]
fn sources_that_are_not_listed_are_not_looked_at() {
    let only_cookie = TokenPolicy {
        sources: vec![TokenSource::Cookie],
        ..policy()
    };
    let access = access(&only_cookie);
    let token = token();
    for request in [
        request(&format!("/t/{token}{PATH}"), &[]),
        request(&format!("{PATH}?token={token}"), &[]),
        request(PATH, &[(AUTHORIZATION, &format!("Bearer {token}"))]),
    ] {
        assert_eq!(outcome(&access, &request), (401, "token-missing"));
    }
}

#[test]
fn names_of_parameter_and_cookie_can_be_chosen() {
    let named = TokenPolicy {
        query_name: "hdnts".into(),
        cookie_name: "edge".into(),
        ..policy()
    };
    let access = access(&named);
    let token = token();
    assert_eq!(
        outcome(&access, &request(&format!("{PATH}?hdnts={token}"), &[])).0,
        200
    );
    assert_eq!(
        outcome(
            &access,
            &request(PATH, &[(COOKIE, &format!("edge={token}"))])
        )
        .0,
        200
    );
    assert_eq!(
        outcome(&access, &request(&format!("{PATH}?token={token}"), &[])).0,
        401
    );
}

#[test]
fn an_optional_token_may_be_absent_but_not_bad() {
    let access = access(&TokenPolicy {
        required: false,
        ..policy()
    });
    let grant = check(&access, &request(PATH, &[])).unwrap();
    assert!(!grant.took_token());
    assert!(
        check(&access, &request(&format!("{PATH}?token={}", token()), &[]))
            .unwrap()
            .took_token()
    );
    assert_eq!(
        outcome(&access, &request(&format!("{PATH}?token=x"), &[])).0,
        403
    );
}

#[test]
fn a_remembered_token_still_expires_and_still_covers_its_path_only() {
    let access = access(&policy());
    let token = token();
    let verify = |path, now| access.verify(&token, path, at(now)).map(drop);
    assert_eq!(verify(PATH, 1000), Ok(()));
    assert_eq!(verify("/vod/other/x", 1000), Err(TokenError::Path));
    assert_eq!(verify(PATH, 1999), Ok(()));
    assert_eq!(
        verify(PATH, 2000),
        Err(TokenError::Expired { at: at(2000) })
    );
    assert_eq!(verify("/vod/film/../other", 1000), Err(TokenError::Path));
}

#[test]
fn what_is_remembered_is_bounded() {
    let access = access(&TokenPolicy {
        cache_entries: 16,
        ..policy()
    });
    for number in 0..500 {
        let claims = Claims {
            token_id: Some(number.to_string()),
            ..claims("/vod")
        };
        access
            .verify(&signed(&SECRET, &claims), PATH, at(1000))
            .unwrap();
        access
            .verify(&signed(&[4; 32], &claims), PATH, at(1000))
            .unwrap_err();
    }
    access.accepted.run_pending_tasks();
    access.refused.run_pending_tasks();
    assert!(access.accepted.entry_count() <= 16);
    assert!(access.refused.entry_count() <= 2);
}

#[test]
fn neither_answer_nor_log_holds_the_token() {
    let token = token();
    let access = access(&policy());
    let fault = check(
        &access,
        &request(&format!("/vod/other/x?token={token}"), &[]),
    )
    .unwrap_err();
    let shown = format!("{fault:?} {access:?}");
    let (head, _) = token.split_at(12);
    assert!(!shown.contains(head), "{shown}");
    assert!(
        fault.detail.contains(&redact(&token)) && fault.detail.contains("from query"),
        "{}",
        fault.detail
    );
}

#[test]
fn a_token_seen_before_costs_less_than_ten_microseconds() {
    let random = SystemRandom::new();
    let pkcs8 = ring::signature::Ed25519KeyPair::generate_pkcs8(&random).unwrap();
    let key = SigningKey::from_pkcs8(Some("k"), Algorithm::EdDsa, pkcs8.as_ref(), &random).unwrap();
    let public = key.verifying_key(&random).unwrap().to_spki().unwrap();
    let access = access(&TokenPolicy::new(vec![TokenKey {
        id: Some("k".into()),
        algorithm: Algorithm::EdDsa,
        material: TokenKeyMaterial::PublicKey(public),
    }]));
    let good = mint(&key, &claims("/vod/film"), &random).unwrap();
    let (input, _) = good.rsplit_once('.').unwrap();
    let forged = format!("{input}.{}", "A".repeat(86));
    for (name, token) in [("accepted", good), ("refused", forged)] {
        let request = request(&format!("/t/{token}{PATH}"), &[]);
        let mut times: Vec<_> = (0..2001)
            .map(|_| {
                let start = Instant::now();
                let _ = check(&access, &request);
                start.elapsed()
            })
            .collect();
        let first = times[0];
        times.sort_unstable();
        let median = times[times.len() / 2];
        println!("{name}: first {first:?}, again {median:?} (median)");
        assert!(median < Duration::from_micros(10), "{name}: {median:?}");
    }
}
