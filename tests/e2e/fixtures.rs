//! Media from encoders that nobody here wrote.
use crate::codecs::same;
use crate::drm::{forged, stretches};
use crate::playback::media_playlists;
use crate::support::client::fetch_text;
use crate::support::media::{frames, piped_frames};
use crate::support::{KEY_HEX, KID_HEX, Serve, tools};

/// Every movie of the fixtures that ffmpeg decodes, with the streams that are compared. Where ffmpeg cannot read a file
/// right, its word is taken of the one it was made from.
const BIT_EXACT: [(&str, &[&str], Option<&str>); 20] = [
    ("bear-640x360.mp4", &["0:v:0", "0:a:0"], None),
    ("bear-640x360-trailing-moov.mp4", &["0:v:0", "0:a:0"], None),
    (
        "bear-640x360-trailing-moov-additional-mdat.mp4",
        &["0:v:0", "0:a:0"],
        None,
    ),
    (
        "bear-640x360-no_edit_list.mp4",
        &["0:v:0"],
        Some("bear-640x360.mp4"),
    ),
    (
        "bear-640x360-non_square_pixel-with_pasp.mp4",
        &["0:v:0"],
        None,
    ),
    ("bear-640x360-av_frag.mp4", &["0:v:0"], None),
    ("bear-1280x720.mp4", &["0:v:0", "0:a:0"], None),
    ("bear-640x360-hevc.mp4", &["0:v:0", "0:a:0"], None),
    ("bear-1280x720-hevc.mp4", &["0:v:0", "0:a:0"], None),
    ("bear-640x360-hevc-hdr10.mp4", &["0:v:0", "0:a:0"], None),
    ("sparks_dovi_5.mp4", &["0:v:0"], None),
    ("sparks_dovi_8.mp4", &["0:v:0"], None),
    ("water-mv-hevc.mp4", &["0:v:0"], None),
    ("bear-av1.mp4", &["0:v:0"], None),
    ("bear-640x360-vp9.mp4", &["0:v:0", "0:a:0"], None),
    ("bear-flac.mp4", &["0:a:0"], None),
    ("bear-alac.mp4", &["0:a:0"], None),
    ("bear-640x360-ec3.mp4", &["0:v:0", "0:a:0"], None),
    ("bear-640x360-aac_he-silent_right.mp4", &["0:a:0"], None),
    ("sintel-1024x436.mp4", &["0:v:0", "0:a:0"], None),
];

#[test]
fn fixtures_decode_bit_exactly() {
    let Some(fixtures) = tools::fixtures() else {
        return;
    };
    let node = Serve::all(&fixtures).start();
    let mut faults = Vec::new();
    for (name, streams, whole) in BIT_EXACT {
        let source = fixtures.join(whole.unwrap_or(name)).display().to_string();
        let base = format!("{}/vod/{name}/clear", node.http);
        let playlists = media_playlists(&format!("{base}/index.m3u8"));
        for stream in streams {
            let expected = frames(&source, stream, &[]);
            let start = if *stream == "0:v:0" {
                "/clear/v"
            } else {
                "/clear/a-"
            };
            let playlist = playlists.iter().find(|url| url.contains(start));
            let playlist = playlist.unwrap_or_else(|| panic!("{name}: {playlists:?}"));
            let mpd = format!("{base}/manifest.mpd");
            for url in [playlist, &mpd] {
                let served = frames(url, stream, &[]);
                let what = format!("{url} {stream}");
                if std::panic::catch_unwind(|| same(&served, &expected, &what)).is_err() {
                    faults.push(what);
                }
            }
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
}

#[test]
fn codecs_that_ffmpeg_does_not_decode_are_passed_on_and_named() {
    let Some(fixtures) = tools::fixtures() else {
        return;
    };
    let node = Serve::all(&fixtures).start();
    for (name, codec) in [
        ("bear-dtsx.mp4", "dtsx"),
        ("bear-iamf-base-opus.mp4", "iamf.001.001.Opus"),
    ] {
        for manifest in ["index.m3u8", "manifest.mpd"] {
            let text = fetch_text(&format!("{}/vod/{name}/clear/{manifest}", node.http));
            assert!(text.contains(codec), "{name}: {text}");
        }
    }
}

#[test]
fn subtitle_files_beside_a_film_are_offered() {
    let Some(fixtures) = tools::fixtures() else {
        return;
    };
    let dir = tempfile::tempdir().unwrap();
    let film = dir.path().join("film");
    std::fs::create_dir(&film).unwrap();
    for (from, to) in [
        ("bear-640x360.mp4", "bear.mp4"),
        ("bear-english.vtt", "bear.en.vtt"),
        ("bear-english.ttml", "bear.en-GB.ttml"),
    ] {
        std::fs::copy(fixtures.join(from), film.join(to)).unwrap();
    }
    let node = Serve::all(dir.path()).start();
    let playlist = fetch_text(&format!("{}/vod/film/clear/index.m3u8", node.http));
    for language in ["LANGUAGE=\"en\"", "LANGUAGE=\"en-GB\""] {
        let line = playlist
            .lines()
            .find(|line| line.contains("TYPE=SUBTITLES") && line.contains(language));
        let line = line.unwrap_or_else(|| panic!("{language} in\n{playlist}"));
        let uri = line.split("URI=\"").nth(1).unwrap();
        let segment = uri
            .split('"')
            .next()
            .unwrap()
            .replace("index.m3u8", "1.vtt");
        let text = fetch_text(&format!("{}/vod/film/clear/{segment}", node.http));
        assert!(text.starts_with("WEBVTT"), "{text}");
        assert!(
            text.contains("X-TIMESTAMP-MAP") && text.contains(" --> "),
            "{text}"
        );
    }
}

#[test]
fn protected_media_of_other_encoders_decrypts_to_the_source() {
    let Some(fixtures) = tools::fixtures() else {
        return;
    };
    let node = Serve::all(&fixtures).start();
    for (name, stream) in [
        ("bear-640x360-hevc.mp4", "0:v:0"),
        ("bear-640x360-hevc-hdr10.mp4", "0:v:0"),
        ("sparks_dovi_8.mp4", "0:v:0"),
        ("bear-av1.mp4", "0:v:0"),
        ("bear-640x360-vp9.mp4", "0:v:0"),
        ("bear-640x360-ec3.mp4", "0:a:0"),
        ("bear-flac.mp4", "0:a:0"),
        ("sintel-1024x436.mp4", "0:v:0"),
    ] {
        let source = fixtures.join(name).display().to_string();
        let expected = frames(&source, stream, &[]);
        let kind = &stream[2..3];
        for scheme in ["cenc", "cbcs"] {
            let url = format!("{}/vod/{name}/{scheme}/index.m3u8", node.http);
            let playlists = media_playlists(&url);
            let playlist = playlists.iter().find(|url| {
                let name = url.rsplit('/').nth(1).unwrap();
                name.starts_with(kind)
            });
            let file = stretches(playlist.unwrap()).remove(0).bytes;
            let what = format!("{name}, {scheme}");
            let stream = format!("0:{kind}:0");
            let by_ffmpeg = piped_frames(file.clone(), &stream, &["-decryption_key", KEY_HEX]);
            same(&by_ffmpeg, &expected, &format!("{what}: ffmpeg"));
            let by_forge = piped_frames(forged(&file, &[(KID_HEX, KEY_HEX)]), &stream, &[]);
            same(&by_forge, &expected, &format!("{what}: mp4forge"));
        }
    }
}
