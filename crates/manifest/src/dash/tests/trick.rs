//! Trick-mode sets and thumbnails.
use edgepack_drm::Scheme;

use super::*;
use crate::sample::{film, ladder, presentation, protection, thumbnails, trick_play, video};

fn trick_set(mpd: &str) -> &str {
    let sets = elements(mpd, "AdaptationSet");
    let mut found = sets
        .into_iter()
        .filter(|set| set.contains("guidelines/trickmode"));
    let set = found.next().unwrap();
    assert_eq!(found.next(), None);
    set
}

#[test]
fn a_trick_set_belongs_to_its_main_set_and_needs_no_other_picture() {
    let ladder = ladder();
    let trick = trick_play(&ladder);
    let view = View {
        trick_play: &trick,
        ..View::new(&ladder)
    };
    let mpd = mpd_with(view, Template::Time);
    let set = trick_set(&mpd);
    let main = elements(&mpd, "AdaptationSet")[0];
    let property = elements(set, "EssentialProperty")[0];
    assert_eq!(attribute(property, "value"), attribute(main, "id"));
    assert_eq!(attribute(set, "codingDependency"), Some("false"));
    // 60 frames from one sync sample to the next.
    assert_eq!(attribute(set, "maxPlayoutRate"), Some("60"));
    assert_eq!(attribute(set, "startWithSAP"), Some("1"));
    let representations = elements(set, "Representation");
    assert_eq!(representations.len(), 3);
    let template = elements(representations[1], "SegmentTemplate")[0];
    // Sync samples are numbered, whatever addresses the segments.
    assert_eq!(attribute(template, "media"), Some("v720/i$Number$.m4s"));
    assert_eq!(attribute(template, "initialization"), Some("v720/init.mp4"));
    assert_eq!(set.matches("<S t=\"0\" d=\"60060\" r=\"6\"/>").count(), 1);
    assert_eq!(attribute(representations[0], "bandwidth"), Some("620000"));
}

#[test]
fn rungs_with_other_sync_samples_carry_their_own_timelines() {
    let ladder = ladder();
    let mut trick = trick_play(&ladder);
    trick[2].as_mut().unwrap().frames.truncate(3);
    let view = View {
        trick_play: &trick,
        ..View::new(&ladder)
    };
    let mpd = mpd_with(view, Template::Number);
    let set = trick_set(&mpd);
    assert_eq!(set.matches("<SegmentTimeline>").count(), 3);
    assert_eq!(attribute(set, "segmentAlignment"), Some("false"));
}

#[test]
fn a_protected_trick_set_has_the_keys_of_its_main_set() {
    let ladder = ladder();
    let trick = trick_play(&ladder);
    let protection = protection(&ladder, Scheme::Cbcs);
    let view = View {
        trick_play: &trick,
        protection: Some(&protection),
        ..View::new(&ladder)
    };
    let mpd = mpd_with(view, Template::Number);
    let main = elements(&mpd, "AdaptationSet")[0];
    assert_eq!(
        elements(trick_set(&mpd), "ContentProtection"),
        elements(main, "ContentProtection")
    );
}

#[test]
fn trick_play_may_be_filtered_away() {
    let ladder = ladder();
    let trick = trick_play(&ladder);
    let filter = Filter::parse([("trick", "no")]).unwrap();
    let view = View {
        trick_play: &trick,
        filter: &filter,
        ..View::new(&ladder)
    };
    assert!(!mpd_with(view, Template::Number).contains("trickmode"));
}

#[test]
fn thumbnails_are_an_image_set_with_their_grid() {
    let mpd = mpd_of(&film());
    let set = *elements(&mpd, "AdaptationSet").last().unwrap();
    assert_eq!(attribute(set, "contentType"), Some("image"));
    assert_eq!(attribute(set, "mimeType"), Some("image/jpeg"));
    let representation = elements(set, "Representation")[0];
    assert_eq!(attribute(representation, "width"), Some("800"));
    assert_eq!(attribute(representation, "height"), Some("360"));
    let grid = elements(representation, "EssentialProperty")[0];
    assert_eq!(
        attribute(grid, "schemeIdUri"),
        Some("http://dashif.org/guidelines/thumbnail_tile")
    );
    assert_eq!(attribute(grid, "value"), Some("5x4"));
    let template = elements(representation, "SegmentTemplate")[0];
    assert_eq!(
        attribute(template, "media"),
        Some("$RepresentationID$/$Number$.jpg")
    );
    assert_eq!(attribute(template, "duration"), Some("20000"));
    assert_eq!(attribute(template, "timescale"), Some("1000"));
}

#[test]
fn uneven_sheets_have_a_timeline() {
    let mut sheets = thumbnails();
    sheets.segments[1].start += 500;
    let mpd = mpd_of(&presentation(vec![video(640, 360, 900_000, 3), sheets]));
    let set = *elements(&mpd, "AdaptationSet").last().unwrap();
    assert!(set.contains("<S t=\"20500\""), "{set}");
    assert!(!set.contains("duration=\""));
}
