#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use super::*;
use crate::craft::{TrackSpec, movie};

fn map(track: TrackSpec) -> Result<EditMap, String> {
    EditMap::new(&movie(&[track]).tracks[0], 1000)
}

fn survey(track: TrackSpec) -> Survey {
    let movie = movie(&[track]);
    let edits = EditMap::new(&movie.tracks[0], 1000).unwrap();
    Survey::video(&movie.tracks[0], &edits).unwrap()
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
fn a_second_edit_is_refused() {
    let error = map(TrackSpec::video(25000, 1000, 10, 5)
        .edit(40, 0)
        .edit(40, 5000))
    .unwrap_err();
    assert_eq!(error, "an edit list with several edits");
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
fn audio_keeps_a_second_before_the_edit() {
    let movie = movie(&[TrackSpec::audio(48000, 200).edit(0, 96000)]);
    let edits = EditMap::new(&movie.tracks[0], 1000).unwrap();
    let survey = Survey::audio(&movie.tracks[0], &edits).unwrap();
    assert_eq!(survey.first_sample, 46, "which ends at 48 128");
}

#[test]
fn an_edit_behind_all_samples_is_refused() {
    let movie = movie(&[TrackSpec::video(25000, 1000, 5, 5)
        .delayed(9000, false)
        .edit(40, 0)]);
    let edits = EditMap::new(&movie.tracks[0], 1000).unwrap();
    assert_eq!(
        Survey::video(&movie.tracks[0], &edits).unwrap_err(),
        "an edit list that shows no sample"
    );
}

fn rate(timescale: u32, durations: impl IntoIterator<Item = u32>) -> (u32, u32) {
    let mut rate = SampleRate::default();
    durations
        .into_iter()
        .for_each(|duration| rate.add(duration));
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
fn a_variable_rate_is_named_by_its_most_common_duration() {
    assert_eq!(
        rate(90000, [3000, 3000, 9000, 3000, 6000, 3000, 3000]),
        (30, 1)
    );
}
