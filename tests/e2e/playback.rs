//! What is served decodes to what the source decodes to: every frame of every rung, through HLS and DASH.
use crate::support::client::{fetch, fetch_text};
use crate::support::media::{self, frames};
use crate::support::{Node, Serve};

/// The media playlists of a multivariant playlist, audio renditions first; absolute URLs.
pub(crate) fn media_playlists(multivariant_url: &str) -> Vec<String> {
    let (base, _) = multivariant_url.rsplit_once("index.m3u8").unwrap();
    let text = fetch_text(multivariant_url);
    let audio = text
        .lines()
        .filter(|line| line.starts_with("#EXT-X-MEDIA:"));
    let audio = audio.filter_map(|line| line.split("URI=\"").nth(1)?.split('"').next());
    let variants = text
        .lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty());
    let mut seen = Vec::new();
    for uri in audio.chain(variants) {
        let url = format!("{base}{uri}");
        if !seen.contains(&url) {
            seen.push(url);
        }
    }
    seen
}

/// The header and all segments of a media playlist, one after the other.
pub(crate) fn rendition(playlist_url: &str) -> Vec<u8> {
    let base = playlist_url.trim_end_matches("index.m3u8");
    let playlist = fetch_text(playlist_url);
    let mut bytes = fetch(&format!("{base}init.mp4"));
    for segment in playlist.lines().filter(|line| line.ends_with(".m4s")) {
        bytes.extend(fetch(&format!("{base}{segment}")));
    }
    bytes
}

#[test]
fn every_rung_and_the_audio_decode_as_the_source_through_hls() {
    let node = Serve::all(media::root()).start();
    let playlists = media_playlists(&format!("{}/vod/ladder/clear/index.m3u8", node.http));
    let [audio, high, low] = playlists.as_slice() else {
        panic!("{playlists:?}")
    };
    let source = |name: &str| {
        media::root()
            .join("ladder")
            .join(name)
            .display()
            .to_string()
    };
    assert_eq!(
        frames(audio, "0:a:0", &[]),
        frames(&source("high.mp4"), "0:a:0", &[])
    );
    assert_eq!(
        frames(high, "0:v:0", &[]),
        frames(&source("high.mp4"), "0:v:0", &[])
    );
    assert_eq!(
        frames(low, "0:v:0", &[]),
        frames(&source("low.mp4"), "0:v:0", &[])
    );
}

#[test]
fn every_rung_and_the_audio_decode_as_the_source_through_dash() {
    let node = Serve::all(media::root()).start();
    let mpd = format!("{}/vod/ladder/clear/manifest.mpd", node.http);
    let source = |name: &str| {
        media::root()
            .join("ladder")
            .join(name)
            .display()
            .to_string()
    };
    assert_eq!(
        frames(&mpd, "0:a:0", &[]),
        frames(&source("high.mp4"), "0:a:0", &[])
    );
    let mut rungs = [frames(&mpd, "0:v:0", &[]), frames(&mpd, "0:v:1", &[])];
    let mut sources = [
        frames(&source("high.mp4"), "0:v:0", &[]),
        frames(&source("low.mp4"), "0:v:0", &[]),
    ];
    rungs.sort();
    sources.sort();
    assert_eq!(rungs, sources);
}

#[test]
fn one_file_with_its_moov_last_at_29_97_frames_decodes_as_the_source() {
    let node = Serve::all(media::root()).start();
    let url = format!("{}/vod/film.mp4/clear/index.m3u8", node.http);
    let playlists = media_playlists(&url);
    let [audio, video] = playlists.as_slice() else {
        panic!("{playlists:?}")
    };
    let source = media::root().join("film.mp4").display().to_string();
    assert_eq!(frames(audio, "0:a:0", &[]), frames(&source, "0:a:0", &[]));
    assert_eq!(frames(video, "0:v:0", &[]), frames(&source, "0:v:0", &[]));
    assert!(fetch_text(&url).contains("FRAME-RATE=29.970"));
}

#[test]
fn audio_alone_is_an_asset() {
    let node = Serve::all(media::root()).start();
    let playlists = media_playlists(&format!("{}/vod/sound.mp4/clear/index.m3u8", node.http));
    let source = media::root().join("sound.mp4").display().to_string();
    assert_eq!(
        frames(&playlists[0], "0:a:0", &[]),
        frames(&source, "0:a:0", &[])
    );
}

#[test]
fn hls_and_dash_name_the_same_segments() {
    let node = Serve::all(media::root()).start();
    let base = format!("{}/vod/ladder/clear", node.http);
    let mpd = fetch_text(&format!("{base}/manifest.mpd"));
    for playlist in media_playlists(&format!("{base}/index.m3u8")) {
        let track = playlist.rsplit('/').nth(1).unwrap();
        assert!(
            mpd.contains(&format!("id=\"{track}\"")),
            "{track} is not in the MPD:\n{mpd}"
        );
    }
    assert!(mpd.contains("$RepresentationID$/$Number$.m4s"));
}

#[test]
fn segments_follow_each_other_without_gap() {
    let node: Node = Serve::all(media::root()).start();
    for playlist in media_playlists(&format!("{}/vod/ladder/clear/index.m3u8", node.http)) {
        let bytes = rendition(&playlist);
        let file = tempfile::NamedTempFile::with_suffix(".mp4").unwrap();
        std::fs::write(file.path(), bytes).unwrap();
        let mut ffprobe = std::process::Command::new("ffprobe");
        ffprobe
            .args([
                "-v",
                "error",
                "-show_entries",
                "packet=pts_time,duration_time",
                "-of",
                "csv=p=0",
            ])
            .arg(file.path());
        let text = crate::support::tools::output(&mut ffprobe);
        let mut packets: Vec<(f64, f64)> = text
            .lines()
            .filter_map(|line| line.split_once(','))
            // Lines of side data, and the priming, whose duration ffprobe leaves open.
            .filter_map(|(pts, rest)| {
                Some((pts.parse().ok()?, rest.trim_end_matches(',').parse().ok()?))
            })
            .collect();
        packets.sort_by(|a, b| a.0.total_cmp(&b.0));
        assert!(packets.len() > 100, "{playlist}");
        for pair in packets.windows(2) {
            assert!(
                (pair[0].0 + pair[0].1 - pair[1].0).abs() < 0.002,
                "{pair:?} in {playlist}"
            );
        }
    }
}
