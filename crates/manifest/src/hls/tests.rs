#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use edgepack_drm::Scheme;
use edgepack_packager::{Media, Presentation};
use proptest::prelude::*;

use super::*;
use crate::sample::{audio, ladder, outline, presentation, protection, video};

fn multivariant_of(presentation: &Presentation) -> String {
    multivariant::write(&outline(presentation, None))
}

/// The value of an attribute in the first line that starts with `tag`.
fn attribute<'t>(playlist: &'t str, tag: &str, name: &str) -> Option<&'t str> {
    let line = playlist.lines().find(|line| line.starts_with(tag))?;
    let value = line.split_once(&format!("{name}="))?.1;
    match value.strip_prefix('"') {
        Some(quoted) => quoted.split('"').next(),
        None => value.split(',').next(),
    }
}

#[test]
fn a_ladder_with_two_languages() {
    insta::assert_snapshot!(multivariant_of(&ladder()));
}

#[test]
fn a_clear_media_playlist() {
    insta::assert_snapshot!(media::write(&ladder().renditions[0], None));
}

#[test]
fn a_cbcs_media_playlist_names_keys_before_the_header_and_identity_last() {
    let ladder = ladder();
    let protection = protection(&ladder, Scheme::Cbcs);
    let keyed = Some((&protection, &protection.tracks[0]));
    insta::assert_snapshot!(media::write(&ladder.renditions[0], keyed));
}

#[test]
fn a_cenc_media_playlist_has_no_iv() {
    let ladder = ladder();
    let protection = protection(&ladder, Scheme::Cenc);
    let playlist = media::write(
        &ladder.renditions[3],
        Some((&protection, &protection.tracks[3])),
    );
    assert_eq!(playlist.matches("METHOD=SAMPLE-AES-CTR").count(), 3);
    assert!(!playlist.contains("IV="), "{playlist}");
    assert!(playlist.contains("../1121314151617181"), "{playlist}");
}

#[test]
fn a_system_without_clearkey_gives_no_identity_key() {
    let ladder = ladder();
    let mut protection = protection(&ladder, Scheme::Cbcs);
    protection.systems.pop();
    let playlist = media::write(
        &ladder.renditions[0],
        Some((&protection, &protection.tracks[0])),
    );
    assert_eq!(playlist.matches("#EXT-X-KEY").count(), 1);
    assert!(!playlist.contains("identity"));
}

#[test]
fn bandwidth_is_the_rung_with_the_heaviest_sound_of_its_group() {
    let playlist = multivariant_of(&ladder());
    let stream = "#EXT-X-STREAM-INF";
    assert_eq!(attribute(&playlist, stream, "BANDWIDTH"), Some("6333500"));
    assert_eq!(
        attribute(&playlist, stream, "AVERAGE-BANDWIDTH"),
        Some("5066800")
    );
}

#[test]
fn codecs_and_channels_open_groups_of_their_own_and_every_rung_meets_each() {
    let mut surround = audio("en", 6, 400_000, 3);
    surround.codecs = "ec-3".to_owned();
    let low = audio("en", 2, 66_000, 3);
    let mut renditions = ladder().renditions;
    renditions.extend([surround, low]);
    let playlist = multivariant_of(&presentation(renditions));
    for group in ["mp4a", "ec-3", "mp4a-2"] {
        assert_eq!(
            playlist.matches(&format!("AUDIO=\"{group}\"")).count(),
            3,
            "{playlist}"
        );
        assert_eq!(
            playlist.matches(&format!("GROUP-ID=\"{group}\"")).count(),
            if group == "mp4a" { 2 } else { 1 }
        );
    }
    assert_eq!(playlist.matches("DEFAULT=YES").count(), 3);
    assert!(playlist.contains("CODECS=\"avc1.640028,ec-3\""));
}

#[test]
fn sound_alone_is_a_variant_without_a_group() {
    let playlist = multivariant_of(&presentation(vec![audio("und", 2, 131_000, 3)]));
    insta::assert_snapshot!(playlist);
}

#[test]
fn sound_alone_in_two_languages_keeps_its_group() {
    let renditions = vec![audio("en", 2, 131_000, 3), audio("fr", 2, 131_000, 3)];
    let playlist = multivariant_of(&presentation(renditions));
    assert_eq!(playlist.matches("#EXT-X-MEDIA").count(), 2);
    assert_eq!(playlist.matches("#EXT-X-STREAM-INF").count(), 1);
    assert!(
        playlist.ends_with("AUDIO=\"mp4a\"\na-en/index.m3u8\n"),
        "{playlist}"
    );
}

#[test]
fn video_alone_names_no_group() {
    let playlist = multivariant_of(&presentation(vec![video(640, 360, 900_000, 1)]));
    assert!(!playlist.contains("AUDIO"), "{playlist}");
    assert_eq!(
        attribute(&playlist, "#EXT-X-STREAM-INF", "CODECS"),
        Some("avc1.640028")
    );
}

#[test]
fn video_range_follows_the_transfer_characteristics() {
    let range = |colour| {
        let mut rung = video(640, 360, 900_000, 1);
        let Media::Video {
            colour: of_rung, ..
        } = &mut rung.media
        else {
            unreachable!()
        };
        *of_rung = colour;
        let playlist = multivariant_of(&presentation(vec![rung]));
        attribute(&playlist, "#EXT-X-STREAM-INF", "VIDEO-RANGE").map(str::to_owned)
    };
    assert_eq!(range(Some((9, 16, 9, false))).as_deref(), Some("PQ"));
    assert_eq!(range(Some((9, 18, 9, false))).as_deref(), Some("HLG"));
    assert_eq!(range(Some((1, 1, 1, false))).as_deref(), Some("SDR"));
    assert_eq!(range(Some((2, 2, 2, false))), None);
    assert_eq!(range(None), None);
}

#[test]
fn resolution_is_the_size_to_display_at() {
    let mut rung = video(720, 576, 900_000, 1);
    let Media::Video { pixel_aspect, .. } = &mut rung.media else {
        unreachable!()
    };
    *pixel_aspect = (16, 15);
    let playlist = multivariant_of(&presentation(vec![rung]));
    assert_eq!(
        attribute(&playlist, "#EXT-X-STREAM-INF", "RESOLUTION"),
        Some("768x576")
    );
    assert_eq!(
        attribute(&playlist, "#EXT-X-STREAM-INF", "FRAME-RATE"),
        Some("29.970")
    );
    let mut rung = video(854, 480, 900_000, 1);
    let Media::Video { pixel_aspect, .. } = &mut rung.media else {
        unreachable!()
    };
    *pixel_aspect = (1280, 1281);
    let playlist = multivariant_of(&presentation(vec![rung]));
    assert_eq!(
        attribute(&playlist, "#EXT-X-STREAM-INF", "RESOLUTION"),
        Some("854x480")
    );
}

#[test]
fn a_rendition_that_a_protected_view_has_no_track_for_is_not_named() {
    let ladder = ladder();
    let mut protection = protection(&ladder, Scheme::Cenc);
    protection.tracks.truncate(4);
    let playlist = multivariant::write(&outline(&ladder, Some(&protection)));
    assert!(
        playlist.contains("a-en/index.m3u8") && !playlist.contains("a-de"),
        "{playlist}"
    );
    let view = View {
        presentation: &ladder,
        protection: Some(&protection),
    };
    let playlist = media(view, &ladder.renditions[4]);
    assert!(
        !playlist.contains(".m4s") && playlist.ends_with("#EXT-X-ENDLIST\n"),
        "{playlist}"
    );
}

proptest! {
    #[test]
    fn durations_sum_to_the_timeline_and_stay_within_the_target(
        timescale in 1_u32..200_000,
        durations in prop::collection::vec(1_u64..2_000_000, 1..50),
    ) {
        let mut rendition = video(640, 360, 1, 0);
        rendition.timescale = timescale;
        let template = rendition.segments[0];
        let mut start = 0;
        rendition.segments = durations.iter().map(|&duration| {
            let segment = edgepack_packager::Segment { start, duration, ..template };
            start += duration;
            segment
        }).collect();
        let playlist = media::write(&rendition, None);
        let target: f64 = attribute(&playlist, "#EXT-X-TARGETDURATION", "").map_or_else(
            || playlist.lines().find_map(|l| l.strip_prefix("#EXT-X-TARGETDURATION:")).unwrap().parse().unwrap(),
            |v| v.parse().unwrap(),
        );
        let times: Vec<f64> = playlist.lines()
            .filter_map(|line| line.strip_prefix("#EXTINF:"))
            .map(|line| line.trim_end_matches(',').parse().unwrap())
            .collect();
        prop_assert_eq!(times.len(), durations.len());
        let total = start as f64 / f64::from(timescale);
        prop_assert!((times.iter().sum::<f64>() - total).abs() < 1e-5 + total * 1e-12);
        for time in times {
            // Half a second and the playlist's own rounding to microseconds.
            prop_assert!(time < target + 0.500_001, "{} over {}", time, target);
        }
    }

    #[test]
    fn no_language_or_name_breaks_a_line_or_a_quoted_string(
        languages in prop::collection::vec(any::<String>(), 1..4),
        name: String,
    ) {
        let mut renditions = vec![video(640, 360, 900_000, 1)];
        renditions[0].name.clone_from(&name);
        renditions.extend(languages.iter().map(|language| audio(language, 2, 131_000, 1)));
        let playlist = multivariant_of(&presentation(renditions));
        let mut uris = 0;
        for line in playlist.lines() {
            prop_assert_eq!(line.matches('"').count() % 2, 0, "{}", line);
            if !line.starts_with('#') {
                uris += 1;
            }
            if line.starts_with("#EXT-X-MEDIA:") {
                prop_assert!(line.ends_with("/index.m3u8\""), "{}", line);
            }
        }
        // One rung with each group, and every second line after the header is a URI.
        prop_assert_eq!(playlist.matches("#EXT-X-STREAM-INF").count(), uris);
        prop_assert!(uris >= 1);
    }
}
