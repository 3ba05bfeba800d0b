//! Playlists with dates and date ranges.
use edgepack_packager::Rendition;

use super::*;
use crate::outside::parsed;
use crate::sample::{audio, bumper_and_film, film, presentation, trick_play, video};

/// 2000-01-01T00:00:00Z.
const ZERO_MS: i64 = 946_684_800_000;
const DATE: &str = "#EXT-X-PROGRAM-DATE-TIME:";

fn ranges() -> Vec<DateRange> {
    let range = |id: &str, start_ms, cue: Option<&str>| DateRange {
        id: id.to_owned(),
        class: Some("com.apple.hls.interstitial".to_owned()),
        start_ms: ZERO_MS + start_ms,
        end_ms: None,
        duration_ms: Some(15_000),
        planned_duration_ms: None,
        end_on_next: false,
        attributes: [
            Some(("X-ASSET-URI", format!("https://ads.example/{id}.m3u8"))),
            cue.map(|cue| ("CUE", cue.to_owned())),
        ]
        .into_iter()
        .flatten()
        .map(|(name, value)| (name.to_owned(), Value::Text(value)))
        .collect(),
        added_ms: ZERO_MS,
    };
    vec![range("break", 6500, None), range("post", 0, Some("POST"))]
}

fn dated<'a>(presentation: &'a Presentation, ranges: &'a [DateRange]) -> View<'a> {
    let dates = Some(Dates {
        zero_ms: ZERO_MS,
        ranges,
    });
    View {
        dates,
        ..View::new(presentation)
    }
}

#[test]
fn each_period_is_dated_from_the_asset_s_beginning() {
    let (asset, ranges) = (bumper_and_film(), ranges());
    let view = dated(&asset, &ranges);
    let lead = asset.rendition("p2-v1080").unwrap();
    insta::assert_snapshot!(plain(view, &media(view, lead).unwrap()));
}

#[test]
fn all_playlists_have_the_same_dates_and_ranges() {
    let (asset, ranges) = (bumper_and_film(), ranges());
    let trick = trick_play(&asset);
    let view = View {
        trick_play: &trick,
        ..dated(&asset, &ranges)
    };
    let of = |name: &str| asset.rendition(name).unwrap();
    let first = media(view, of("p2-v1080")).unwrap();
    let expected = [DATE, "#EXT-X-DATERANGE:"].map(|tag| lines(&first, tag));
    assert_eq!(expected.each_ref().map(Vec::len), [2, 2]);
    for playlist in [
        media(view, of("p2-a-de")),
        media(view, of("p2-t-en")),
        media(view, of("p2-thumbs")),
        iframes(view, of("p2-v360")),
        media_ts(view, of("p2-v720"), Some(of("p2-a-en"))),
        media_packed(view, of("p2-a-de")),
    ] {
        let playlist = playlist.unwrap();
        let found = [DATE, "#EXT-X-DATERANGE:"].map(|tag| lines(&playlist, tag));
        assert_eq!(found, expected, "{playlist}");
    }
}

#[test]
fn what_begins_late_is_dated_late() {
    let ranges = ranges();
    let mut late: Rendition = audio("en", 2, 131_000, 3);
    let timescale = u64::from(late.timescale);
    for segment in &mut late.segments {
        segment.start += timescale / 4;
    }
    let asset = presentation(vec![video(640, 360, 900_000, 3), late]);
    let view = dated(&asset, &ranges);
    let playlist = media(view, asset.rendition("a-en").unwrap()).unwrap();
    assert_eq!(
        lines(&playlist, DATE),
        ["#EXT-X-PROGRAM-DATE-TIME:2000-01-01T00:00:00.250Z"]
    );
}

#[test]
fn multivariant_playlists_have_no_dates() {
    let (asset, ranges) = (film(), ranges());
    assert_eq!(
        multivariant(dated(&asset, &ranges)),
        multivariant(View::new(&asset))
    );
}

#[test]
fn m3u8_parser_reads_dates_and_ranges() {
    let (asset, ranges) = (film(), ranges());
    let view = dated(&asset, &ranges);
    let playlist = media(view, asset.rendition("v1080").unwrap()).unwrap();
    let Some(read) = parsed("parse-hls.mjs", &playlist) else {
        return;
    };
    for expected in [
        "\"dateTimeString\": \"2000-01-01T00:00:00.000Z\"",
        "\"startDate\": \"2000-01-01T00:00:06.500Z\"",
        "\"xAssetUri\": \"https://ads.example/break.m3u8\"",
        "\"cue\": \"POST\"",
    ] {
        assert!(read.contains(expected), "{expected}\n{read}");
    }
}
