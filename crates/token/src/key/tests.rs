#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use super::*;
use crate::SigningKey;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair};

#[test]
fn short_secrets_are_refused() {
    assert_eq!(
        VerifyingKey::hs256(None, &[1; 31]).unwrap_err(),
        KeyError::SecretTooShort { length: 31 }
    );
    assert!(VerifyingKey::hs256(None, &[1; 32]).is_ok());
}

#[test]
fn a_public_key_of_another_kind_is_refused() {
    let random = SystemRandom::new();
    let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
    let es256 = SigningKey::from_pkcs8(None, Algorithm::Es256, pkcs8.as_ref(), &random).unwrap();
    let spki = es256.verifying_key(&random).unwrap().to_spki().unwrap();
    assert!(VerifyingKey::from_spki(None, Algorithm::Es256, &spki).is_ok());
    for algorithm in [Algorithm::EdDsa, Algorithm::Hs256] {
        assert_eq!(
            VerifyingKey::from_spki(None, algorithm, &spki).unwrap_err(),
            KeyError::PublicKey { algorithm }
        );
    }
    for cut in 0..spki.len() {
        assert!(VerifyingKey::from_spki(None, Algorithm::Es256, &spki[..cut]).is_err());
    }
}

#[test]
fn a_private_key_of_another_kind_is_refused() {
    let random = SystemRandom::new();
    let pkcs8 = Ed25519KeyPair::generate_pkcs8(&random).unwrap();
    assert!(SigningKey::from_pkcs8(None, Algorithm::EdDsa, pkcs8.as_ref(), &random).is_ok());
    for algorithm in [Algorithm::Es256, Algorithm::Hs256] {
        assert_eq!(
            SigningKey::from_pkcs8(None, algorithm, pkcs8.as_ref(), &random).unwrap_err(),
            KeyError::PrivateKey { algorithm }
        );
    }
}

#[test]
fn a_key_set_is_bounded_and_its_ids_are_unique() {
    let mut keys = KeySet::new();
    let key = |id: Option<&str>| VerifyingKey::hs256(id, &[1; 32]).unwrap();
    keys.add(key(Some("a"))).unwrap();
    assert_eq!(
        keys.add(key(Some("a"))),
        Err(KeyError::DuplicateId { id: "a".into() })
    );
    for _ in 1..MAX_KEYS {
        keys.add(key(None)).unwrap();
    }
    assert_eq!(keys.add(key(None)), Err(KeyError::TooMany));
    assert_eq!(keys.len(), MAX_KEYS);
}

#[test]
fn debug_shows_algorithm_and_id_only() {
    let secret = b"a secret that nobody should read!";
    let shown = format!(
        "{:?} {:?}",
        VerifyingKey::hs256(Some("k1"), secret).unwrap(),
        SigningKey::hs256(Some("k1"), secret).unwrap()
    );
    assert_eq!(
        shown,
        r#"VerifyingKey(HS256, Some("k1")) SigningKey(HS256, Some("k1"))"#
    );
}

#[test]
fn ids_are_neither_empty_nor_endless() {
    assert_eq!(
        VerifyingKey::hs256(Some(""), &[1; 32]).unwrap_err(),
        KeyError::Id
    );
    let long = "k".repeat(MAX_KEY_ID_BYTES + 1);
    assert_eq!(
        VerifyingKey::hs256(Some(&long), &[1; 32]).unwrap_err(),
        KeyError::Id
    );
}
