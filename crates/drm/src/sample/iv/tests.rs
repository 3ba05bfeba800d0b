#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use super::*;
use crate::KeyId;
use crate::sample::tests::{hex, key};

#[test]
fn seeds_are_the_same_everywhere_and_differ_by_track_and_key() {
    let video = IvSeed::derive(&key(), b"fingerprint/v1080");
    // From sha256sum. Other values would change the segments of a fleet in the middle of an upgrade.
    assert_eq!(video.cenc_base, 0xfc99_b88d_8805_84d7);
    assert_eq!(video.cbcs.to_vec(), hex("38cb95569cf182a5edefd60241337a67"));
    assert_eq!(video, IvSeed::derive(&key(), b"fingerprint/v1080"));
    let audio = IvSeed::derive(&key(), b"fingerprint/a-en");
    let other = ContentKey::new(KeyId([9; 16]), *key().expose());
    let elsewhere = IvSeed::derive(&other, b"fingerprint/v1080");
    for seed in [audio, elsewhere] {
        assert_ne!(seed.cenc_base, video.cenc_base);
        assert_ne!(seed.cbcs, video.cbcs);
    }
    assert_ne!(video.cenc_base.to_be_bytes(), video.cbcs[..8]);
}

#[test]
fn ivs_count_samples_and_wrap() {
    let seed = IvSeed {
        cenc_base: u64::MAX,
        cbcs: [0; 16],
    };
    assert_eq!(seed.cenc_iv(0), [0xff; 8]);
    assert_eq!(seed.cenc_iv(1), [0; 8]);
    assert_eq!(seed.cenc_iv(u32::MAX), [0, 0, 0, 0, 0xff, 0xff, 0xff, 0xfe]);
}
