//! Real players in headless Chromium, on the player page that the node serves.
use std::path::Path;

use serde_json::Value;

use crate::support::browser::spki;
use crate::support::{KEY_HEX, KID_HEX, Node, Serve, media, tools};

/// Past the second segment boundary.
const SECONDS: &str = "9";

fn start() -> Node {
    Serve::all(media::root())
        .section("[player]\nenabled = true")
        .start()
}

/// Plays in Chromium; `None` where the tools are missing.
fn play(
    base: &str,
    node: &Node,
    player: &str,
    manifest: &str,
    protection: &str,
    extra: &[&str],
) -> Option<Value> {
    if !tools::available("chromium", Path::new("/usr/bin/chromium").exists()) {
        return None;
    }
    let mut command = tools::node_script("play.mjs")?;
    command
        .arg(format!(
            "{base}/player/#asset=/vod/ladder&protection={protection}&player={player}&manifest={manifest}&autoplay=1"
        ))
        .args(["--seconds", SECONDS, "--timeout", "90", "--spki", &spki(node)])
        .args(extra);
    let result: Value = serde_json::from_str(&tools::output(&mut command)).unwrap();
    assert_eq!(
        result["errors"].as_array().map(Vec::len),
        Some(0),
        "{result}"
    );
    Some(result)
}

#[test]
fn hls_js_plays_clear_hls_over_http_2() {
    let node = start();
    let Some(result) = play(&node.https, &node, "hls", "hls", "clear", &[]) else {
        return;
    };
    assert!(result["protocols"].to_string().contains("h2"), "{result}");
}

#[test]
fn dash_js_plays_clear_dash() {
    let node = start();
    play(
        &node.http.replace("127.0.0.1", "localhost"),
        &node,
        "dash",
        "dash",
        "clear",
        &[],
    );
}

#[test]
fn shaka_plays_clear_dash_over_http_3() {
    let node = start();
    let authority = node.https.trim_start_matches("https://").to_owned();
    let Some(result) = play(
        &node.https,
        &node,
        "shaka",
        "dash",
        "clear",
        &["--quic", &authority],
    ) else {
        return;
    };
    assert!(result["protocols"].to_string().contains("h3"), "{result}");
}

#[test]
fn shaka_plays_clearkey_cenc_and_cbcs_through_dash_and_hls() {
    let node = start();
    for (protection, manifest) in [
        ("cenc", "dash"),
        ("cbcs", "dash"),
        ("cenc", "hls"),
        ("cbcs", "hls"),
    ] {
        play(&node.https, &node, "shaka", manifest, protection, &[]);
    }
}

#[test]
fn a_path_token_carries_playback_and_licence() {
    let node = Serve::all(media::root())
        .mount(&format!(
            "protections = [\"clear\", \"cenc\"]\nclearkey_licence_server = true\n\
             [mount.key]\nkid = \"{KID_HEX}\"\nkey = \"{KEY_HEX}\"\n\
             [mount.token]\nkeys = [{{ algorithm = \"HS256\", secret = \"0123456789abcdef0123456789abcdef\" }}]\n"
        ))
        .section("[player]\nenabled = true\nmint_tokens = true")
        .start();
    play(&node.https, &node, "shaka", "dash", "cenc", &[]);
}

#[test]
fn the_page_looks_as_it_should() {
    let node = start();
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR"));
    for (name, options) in [
        ("light", &["--size", "1280x900"][..]),
        ("dark-phone", &["--size", "360x800", "--dark"][..]),
    ] {
        let file = dir.join(format!("player-{name}.png"));
        let mut extra = vec!["--screenshot", file.to_str().unwrap()];
        extra.extend(options);
        if play(&node.https, &node, "hls", "hls", "clear", &extra).is_none() {
            return;
        }
        let size = std::fs::metadata(&file).unwrap().len();
        assert!(
            size > 20_000,
            "{} has {size} bytes: an empty page",
            file.display()
        );
    }
}
