#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use std::collections::HashSet;

use super::super::testing::request;
use super::*;
use crate::config::Protection;

async fn keys_of(secret: &[u8], request: &KeyRequest) -> Vec<([u8; 16], [u8; 16])> {
    let derived = Derived::new(&Secret::new(secret.to_vec()));
    let given = derived.fetch(request).await.unwrap();
    let pairs = given.iter().map(|given| {
        let key = &given.record.key;
        (key.kid.0, *key.expose())
    });
    pairs.collect()
}

#[tokio::test]
async fn everything_that_differs_has_other_ids_and_keys() {
    let film = request("film");
    let cenc = KeyRequest {
        protection: Protection::Cenc,
        ..film.clone()
    };
    let mut all = keys_of(b"0123456789abcdef", &film).await;
    all.extend(keys_of(b"0123456789abcdef", &cenc).await);
    all.extend(keys_of(b"0123456789abcdef", &request("other")).await);
    all.extend(keys_of(b"0123456789abcdeF", &film).await);
    assert_eq!(all.len(), 16);
    let kids: HashSet<_> = all.iter().map(|(kid, _)| kid).collect();
    let keys: HashSet<_> = all.iter().map(|(_, key)| key).collect();
    assert_eq!((kids.len(), keys.len()), (16, 16));
    // Version 8 of RFC 9562, and its variant.
    assert!(kids.iter().all(|kid| kid[6] >> 4 == 8 && kid[8] >> 6 == 2));
}

/// Made with Python's `hmac` from the formulas of the module.
#[tokio::test]
async fn keys_are_what_the_formulas_say() {
    let film = KeyRequest {
        periods: 1..2,
        ..request("film")
    };
    let keys = keys_of(b"0123456789abcdef", &film).await;
    assert_eq!(hex::encode(keys[0].0), KID);
    assert_eq!(hex::encode(keys[0].1), KEY);
}

const KID: &str = "a2fb9320fcc184efadc8ad9c76519638";
const KEY: &str = "d0ec91391625acf13fe24455456ce66f";
