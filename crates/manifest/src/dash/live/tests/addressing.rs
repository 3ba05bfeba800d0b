//! How players find segments.
use super::*;

fn template<'m>(mpd: &'m str, representation: &str) -> &'m str {
    let of = format!("<Representation id=\"{representation}\"");
    let mut sets = elements(mpd, "AdaptationSet").into_iter();
    let set = sets.rfind(|set| set.contains(&of)).unwrap();
    elements(set, "SegmentTemplate")[0]
}

#[test]
fn even_segments_are_counted_and_need_no_update() {
    let mut studio = Studio::usual();
    let first = studio.mpd(BEGIN_MS + 9000);
    let later = studio.mpd(BEGIN_MS + 200_000);
    let of = |mpd: &str| {
        [
            template(mpd, "v720").to_owned(),
            template(mpd, "a-en").to_owned(),
        ]
    };
    assert_eq!(of(&first), of(&later));
    let video = template(&later, "v720");
    assert_eq!(attribute(video, "duration"), Some("25600"));
    assert_eq!(attribute(video, "startNumber"), Some("886183200"));
    assert_eq!(attribute(video, "availabilityTimeComplete"), Some("false"));
    // 2 s, less a part, less what segments may be late.
    assert_eq!(attribute(video, "availabilityTimeOffset"), Some("1.375"));
}

#[test]
fn groups_of_their_own_length_are_counted_by_it() {
    let mut studio = Studio::new(vec![Encoder::ntsc(), Encoder::audio()]);
    let mpd = studio.mpd(BEGIN_MS + 60_000);
    assert_eq!(attribute(template(&mpd, "v720"), "duration"), Some("60060"));
    assert_eq!(attribute(template(&mpd, "a-en"), "duration"), Some("96000"));
}

/// Groups of 1.28 s make segments of 2.56 s and 1.28 s.
#[test]
fn uneven_segments_have_a_timeline_even_in_low_latency() {
    let mut uneven = Encoder::video();
    uneven.group = 32;
    let mut studio = Studio::new(vec![uneven, Encoder::audio()]);
    let mpd = studio.mpd(BEGIN_MS + 20_000);
    let video = template(&mpd, "v720");
    assert!(attribute(video, "duration").is_none(), "{mpd}");
    assert!(attribute(video, "availabilityTimeOffset").is_none());
    assert!(elements(video, "S").len() > 2, "{mpd}");
}

/// Groups of 1.6 s make four even segments, and then one of 3.2 s; those of 1.28 s two of 2.56 s, and then one of 1.28 s.
#[test]
fn segments_that_are_even_for_a_while_are_not_counted() {
    for (group, until) in [(40, 8600), (32, 5600)] {
        let mut uneven = Encoder::video();
        uneven.group = group;
        let mut studio = Studio::new(vec![uneven, Encoder::audio()]);
        let mpd = studio.mpd(BEGIN_MS + until);
        assert!(
            attribute(template(&mpd, "v720"), "duration").is_none(),
            "{mpd}"
        );
    }
}

/// Behind a gap there is one segment to judge by: of 1.6 s it fits a grid of 2 s, and the next ones do not.
#[test]
fn uneven_segments_are_not_counted_behind_a_gap() {
    let mut uneven = Encoder::video();
    uneven.group = 40;
    let mut studio = Studio::new(vec![uneven, Encoder::audio()]);
    for encoder in &mut studio.encoders {
        encoder.gaps = vec![886_183_213];
    }
    let mut periods = 0;
    for step in 1..60 {
        let Ok(mpd) = studio.try_mpd(BEGIN_MS + 2000 + step * 600) else {
            continue;
        };
        periods = elements(&mpd, "Period").len();
        let video = template(&mpd, "v720");
        assert!(attribute(video, "duration").is_none(), "{mpd}");
    }
    assert_eq!(periods, 2);
}

/// Sound begins up to a frame later or earlier from segment to segment.
#[test]
fn sound_that_is_nearly_too_early_is_not_counted() {
    let mut studio = Studio::usual();
    for encoder in &mut studio.encoders {
        encoder.lives[0].media = u64::from(encoder.timescale) * 12_480 / 1000;
    }
    for step in 1..60 {
        let Ok(mpd) = studio.try_mpd(BEGIN_MS + 2000 + step * 300) else {
            continue;
        };
        assert_eq!(elements(&mpd, "Period").len(), 1, "{mpd}");
        assert!(attribute(template(&mpd, "v720"), "duration").is_some());
        assert!(attribute(template(&mpd, "a-en"), "duration").is_none());
    }
}

#[test]
fn a_timeline_never_numbers_its_runs() {
    let mut studio = Studio::usual();
    studio.settings.low_latency = false;
    let mpd = studio.mpd(BEGIN_MS + 90_000);
    for run in elements(&mpd, "S") {
        assert!(attribute(run, "n").is_none());
    }
    let audio = template(&mpd, "a-en");
    // 20 segments of 45: the first 25 have left.
    assert_eq!(attribute(audio, "startNumber"), Some("886183225"));
}

#[test]
fn rungs_that_lie_alike_share_a_template() {
    let other = Encoder::video().named("v360");
    let mut studio = Studio::new(vec![Encoder::video(), other, Encoder::audio()]);
    let mpd = studio.mpd(BEGIN_MS + 9000);
    assert_eq!(elements(&mpd, "SegmentTemplate").len(), 2, "{mpd}");
    let sets = attributes(&mpd, "AdaptationSet", "segmentAlignment");
    assert_eq!(sets, [Some("true"), Some("true")]);
}

/// A channel whose first segment is short: players would look for all others too late.
#[test]
fn a_short_first_segment_is_left_out_of_the_count() {
    let mut studio = Studio::usual();
    for encoder in &mut studio.encoders {
        encoder.lives[0].media = u64::from(encoder.timescale) * 640 / 1000;
        encoder.group = encoder.group.min(10);
    }
    let mpd = studio.mpd(BEGIN_MS + 10_000);
    let start = micros(attributes(&mpd, "Period", "start")[0].unwrap());
    assert_eq!(start, (BEGIN_MS + 1600) * 1000, "{mpd}");
    assert_eq!(attribute(template(&mpd, "v720"), "duration"), Some("25600"));
}

#[test]
fn priming_is_taken_off_the_timeline_as_the_header_does() {
    let mut studio = Studio::usual();
    studio.settings.low_latency = false;
    studio.encoders[1].lives[0].media = 96_000 * 3;
    studio.encoders[0].lives[0].media = 25_600 * 3;
    let mpd = studio.mpd(BEGIN_MS + 9000);
    let run = elements(template(&mpd, "a-en"), "S")[0];
    assert_eq!(attribute(run, "t"), Some("286976"));
}
