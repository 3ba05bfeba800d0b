#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use super::*;
use crate::delivery::route::{Router, decode};

fn logged(text: &str) -> String {
    let uri: Uri = text.parse().unwrap();
    let path = decode(uri.path());
    let router = Router::new(["vod"]);
    let routed = path.as_ref().ok().and_then(|path| router.route(path).ok());
    path_and_query(&uri, routed.as_ref())
}

#[test]
fn a_token_is_nowhere_in_the_log() {
    let token = format!("eyJhbGciOiJIUzI1NiJ9.{}.c2ln", "a".repeat(80));
    for text in [
        format!("/t/{token}/vod/bear/clear/index.m3u8"),
        format!("/%74/{token}/vod/bear/clear/index.m3u8"),
        format!("/t/{token}/vod/../x"),
        format!("/t/{token}"),
        format!("/x/{token}/y"),
        format!("/vod/bear/clear/index.m3u8?token={token}"),
        format!("/vod/bear/clear/index.m3u8?x=1&hdnts={token}&y=2"),
        format!("/vod/bear/clear/index.m3u8?{token}"),
        "/vod/bear/clear/index.m3u8?my_Token=short".into(),
        "/t/short/nothing/here".into(),
    ] {
        let logged = logged(&text);
        assert!(
            !logged.contains("eyJ") && !logged.contains("short"),
            "{text} → {logged}"
        );
    }
}

#[test]
fn the_rest_stays_readable() {
    assert_eq!(
        logged("/t/abc/vod/b%C3%A4r/clear/index.m3u8?start=3"),
        "/t/-/vod/bär/clear/index.m3u8?start=3"
    );
    let cmcd = format!(
        "/vod/bear/clear/index.m3u8?CMCD={}",
        "br%3D3200%2C".repeat(8)
    );
    assert_eq!(logged(&cmcd), cmcd);
    assert!(logged(&format!("/vod/{}/clear/index.m3u8", "x/".repeat(700))).len() <= LOGGED_MAX);
}
