//! Where Periods begin.
use super::encoder::Life;
use super::*;

fn starts(mpd: &str) -> Vec<i64> {
    let starts = attributes(mpd, "Period", "start").into_iter();
    starts.map(|start| micros(start.unwrap())).collect()
}

fn restarted(begin_ms: i64, media_ms: u64) -> Studio {
    let restart = |encoder: Encoder| encoder.restarts(BEGIN_MS + 11_000, begin_ms, media_ms);
    Studio::new(vec![restart(Encoder::video()), restart(Encoder::audio())])
}

#[test]
fn an_encoders_other_life_is_another_period_with_its_own_offset() {
    for media_ms in [0, 8000, 512_000] {
        let mut studio = restarted(BEGIN_MS + 16_000, media_ms);
        studio.mpd(BEGIN_MS + 10_000);
        let mpd = studio.mpd(BEGIN_MS + 24_000);
        assert_eq!(
            starts(&mpd),
            [BEGIN_MS * 1000, (BEGIN_MS + 16_000) * 1000],
            "{mpd}"
        );
        // What ended is told to have, so that nobody waits for what fills the hole.
        assert_eq!(attributes(&mpd, "Period", "duration")[0], Some("PT11S"));
        let second = elements(&mpd, "Period")[1];
        let expected = (media_ms > 0).then(|| (media_ms * 128 / 10).to_string());
        let offsets = attributes(second, "SegmentTemplate", "presentationTimeOffset");
        assert_eq!(offsets[0].map(str::to_owned), expected, "{mpd}");
    }
}

#[test]
fn tracks_of_one_life_have_one_anchor_whatever_their_wall_clocks_say() {
    let mut studio = Studio::usual();
    // Sound arrived 430 ms later than pictures of the same media time.
    studio.encoders[1].lives[0].begin_ms += 430;
    for encoder in &mut studio.encoders {
        encoder.lives[0].media = u64::from(encoder.timescale) * 1_000_000;
    }
    let mpd = studio.mpd(BEGIN_MS + 9000);
    let offsets = attributes(&mpd, "SegmentTemplate", "presentationTimeOffset");
    assert_eq!(offsets, [Some("12800000000"), Some("48000000000")]);
    // By the later of the two: players ask for both by it.
    assert_eq!(starts(&mpd), [(BEGIN_MS + 430) * 1000]);
}

#[test]
fn a_period_keeps_its_start_when_its_first_segments_are_gone() {
    for low_latency in [false, true] {
        let mut studio = Studio::usual();
        studio.settings.low_latency = low_latency;
        let first = studio.mpd(BEGIN_MS + 5000);
        let later = studio.mpd(BEGIN_MS + 100_000);
        assert_eq!(starts(&first), starts(&later));
        let ids = |mpd: &str| attributes(mpd, "Period", "id")[0].unwrap().to_owned();
        assert_eq!(ids(&first), ids(&later));
    }
}

#[test]
fn a_period_leaves_with_its_last_segment_and_ids_are_never_used_again() {
    let mut studio = restarted(BEGIN_MS + 16_000, 0);
    studio.mpd(BEGIN_MS + 10_000);
    let both = studio.mpd(BEGIN_MS + 30_000);
    let ids = [Some("1772366400000000"), Some("1772366416000000")];
    assert_eq!(attributes(&both, "Period", "id"), ids);
    let one = studio.mpd(BEGIN_MS + 80_000);
    assert_eq!(attributes(&one, "Period", "id"), ids[1..]);
}

#[test]
fn a_gap_is_a_hole_between_periods_that_are_continuous() {
    for low_latency in [false, true] {
        let mut studio = Studio::usual();
        studio.settings.low_latency = low_latency;
        for encoder in &mut studio.encoders {
            encoder.gaps = vec![886_183_203];
        }
        studio.mpd(BEGIN_MS + 5500);
        let mpd = studio.mpd(BEGIN_MS + 15_000);
        assert_eq!(starts(&mpd), [BEGIN_MS * 1000, (BEGIN_MS + 8000) * 1000]);
        let lasts = micros(attributes(&mpd, "Period", "duration")[0].unwrap());
        assert!((6_000_000..6_030_000).contains(&lasts), "{lasts}\n{mpd}");
        let second = elements(&mpd, "Period")[1];
        let numbers = attributes(second, "SegmentTemplate", "startNumber");
        assert_eq!(numbers, [Some("886183204"); 2]);
    }
}

/// Sound whose header changes by itself: pictures are cut at their own boundary, and go on.
#[test]
fn another_header_begins_a_period_with_a_segment_of_the_pictures() {
    let mut studio = Studio::usual();
    let life = studio.encoders[1].lives[0];
    let change = 12_000;
    studio.encoders[1].lives = vec![
        Life {
            end_ms: BEGIN_MS + change,
            ..life
        },
        Life {
            begin_ms: BEGIN_MS + change,
            media: 48 * change.unsigned_abs() / 1024 * 1024,
            header: 1,
            ..life
        },
    ];
    studio.mpd(BEGIN_MS + 9000);
    let mpd = studio.mpd(BEGIN_MS + 17_000);
    assert_eq!(starts(&mpd), [BEGIN_MS * 1000, (BEGIN_MS + 12_000) * 1000]);
    let second = elements(&mpd, "Period")[1];
    let sets = elements(second, "AdaptationSet");
    assert!(
        sets[0].contains("period-continuity:2015\" value=\"1772366400000000\""),
        "{mpd}"
    );
    assert!(!sets[1].contains("period-continuity"), "{mpd}");
    assert!(sets[1].contains("init-6abc1234-1.mp4"), "{mpd}");
}

#[test]
fn a_track_that_comes_later_is_in_a_period_of_its_own() {
    let mut late = Encoder::video().named("v360");
    late.lives[0].begin_ms = BEGIN_MS + 20_000;
    late.lives[0].media = 12_800 * 20;
    let mut studio = Studio::new(vec![Encoder::video(), Encoder::audio(), late]);
    let before = studio.mpd(BEGIN_MS + 12_000);
    assert!(!before.contains("v360"));
    let mpd = studio.mpd(BEGIN_MS + 27_000);
    let periods = elements(&mpd, "Period");
    assert_eq!(periods.len(), 2, "{mpd}");
    assert!(!periods[0].contains("v360"));
    assert!(periods[1].contains("v360"));
}

#[test]
fn sets_keep_their_ids_when_a_track_joins_and_when_a_period_leaves() {
    let mut late = Encoder::video();
    late.lives[0].begin_ms = BEGIN_MS + 20_000;
    late.lives[0].media = 12_800 * 20;
    let mut studio = Studio::new(vec![late, Encoder::audio()]);
    let mut sets = |at_ms: i64| {
        let mpd = studio.mpd(BEGIN_MS + at_ms);
        let kinds = attributes(&mpd, "AdaptationSet", "contentType");
        let ids = attributes(&mpd, "AdaptationSet", "id");
        let sets = kinds.into_iter().zip(ids);
        sets.map(|(kind, id)| format!("{} {}", kind.unwrap(), id.unwrap()))
            .collect::<Vec<_>>()
    };
    assert_eq!(sets(12_000), ["audio 0"]);
    assert_eq!(sets(27_000), ["audio 0", "video 1", "audio 0"]);
    assert_eq!(sets(100_000), ["video 1", "audio 0"]);
}

/// The node was away for a moment: what it recorded before is listed under the names that it had then.
#[test]
fn another_life_of_the_channel_is_another_period_with_names_of_its_own() {
    for low_latency in [false, true] {
        let survives =
            |encoder: Encoder| encoder.survives(BEGIN_MS + 12_000, BEGIN_MS + 16_000, 0x6abc_1240);
        let mut studio = Studio::new(vec![survives(Encoder::video()), survives(Encoder::audio())]);
        studio.settings.low_latency = low_latency;
        // A node begins with all that its recording has.
        let mpd = studio.mpd(BEGIN_MS + 24_000);
        assert_eq!(
            starts(&mpd),
            [BEGIN_MS * 1000, (BEGIN_MS + 16_000) * 1000],
            "{mpd}"
        );
        for (period, epoch) in elements(&mpd, "Period")
            .iter()
            .zip(["6abc1234", "6abc1240"])
        {
            let of = |name| attributes(period, "SegmentTemplate", name);
            let headers = format!("$RepresentationID$/init-{epoch}-0.mp4");
            let media = format!("$RepresentationID$/{epoch}-$Number$.m4s");
            assert_eq!(of("initialization"), [Some(headers.as_str()); 2]);
            assert_eq!(of("media"), [Some(media.as_str()); 2]);
        }
        assert!(!mpd.contains("period-continuity"), "{mpd}");
        // Nothing of the media time is another one.
        let second = elements(&mpd, "Period")[1];
        let offsets = attributes(second, "SegmentTemplate", "presentationTimeOffset");
        assert_eq!(offsets[0], Some("204800"));
    }
}

#[test]
fn another_life_is_another_period_even_where_nothing_is_said_of_a_discontinuity() {
    let mut studio = Studio::usual();
    for encoder in &mut studio.encoders {
        let first = encoder.lives[0];
        *encoder = encoder
            .clone()
            .survives(BEGIN_MS + 12_000, BEGIN_MS + 12_000, 0x6abc_1240);
        encoder.lives[1].discontinuity = first.discontinuity;
    }
    studio.mpd(BEGIN_MS + 10_000);
    let mpd = studio.mpd(BEGIN_MS + 20_000);
    assert_eq!(starts(&mpd), [BEGIN_MS * 1000, (BEGIN_MS + 12_000) * 1000]);
    let headers = attributes(
        elements(&mpd, "Period")[1],
        "SegmentTemplate",
        "initialization",
    );
    assert_eq!(headers, [Some("$RepresentationID$/init-6abc1240-0.mp4"); 2]);
}

/// Players keep what they know of a Period under its id.
#[test]
fn ids_are_the_same_in_the_next_life_of_the_node() {
    let mut studio = restarted(BEGIN_MS + 16_000, 0);
    studio.mpd(BEGIN_MS + 10_000);
    let before = studio.mpd(BEGIN_MS + 30_000);
    studio.periods = Periods::new();
    let after = studio.mpd(BEGIN_MS + 30_000);
    assert_eq!(
        attributes(&before, "Period", "id"),
        attributes(&after, "Period", "id")
    );
}

/// The second life's wall clock, told from arrival, falls into the first life.
#[test]
fn periods_never_overlap() {
    let mut studio = restarted(BEGIN_MS + 9500, 0);
    studio.mpd(BEGIN_MS + 8000);
    let mpd = studio.mpd(BEGIN_MS + 20_000);
    assert_eq!(
        starts(&mpd),
        [BEGIN_MS * 1000, (BEGIN_MS + 11_000) * 1000],
        "{mpd}"
    );
}
