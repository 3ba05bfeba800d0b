//! What holds for every form: each cue in exactly the segments that it overlaps, and whole again when read back.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use std::ops::Range;

use proptest::prelude::*;

use super::*;

/// Cues with whole milliseconds in the first minute, with all that makes text hard to carry.
pub(super) fn any_cues() -> impl Strategy<Value = Vec<Cue>> {
    prop::collection::vec(any_cue(), 0..24)
}

fn any_cue() -> impl Strategy<Value = Cue> {
    let line = "[ a-z<>/&;#.-]{0,12}|-->|<b>x</b>|<00:00:05.000>y|\u{5e9}\u{5dc}|&amp;|\t|🐻";
    let text = prop::collection::vec(line, 0..4).prop_map(|lines| lines.join("\n"));
    let settings = "|line:0|line:50%,end|position:10% size:30%|align:start|region:fred|vertical:rl";
    (
        0u64..60_000,
        0u64..20_000,
        "|[a-z1-9 ]{1,6}",
        settings,
        text,
    )
        .prop_map(|(start, duration, id, settings, payload)| Cue {
            start: start * 1000,
            end: (start + duration) * 1000,
            id,
            settings,
            payload,
        })
}

/// Boundaries of segments that cover the first 90 seconds.
pub(super) fn any_segments() -> impl Strategy<Value = Vec<Range<u64>>> {
    prop::collection::btree_set(1u64..90_000, 0..12).prop_map(|boundaries| {
        let mut boundaries: Vec<u64> = boundaries.into_iter().collect();
        boundaries.insert(0, 0);
        boundaries.push(90_000);
        boundaries.windows(2).map(|pair| pair[0]..pair[1]).collect()
    })
}

fn overlaps(cue: &Cue, segment: &Range<u64>) -> bool {
    cue.start < segment.end * 1000 && cue.end > segment.start * 1000
}

/// The samples of all segments, as a demuxer would hand them over.
pub(super) fn source_samples(segments: &[Vec<TextSample>]) -> Vec<SourceSample> {
    let mut decode_time = 0;
    let mut out = vec![];
    for sample in segments.iter().flatten() {
        let duration = u64::from(sample.duration);
        out.push(SourceSample {
            decode_time,
            duration,
            data: sample.data.clone().into(),
        });
        decode_time += duration;
    }
    out
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn a_cue_is_in_exactly_the_webvtt_segments_that_it_overlaps(
        cues in any_cues(), segments in any_segments(),
    ) {
        let track = Track::new(cues).unwrap();
        for segment in segments {
            let written = webvtt_segment(&track, segment.clone(), 900_000);
            let read = parse_webvtt(&written).unwrap();
            let expected: Vec<Cue> =
                track.cues().iter().filter(|cue| overlaps(cue, &segment)).cloned().collect();
            prop_assert_eq!(read.cues(), expected);
            prop_assert_eq!(read.timestamp_map().unwrap().mpegts, 900_000);
            prop_assert_eq!(read.warnings(), 0);
        }
    }

    #[test]
    fn a_webvtt_document_reads_back_as_it_was(cues in any_cues()) {
        let track = Track::new(cues).unwrap();
        let mut read = parse_webvtt(&webvtt_document(&track)).unwrap();
        prop_assert_eq!(read.warnings(), 0);
        read.set_language(track.language());
        prop_assert_eq!(read.cues(), track.cues());
    }

    #[test]
    fn wvtt_samples_fill_their_segment_and_join_to_the_cues(
        cues in any_cues(), segments in any_segments(),
    ) {
        let track = Track::new(distinct(cues)).unwrap();
        let mut all = vec![];
        for segment in &segments {
            let samples = wvtt_samples(&track, segment.clone()).unwrap();
            let total: u64 = samples.iter().map(|sample| u64::from(sample.duration)).sum();
            prop_assert_eq!(total, segment.end - segment.start);
            prop_assert!(samples.iter().all(|sample| sample.duration > 0));
            prop_assert!(samples.windows(2).all(|pair| pair[0].data != pair[1].data));
            all.push(samples);
        }
        let entry = wvtt::sample_entry(&track);
        let read = from_wvtt(&entry, TIMESCALE, source_samples(&all)).unwrap();
        prop_assert_eq!(read.cues(), track.cues());
    }

    #[test]
    fn imsc1_documents_have_each_cues_text_where_it_is_shown(
        cues in any_cues(), segments in any_segments(),
    ) {
        let track = Track::new(cues).unwrap();
        let mut all = vec![];
        for segment in &segments {
            let samples = imsc1_samples(&track, segment.clone()).unwrap();
            prop_assert_eq!(samples.len(), 1);
            prop_assert_eq!(u64::from(samples[0].duration), segment.end - segment.start);
            all.push(samples);
        }
        let read = from_stpp(TIMESCALE, source_samples(&all)).unwrap();
        for time in (0..90_000_000).step_by(250_000) {
            prop_assert_eq!(plain_at(&read, time), plain_at(&track, time), "at {} µs", time);
        }
    }

    #[test]
    fn an_interval_of_the_track_shows_what_the_track_shows(
        cues in any_cues(), from in 0u64..60_000, len in 1u64..30_000,
    ) {
        let track = Track::new(cues).unwrap();
        let (from, to) = (from * 1000, (from + len) * 1000);
        let clip = track.clipped(from, to);
        prop_assert!(clip.end() <= to - from);
        for time in (from..to).step_by(500_000) {
            prop_assert_eq!(plain_at(&clip, time - from), plain_at(&track, time));
        }
    }
}

/// Two cues that follow each other and are alike become one in MP4: there is nothing to tell them apart.
fn distinct(cues: Vec<Cue>) -> Vec<Cue> {
    let number = |(number, cue): (usize, Cue)| Cue {
        id: format!("{number}{}", cue.id),
        ..cue
    };
    cues.into_iter().enumerate().map(number).collect()
}

/// The words on the screen at a moment, without markup and white space, sorted.
fn plain_at(track: &Track, time: u64) -> Vec<String> {
    let shown = track.overlapping(time, time + 1);
    let mut plain: Vec<String> = shown.map(|(_, cue)| plain(&cue.payload)).collect();
    plain.retain(|text| !text.is_empty());
    plain.sort();
    plain
}

pub(super) fn plain(payload: &str) -> String {
    let mut plain = String::new();
    for token in webvtt::tokens(payload) {
        if let webvtt::Token::Text(text) = token {
            plain.extend(text.chars().filter(|c| !c.is_whitespace()));
        }
    }
    plain
}

#[test]
fn a_segment_without_cues_is_a_whole_segment() {
    let track = Track::new([]).unwrap();
    assert_eq!(
        webvtt_segment(&track, 4000..8000, 0),
        "WEBVTT\nX-TIMESTAMP-MAP=LOCAL:00:00:00.000,MPEGTS:0\n\n"
    );
    for form in [TextForm::WebVtt, TextForm::Imsc1] {
        assert!(cmaf_segment(&track, form, 2, 4000..8000).unwrap().len() > 100);
    }
}

#[test]
fn cues_that_repeat_each_other_without_end_are_refused() {
    let cue = |number: u64| Cue {
        start: number * 1000,
        end: 60_000_000,
        payload: "x".repeat(4000),
        ..Cue::default()
    };
    let track = Track::new((0..1000).map(cue)).unwrap();
    let limit = Error::limit("bytes of text in one segment", MAX_SEGMENT_BYTES);
    assert_eq!(wvtt_samples(&track, 0..4000), Err(limit));
    assert!(imsc1_samples(&track, 0..4000).is_ok());
}

#[test]
fn a_segment_without_duration_is_the_callers_mistake() {
    let track = Track::new([]).unwrap();
    for (start, end) in [(4000, 4000), (4000, 3000), (0, 1 << 33)] {
        let segment = start..end;
        let refused = Error::Interval {
            start: segment.start,
            end: segment.end,
        };
        assert_eq!(
            cmaf_segment(&track, TextForm::WebVtt, 1, segment.clone()),
            Err(refused.clone())
        );
        assert_eq!(imsc1_samples(&track, segment), Err(refused));
    }
}
