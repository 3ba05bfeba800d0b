//! Several periods.
use super::*;
use crate::sample::{audio, bumper_and_film, ladder, stitched, trick_play, video};

#[test]
fn each_stretch_is_a_period_with_a_time_line_of_its_own() {
    let asset = bumper_and_film();
    let trick = trick_play(&asset);
    let view = View {
        trick_play: &trick,
        ..View::new(&asset)
    };
    insta::assert_snapshot!(mpd_with(view, Template::Number));
}

#[test]
fn periods_follow_one_another_up_to_the_presentations_end() {
    let mpd = mpd_of(&bumper_and_film());
    let periods = elements(&mpd, "Period");
    assert_eq!(attribute(periods[0], "start"), Some("PT0S"));
    assert_eq!(attribute(periods[0], "duration"), Some("PT6.006S"));
    assert_eq!(attribute(periods[1], "start"), Some("PT6.006S"));
    assert_eq!(attribute(periods[1], "duration"), None);
    let mpd = elements(&mpd, "MPD");
    assert_eq!(
        attribute(mpd[0], "mediaPresentationDuration"),
        Some("PT20.02S")
    );
    assert!(periods.iter().all(|period| period.contains("<S t=\"0\"")));
}

#[test]
fn sets_that_say_the_same_have_one_id_in_all_periods() {
    let mpd = mpd_of(&bumper_and_film());
    let ids = |period: &str, language: &str| -> Vec<String> {
        elements(period, "AdaptationSet")
            .into_iter()
            .filter(|set| attribute(set, "lang") == Some(language) && set.contains("audio/mp4"))
            .map(|set| attribute(set, "id").unwrap().to_owned())
            .collect()
    };
    let periods = elements(&mpd, "Period");
    assert_eq!(ids(periods[0], "en"), ids(periods[1], "en"));
    assert_ne!(ids(periods[1], "de"), ids(periods[1], "en"));
}

/// The same tracks of the same source before and after a slate.
fn interrupted() -> Presentation {
    let slate = vec![video(1920, 1080, 500_000, 1), audio("en", 2, 131_000, 1)];
    let mut asset = stitched(vec![ladder().renditions, slate, ladder().renditions]);
    let last = asset.periods[2].renditions.clone();
    for rendition in &mut asset.renditions[last] {
        rendition.source = 0;
    }
    asset
}

#[test]
fn a_set_that_goes_on_with_the_same_tracks_is_connected() {
    let asset = interrupted();
    let trick = trick_play(&asset);
    let view = View {
        trick_play: &trick,
        ..View::new(&asset)
    };
    let mpd = mpd_with(view, Template::Number);
    let periods = elements(&mpd, "Period");
    let connected = "urn:mpeg:dash:period-connectivity:2015\" value=\"0\"";
    assert_eq!(periods[1].matches("period-connectivity").count(), 0);
    assert_eq!(periods[2].matches(connected).count(), 3);
    // The same ids, other addresses.
    let ids = |period: &str| -> Vec<String> {
        elements(period, "Representation")
            .into_iter()
            .map(|representation| attribute(representation, "id").unwrap().to_owned())
            .collect()
    };
    assert_eq!(ids(periods[0]), ids(periods[2]));
    assert!(periods[2].contains("<BaseURL>p3-v1080/</BaseURL>"));
    assert!(periods[2].contains("media=\"$Number$.m4s\""));
    assert!(periods[2].contains("media=\"p3-v1080/i$Number$.m4s\""));
}

#[test]
fn another_source_is_not_connected() {
    let asset = stitched(vec![ladder().renditions, ladder().renditions]);
    assert!(!mpd_of(&asset).contains("period-connectivity"));
}

#[test]
fn ids_are_unique_in_every_period() {
    for asset in [bumper_and_film(), interrupted()] {
        let trick = trick_play(&asset);
        let view = View {
            trick_play: &trick,
            ..View::new(&asset)
        };
        let mpd = mpd_with(view, Template::Number);
        for period in elements(&mpd, "Period") {
            for name in ["AdaptationSet", "Representation"] {
                let elements = elements(period, name);
                let mut ids: Vec<_> = elements
                    .iter()
                    .map(|e| attribute(e, "id").unwrap())
                    .collect();
                let count = ids.len();
                ids.sort_unstable();
                ids.dedup();
                assert_eq!(ids.len(), count, "{period}");
            }
        }
    }
}
