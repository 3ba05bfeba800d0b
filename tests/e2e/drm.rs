//! Protected media: every codec and scheme, key labels, crypto periods, clear lead, HLS's own methods. What is served is
//! decrypted by ffmpeg and by mp4forge, and is then the source.
use std::collections::BTreeMap;

use crate::codecs::{self, same};
use crate::playback::media_playlists;
use crate::support::client::{fetch, fetch_text};
use crate::support::media::{frames, piped_frames};
use crate::support::{KEY_HEX, KID_HEX, Serve};

mod hls_methods;
mod key_stream;
mod labels;
mod periods;

/// What mp4forge makes of a protected file, given the keys by id.
pub(crate) fn forged(bytes: &[u8], keys: &[(&str, &str)]) -> Vec<u8> {
    let options = keys.iter().fold(
        mp4forge::decrypt::DecryptOptions::new(),
        |options, (kid, key)| options.with_key_spec(&format!("{kid}:{key}")).unwrap(),
    );
    mp4forge::decrypt::decrypt_bytes(bytes, &options).unwrap()
}

/// The lines of a media playlist that name segments.
pub(crate) fn segments(playlist: &str) -> Vec<&str> {
    let is_uri = |line: &&str| !line.is_empty() && !line.starts_with('#');
    playlist.lines().filter(is_uri).collect()
}

/// Header and segments of one stretch of a media playlist under the same EXT-X-MAP.
#[derive(Debug)]
pub(crate) struct Stretch {
    pub(crate) map: String,
    /// Key ids as EXT-X-KEY's URI of the identity format names them; empty for clear segments.
    pub(crate) kids: Vec<String>,
    pub(crate) bytes: Vec<u8>,
}

/// The stretches of a media playlist, each as a file by itself.
pub(crate) fn stretches(playlist_url: &str) -> Vec<Stretch> {
    let base = playlist_url.rsplit_once('/').unwrap().0;
    let mut stretches: Vec<Stretch> = Vec::new();
    let mut kid = None;
    for line in fetch_text(playlist_url).lines() {
        if let Some(key) = line.strip_prefix("#EXT-X-KEY:") {
            if key.contains("METHOD=NONE") {
                kid = None;
            } else if key.contains("KEYFORMAT=\"identity\"") {
                let uri = key.split("URI=\"../").nth(1).unwrap();
                kid = Some(uri.split('.').next().unwrap().to_owned());
            }
        } else if let Some(map) = line.strip_prefix("#EXT-X-MAP:URI=\"") {
            let map = map.trim_end_matches('"');
            let bytes = fetch(&format!("{base}/{map}"));
            stretches.push(Stretch {
                map: map.to_owned(),
                kids: Vec::new(),
                bytes,
            });
        } else if !line.is_empty() && !line.starts_with('#') {
            let stretch = stretches.last_mut().expect("EXT-X-MAP before segments");
            stretch.bytes.extend(fetch(&format!("{base}/{line}")));
            if let Some(kid) = kid.as_ref().filter(|kid| !stretch.kids.contains(kid)) {
                stretch.kids.push(kid.clone());
            }
        }
    }
    stretches
}

/// The raw key, as a player gets it.
pub(crate) fn key(base: &str, kid: &str) -> String {
    hex::encode(fetch(&format!("{base}/{kid}.key")))
}

/// `name` of `codecs::root`, under both schemes.
fn decrypts(name: &str, stream: &str) {
    let node = Serve::all(codecs::root()).start();
    let source = codecs::root().join(format!("{name}.mp4"));
    let expected = frames(&source.display().to_string(), stream, &[]);
    for scheme in ["cenc", "cbcs"] {
        let base = format!("{}/vod/{name}.mp4/{scheme}", node.http);
        let playlists = media_playlists(&format!("{base}/index.m3u8"));
        let [playlist] = playlists.as_slice() else {
            panic!("{playlists:?}")
        };
        let mut files = stretches(playlist);
        let file = files.remove(0);
        assert!(files.is_empty(), "one key, one header");
        let what = format!("{name}, {scheme}");
        let by_ffmpeg = piped_frames(file.bytes.clone(), stream, &["-decryption_key", KEY_HEX]);
        // ffmpeg does not find the configuration of ALAC in a protected sample entry.
        if name != "alac" {
            same(&by_ffmpeg, &expected, &format!("{what}: ffmpeg"));
        }
        let by_forge = piped_frames(forged(&file.bytes, &[(KID_HEX, KEY_HEX)]), stream, &[]);
        same(&by_forge, &expected, &format!("{what}: mp4forge"));
        let wrong = piped_frames(file.bytes, stream, &["-decryption_key", KID_HEX]);
        let alike = wrong.iter().filter(|digest| expected.contains(digest));
        assert!(
            alike.count() < expected.len() / 4,
            "{what}: another key does as well"
        );
        for mpd in ["manifest.mpd", "manifest-time.mpd"] {
            if name == "alac" {
                continue;
            }
            let served = frames(
                &format!("{base}/{mpd}"),
                stream,
                &["-cenc_decryption_key", KEY_HEX],
            );
            same(&served, &expected, &format!("{what} through {mpd}"));
        }
    }
}

#[test]
fn avc_is_protected() {
    decrypts("avc-open-gop", "0:v:0");
}

#[test]
fn hevc_is_protected() {
    decrypts("hevc", "0:v:0");
    decrypts("hevc-in-band", "0:v:0");
}

#[test]
fn av1_is_protected() {
    decrypts("av1", "0:v:0");
}

#[test]
fn vp9_is_protected() {
    decrypts("vp9", "0:v:0");
}

#[test]
fn aac_is_protected() {
    decrypts("aac-44100", "0:a:0");
    decrypts("aac-5.1", "0:a:0");
}

#[test]
fn dolby_audio_is_protected() {
    decrypts("ac3", "0:a:0");
    decrypts("eac3", "0:a:0");
}

#[test]
fn opus_flac_alac_and_mp3_are_protected() {
    for name in ["opus", "flac", "alac", "mp3"] {
        decrypts(name, "0:a:0");
    }
}

/// Attributes of every EXT-X-KEY of a playlist, by KEYFORMAT.
pub(crate) fn key_lines(playlist: &str) -> BTreeMap<String, Vec<String>> {
    let mut lines: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for line in playlist
        .lines()
        .filter(|line| line.starts_with("#EXT-X-KEY:"))
    {
        let format = line.split("KEYFORMAT=\"").nth(1);
        let format = format.map_or("identity", |rest| rest.split('"').next().unwrap());
        lines
            .entry(format.to_owned())
            .or_default()
            .push(line.to_owned());
    }
    lines
}

#[test]
fn several_systems_are_named_at_once() {
    let lines = format!(
        "protections = [\"cenc\", \"cbcs\"]\n[mount.key]\nkid = \"{KID_HEX}\"\nkey = \"{KEY_HEX}\"\n\
         [mount.drm.widevine]\nlicence_url = \"https://licence.example/w\"\n\
         [mount.drm.playready]\nlicence_url = \"https://licence.example/p\"\n\
         [mount.drm.fairplay]\nuri = \"skd://{{kid}}\"\n"
    );
    let node = Serve::all(crate::support::media::root())
        .mount(&lines)
        .start();
    for (scheme, has_fairplay) in [("cenc", false), ("cbcs", true)] {
        let base = format!("{}/vod/ladder/{scheme}", node.http);
        let playlists = media_playlists(&format!("{base}/index.m3u8"));
        let keys = key_lines(&fetch_text(&playlists[1]));
        let formats: Vec<&str> = keys.keys().map(String::as_str).collect();
        assert!(
            formats.contains(&"urn:uuid:edef8ba9-79d6-4ace-a3c8-27dcd51d21ed")
                && formats.contains(&"com.microsoft.playready"),
            "{formats:?}"
        );
        assert_eq!(
            formats.contains(&"com.apple.streamingkeydelivery"),
            has_fairplay,
            "{formats:?}"
        );
        assert!(!formats.contains(&"identity"), "no key leaves by itself");
        let session = fetch_text(&format!("{base}/index.m3u8"));
        assert!(session.contains("#EXT-X-SESSION-KEY:"), "{session}");
        let mpd = fetch_text(&format!("{base}/manifest.mpd"));
        for part in [
            "urn:uuid:edef8ba9-79d6-4ace-a3c8-27dcd51d21ed",
            "urn:uuid:9a04f079-9840-4286-ab92-e65be0885f95",
            "<mspr:pro",
            "https://licence.example/w",
            "https://licence.example/p",
        ] {
            assert!(mpd.contains(part), "{part} in {mpd}");
        }
    }
}
