//! Checking tokens: `cargo bench -p edgepack-token --bench tokens`.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use std::hint::black_box;
use std::time::{Duration, SystemTime};

use criterion::{Criterion, criterion_group, criterion_main};
use edgepack_token::{Algorithm, Claims, KeySet, Rules, SigningKey, Verifier, mint};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair};

const PATH: &str = "/vod/film/clear/v1080-5f3a9c1e/17.m4s";

fn signing_keys(random: &SystemRandom) -> [SigningKey; 3] {
    let id = Some("k1");
    let p256 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, random).unwrap();
    let ed25519 = Ed25519KeyPair::generate_pkcs8(random).unwrap();
    [
        SigningKey::hs256(id, &[7; 32]).unwrap(),
        SigningKey::from_pkcs8(id, Algorithm::Es256, p256.as_ref(), random).unwrap(),
        SigningKey::from_pkcs8(id, Algorithm::EdDsa, ed25519.as_ref(), random).unwrap(),
    ]
}

fn tokens(c: &mut Criterion) {
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
    let claims = Claims {
        expires_at: Some(now + Duration::from_secs(3600)),
        paths: Some(vec!["/vod/film".parse().unwrap()]),
        ..Claims::default()
    };
    let random = SystemRandom::new();
    let mut group = c.benchmark_group("token");
    for key in signing_keys(&random) {
        let token = mint(&key, &claims, &random).unwrap();
        let mut keys = KeySet::new();
        keys.add(key.verifying_key(&random).unwrap()).unwrap();
        let verifier = Verifier::new(keys, Rules::default());
        group.bench_function(format!("first check, {:?}", key.algorithm()), |b| {
            b.iter(|| verifier.verify(black_box(&token), PATH, now).unwrap());
        });
        if key.algorithm() == Algorithm::Hs256 {
            let known = verifier.authenticate(&token).unwrap();
            group.bench_function("seen before", |b| {
                b.iter(|| verifier.admit(black_box(&known), PATH, now).unwrap());
            });
        }
    }
    group.finish();
}

criterion_group!(benches, tokens);
criterion_main!(benches);
