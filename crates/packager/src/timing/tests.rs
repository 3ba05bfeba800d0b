#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use super::*;
use crate::craft::{TrackSpec, movie};

fn map(track: TrackSpec) -> Result<EditMap, String> {
    EditMap::new(&movie(&[track]).tracks[0], 1000)
}

fn survey(track: TrackSpec) -> Survey {
    let movie = movie(&[track]);
    let edits = EditMap::new(&movie.tracks[0], 1000).unwrap();
    Survey::video(&movie.tracks[0], &edits).unwrap().unwrap()
}

#[test]
fn leading_empty_edits_delay_and_the_edit_says_where_media_starts() {
    let map = map(TrackSpec::video(25000, 1000, 10, 5)
        .edit(40, -1)
        .edit(0, 2000))
    .unwrap();
    assert_eq!(
        (map.delay, map.media_time, map.explicit),
        (1000, 2000, true)
    );
}

#[test]
fn edits_that_follow_each_other_without_a_gap_are_one() {
    // 40 and 60 of 1000 ms are 1000 and 1500 of 25 000.
    let track = TrackSpec::video(25000, 1000, 10, 5)
        .edit(40, 1000)
        .edit(60, 2000);
    let map = map(track).unwrap();
    assert_eq!((map.delay, map.media_time), (0, 1000));
    assert_eq!(map.end_time(), 3500);
}

#[test]
fn edits_that_cut_the_media_into_pieces_are_refused() {
    let track = || TrackSpec::video(25000, 1000, 10, 5).edit(40, 0);
    for (track, why) in [
        (
            track().edit(40, 5000),
            "where media goes on at 0.200 s after 0.040 s",
        ),
        (
            track().edit(40, 0),
            "where media goes on at 0.000 s after 0.040 s",
        ),
        (
            track().edit(40, -1).edit(40, 1000),
            "with a pause between two edits",
        ),
        (
            TrackSpec::video(25000, 1000, 10, 5).edit(0, 0).edit(40, 0),
            "with an edit after one without an end",
        ),
    ] {
        let error = map(track).unwrap_err();
        assert!(error.contains(why), "{error}");
    }
}

#[test]
fn an_empty_edit_at_the_end_shows_nothing() {
    let map = map(TrackSpec::video(25000, 1000, 10, 5)
        .edit(40, 0)
        .edit(40, -1))
    .unwrap();
    assert_eq!((map.delay, map.media_time), (0, 0));
}

#[test]
fn an_edit_that_ends_early_drops_the_samples_after_it() {
    // 10 frames of 40 ms; 0.24 s are shown.
    let survey = survey(TrackSpec::video(25000, 1000, 10, 5).edit(240, 0));
    assert_eq!(
        (survey.first_sample, survey.end_sample, survey.end),
        (0, 6, 6000)
    );
}

#[test]
fn a_sample_past_the_end_stays_when_a_shown_one_depends_on_it() {
    let mut track = TrackSpec::video(25000, 1000, 4, 4).edit(160, 0);
    // Shown in the order 0, 2, 3, and 1 after the end.
    for (sample, offset) in track.samples.iter_mut().zip([0, 4000, -1000, -1000]) {
        sample.composition_offset = offset;
    }
    assert_eq!(survey(track).end_sample, 4);
}

#[test]
fn decoding_starts_at_the_last_sync_sample_before_the_edit() {
    let survey = survey(TrackSpec::video(25000, 1000, 20, 5).edit(0, 12000));
    assert_eq!(
        (
            survey.first_sample,
            survey.first_decode_time,
            survey.earliest
        ),
        (10, 10000, 10000)
    );
}

#[test]
fn audio_keeps_the_frames_that_its_decoder_needs_before_the_edit() {
    let movie = movie(&[TrackSpec::audio(48000, 200).edit(0, 96000)]);
    let edits = EditMap::new(&movie.tracks[0], 1000).unwrap();
    let first = |value, timescale| {
        let preroll = Preroll {
            value,
            timescale,
            at_sync: false,
        };
        let survey = Survey::audio(&movie.tracks[0], &edits, preroll);
        survey.unwrap().unwrap().first_sample
    };
    // Frame 93 holds the edit's start.
    assert_eq!(first(0, 1), 93);
    assert_eq!(first(1024, 48000), 92);
    assert_eq!(first(1, 1), 46, "a second");
}

#[test]
fn audio_that_starts_decoding_at_sync_samples_starts_at_the_last_one_before() {
    let mut track = TrackSpec::audio(48000, 200).edit(0, 96000);
    for (index, sample) in track.samples.iter_mut().enumerate() {
        sample.is_sync = index % 20 == 0;
    }
    let movie = movie(&[track]);
    let edits = EditMap::new(&movie.tracks[0], 1000).unwrap();
    let preroll = Preroll {
        at_sync: true,
        ..Preroll::default()
    };
    let survey = Survey::audio(&movie.tracks[0], &edits, preroll);
    assert_eq!(survey.unwrap().unwrap().first_sample, 80);
}

#[test]
fn an_edit_behind_all_samples_shows_nothing() {
    let movie = movie(&[TrackSpec::video(25000, 1000, 5, 5)
        .delayed(9000, false)
        .edit(40, 0)]);
    let edits = EditMap::new(&movie.tracks[0], 1000).unwrap();
    assert!(Survey::video(&movie.tracks[0], &edits).unwrap().is_none());
}

#[test]
fn what_stands_before_the_first_sync_sample_is_left_out() {
    let mut track = TrackSpec::video(25000, 1000, 12, 5);
    track.samples[0].is_sync = false;
    let survey = survey(track);
    assert_eq!((survey.first_sample, survey.first_decode_time), (5, 5000));
}

#[test]
fn video_without_any_sync_sample_is_refused() {
    let mut track = TrackSpec::video(25000, 1000, 12, 5);
    track
        .samples
        .iter_mut()
        .for_each(|sample| sample.is_sync = false);
    let movie = movie(&[track]);
    let error = Survey::video(&movie.tracks[0], &EditMap::default()).unwrap_err();
    assert_eq!(error, "no sync sample: nothing to start decoding at");
}

#[test]
fn pictures_shown_before_their_sync_sample_make_an_open_gop() {
    let mut track = TrackSpec::video(25000, 1000, 10, 5).delayed(2000, true);
    assert!(!survey(track.clone()).has_leading);
    track.samples[6].composition_offset = 0;
    assert!(survey(track).has_leading);
}

fn rate(timescale: u32, durations: impl IntoIterator<Item = u32>) -> (u32, u32) {
    let mut rate = SampleRate::default();
    durations
        .into_iter()
        .for_each(|duration| rate.add(duration, 1));
    rate.finish();
    rate.frame_rate(timescale)
}

#[test]
fn frame_rates_are_exact_fractions() {
    assert_eq!(rate(30000, [1001; 90]), (30000, 1001));
    assert_eq!(rate(90000, [3003; 90]), (30000, 1001));
    assert_eq!(rate(90000, [3600; 90]), (25, 1));
    assert_eq!(
        rate(12800, [512, 512, 512, 7]),
        (25, 1),
        "the last one does not count"
    );
}

#[test]
fn a_coarse_clock_is_read_as_the_standard_rate_next_to_it() {
    let ticks = |rate: f64| {
        (0..600).map(move |i| {
            ((f64::from(i + 1) / rate).mul_add(1000.0, 0.5) as u32)
                - ((f64::from(i) / rate).mul_add(1000.0, 0.5) as u32)
        })
    };
    assert_eq!(rate(1000, ticks(30.0)), (30, 1));
    assert_eq!(rate(1000, ticks(30000.0 / 1001.0)), (30000, 1001));
    assert_eq!(rate(1000, ticks(24000.0 / 1001.0)), (24000, 1001));
    assert_eq!(rate(1000, ticks(24.0)), (24, 1));
}

#[test]
fn a_rate_with_few_odd_durations_is_that_of_the_rest() {
    let durations = (0..100).map(|i| if i == 40 { 6000 } else { 3000 });
    assert_eq!(rate(90000, durations), (30, 1));
}

#[test]
fn a_variable_rate_is_the_mean() {
    // 6 frames (the last does not count) in 27 000 of 90 000.
    assert_eq!(
        rate(90000, [3000, 3000, 9000, 3000, 6000, 3000, 3000]),
        (20, 1)
    );
    assert_eq!(rate(90000, [3000, 9000, 3100, 3000, 6000, 1]), (2334, 125));
}
