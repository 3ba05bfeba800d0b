//! Playlists that run through several periods.
use edgepack_drm::Scheme;
use edgepack_packager::{Rendition, TextForm};

use super::*;
use crate::sample::{
    audio, bumper_and_film, other_key, protection, stitched, text, thumbnails, trick_play, video,
};

fn encoded(mut rendition: Rendition, codecs: &str) -> Rendition {
    rendition.codecs = codecs.to_owned();
    rendition
}

#[test]
fn the_longest_period_leads() {
    insta::assert_snapshot!(multivariant_of(&bumper_and_film()));
}

#[test]
fn a_playlist_runs_through_all_periods_with_a_header_and_a_discontinuity_each() {
    insta::assert_snapshot!(media_of(&bumper_and_film(), "p2-v1080"));
}

#[test]
fn each_period_names_its_own_keys() {
    let asset = bumper_and_film();
    let mut protection = protection(&asset, Scheme::Cbcs);
    let other = edgepack_drm::KeyId([0x77; 16]);
    other_key(&mut protection, 0, other);
    let view = View {
        protection: Some(&protection),
        ..View::new(&asset)
    };
    let playlist = plain(
        view,
        &media(view, asset.rendition("p2-v360").unwrap()).unwrap(),
    );
    let (bumper, film) = playlist.split_once("#EXT-X-DISCONTINUITY\n").unwrap();
    let key = "../77777777777777777777777777777777.key";
    assert!(bumper.contains(key) && !film.contains(key), "{playlist}");
    assert!(film.contains("../102030405060708090a0b0c0d0e0f001.key"));
    // Keys stand before the header that they are for.
    for part in [bumper, film] {
        assert!(part.find("#EXT-X-KEY").unwrap() < part.find("#EXT-X-MAP").unwrap());
    }
}

#[test]
fn every_playlist_has_the_same_discontinuities_and_a_gap_keeps_the_time() {
    let asset = bumper_and_film();
    let mut totals = Vec::new();
    for name in ["p2-v1080", "p2-a-de", "p2-t-en", "p2-t-en-imsc1"] {
        let playlist = media_of(&asset, name);
        let parts: Vec<f64> = playlist
            .split("#EXT-X-DISCONTINUITY\n")
            .map(|part| durations(part).iter().sum())
            .collect();
        totals.push((name, parts));
    }
    for (name, parts) in &totals {
        assert_eq!(parts.len(), 2, "{name}");
        for (part, video) in parts.iter().zip(&totals[0].1) {
            assert!((part - video).abs() < 0.1, "{totals:?}");
        }
    }
}

#[test]
fn subtitles_have_a_gap_where_a_period_has_none() {
    insta::assert_snapshot!(media_of(&bumper_and_film(), "p2-t-en"));
}

#[test]
fn a_language_that_a_period_lacks_is_its_default() {
    let playlist = media_of(&bumper_and_film(), "p2-a-de");
    assert!(uris(&playlist).starts_with(&["../a-en/1.m4s", "../a-en/2.m4s"]));
    assert!(!playlist.contains("EXT-X-GAP"));
}

#[test]
fn audio_is_a_gap_where_a_period_is_silent() {
    let slate = vec![video(1280, 720, 500_000, 1)];
    let film = vec![video(1280, 720, 3_000_000, 3), audio("en", 2, 131_000, 3)];
    let asset = stitched(vec![slate, film]);
    let playlist = media_of(&asset, "p2-a-en");
    assert_eq!(lines(&playlist, "#EXT-X-GAP").len(), 2);
    assert_eq!(uris(&playlist)[..3], ["gap1.m4s", "gap2.m4s", "1.m4s"]);
}

#[test]
fn a_language_that_only_a_shorter_period_has_leads_a_playlist_of_its_own() {
    let film = vec![
        video(1280, 720, 3_000_000, 3),
        audio("en", 2, 131_000, 3),
        text("en", TextForm::WebVtt, 3),
    ];
    let second = vec![
        video(1280, 720, 3_000_000, 1),
        audio("en", 2, 131_000, 1),
        audio("fr", 2, 131_000, 1),
        text("fr", TextForm::WebVtt, 1),
    ];
    let asset = stitched(vec![film, second]);
    let playlist = multivariant_of(&asset);
    assert_eq!(
        values(&playlist, "#EXT-X-MEDIA", "URI"),
        [
            Some("a-en/index.m3u8"),
            Some("p2-a-fr/index.m3u8"),
            Some("t-en/index.m3u8"),
            Some("p2-t-fr/index.m3u8")
        ]
    );
    assert_eq!(
        uris(&media_of(&asset, "p2-a-fr")).first(),
        Some(&"../a-en/1.m4s")
    );
}

#[test]
fn a_rung_goes_on_in_its_codec_and_the_nearest_height() {
    let hevc = |height, peak| {
        let mut rung = encoded(video(height * 16 / 9, height, peak, 1), "hvc1.1.6.L93.B0");
        rung.name = format!("v{height}-hevc");
        rung
    };
    let first = vec![video(1280, 720, 3_000_000, 3), hevc(720, 2_000_000)];
    let second = vec![
        video(1920, 1080, 5_000_000, 1),
        video(640, 360, 900_000, 1),
        hevc(1080, 4_000_000),
    ];
    let asset = stitched(vec![first, second]);
    let goes_on = |name| {
        let playlist = media_of(&asset, name);
        uris(&playlist).last().unwrap().to_string()
    };
    assert_eq!(goes_on("v720"), "../p2-v1080/2.m4s");
    assert_eq!(goes_on("v720-hevc"), "../p2-v1080-hevc/2.m4s");
}

#[test]
fn codecs_are_those_of_all_periods_and_bandwidth_that_of_the_heaviest() {
    let bumper = vec![encoded(video(1280, 720, 9_000_000, 1), "avc1.64001f")];
    let film = vec![video(1280, 720, 3_000_000, 3)];
    let asset = stitched(vec![bumper, film]);
    let playlist = multivariant_of(&asset);
    let stream = "#EXT-X-STREAM-INF";
    assert_eq!(
        values(&playlist, stream, "CODECS"),
        [Some("avc1.640028,avc1.64001f")]
    );
    assert_eq!(values(&playlist, stream, "BANDWIDTH"), [Some("9000000")]);
    // 7.2 Mb/s for 6.006 s and 2.4 Mb/s for 14.014 s.
    assert_eq!(
        values(&playlist, stream, "AVERAGE-BANDWIDTH"),
        [Some("3840000")]
    );
}

#[test]
fn iframes_and_thumbnails_run_through_all_periods() {
    let asset = bumper_and_film();
    let trick = trick_play(&asset);
    let view = View {
        trick_play: &trick,
        ..View::new(&asset)
    };
    let playlist = plain(
        view,
        &iframes(view, asset.rendition("p2-v360").unwrap()).unwrap(),
    );
    assert_eq!(
        uris(&playlist)[..4],
        [
            "../v720/i1.m4s",
            "../v720/i2.m4s",
            "../v720/i3.m4s",
            "i1.m4s"
        ]
    );
    assert_eq!(lines(&playlist, "#EXT-X-MAP").len(), 2);

    let second = vec![video(640, 360, 900_000, 1), thumbnails()];
    let asset = stitched(vec![
        vec![video(640, 360, 900_000, 3), thumbnails()],
        second,
    ]);
    let view = View::new(&asset);
    let sprites = plain(
        view,
        &thumbnails_vtt(view, asset.rendition("thumbs").unwrap()).unwrap(),
    );
    assert!(
        sprites.contains("00:00:14.014 --> 00:00:15.014\n../p2-thumbs/1.jpg#xywh=0,0,160,90\n"),
        "{sprites}"
    );
}

#[test]
fn a_filter_does_not_change_what_a_playlist_goes_on_with() {
    let first = vec![video(640, 360, 900_000, 3)];
    let second = vec![video(1920, 1080, 6_000_000, 1), video(640, 360, 800_000, 1)];
    let asset = stitched(vec![first, second]);
    let playlist = filtered(&asset, &[("min_bitrate", "850000")]);
    // The filter takes the second period's small rung away, yet the playlist goes on with it.
    assert_eq!(uris(&playlist), ["v360/index.m3u8"]);
    assert_eq!(
        values(&playlist, "#EXT-X-STREAM-INF", "BANDWIDTH"),
        [Some("900000")]
    );
    assert_eq!(
        uris(&media_of(&asset, "v360")).last(),
        Some(&"../p2-v360/2.m4s")
    );
}
