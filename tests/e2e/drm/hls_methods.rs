//! METHOD=AES-128 over CMAF, MPEG-TS and packed audio; METHOD=SAMPLE-AES in MPEG-TS and packed audio. ffmpeg's HLS reader
//! fetches the keys and decrypts.
use super::segments;
use crate::codecs;
use crate::playback::media_playlists;
use crate::support::client::{Curl, fetch_text};
use crate::support::media::{self, frames};
use crate::support::{KEY_HEX, KID_HEX, Node, Serve};

fn node(root: &std::path::Path) -> Node {
    let lines = format!(
        "protections = [\"clear\", \"aes128\", \"sample-aes\"]\n\
         [mount.key]\nkid = \"{KID_HEX}\"\nkey = \"{KEY_HEX}\"\n"
    );
    Serve::all(root).mount(&lines).start()
}

fn source(file: &str, stream: &str) -> Vec<String> {
    frames(media::root().join(file).to_str().unwrap(), stream, &[])
}

/// URLs of the variants of `index-ts.m3u8`.
fn ts_variants(base: &str) -> Vec<String> {
    let playlist = fetch_text(&format!("{base}/index-ts.m3u8"));
    segments(&playlist)
        .into_iter()
        .map(|line| format!("{base}/{line}"))
        .collect()
}

#[test]
fn aes_128_over_cmaf_decrypts_to_the_source() {
    let node = node(media::root());
    let base = format!("{}/vod/ladder/aes128", node.http);
    let playlists = media_playlists(&format!("{base}/index.m3u8"));
    let [audio, high, low] = playlists.as_slice() else {
        panic!("{playlists:?}")
    };
    for (playlist, file, stream) in [
        (audio, "ladder/high.mp4", "0:a:0"),
        (high, "ladder/high.mp4", "0:v:0"),
        (low, "ladder/low.mp4", "0:v:0"),
    ] {
        let text = fetch_text(playlist);
        let map = text.find("#EXT-X-MAP").unwrap();
        assert!(
            map < text.find("#EXT-X-KEY:METHOD=AES-128").unwrap(),
            "{text}"
        );
        assert!(
            !text.contains("IV="),
            "the sequence number is the IV: {text}"
        );
        assert_eq!(frames(playlist, stream, &[]), source(file, stream));
    }
    let mpd = Curl::get(&format!("{base}/manifest.mpd")).run().expect(404);
    assert_eq!(mpd.reason(), "no-such-form");
}

#[test]
fn aes_128_over_transport_streams_decrypts_to_the_source() {
    let node = node(media::root());
    let base = format!("{}/vod/film.mp4/aes128", node.http);
    let variant = ts_variants(&base).remove(0);
    assert_eq!(frames(&variant, "0:v:0", &[]), source("film.mp4", "0:v:0"));
    let folder = variant.rsplit_once('/').unwrap().0;
    let segment = Curl::get(&format!("{folder}/1.ts")).run().expect(200);
    assert_eq!(segment.body.len() % 16, 0);
    assert_ne!(segment.body[0], 0x47, "not a transport stream to the eye");
}

#[test]
fn sample_aes_in_transport_streams_decrypts_to_the_source() {
    let node = node(media::root());
    let base = format!("{}/vod/film.mp4/sample-aes", node.http);
    let variant = ts_variants(&base).remove(0);
    assert!(variant.contains('+'), "picture and sound: {variant}");
    let clear = ts_variants(&format!("{}/vod/film.mp4/clear", node.http)).remove(0);
    for stream in ["0:v:0", "0:a:0"] {
        let (served, expected) = (frames(&variant, stream, &[]), frames(&clear, stream, &[]));
        // ffmpeg hands out the very last packet of a stream as it came.
        let whole = expected.len() - 1;
        assert_eq!(served[..whole], expected[..whole], "{stream}");
    }
    let refused = Curl::get(&format!("{base}/index.m3u8")).run().expect(404);
    assert_eq!(refused.reason(), "no-such-form");
}

#[test]
fn sample_aes_in_packed_audio_decrypts_to_the_source() {
    let node = node(codecs::root());
    let [clear, encrypted] = ["clear", "sample-aes"].map(|protection| {
        let base = format!("{}/vod/aac-44100.mp4/{protection}", node.http);
        let variant = ts_variants(&base).remove(0);
        frames(&variant, "0:a:0", &[])
    });
    assert_eq!(encrypted, clear);
}

#[test]
fn the_key_is_for_those_whom_the_token_lets_in() {
    let lines = format!(
        "protections = [\"aes128\"]\n[mount.key]\nkid = \"{KID_HEX}\"\nkey = \"{KEY_HEX}\"\n\
         [mount.token]\nkeys = [{{ algorithm = \"HS256\", secret = \"0123456789abcdef0123456789abcdef\" }}]\n"
    );
    let node = Serve::all(media::root()).mount(&lines).start();
    let url = format!("{}/vod/ladder/aes128/{KID_HEX}.key", node.http);
    let refused = Curl::get(&url).run().expect(401);
    assert!(
        !refused
            .body
            .windows(16)
            .any(|bytes| hex::encode(bytes) == KEY_HEX)
    );
}

#[test]
fn an_operators_key_address_replaces_the_nodes_own() {
    let lines = format!(
        "protections = [\"aes128\"]\n[mount.key]\nkid = \"{KID_HEX}\"\nkey = \"{KEY_HEX}\"\n\
         [mount.drm]\nkey_uri = \"https://keys.example/{{content}}/{{kid}}\"\n"
    );
    let node = Serve::all(media::root()).mount(&lines).start();
    let base = format!("{}/vod/ladder/aes128", node.http);
    let playlist = fetch_text(&media_playlists(&format!("{base}/index.m3u8"))[1]);
    let uri = format!("URI=\"https://keys.example/ladder/{KID_HEX}\"");
    assert!(playlist.contains(&uri), "{playlist}");
    Curl::get(&format!("{base}/{KID_HEX}.key"))
        .run()
        .expect(404);
}
