//! Audio, SD and HD under keys of their own; the same asset under other keys in each scheme.
use super::{key, stretches};
use crate::playback::media_playlists;
use crate::support::client::fetch_text;
use crate::support::media::{self, frames, piped_frames};
use crate::support::{Node, Serve};

const LABELS: &str = "\
    [[mount.drm.label]]\nname = \"AUDIO\"\nkind = \"audio\"\n\
    [[mount.drm.label]]\nname = \"SD\"\nkind = \"video\"\nmax_height = 200\nhdcp_level = \"NONE\"\n\
    [[mount.drm.label]]\nname = \"HD\"\nkind = \"video\"\nhdcp_level = \"TYPE-1\"\n\
    allowed_cpc = [\"com.microsoft.playready:SL3000\"]\n";

fn node() -> Node {
    let lines = format!(
        "protections = [\"cenc\", \"cbcs\"]\nclearkey_licence_server = true\n\
         [mount.keys]\nprovider = \"derived\"\nsecret = \"hex:{}\"\n{LABELS}",
        "5a".repeat(32)
    );
    Serve::all(media::root()).mount(&lines).start()
}

#[test]
fn each_label_has_a_key_that_opens_its_renditions_and_no_others() {
    let node = node();
    let mut all = Vec::new();
    for scheme in ["cenc", "cbcs"] {
        let base = format!("{}/vod/ladder/{scheme}", node.http);
        let playlists = media_playlists(&format!("{base}/index.m3u8"));
        let mut kids = Vec::new();
        for (playlist, (file, stream)) in playlists.iter().zip([
            ("high.mp4", "0:a:0"),
            ("high.mp4", "0:v:0"),
            ("low.mp4", "0:v:0"),
        ]) {
            let rendition = stretches(playlist).remove(0);
            let [kid] = rendition.kids.as_slice() else {
                panic!("{:?}", rendition.kids)
            };
            let source = media::root().join("ladder").join(file);
            let expected = frames(&source.display().to_string(), stream, &[]);
            let key = key(&base, kid);
            let decrypted = piped_frames(rendition.bytes, stream, &["-decryption_key", &key]);
            assert_eq!(decrypted, expected, "{playlist}");
            kids.push(kid.clone());
        }
        kids.sort();
        kids.dedup();
        assert_eq!(kids.len(), 3, "audio, SD and HD");
        all.extend(kids);
    }
    all.sort();
    all.dedup();
    assert_eq!(all.len(), 6, "cenc and cbcs have different keys");
}

#[test]
fn manifests_tell_what_each_label_asks_of_devices() {
    let node = node();
    let base = format!("{}/vod/ladder/cbcs", node.http);
    let playlist = fetch_text(&format!("{base}/index.m3u8"));
    let variant = |resolution: &str| {
        let found = playlist
            .lines()
            .find(|line| line.starts_with("#EXT-X-STREAM-INF:") && line.contains(resolution));
        found.unwrap().to_owned()
    };
    let (hd, sd) = (variant("640x360"), variant("320x180"));
    assert!(hd.contains("HDCP-LEVEL=TYPE-1"), "{hd}");
    assert!(
        hd.contains("ALLOWED-CPC=\"com.microsoft.playready:SL3000\""),
        "{hd}"
    );
    assert!(
        sd.contains("HDCP-LEVEL=NONE") && !sd.contains("ALLOWED-CPC"),
        "{sd}"
    );
    let mpd = fetch_text(&format!("{base}/manifest.mpd"));
    let kids: Vec<&str> = mpd.split("default_KID=\"").skip(1).collect();
    let sets = mpd.matches("<AdaptationSet").count();
    assert!(kids.len() >= 3 && sets >= 3, "{mpd}");
    assert!(
        mpd.contains("urn:mpeg:dash:adaptation-set-switching:2016"),
        "players may switch between SD and HD: {mpd}"
    );
}
