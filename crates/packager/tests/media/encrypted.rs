//! Protected renditions, decrypted by ffmpeg, are the source again.
use edgepack_drm::{ContentKey, KeyId, Scheme};

use crate::clips::{clip, fixture};
use crate::support::{asset, frames, frames_of_bytes, hashes};

const KEY: [u8; 16] = *b"\x10\x32\x54\x76\x98\xba\xdc\xfe\x10\x32\x54\x76\x98\xba\xdc\xfe";

fn key() -> ContentKey {
    ContentKey::new(KeyId([7; 16]), KEY)
}

fn decrypts_to_source(path: &std::path::Path) {
    let asset = asset(&[path], 4000);
    for scheme in [Scheme::Cenc, Scheme::Cbcs] {
        for rendition in &asset.presentation.renditions {
            let stream = if rendition.name.starts_with('v') {
                "0:v:0"
            } else {
                "0:a:0"
            };
            let file = asset.protected_file(rendition, scheme, &key());
            let got = frames_of_bytes(&file, stream, &["-decryption_key", &hex::encode(KEY)]);
            let expected = frames(path, stream);
            assert!(
                hashes(&got) == hashes(&expected),
                "{scheme:?} {}",
                rendition.name
            );
        }
    }
}

#[test]
fn cenc_and_cbcs_decrypt_to_the_source() {
    decrypts_to_source(&clip("high.mp4"));
}

#[test]
fn cenc_and_cbcs_of_another_encoder_decrypt_to_the_source() {
    if let Some(path) = fixture("bear-640x360.mp4") {
        decrypts_to_source(&path);
    }
}

#[test]
fn without_the_key_the_pictures_are_others() {
    let path = clip("low.mp4");
    let asset = asset(&[&path], 4000);
    let file = asset.protected_file(asset.video(), Scheme::Cenc, &key());
    let wrong = hex::encode([0u8; 16]);
    let got = frames_of_bytes(&file, "0:v:0", &["-decryption_key", &wrong]);
    let expected = frames(&path, "0:v:0");
    let same = hashes(&got)
        .iter()
        .filter(|hash| hashes(&expected).contains(hash))
        .count();
    assert_eq!(same, 0);
}

#[test]
fn a_protected_segment_weighs_less_than_its_bandwidth_says() {
    let asset = asset(&[clip("high.mp4")], 4000);
    for rendition in &asset.presentation.renditions {
        let bits = |bytes: usize| bytes as u64 * 8 * u64::from(rendition.timescale);
        let whole = asset.protected_file(rendition, Scheme::Cenc, &key());
        let duration: u64 = rendition
            .segments
            .iter()
            .map(|segment| segment.duration)
            .sum();
        assert!(bits(whole.len()) / duration <= rendition.peak_bandwidth);
        assert!(rendition.average_bandwidth <= rendition.peak_bandwidth);
    }
}

#[test]
fn a_payload_of_another_length_is_refused() {
    let asset = asset(&[clip("low.mp4")], 4000);
    let rendition = asset.audio();
    let mut enc = asset.encryptor(rendition, Scheme::Cenc, &key());
    let plan = edgepack_packager::SegmentPlan::new(
        &asset.presentation,
        rendition,
        0,
        edgepack_packager::SegmentProtection::Header(&enc),
    )
    .unwrap();
    let mut payload = asset.payload(&plan);
    payload.pop();
    let error = plan
        .protect(&mut enc, &mut payload)
        .unwrap_err()
        .to_string();
    assert!(error.contains("a-en, segment 0"), "{error}");
}
