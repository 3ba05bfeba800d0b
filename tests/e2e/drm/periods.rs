//! Keys that change, and media that begins clear.
use super::{forged, key, stretches};
use crate::playback::media_playlists;
use crate::support::client::{fetch, fetch_text};
use crate::support::media::{self, frames, piped_frames};
use crate::support::{Node, Serve};

fn node(drm: &str) -> Node {
    let lines = format!(
        "protections = [\"clear\", \"cenc\", \"cbcs\", \"aes128\"]\nclearkey_licence_server = true\n\
         [mount.keys]\nprovider = \"derived\"\nsecret = \"hex:{}\"\n[mount.drm]\n{drm}\n",
        "a5".repeat(32)
    );
    Serve::all(media::root()).mount(&lines).start()
}

fn source(file: &str, stream: &str) -> Vec<String> {
    let file = media::root().join("ladder").join(file);
    frames(&file.display().to_string(), stream, &[])
}

const TRACKS: [(&str, &str); 3] = [
    ("high.mp4", "0:a:0"),
    ("high.mp4", "0:v:0"),
    ("low.mp4", "0:v:0"),
];

/// A decoder that begins in the middle of a sound has no overlap with the frame before, and what an edit list says of the
/// beginning readers take for it there as well: some frames differ.
fn mostly(decoded: &[String], expected: &[String]) -> bool {
    let missing = expected.iter().filter(|frame| !decoded.contains(frame));
    missing.count() <= 3
}

/// 14 s in segments of 4 s, two of them under a key.
#[test]
fn each_crypto_period_has_its_header_and_its_key() {
    let node = node("rotate_segments = 2");
    for scheme in ["cenc", "cbcs"] {
        let base = format!("{}/vod/ladder/{scheme}", node.http);
        let playlists = media_playlists(&format!("{base}/index.m3u8"));
        for (playlist, (file, stream)) in playlists.iter().zip(TRACKS) {
            assert!(!fetch_text(playlist).contains("#EXT-X-DISCONTINUITY"));
            let stretches = stretches(playlist);
            let maps: Vec<&str> = stretches.iter().map(|s| s.map.as_str()).collect();
            assert_eq!(maps, ["init.mp4", "init-2.mp4"], "{playlist}");
            let mut decrypted = Vec::new();
            let mut kids = Vec::new();
            for stretch in stretches {
                let [kid] = stretch.kids.as_slice() else {
                    panic!("{:?}", stretch.kids)
                };
                let key = key(&base, kid);
                let clear = forged(&stretch.bytes, &[(kid, &key)]);
                let by_forge = piped_frames(clear, stream, &[]);
                let by_ffmpeg = piped_frames(stretch.bytes, stream, &["-decryption_key", &key]);
                assert!(mostly(&by_forge, &by_ffmpeg), "{playlist}");
                decrypted.extend(by_ffmpeg);
                kids.push(kid.clone());
            }
            assert_ne!(kids[0], kids[1]);
            let expected = source(file, stream);
            if stream == "0:v:0" {
                assert_eq!(decrypted, expected, "{playlist}");
            } else {
                assert!(mostly(&decrypted, &expected), "{playlist}");
            }
        }
    }
}

#[test]
fn a_dash_period_begins_where_the_key_changes() {
    let node = node("rotate_segments = 2");
    let mpd = fetch_text(&format!("{}/vod/ladder/cbcs/manifest.mpd", node.http));
    let periods: Vec<&str> = mpd.split("<Period").skip(1).collect();
    assert_eq!(periods.len(), 2, "{mpd}");
    assert!(periods[1].contains("start=\"PT8S\""), "{}", periods[1]);
    assert!(periods[1].contains("init-2.mp4"), "{}", periods[1]);
    let kid = |period: &str| {
        let after = period.split("default_KID=\"").nth(1).unwrap();
        after.split('"').next().unwrap().to_owned()
    };
    assert_ne!(kid(periods[0]), kid(periods[1]));
}

#[test]
fn sample_groups_keep_one_header_and_name_the_key_in_each_fragment() {
    let node = node("rotate_segments = 2\nrotation = \"sample-groups\"");
    let base = format!("{}/vod/ladder/cbcs", node.http);
    let playlists = media_playlists(&format!("{base}/index.m3u8"));
    let of = stretches(&playlists[1]);
    let [one] = of.as_slice() else {
        panic!("one header")
    };
    assert_eq!((one.map.as_str(), one.kids.len()), ("init.mp4", 2));
    let folder = playlists[1].rsplit_once('/').unwrap().0;
    let has_group = |number: u32| {
        let segment = fetch(&format!("{folder}/{number}.m4s"));
        let kid = hex::decode(&one.kids[1]).unwrap();
        let holds = |needle: &[u8]| segment.windows(needle.len()).any(|at| at == needle);
        (holds(b"seig"), holds(&kid))
    };
    assert_eq!(has_group(2), (false, false));
    assert_eq!(has_group(3), (true, true));
    let mpd = fetch_text(&format!("{base}/manifest.mpd"));
    assert_eq!(mpd.matches("<Period").count(), 1, "{mpd}");
}

#[test]
fn a_clear_lead_plays_without_a_key_and_what_follows_does_not() {
    let node = node("clear_lead = \"5s\"");
    for scheme in ["cenc", "cbcs"] {
        let base = format!("{}/vod/ladder/{scheme}", node.http);
        let playlists = media_playlists(&format!("{base}/index.m3u8"));
        for (playlist, (file, stream)) in playlists.iter().zip(TRACKS).skip(1) {
            let text = fetch_text(playlist);
            let first_key = text.find("#EXT-X-KEY").unwrap();
            let clear = &text[..first_key];
            assert!(
                clear.contains("\n1.m4s")
                    && clear.contains("\n2.m4s")
                    && !clear.contains("\n3.m4s"),
                "{text}"
            );
            let whole = stretches(playlist).remove(0);
            let expected = source(file, stream);
            let key = key(&base, &whole.kids[0]);
            let decrypted = piped_frames(whole.bytes.clone(), stream, &["-decryption_key", &key]);
            assert_eq!(decrypted, expected, "{playlist}");
            // 8 s of 25 frames.
            let without = piped_frames(whole.bytes, stream, &[]);
            assert_eq!(without[..200], expected[..200], "{playlist}");
            let after = without[200..]
                .iter()
                .filter(|frame| expected.contains(frame));
            assert!(after.count() < 40, "{playlist}: encrypted segments play");
        }
    }
}

#[test]
fn aes_128_rotates_and_begins_clear_as_well() {
    let node = node("rotate_segments = 1\nclear_lead = \"1s\"");
    let base = format!("{}/vod/ladder/aes128", node.http);
    let playlists = media_playlists(&format!("{base}/index.m3u8"));
    for (playlist, (file, stream)) in playlists.iter().zip(TRACKS) {
        let text = fetch_text(playlist);
        assert_eq!(
            text.matches("#EXT-X-KEY:METHOD=AES-128").count(),
            3,
            "{text}"
        );
        assert_eq!(
            frames(playlist, stream, &[]),
            source(file, stream),
            "{playlist}"
        );
    }
}
