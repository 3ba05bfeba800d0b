//! Periods where keys change.
use edgepack_drm::KeyId;
use edgepack_packager::protection::Every;
use edgepack_packager::{Rotation, Segment};
use proptest::prelude::*;

use super::*;
use crate::sample::{
    audio, film, kid, ladder, presentation, scheduled, stitched, text, thumbnails, trick_play,
    video,
};
use crate::{Method, Protection};

const EVERY_TWO: Option<Every> = Some(Every::Segments(2));

fn under<'a>(presentation: &'a Presentation, protection: &'a Protection) -> View<'a> {
    View {
        protection: Some(protection),
        ..View::new(presentation)
    }
}

fn written(presentation: &Presentation, protection: &Protection) -> String {
    mpd_with(under(presentation, protection), Template::Number)
}

/// The set of a Period that holds a representation.
fn set_of<'m>(period: &'m str, representation: &str) -> Option<&'m str> {
    let id = format!("<Representation id=\"{representation}\"");
    elements(period, "AdaptationSet")
        .into_iter()
        .find(|set| set.contains(&id))
}

/// (number, start, duration) of the segments that a set lists, times from the Period's start.
fn segments(set: &str) -> Vec<(u64, i64, i64)> {
    let template = elements(set, "SegmentTemplate")[0];
    let number = |element: &str, name: &str| attribute(element, name).map(|v| v.parse().unwrap());
    let offset: i64 = number(template, "presentationTimeOffset").unwrap_or(0);
    let mut at = 0;
    let mut listed = Vec::new();
    let first = number(template, "startNumber").unwrap() as u64;
    for run in elements(template, "S") {
        at = number(run, "t").unwrap_or(at);
        let duration = number(run, "d").unwrap();
        for _ in 0..=number(run, "r").unwrap_or(0) {
            listed.push((first + listed.len() as u64, at - offset, duration));
            at += duration;
        }
    }
    listed
}

/// `PT4.004S` in microseconds; tests have no minutes.
fn micros(duration: &str) -> i64 {
    let seconds = duration.trim_start_matches("PT").trim_end_matches('S');
    let (whole, fraction) = seconds.split_once('.').unwrap_or((seconds, ""));
    let fraction: i64 = format!("{fraction:0<6}").parse().unwrap();
    whole.parse::<i64>().unwrap() * 1_000_000 + fraction
}

#[test]
fn a_film_whose_keys_change_has_a_period_for_each() {
    let film = film();
    let trick = trick_play(&film);
    let protection = scheduled(&film, Method::Cenc, EVERY_TWO, 0, Rotation::NewHeader);
    let view = View {
        trick_play: &trick,
        ..under(&film, &protection)
    };
    insta::assert_snapshot!(mpd_with(view, Template::Number));
}

#[test]
fn segments_by_time_keep_their_times_in_every_period() {
    let ladder = ladder();
    let protection = scheduled(&ladder, Method::Cbcs, EVERY_TWO, 0, Rotation::NewHeader);
    let mpd = mpd_with(under(&ladder, &protection), Template::Time);
    let second = elements(&mpd, "Period")[1];
    let template = elements(second, "SegmentTemplate")[0];
    assert_eq!(
        attribute(template, "presentationTimeOffset"),
        Some("240240")
    );
    assert_eq!(
        attribute(template, "initialization"),
        Some("$RepresentationID$/init-2.mp4")
    );
    assert_eq!(
        attribute(template, "media"),
        Some("$RepresentationID$/t$Time$.m4s")
    );
    assert_eq!(attribute(elements(template, "S")[0], "t"), Some("240240"));
    assert_eq!(attribute(template, "startNumber"), None);
}

#[test]
fn a_rendition_with_longer_segments_is_in_every_period() {
    let mut long = audio("en", 2, 131_000, 0);
    // 6.006 s each: the second crypto period (4.004 to 8.008 s) has no middle of its own.
    let template = long.segments[0];
    long.segments = (0..3)
        .map(|n| Segment {
            start: n * 288_288,
            duration: 288_288,
            ..template
        })
        .collect();
    let asset = presentation(vec![video(640, 360, 900_000, 4), long]);
    let protection = scheduled(
        &asset,
        Method::Cenc,
        Some(Every::Segments(1)),
        0,
        Rotation::NewHeader,
    );
    let mpd = written(&asset, &protection);
    let listed: Vec<(String, Vec<u64>)> = elements(&mpd, "Period")
        .into_iter()
        .map(|period| {
            let set = set_of(period, "a-en").unwrap();
            let template = elements(set, "SegmentTemplate")[0];
            (
                attribute(template, "initialization").unwrap().to_owned(),
                segments(set).into_iter().map(|(n, _, _)| n).collect(),
            )
        })
        .collect();
    let header = |name: &str| format!("$RepresentationID$/{name}");
    assert_eq!(
        listed,
        [
            (header("init.mp4"), vec![1]),
            (header("init-2.mp4"), vec![2]),
            (header("init-2.mp4"), vec![2]),
            (header("init-3.mp4"), vec![3]),
            (header("init-3.mp4"), vec![3]),
        ]
    );
}

#[test]
fn text_goes_on_from_period_to_period_and_media_with_new_keys_do_not() {
    let film = film();
    let protection = scheduled(&film, Method::Cenc, EVERY_TWO, 0, Rotation::NewHeader);
    let mpd = written(&film, &protection);
    let second = elements(&mpd, "Period")[1];
    assert_eq!(attribute(second, "id"), Some("0.1"));
    let goes_on = "period-continuity:2015\" value=\"0\"";
    for set in elements(second, "AdaptationSet") {
        let is_text = attribute(set, "contentType") == Some("text");
        assert_eq!(set.contains(goes_on), is_text, "{set}");
        assert!(!set.contains("period-connectivity"));
    }
}

#[test]
fn sheets_that_begin_with_a_period_are_even_and_others_have_a_timeline() {
    // Sheets of 20 s; keys change at 16.016 s, and at 20.02 s, which no sheet begins with.
    let rungs = vec![video(640, 360, 900_000, 10), thumbnails()];
    let asset = presentation(rungs);
    let protection = scheduled(
        &asset,
        Method::Cenc,
        Some(Every::Segments(4)),
        0,
        Rotation::NewHeader,
    );
    let mpd = written(&asset, &protection);
    let periods = elements(&mpd, "Period");
    let sheets: Vec<Option<&str>> = periods.iter().map(|p| set_of(p, "thumbs")).collect();
    let template = |set: &'_ str| elements(set, "SegmentTemplate")[0].to_owned();
    let first = template(sheets[0].unwrap());
    assert_eq!(attribute(&first, "duration"), Some("20000"));
    let second = sheets[1].unwrap();
    assert_eq!(
        attribute(&template(second), "presentationTimeOffset"),
        Some("16016")
    );
    assert_eq!(
        segments(second),
        [(1, -16_016, 20_000), (2, 20_000 - 16_016, 20_000)]
    );
}

#[test]
fn keys_change_in_every_clip_at_its_own_segments() {
    let asset = stitched(vec![ladder().renditions, film().renditions]);
    let protection = scheduled(&asset, Method::Cbcs, EVERY_TWO, 0, Rotation::NewHeader);
    let mpd = written(&asset, &protection);
    let said: Vec<_> = elements(&mpd, "Period")
        .into_iter()
        .map(|p| {
            (
                attribute(p, "id").unwrap(),
                attribute(p, "start").unwrap(),
                attribute(p, "duration"),
            )
        })
        .collect();
    assert_eq!(
        said,
        [
            ("0", "PT0S", Some("PT8.008S")),
            ("0.1", "PT8.008S", Some("PT6.006S")),
            ("1", "PT14.014S", Some("PT8.008S")),
            ("1.1", "PT22.022S", None)
        ]
    );
    let kids: Vec<_> = elements(&mpd, "Period")
        .into_iter()
        .map(|p| attribute(elements(p, "ContentProtection")[0], "cenc:default_KID").unwrap())
        .collect();
    assert_eq!(kids, [0, 1, 2, 3].map(|number| kid(1, number).to_string()));
}

#[test]
fn sets_of_other_labels_may_be_switched_in_every_period() {
    let ladder = ladder();
    let mut protection = scheduled(&ladder, Method::Cenc, EVERY_TWO, 0, Rotation::NewHeader);
    for (number, period) in protection.tracks[0]
        .as_mut()
        .unwrap()
        .periods
        .iter_mut()
        .enumerate()
    {
        period.kid = KeyId([0x70 + number as u8; 16]);
    }
    let mpd = written(&ladder, &protection);
    for period in elements(&mpd, "Period") {
        for (track, peer) in [("v1080", "1"), ("v720", "0")] {
            let set = set_of(period, track).unwrap();
            let switching = format!("adaptation-set-switching:2016\" value=\"{peer}\"");
            assert!(set.contains(&switching), "{set}");
        }
    }
    let second = elements(&mpd, "Period")[1];
    let scheme = elements(set_of(second, "v1080").unwrap(), "ContentProtection")[0];
    assert_eq!(
        attribute(scheme, "cenc:default_KID"),
        Some("71717171-7171-7171-7171-717171717171")
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn periods_tile_the_presentation_and_have_each_segment_once(
        count in 1_usize..12,
        every in prop_oneof![
            (1_u32..5).prop_map(Every::Segments),
            (1_000_u64..30_000).prop_map(Every::Time),
        ],
    ) {
        let rungs = vec![
            video(640, 360, 900_000, count),
            audio("en", 2, 131_000, count),
            text("en", TextForm::Imsc1, count),
        ];
        let asset = presentation(rungs);
        let protection = scheduled(&asset, Method::Cenc, Some(every), 0, Rotation::NewHeader);
        let view = under(&asset, &protection);
        let mpd = plain(view, &mpd(view, Template::Number).unwrap());
        let periods = elements(&mpd, "Period");
        let mut at = 0;
        let (mut pictures, mut sounds, mut cues) = (Vec::new(), Vec::new(), Vec::new());
        for period in &periods {
            prop_assert_eq!(micros(attribute(period, "start").unwrap()), at);
            at += attribute(period, "duration").map_or(0, micros);
            for (name, all) in [
                ("v360", &mut pictures),
                ("a-en", &mut sounds),
                ("t-en-imsc1", &mut cues),
            ] {
                let set = set_of(period, name).unwrap();
                let listed = segments(set);
                // A frame of audio, a millisecond of text.
                let slack = match name { "v360" => 0, "a-en" => 1024, _ => 1 };
                prop_assert!(listed[0].1.abs() <= slack, "{} {:?}", name, listed);
                all.extend(listed.into_iter().map(|(number, _, _)| number));
            }
        }
        for all in [pictures, sounds, cues] {
            prop_assert_eq!(all, (1..=count as u64 + 1).collect::<Vec<_>>());
        }
        prop_assert_eq!(periods.len(), protection.tracks[0].as_ref().unwrap().periods.len());
    }
}
