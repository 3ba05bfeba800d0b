#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use super::*;
use ring::rand::SystemRandom;
use std::time::{Duration, SystemTime};

#[test]
fn claims_too_long_for_a_verifier_are_not_minted() {
    let key = SigningKey::hs256(None, &[1; 32]).unwrap();
    let claims = Claims {
        subject: Some("x".repeat(4000)),
        ..Claims::default()
    };
    assert!(matches!(
        mint(&key, &claims, &SystemRandom::new()),
        Err(MintError::TooLong { length }) if length > DEFAULT_MAX_BYTES
    ));
}

#[test]
fn dates_before_1970_are_not_minted() {
    let key = SigningKey::hs256(None, &[1; 32]).unwrap();
    let claims = Claims {
        expires_at: Some(SystemTime::UNIX_EPOCH - Duration::from_secs(1)),
        ..Claims::default()
    };
    assert_eq!(
        mint(&key, &claims, &SystemRandom::new()),
        Err(MintError::Date)
    );
}

#[test]
fn a_fraction_of_expiry_rounds_down() {
    let key = SigningKey::hs256(None, &[1; 32]).unwrap();
    let claims = Claims {
        expires_at: Some(SystemTime::UNIX_EPOCH + Duration::from_millis(1999)),
        ..Claims::default()
    };
    let token = mint(&key, &claims, &SystemRandom::new()).unwrap();
    let shown = crate::Token::parse(&token, DEFAULT_MAX_BYTES)
        .unwrap()
        .show_unverified()
        .unwrap();
    assert_eq!(shown.claims["exp"], 1);
}
