//! Channels under protection: what is sent decrypts to what was pushed, with the keys of its crypto periods.
use super::{playlist, push, streams};
use crate::playback::media_playlists;
use crate::support::client::{fetch, fetch_text};
use crate::support::media::{packets, piped_packets};
use crate::support::{Curl, Node, Serve};

pub(super) const SECRET: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

/// Keys change every `rotate` ("" for never).
fn start(drm: &str) -> Node {
    Serve::live("", "")
        .mount(&format!(
            "target_duration = \"2s\"\nprotections = [\"clear\", \"cenc\", \"cbcs\"]\n\
             clearkey_licence_server = true\n\
             [mount.keys]\nprovider = \"derived\"\nsecret = \"hex:{SECRET}\"\n\
             [mount.drm]\n{drm}\n[mount.live]\n[[mount.live.channel]]\nname = \"news\"\n"
        ))
        .start()
}

/// Segments of a media playlist under one key: key id, header and the segments.
pub(super) struct Stretch {
    pub(super) kid: String,
    pub(super) header: String,
    pub(super) segments: Vec<String>,
}

pub(super) fn stretches(text: &str) -> Vec<Stretch> {
    let quoted = |line: &str, name: &str| {
        let value = line.split(&format!("{name}=\"")).nth(1)?;
        Some(value.split('"').next()?.to_owned())
    };
    let mut found: Vec<Stretch> = Vec::new();
    let mut kid = String::new();
    for line in text.lines() {
        if line.starts_with("#EXT-X-KEY:") && line.contains("\"identity\"") {
            let uri = quoted(line, "URI").unwrap();
            kid = uri.rsplit('/').next().unwrap().replace(".key", "");
        } else if line.starts_with("#EXT-X-MAP:") {
            found.push(Stretch {
                kid: kid.clone(),
                header: quoted(line, "URI").unwrap(),
                segments: Vec::new(),
            });
        } else if line.ends_with(".m4s") && !line.starts_with('#') {
            found.last_mut().unwrap().segments.push(line.to_owned());
        }
    }
    found
}

fn decrypts(protection: &str, drm: &str, keys: usize) {
    let node = start(drm);
    for name in ["video.mp4", "audio.mp4"] {
        push(&node, name).expect(200);
    }
    let base = format!("{}/live/news/{protection}", node.http);
    let playlists = media_playlists(&format!("{base}/index.m3u8"));
    let [audio, video] = playlists.as_slice() else {
        panic!("{playlists:?}")
    };
    for (playlist, file, stream) in [(video, "video.mp4", "0:v:0"), (audio, "audio.mp4", "0:a:0")] {
        let folder = playlist.trim_end_matches("index.m3u8");
        let text = fetch_text(playlist);
        let stretches = stretches(&text);
        assert!(stretches.len() >= keys, "{text}");
        let mut seen = Vec::new();
        for stretch in &stretches {
            let mut bytes = fetch(&format!("{folder}{}", stretch.header));
            for segment in &stretch.segments {
                bytes.extend(fetch(&format!("{folder}{segment}")));
            }
            let key = hex::encode(fetch(&format!("{base}/{}.key", stretch.kid)));
            seen.extend(piped_packets(bytes, stream, &["-decryption_key", &key]));
        }
        let source = streams().join(file).display().to_string();
        assert_eq!(seen, packets(&source, stream), "{text}");
    }
}

#[test]
fn cenc_decrypts_to_what_was_pushed() {
    decrypts("cenc", "", 1);
}

#[test]
fn cbcs_decrypts_to_what_was_pushed_with_a_key_for_every_two_segments() {
    decrypts("cbcs", "rotate_segments = 2", 3);
}

#[test]
fn encrypted_parts_make_up_their_segment_and_are_made_once() {
    let node = start("");
    push(&node, "video.mp4").expect(200);
    let url = media_playlists(&format!("{}/live/news/cenc/index.m3u8", node.http)).remove(0);
    let folder = url.trim_end_matches("index.m3u8");
    let text = fetch_text(&url);
    let segment = text
        .lines()
        .rfind(|line| line.ends_with(".m4s") && !line.starts_with('#'));
    let stem = segment.unwrap().trim_end_matches("m4s");
    let parts = text
        .lines()
        .filter_map(|line| line.split("URI=\"").nth(1)?.split('"').next())
        .filter(|uri| uri.starts_with(stem));
    let joined: Vec<u8> = parts
        .flat_map(|part| fetch(&format!("{folder}{part}")))
        .collect();
    let whole = fetch(&format!("{folder}{}", segment.unwrap()));
    assert_eq!(joined, whole);
    let clear = folder.replace("/cenc/", "/clear/");
    assert_ne!(fetch(&format!("{clear}{}", segment.unwrap())), whole);
}

/// Of licences (W3C EME, 9.1.4).
pub(super) fn url_safe(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes)
}

#[test]
fn licences_are_for_the_channels_keys_only() {
    let node = start("");
    push(&node, "video.mp4").expect(200);
    let base = format!("{}/live/news/cenc", node.http);
    let text = fetch_text(&media_playlists(&format!("{base}/index.m3u8"))[0]);
    let kid = &stretches(&text)[0].kid;
    let ask = |kid: &str| {
        let body = format!(
            "{{\"kids\":[\"{}\"],\"type\":\"temporary\"}}",
            url_safe(&hex::decode(kid).unwrap())
        );
        Curl::get(&format!("{base}/clearkey"))
            .arg("-d")
            .arg(&body)
            .run()
    };
    let licence: serde_json::Value = serde_json::from_slice(&ask(kid).expect(200).body).unwrap();
    let key = fetch(&format!("{base}/{kid}.key"));
    assert_eq!(licence["keys"][0]["k"], url_safe(&key).as_str());
    assert_eq!(ask(&hex::encode(&key)).expect(404).reason(), "no-such-key");
    let aes = playlist(&node, "v180").replace("/clear/", "/aes128/");
    assert_eq!(
        Curl::get(&aes).run().expect(404).reason(),
        "protection-not-offered"
    );
}
