//! Encrypted output decrypts to the source with ffmpeg, and never leaves without a key.
use crate::playback::{media_playlists, rendition};
use crate::support::client::{fetch, fetch_text};
use crate::support::media::{self, frames, piped_frames};
use crate::support::{Curl, KEY_HEX, KID_HEX, Serve};

fn decrypts_to_the_source(protection: &str) {
    let node = Serve::all(media::root()).start();
    let ladder = media::root().join("ladder");
    let sources = [
        ("high.mp4", "0:a:0"),
        ("high.mp4", "0:v:0"),
        ("low.mp4", "0:v:0"),
    ];
    let playlists = media_playlists(&format!("{}/vod/ladder/{protection}/index.m3u8", node.http));
    assert_eq!(playlists.len(), sources.len(), "{playlists:?}");
    for (playlist, (file, stream)) in playlists.iter().zip(sources) {
        let encrypted = rendition(playlist);
        let stream_of_one = if stream.contains('a') {
            "0:a:0"
        } else {
            "0:v:0"
        };
        let expected = frames(&ladder.join(file).display().to_string(), stream, &[]);
        let decrypted = piped_frames(
            encrypted.clone(),
            stream_of_one,
            &["-decryption_key", KEY_HEX],
        );
        assert_eq!(decrypted, expected, "{playlist}");
        let wrong = piped_frames(encrypted, stream_of_one, &["-decryption_key", KID_HEX]);
        let same = wrong
            .iter()
            .filter(|digest| expected.contains(digest))
            .count();
        assert!(
            same < expected.len() / 4,
            "another key decodes {same} of {} frames",
            expected.len()
        );
    }
}

#[test]
fn cenc_decrypts_to_the_source() {
    decrypts_to_the_source("cenc");
}

#[test]
fn cbcs_decrypts_to_the_source() {
    decrypts_to_the_source("cbcs");
}

#[test]
fn two_nodes_make_the_same_bytes() {
    let nodes = [
        Serve::all(media::root()).start(),
        Serve::all(media::root()).start(),
    ];
    let [first, second] = nodes.each_ref().map(|node| {
        let playlists = media_playlists(&format!("{}/vod/ladder/cenc/index.m3u8", node.http));
        let segment = playlists[1].replace("index.m3u8", "2.m4s");
        let answer = Curl::get(&segment).run().expect(200);
        (
            segment.replace(&node.http, ""),
            answer.header("etag").to_owned(),
            answer.body,
        )
    });
    assert_eq!(first, second);
}

#[test]
fn manifests_say_how_the_media_is_protected() {
    let node = Serve::all(media::root()).start();
    let kid_uuid = "10111213-1415-1617-1819-1a1b1c1d1e1f";
    for (protection, method) in [("cenc", "SAMPLE-AES-CTR"), ("cbcs", "SAMPLE-AES")] {
        let base = format!("{}/vod/ladder/{protection}", node.http);
        let playlist = fetch_text(&media_playlists(&format!("{base}/index.m3u8"))[1]);
        assert!(
            playlist.contains(&format!("#EXT-X-KEY:METHOD={method},")),
            "{playlist}"
        );
        let mpd = fetch_text(&format!("{base}/manifest.mpd"));
        assert!(mpd.contains("urn:mpeg:dash:mp4protection:2011"), "{mpd}");
        assert!(mpd.contains(&format!("value=\"{protection}\"")), "{mpd}");
        assert!(mpd.contains(kid_uuid), "{mpd}");
        assert!(mpd.contains(&format!("{base}/clearkey")), "{mpd}");
    }
}

#[test]
fn a_licence_server_answers_for_the_assets_key_only() {
    let node = Serve::all(media::root()).start();
    let url = format!("{}/vod/ladder/cenc/clearkey", node.http);
    let ask = |kids: &str| {
        Curl::get(&url)
            .arg("-d")
            .arg(&format!("{{\"kids\":[{kids}],\"type\":\"temporary\"}}"))
            .run()
    };
    // Base64url of the 16 bytes of KID_HEX and KEY_HEX.
    let licence = ask("\"EBESExQVFhcYGRobHB0eHw\"").expect(200);
    let json: serde_json::Value = serde_json::from_slice(&licence.body).unwrap();
    assert_eq!(json["keys"][0]["kty"], "oct");
    assert_eq!(json["keys"][0]["k"], "ICEiIyQlJicoKSorLC0uLw");
    assert_eq!(licence.header("cache-control"), "no-store");
    assert_eq!(
        ask("\"AAAAAAAAAAAAAAAAAAAAAA\"").expect(404).reason(),
        "no-such-key"
    );
    ask("\"not base64\"").expect(400);
    assert_eq!(
        fetch(&format!("{}/vod/ladder/cbcs/{KID_HEX}.key", node.http)),
        hex::decode(KEY_HEX).unwrap()
    );
}

#[test]
fn a_mount_that_did_not_ask_for_a_licence_server_has_none() {
    let lines = format!(
        "protections = [\"clear\", \"cenc\"]\n[mount.key]\nkid = \"{KID_HEX}\"\nkey = \"{KEY_HEX}\"\n"
    );
    let node = Serve::all(media::root()).mount(&lines).start();
    let base = format!("{}/vod/ladder/cenc", node.http);
    Curl::get(&format!("{base}/clearkey"))
        .arg("-d")
        .arg("{\"kids\":[\"EBESExQVFhcYGRobHB0eHw\"]}")
        .run()
        .expect(404);
    Curl::get(&format!("{base}/{KID_HEX}.key"))
        .run()
        .expect(404);
    assert_eq!(
        Curl::get(&format!("{}/vod/ladder/cbcs/index.m3u8", node.http))
            .run()
            .expect(404)
            .reason(),
        "protection-not-offered"
    );
}

#[test]
fn without_a_key_nothing_protected_leaves() {
    let lines = format!(
        "protections = [\"clear\", \"cenc\"]\n[[mount.asset]]\npath = \"ladder\"\nkid = \"{KID_HEX}\"\nkey = \"{KEY_HEX}\"\n"
    );
    let node = Serve::all(media::root()).mount(&lines).start();
    let clear = media_playlists(&format!("{}/vod/film.mp4/clear/index.m3u8", node.http));
    for url in [
        format!("{}/vod/film.mp4/cenc/index.m3u8", node.http),
        format!("{}/vod/film.mp4/cenc/manifest.mpd", node.http),
        clear[1]
            .replace("/clear/", "/cenc/")
            .replace("index.m3u8", "1.m4s"),
    ] {
        let answer = Curl::get(&url).run().expect(503);
        assert_eq!(answer.reason(), "no-key");
        assert!(!answer.header("retry-after").is_empty());
    }
    // The neighbour that has its key plays on.
    fetch(&format!("{}/vod/ladder/cenc/manifest.mpd", node.http));
}

#[test]
fn every_viewer_gets_the_licence_address_under_the_host_and_token_it_asked_with() {
    let node = Serve::all(media::root()).start();
    let base = format!("{}/vod/ladder/cbcs", node.http);
    for playlist in media_playlists(&format!("{base}/index.m3u8")) {
        for host in ["one.example", "two.example", "one.example"] {
            let text = Curl::get(&playlist)
                .header(&format!("Host: {host}"))
                .run()
                .expect(200)
                .text();
            let licence = format!("URI=\"http://{host}/vod/ladder/cbcs/clearkey\"");
            assert!(text.contains(&licence), "{playlist}: {licence} in\n{text}");
        }
    }
}
