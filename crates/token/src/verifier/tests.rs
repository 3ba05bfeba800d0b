#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use super::*;
use crate::{Algorithm, SigningKey, mint};
use proptest::prelude::*;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair};
use std::time::Instant;

fn at(seconds: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
}

fn signing_keys() -> Vec<SigningKey> {
    let random = SystemRandom::new();
    let es256 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
    let ed25519 = Ed25519KeyPair::generate_pkcs8(&random).unwrap();
    vec![
        SigningKey::hs256(Some("h"), &[5; 32]).unwrap(),
        SigningKey::from_pkcs8(Some("e"), Algorithm::Es256, es256.as_ref(), &random).unwrap(),
        SigningKey::from_pkcs8(Some("d"), Algorithm::EdDsa, ed25519.as_ref(), &random).unwrap(),
    ]
}

fn verifier(key: &SigningKey, rules: Rules) -> Verifier {
    let mut keys = KeySet::new();
    keys.add(key.verifying_key(&SystemRandom::new()).unwrap())
        .unwrap();
    Verifier::new(keys, rules)
}

fn claims() -> Claims {
    Claims {
        issuer: Some("shop".into()),
        subject: Some("viewer-7".into()),
        audience: vec!["edge".into()],
        expires_at: Some(at(2000)),
        not_before: Some(at(1000)),
        issued_at: Some(at(1000)),
        token_id: Some("t1".into()),
        paths: Some(vec!["/vod/a".parse().unwrap()]),
    }
}

fn minted(key: &SigningKey, claims: &Claims) -> String {
    mint(key, claims, &SystemRandom::new()).unwrap()
}

#[test]
fn what_is_minted_verifies_and_says_the_same() {
    for key in signing_keys() {
        let verifier = verifier(&key, Rules::default());
        let token = minted(&key, &claims());
        assert_eq!(
            verifier.verify(&token, "/vod/a/x", at(1500)),
            Ok(claims()),
            "{key:?}"
        );
    }
}

#[test]
fn a_token_altered_anywhere_is_refused() {
    for key in signing_keys() {
        let verifier = verifier(&key, Rules::default());
        let token = minted(&key, &claims());
        for index in 0..token.len() {
            let mut bytes = token.clone().into_bytes();
            bytes[index] = if bytes[index] == b'A' { b'B' } else { b'A' };
            let altered = String::from_utf8(bytes).unwrap();
            let refused = verifier.verify(&altered, "/vod/a/x", at(1500)).unwrap_err();
            assert!(
                matches!(
                    refused.code(),
                    "token-signature" | "token-malformed" | "token-algorithm" | "token-key-unknown"
                ),
                "{altered}: {refused}"
            );
        }
        for cut in 0..token.len() {
            assert!(
                verifier
                    .verify(&token[..cut], "/vod/a/x", at(1500))
                    .is_err()
            );
        }
    }
}

#[test]
fn the_signature_of_one_token_does_not_fit_another() {
    for key in signing_keys() {
        let one = minted(&key, &claims());
        let other = minted(
            &key,
            &Claims {
                expires_at: Some(at(9000)),
                ..claims()
            },
        );
        let (_, signature) = one.rsplit_once('.').unwrap();
        let (input, _) = other.rsplit_once('.').unwrap();
        let forged = format!("{input}.{signature}");
        let refused = verifier(&key, Rules::default()).authenticate(&forged);
        assert_eq!(refused, Err(TokenError::Signature), "{key:?}");
    }
}

#[test]
fn each_refusal_has_its_code() {
    let key = &signing_keys()[0];
    let rules = || Rules {
        issuer: Some("shop".into()),
        audience: Some("edge".into()),
        ..Rules::default()
    };
    let code = |claims: Claims, path: &str, now| {
        verifier(key, rules())
            .verify(&minted(key, &claims), path, now)
            .map_or_else(|refused| refused.code(), |_| "ok")
    };
    assert_eq!(code(claims(), "/vod/a", at(1500)), "ok");
    assert_eq!(code(claims(), "/vod/a", at(999)), "token-not-yet-valid");
    assert_eq!(code(claims(), "/vod/a", at(2000)), "token-expired");
    assert_eq!(code(claims(), "/vod/b", at(1500)), "token-path");
    assert_eq!(
        code(
            Claims {
                issuer: None,
                ..claims()
            },
            "/vod/a",
            at(1500)
        ),
        "token-issuer"
    );
    assert_eq!(
        code(
            Claims {
                issuer: Some("x".into()),
                ..claims()
            },
            "/vod/a",
            at(1500)
        ),
        "token-issuer"
    );
    assert_eq!(
        code(
            Claims {
                audience: vec![],
                ..claims()
            },
            "/vod/a",
            at(1500)
        ),
        "token-audience"
    );
    assert_eq!(
        code(
            Claims {
                audience: vec!["x".into()],
                ..claims()
            },
            "/vod/a",
            at(1500)
        ),
        "token-audience"
    );
    assert_eq!(
        code(
            Claims {
                expires_at: None,
                ..claims()
            },
            "/vod/a",
            at(1500)
        ),
        "token-malformed"
    );
}

#[test]
fn expiry_and_path_are_required_or_not_as_ruled() {
    let key = &signing_keys()[0];
    let open = Claims {
        expires_at: None,
        paths: None,
        ..claims()
    };
    let check = |rules| {
        verifier(key, rules)
            .verify(&minted(key, &open), "/any", at(1500))
            .map(drop)
    };
    let lenient = Rules {
        require_expiry: false,
        ..Rules::default()
    };
    assert_eq!(check(lenient.clone()), Ok(()));
    assert_eq!(
        check(Rules {
            require_path: true,
            ..lenient
        }),
        Err(TokenError::Path)
    );
    assert_eq!(
        check(Rules::default()),
        Err(Malformed::MissingClaim { name: "exp" }.into())
    );
}

#[test]
fn longer_tokens_are_refused_unread() {
    let key = &signing_keys()[0];
    let token = minted(key, &claims());
    let check = |max_bytes| {
        verifier(
            key,
            Rules {
                max_bytes,
                ..Rules::default()
            },
        )
        .authenticate(&token)
        .map(drop)
    };
    assert_eq!(check(token.len()), Ok(()));
    assert_eq!(
        check(token.len() - 1),
        Err(Malformed::TooLong {
            length: token.len(),
            limit: token.len() - 1
        }
        .into())
    );
}

#[test]
#[ignore = "a measurement: prints µs per token"]
fn time_per_token() {
    for key in signing_keys() {
        let verifier = verifier(&key, Rules::default());
        let token = minted(&key, &claims());
        let rounds = 2000;
        let start = Instant::now();
        for _ in 0..rounds {
            verifier.verify(&token, "/vod/a/x", at(1500)).unwrap();
        }
        println!(
            "{}: {:.1} µs",
            key.algorithm(),
            start.elapsed().as_secs_f64() * 1e6 / f64::from(rounds)
        );
    }
}

proptest! {
    #[test]
    fn no_text_makes_it_panic_or_passes(text in ".{0,200}") {
        prop_assert!(verifier(&SigningKey::hs256(None, &[5; 32]).unwrap(), Rules::default()).authenticate(&text).is_err());
    }

    #[test]
    fn no_signed_payload_makes_it_panic(header in r#"[{}\[\]":,a-z0-9.eE+-]{0,40}"#, payload in r#"[{}\[\]":,a-z0-9.eE+-]{0,60}"#) {
        use base64::Engine as _;
        use base64::engine::general_purpose::URL_SAFE_NO_PAD as B64;
        use ring::hmac;
        for header in [header.as_str(), r#"{"alg":"HS256"}"#] {
            let input = format!("{}.{}", B64.encode(header), B64.encode(&payload));
            let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &[5; 32]), input.as_bytes());
            let token = format!("{input}.{}", B64.encode(tag));
            let verifier = verifier(&SigningKey::hs256(None, &[5; 32]).unwrap(), Rules::default());
            let _ = verifier.verify(&token, "/a", at(1));
            let _ = Token::parse(&token, 4096).and_then(|token| token.show_unverified());
        }
    }

    #[test]
    fn any_claims_survive_the_round_trip(
        expires in 0u64..4_000_000_000,
        subject in proptest::option::of("\\PC{0,20}"),
        audience in prop::collection::vec("\\PC{0,10}", 0..3),
        paths in proptest::option::of(prop::collection::vec("(/[^/.\0]{1,8}){1,3}", 0..3)),
    ) {
        let key = SigningKey::hs256(None, &[5; 32]).unwrap();
        let claims = Claims {
            expires_at: Some(at(expires)),
            subject,
            audience,
            paths: paths.map(|paths| paths.iter().map(|path| path.parse().unwrap()).collect()),
            ..Claims::default()
        };
        prop_assert_eq!(verifier(&key, Rules::default()).authenticate(&minted(&key, &claims)), Ok(claims));
    }
}
