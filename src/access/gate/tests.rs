#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use super::super::tests::{PATH, claims, policy, request, signed, token};
use super::*;
use crate::delivery::route::{Route, Router, decode};

fn mounts() -> [Mount; 2] {
    let guarded = Mount {
        token: Some(policy()),
        ..Mount::new("/vod", "/")
    };
    [guarded, Mount::new("/open", "/")]
}

/// The answer to a raw path, as the core comes to it.
fn admit(raw: &str) -> Result<Audience, &'static str> {
    let mounts = mounts();
    let path = decode(raw.split('?').next().unwrap()).map_err(|fault| fault.code)?;
    let routed = Router::new(mounts.iter().map(|mount| &mount.path))
        .route(&path)
        .map_err(|fault| fault.code)?;
    let Route::Asset(route) = &routed.route else {
        panic!("{raw}: not an asset");
    };
    Gatekeeper::new(&mounts)
        .unwrap()
        .admit(route.mount, &routed, &request(raw, &[]))
        .map_err(|fault| fault.code)
}

#[test]
fn a_mount_with_a_policy_wants_a_token_and_its_answers_are_for_the_bearer() {
    let token = token();
    assert_eq!(admit(PATH), Err("token-missing"));
    assert_eq!(
        admit(&format!("/t/{token}{PATH}")),
        Ok(Audience::TokenBearer)
    );
    assert_eq!(
        admit(&format!("{PATH}?token={token}")),
        Ok(Audience::TokenBearer)
    );
}

#[test]
fn a_mount_without_a_policy_is_open_and_a_token_in_the_path_is_no_matter() {
    assert_eq!(
        admit("/open/film/clear/index.m3u8"),
        Ok(Audience::Everybody)
    );
    assert_eq!(
        admit("/t/whatever/open/film/clear/index.m3u8"),
        Ok(Audience::Everybody)
    );
}

#[test]
fn escapes_do_not_widen_what_a_token_covers() {
    let token = token();
    for path in [
        "/vod/film/../other/clear/index.m3u8",
        "/vod/film/%2e%2e/other/clear/index.m3u8",
        "/vod/film%2f..%2fother/clear/index.m3u8",
        "/vod/film%2F%2E%2E%2Fother/clear/index.m3u8",
        "/vod/film/%252e%252e/other/clear/index.m3u8",
        "/vod//film/clear/index.m3u8",
        "/vod/film/./clear/index.m3u8",
        "/vod/film%00/clear/index.m3u8",
        "/vod/filmography/clear/index.m3u8",
        "/vod/other/clear/index.m3u8",
    ] {
        let admitted = admit(&format!("/t/{token}{path}"));
        // Escapes twice over are a name like any other, below the folder that is covered.
        if path.contains("%25") {
            assert_eq!(admitted, Ok(Audience::TokenBearer), "{path}");
        } else {
            assert!(admitted.is_err(), "{path}");
        }
    }
    assert_eq!(
        admit(&format!("/t/{token}/vod/f%69lm/clear/index.m3u8")),
        Ok(Audience::TokenBearer),
        "an escaped letter is the letter"
    );
}

#[test]
fn a_token_for_one_mount_opens_no_other() {
    let elsewhere = signed(&super::super::tests::SECRET, &claims("/live"));
    assert_eq!(admit(&format!("/t/{elsewhere}{PATH}")), Err("token-path"));
}
