//! The data of DRM systems beside what other tools make of the same input.
#![allow(
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic
)]

mod pssh_box;
mod shaka;
mod xmllint;

use edgepack_drm::systems::{PlayReady, Widevine};
use edgepack_drm::{ContentKey, KeyRecord, Scheme, Signal, System, Systems};

const KID: &str = "000102030405060708090a0b0c0d0e0f";
const KEY: &str = "101112131415161718191a1b1c1d1e1f";
const SECOND_KID: &str = "a0a1a2a3a4a5a6a7a8a9aaabacadaeaf";
const LICENCE_URL: &str = "https://licences.example/pr?a=1&b=2";
/// ASCII: shaka-packager widens bytes instead of characters.
const CUSTOM: &str = "<Shop Name=\"a&lt;b\">c</Shop>";

fn key() -> ContentKey {
    ContentKey::from_hex(KID, KEY).unwrap()
}

fn systems() -> Systems {
    Systems {
        widevine: Some(Widevine::default()),
        playready: Some(PlayReady {
            licence_url: Some(LICENCE_URL.to_owned()),
            custom_attributes: Some(CUSTOM.to_owned()),
            ..PlayReady::default()
        }),
        w3c_common: true,
        ..Systems::default()
    }
}

fn signals(config: &Systems, scheme: Scheme) -> Vec<Signal> {
    let record: KeyRecord = key().into();
    edgepack_drm::systems::signals(&record, scheme, config, "content").unwrap()
}

fn signal(config: &Systems, scheme: Scheme, system: System) -> Signal {
    signals(config, scheme)
        .into_iter()
        .find(|signal| signal.system == system)
        .unwrap()
}
