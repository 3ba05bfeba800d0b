//! EXT-X-STREAM-INF.
use edgepack_packager::{CaptionChannel, ClosedCaptions, Media, Rendition, TextForm};
use proptest::prelude::*;

use super::*;
use crate::sample::{audio, film, ladder, presentation, text, video};

const STREAM: &str = "#EXT-X-STREAM-INF";

#[test]
fn a_film_with_languages_subtitles_and_thumbnails() {
    insta::assert_snapshot!(multivariant_of(&film()));
}

#[test]
fn bandwidth_is_the_rung_with_the_heaviest_sound_of_its_group() {
    let playlist = multivariant_of(&ladder());
    assert_eq!(values(&playlist, STREAM, "BANDWIDTH")[0], Some("6333500"));
    assert_eq!(
        values(&playlist, STREAM, "AVERAGE-BANDWIDTH")[0],
        Some("5066800")
    );
}

#[test]
fn every_variant_has_what_players_choose_by() {
    let playlist = multivariant_of(&film());
    for line in lines(&playlist, STREAM) {
        for name in [
            "BANDWIDTH",
            "AVERAGE-BANDWIDTH",
            "CODECS",
            "RESOLUTION",
            "FRAME-RATE",
            "VIDEO-RANGE",
            "CLOSED-CAPTIONS",
        ] {
            assert!(value(line, name).is_some(), "{name} in {line}");
        }
    }
}

#[test]
fn codecs_name_every_format_that_a_variant_plays() {
    let mut renditions = ladder().renditions;
    let mut surround = audio("en", 6, 400_000, 3);
    surround.codecs = "ec-3".to_owned();
    renditions.push(surround);
    renditions.push(text("en", TextForm::Imsc1, 3));
    let asset = presentation(renditions);
    let playlist = filtered(&asset, &[("text", "imsc1")]);
    let codecs = values(&playlist, STREAM, "CODECS");
    assert_eq!(codecs[0], Some("avc1.640028,mp4a.40.2,stpp.ttml.im1t"));
    // The second group lacks German, and borrows it.
    assert_eq!(codecs[1], Some("avc1.640028,ec-3,mp4a.40.2,stpp.ttml.im1t"));
}

#[test]
fn plain_webvtt_is_no_codec() {
    let playlist = multivariant_of(&film());
    assert!(playlist.contains("SUBTITLES") && !playlist.contains("wvtt"));
}

#[test]
fn dolby_vision_on_a_compatible_base_is_a_supplement() {
    let mut rung = video(1920, 1080, 6_000_000, 3);
    rung.codecs = "hvc1.2.4.L120.B0".to_owned();
    rung.supplemental_codecs = Some("dvh1.08.05/db1p".to_owned());
    let playlist = multivariant_of(&presentation(vec![rung]));
    let supplemental = values(&playlist, STREAM, "SUPPLEMENTAL-CODECS");
    assert_eq!(supplemental, [Some("dvh1.08.05/db1p")]);
    assert_eq!(
        values(&playlist, STREAM, "CODECS"),
        [Some("hvc1.2.4.L120.B0")]
    );
}

fn with_colour(mut rung: Rendition, of_rung: Option<(u8, u8, u8, bool)>) -> Rendition {
    let Media::Video { colour, .. } = &mut rung.media else {
        unreachable!()
    };
    *colour = of_rung;
    rung
}

#[test]
fn video_range_is_always_said() {
    let range = |colour| {
        let rung = with_colour(video(640, 360, 900_000, 1), colour);
        let playlist = multivariant_of(&presentation(vec![rung]));
        values(&playlist, STREAM, "VIDEO-RANGE")[0].map(str::to_owned)
    };
    assert_eq!(range(Some((9, 16, 9, false))).as_deref(), Some("PQ"));
    assert_eq!(range(Some((9, 18, 9, false))).as_deref(), Some("HLG"));
    assert_eq!(range(Some((1, 1, 1, false))).as_deref(), Some("SDR"));
    assert_eq!(range(None).as_deref(), Some("SDR"));
}

#[test]
fn resolution_is_the_size_to_display_at() {
    let shown = |width, height, aspect| {
        let mut rung = video(width, height, 900_000, 1);
        let Media::Video { pixel_aspect, .. } = &mut rung.media else {
            unreachable!()
        };
        *pixel_aspect = aspect;
        let playlist = multivariant_of(&presentation(vec![rung]));
        values(&playlist, STREAM, "RESOLUTION")[0].map(str::to_owned)
    };
    assert_eq!(shown(720, 576, (16, 15)).as_deref(), Some("768x576"));
    assert_eq!(shown(854, 480, (1280, 1281)).as_deref(), Some("854x480"));
}

#[test]
fn frame_rate_has_three_places() {
    let playlist = multivariant_of(&presentation(vec![video(640, 360, 900_000, 1)]));
    assert_eq!(values(&playlist, STREAM, "FRAME-RATE"), [Some("29.970")]);
}

#[test]
fn without_captions_every_variant_says_none() {
    let playlist = multivariant_of(&ladder());
    let said = values(&playlist, STREAM, "CLOSED-CAPTIONS");
    assert!(said.iter().all(|value| *value == Some("NONE")), "{said:?}");
}

#[test]
fn captions_in_the_video_are_declared_by_channel() {
    let mut asset = ladder();
    let captions = |channel, language: Option<&str>| ClosedCaptions {
        channel,
        language: language.map(str::to_owned),
        name: None,
    };
    asset.closed_captions = vec![captions(CaptionChannel::Cc(1), Some("en"))];
    let playlist = multivariant_of(&asset);
    assert_eq!(lines(&playlist, "#EXT-X-VERSION"), ["#EXT-X-VERSION:7"]);
    let media = lines(&playlist, "#EXT-X-MEDIA:TYPE=CLOSED-CAPTIONS");
    assert_eq!(value(media[0], "INSTREAM-ID"), Some("CC1"));
    assert_eq!(value(media[0], "LANGUAGE"), Some("en"));
    assert_eq!(value(media[0], "URI"), None);
    let group = value(media[0], "GROUP-ID");
    let named = values(&playlist, STREAM, "CLOSED-CAPTIONS");
    assert!(named.iter().all(|value| *value == group));

    asset.closed_captions = vec![captions(CaptionChannel::Service(2), None)];
    let playlist = multivariant_of(&asset);
    assert_eq!(
        values(&playlist, "#EXT-X-MEDIA:TYPE=CLOSED", "INSTREAM-ID"),
        [Some("SERVICE2")]
    );
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
    assert_eq!(lines(&playlist, "#EXT-X-MEDIA").len(), 2);
    assert_eq!(lines(&playlist, STREAM).len(), 1);
    assert!(
        playlist.ends_with("AUDIO=\"aac-2\"\na-en/index.m3u8\n"),
        "{playlist}"
    );
}

#[test]
fn video_alone_names_no_group() {
    let playlist = multivariant_of(&presentation(vec![video(640, 360, 900_000, 1)]));
    assert!(!playlist.contains("AUDIO"), "{playlist}");
    assert_eq!(values(&playlist, STREAM, "CODECS"), [Some("avc1.640028")]);
}

#[test]
fn a_filter_orders_the_variants_and_changes_no_address() {
    let asset = ladder();
    let all = multivariant_of(&asset);
    for (order, first) in [
        ("ascending", "v360/index.m3u8"),
        ("descending", "v1080/index.m3u8"),
        ("first:3000000", "v720/index.m3u8"),
    ] {
        let playlist = filtered(&asset, &[("order", order)]);
        assert_eq!(uris(&playlist)[0], first, "{order}");
        let sorted = |playlist: &str| {
            let mut lines: Vec<String> = playlist.lines().map(str::to_owned).collect();
            lines.sort();
            lines
        };
        assert_eq!(sorted(&playlist), sorted(&all));
    }
    let playlist = filtered(&asset, &[("order", "first:3000000")]);
    assert_eq!(
        uris(&playlist),
        ["v720/index.m3u8", "v1080/index.m3u8", "v360/index.m3u8"]
    );
}

#[test]
fn open_groups_of_pictures_are_not_called_independent() {
    let mut asset = ladder();
    assert!(multivariant_of(&asset).contains("#EXT-X-INDEPENDENT-SEGMENTS"));
    asset.renditions[1].sap_type = 3;
    assert!(!multivariant_of(&asset).contains("#EXT-X-INDEPENDENT-SEGMENTS"));
    assert!(!media_of(&asset, "v720").contains("#EXT-X-INDEPENDENT-SEGMENTS"));
    assert!(media_of(&asset, "v1080").contains("#EXT-X-INDEPENDENT-SEGMENTS"));
}

proptest! {
    #[test]
    fn no_language_or_name_breaks_a_line_or_a_quoted_string(
        languages in prop::collection::vec(any::<String>(), 1..4),
        name: String,
    ) {
        let mut renditions = vec![video(640, 360, 900_000, 1)];
        renditions[0].name.clone_from(&name);
        renditions.extend(languages.iter().map(|language| audio(language, 2, 131_000, 1)));
        renditions[1].settings.name = Some(name.clone());
        renditions[1].settings.group = Some(name.clone());
        renditions[1].settings.characteristics = vec![name];
        let asset = presentation(renditions);
        let playlist = multivariant(View::new(&asset)).unwrap();
        for line in playlist.lines() {
            prop_assert_eq!(line.matches('"').count() % 2, 0, "{}", line);
            if line.starts_with("#EXT-X-MEDIA:") {
                prop_assert!(line.ends_with("/index.m3u8\""), "{}", line);
            }
        }
        // Every second line after the groups is a URI.
        let variants = lines(&playlist, STREAM).len();
        prop_assert!(variants >= 1);
        prop_assert_eq!(uris(&playlist).len(), variants);
    }
}
