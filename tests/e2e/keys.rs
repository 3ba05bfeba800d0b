//! Keys from a server in a process of its own, through the whole node: what it serves with them, without them, and where
//! they must not appear.
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use serde_json::Value;

use crate::playback::{media_playlists, rendition};
use crate::support::client::{fetch, fetch_text};
use crate::support::media::{self, frames, piped_frames};
use crate::support::{Curl, Node, Serve};

// Another test uses the rest of it.
#[allow(dead_code)]
#[path = "../keys/server.rs"]
mod server;

use server::{Process, key_of};

/// A mount whose keys come from the server, in the mode that the path says.
fn speke(server: &Process, mode: &str, rest: &str) -> Node {
    Serve::all(media::root())
        .section("[log]\nlevel = \"trace\"")
        .mount(&format!(
            "protections = [\"cenc\", \"cbcs\"]\n[mount.keys]\nprovider = \"speke\"\n\
             url = \"http://127.0.0.1:{}/speke/{mode}\"\nsystems = [\"widevine\"]\ntimeout = \"2s\"\nconnect_timeout = \"1s\"\n{rest}",
            server.plain
        ))
        .start()
}

fn admin_keys(node: &Node) -> Vec<Value> {
    let report: Value = serde_json::from_slice(&fetch(&format!("{}/keys", node.admin))).unwrap();
    report["keys"].as_array().unwrap().clone()
}

/// The one key of an asset under a protection.
fn key(node: &Node, asset: &str, protection: &str) -> [u8; 16] {
    let keys = admin_keys(node);
    let key = keys
        .iter()
        .find(|key| key["asset"] == asset && key["protection"] == protection)
        .unwrap_or_else(|| panic!("{asset} {protection}: {keys:?}"));
    let kid = key["kid"].as_str().unwrap().replace('-', "");
    key_of(hex::decode(kid).unwrap().try_into().unwrap())
}

#[test]
fn media_under_a_speke_servers_keys_decrypts_to_the_source() {
    let server = Process::start();
    let node = speke(&server, "valid", "");
    let source = media::root().join("ladder/low.mp4").display().to_string();
    for protection in ["cenc", "cbcs"] {
        let playlists =
            media_playlists(&format!("{}/vod/ladder/{protection}/index.m3u8", node.http));
        let key = hex::encode(key(&node, "ladder", protection));
        let decrypted = piped_frames(
            rendition(&playlists[2]),
            "0:v:0",
            &["-decryption_key", &key],
        );
        assert_eq!(decrypted, frames(&source, "0:v:0", &[]), "{protection}");
    }
    assert_ne!(key(&node, "ladder", "cenc"), key(&node, "ladder", "cbcs"));
    // However much was asked of the node, the server was asked once per protection.
    assert_eq!(server.count("valid/ladder"), 2);
}

#[test]
fn without_the_server_keys_that_are_there_serve_on_and_nothing_else_leaves() {
    let server = Process::start();
    let node = speke(
        &server,
        "once",
        "ttl = \"1s\"\nunready_after = \"1s\"\nmax_attempts = 1\n",
    );
    let playlists = media_playlists(&format!("{}/vod/ladder/cbcs/index.m3u8", node.http));
    let segment = playlists[2].replace("index.m3u8", "2.m4s");
    fetch(&segment);
    let ready = format!("{}/readyz", node.admin);
    let deadline = Instant::now() + Duration::from_secs(20);
    let unready = loop {
        let answer = Curl::get(&ready).run();
        if answer.status == 503 {
            break answer.text();
        }
        assert!(Instant::now() < deadline);
        fetch(&playlists[2]);
        std::thread::sleep(Duration::from_millis(100));
    };
    assert!(
        unready.contains("mount vod: the speke key provider has failed"),
        "{unready}"
    );
    fetch(&playlists[2].replace("index.m3u8", "3.m4s"));
    fetch_text(&format!("{}/vod/ladder/cbcs/manifest.mpd", node.http));
    assert!(admin_keys(&node).iter().all(|key| key["stale"] == true));
    assert!(node.metric("edgepack_key_stale_served_total") > 0.0);

    let down = speke(&server, "failing", "max_attempts = 1\n");
    for path in [
        "film.mp4/cbcs/index.m3u8",
        "film.mp4/cenc/manifest.mpd",
        "ladder/cbcs/index.m3u8",
    ] {
        let answer = Curl::get(&format!("{}/vod/{path}", down.http))
            .run()
            .expect(503);
        assert_eq!(answer.reason(), "key-provider-down", "{path}");
        assert!(answer.header("retry-after").parse::<u32>().unwrap() >= 1);
        assert!(answer.body.len() < 300);
    }
    // Names of the same media that another node gave out.
    let path = segment.strip_prefix(&node.http).unwrap();
    Curl::get(&format!("{}{path}", down.http)).run().expect(503);
    Curl::get(&format!("{}/vod/film.mp4/clear/index.m3u8", down.http))
        .run()
        .expect(404);
}

#[test]
fn lies_of_the_server_are_told_to_the_log_and_not_to_viewers() {
    let server = Process::start();
    let node = speke(&server, "wrong-kid", "");
    // One label is one key: its id is the one that is wrong.
    let node_of_labels = speke(
        &server,
        "missing-key",
        "[[mount.drm.label]]\nname = \"SD\"\nkind = \"video\"\n[[mount.drm.label]]\nname = \"AUDIO\"\nkind = \"audio\"\n",
    );
    drop(node);
    let url = format!("{}/vod/ladder/cbcs/index.m3u8", node_of_labels.http);
    let answer = Curl::get(&url).run().expect(503);
    assert_eq!(answer.reason(), "key-answer-wrong");
    assert!(!answer.text().contains("lacks"));
    let written = node_of_labels.written();
    assert!(
        written.contains("the key provider's answer is wrong"),
        "{written}"
    );
}

#[test]
fn keys_survive_a_restart_in_sealed_files() {
    let server = Process::start();
    let folder = tempfile::tempdir().unwrap();
    let key_file = folder.path().join("cache.key");
    std::fs::write(&key_file, "5a".repeat(32)).unwrap();
    let dir = folder.path().join("keys");
    let rest = format!(
        "cache_dir = \"{}\"\ncache_key_file = \"{}\"\n",
        dir.display(),
        key_file.display()
    );
    let node = speke(&server, "once", &rest);
    let url = |node: &Node| format!("{}/vod/ladder/cbcs/index.m3u8", node.http);
    let first = fetch_text(&url(&node)).replace(&node.http, "");
    let secret = key(&node, "ladder", "cbcs");
    let deadline = Instant::now() + Duration::from_secs(10);
    let written = || {
        let files = std::fs::read_dir(&dir)
            .unwrap()
            .map(|file| file.unwrap().path());
        files
            .filter(|path| path.extension().is_some_and(|name| name == "keys"))
            .count()
    };
    while written() == 0 {
        assert!(Instant::now() < deadline);
        std::thread::sleep(Duration::from_millis(20));
    }
    drop(node);
    for file in std::fs::read_dir(&dir).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        assert!(!bytes.windows(16).any(|window| window == secret));
    }
    let node = speke(&server, "once", &rest);
    assert_eq!(fetch_text(&url(&node)).replace(&node.http, ""), first);
    assert_eq!(admin_keys(&node)[0]["source"], "disk");
    assert_eq!(server.count("once/ladder"), 1);
}

#[test]
fn no_key_appears_in_logs_metrics_reports_or_manifests() {
    let server = Process::start();
    let node = speke(&server, "valid", "ttl = \"1s\"\n");
    let base = format!("{}/vod/ladder", node.http);
    let mut shown = String::new();
    for protection in ["cenc", "cbcs"] {
        let playlists = media_playlists(&format!("{base}/{protection}/index.m3u8"));
        for playlist in &playlists {
            shown += &fetch_text(playlist);
            fetch(&playlist.replace("index.m3u8", "1.m4s"));
        }
        shown += &fetch_text(&format!("{base}/{protection}/index.m3u8"));
        shown += &fetch_text(&format!("{base}/{protection}/manifest.mpd"));
    }
    // A failure and a refresh or two.
    Curl::get(&format!("{base}/cbcs/00112233445566778899aabbccddeeff.key")).run();
    std::thread::sleep(Duration::from_millis(2500));
    for page in ["keys", "metrics", "readyz", ""] {
        shown += &fetch_text(&format!("{}/{page}", node.admin));
    }
    let secrets = [key(&node, "ladder", "cenc"), key(&node, "ladder", "cbcs")];
    node.signal("-TERM");
    let mut node = node;
    node.wait_for_exit();
    shown += &node.written();
    assert!(
        shown.contains("\"path\":") && shown.contains("edgepack_key_sets"),
        "something is there"
    );
    for secret in secrets {
        let hex = hex::encode(secret);
        let listed = secret.map(|byte| byte.to_string()).join(", ");
        for form in [
            hex.to_uppercase(),
            BASE64_STANDARD.encode(secret),
            BASE64_URL_SAFE_NO_PAD.encode(secret),
            edgepack_drm::KeyId(secret).to_string(),
            listed,
            hex,
        ] {
            assert!(!shown.contains(&form), "{form}");
        }
    }
}

#[test]
fn key_endpoints_obey_the_mounts_tokens() {
    let node = Serve::all(media::root())
        .mount(
            "protections = [\"cbcs\", \"aes128\"]\nclearkey_licence_server = true\n\
             [mount.keys]\nprovider = \"derived\"\nsecret = \"0123456789abcdef\"\n\
             [mount.token]\nkeys = [{ algorithm = \"HS256\", secret = \"0123456789abcdef0123456789abcdef\" }]\n",
        )
        .start();
    let token = token("0123456789abcdef0123456789abcdef");
    let playlists = media_playlists(&format!(
        "{}/t/{token}/vod/ladder/aes128/index.m3u8",
        node.http
    ));
    let playlist = fetch_text(&playlists[0]);
    let (_, uri) = playlist.split_once("METHOD=AES-128,URI=\"").unwrap();
    let name = uri.split('"').next().unwrap().trim_start_matches("../");
    let path = format!("/vod/ladder/aes128/{name}");
    let with_token = Curl::get(&format!("{}/t/{token}{path}", node.http))
        .run()
        .expect(200);
    assert_eq!(
        (with_token.body.len(), with_token.header("cache-control")),
        (16, "no-store")
    );
    let without = Curl::get(&format!("{}{path}", node.http)).run().expect(401);
    assert!(
        !without
            .body
            .windows(16)
            .any(|window| window == with_token.body)
    );
    let licence = |prefix: &str| {
        let url = format!("{}{prefix}/vod/ladder/cbcs/clearkey", node.http);
        let kid = key_id(&node);
        Curl::get(&url)
            .arg("-d")
            .arg(&format!("{{\"kids\":[\"{kid}\"],\"type\":\"temporary\"}}"))
            .run()
    };
    fetch_text(&format!(
        "{}/t/{token}/vod/ladder/cbcs/index.m3u8",
        node.http
    ));
    licence("").expect(401);
    licence(&format!("/t/{token}")).expect(200);
}

/// Of the one `cbcs` key, as ClearKey writes it.
fn key_id(node: &Node) -> String {
    let keys = admin_keys(node);
    let key = keys.iter().find(|key| key["protection"] == "cbcs").unwrap();
    let kid = key["kid"].as_str().unwrap().replace('-', "");
    BASE64_URL_SAFE_NO_PAD.encode(hex::decode(kid).unwrap())
}

fn token(secret: &str) -> String {
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_edgepack"))
        .args([
            "token",
            "mint",
            "--alg",
            "HS256",
            "--exp",
            "1h",
            "--secret-env",
            "TEST_SECRET",
        ])
        .env("TEST_SECRET", secret)
        .output()
        .unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}
