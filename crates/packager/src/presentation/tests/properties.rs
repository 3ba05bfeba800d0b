//! What holds for every asset, whatever its sample tables and wherever it is cut.
use proptest::prelude::*;

use crate::craft::{Entry, SampleSpec, TrackSpec, build, source};
use crate::timing::composition_time;
use crate::{Clip, Input, Media, Options, Presentation, Rendition, SegmentPlan, Source};

/// Frames of one or several durations, B-frames with or without an edit list that takes their delay back, open GOPs,
/// samples before the first sync sample.
fn any_video() -> impl Strategy<Value = TrackSpec> {
    let clocks = prop::sample::select(vec![
        (25_000, vec![1000]),
        (30_000, vec![1001]),
        (12_800, vec![512]),
        (90_000, vec![1500, 3000, 4500]),
        (1000, vec![33, 34]),
    ]);
    (
        clocks,
        prop::collection::vec(1usize..40, 1..12),
        prop::collection::vec(0usize..5, 40),
        0usize..3,
        any::<bool>(),
        prop::option::weighted(0.2, 1usize..10),
    )
        .prop_map(
            |((timescale, durations), gops, swings, delay, edit, headless)| {
                let gops: Vec<(usize, usize)> = gops
                    .iter()
                    .flat_map(|gop| (0..*gop).map(|at| (at, *gop)))
                    .collect();
                let duration = |index: usize| durations[index * 7 % durations.len()];
                // When a sample would be shown that is `swing` later in decode order.
                let time = |index: usize| (0..index).map(duration).sum::<u32>();
                let sample = |(index, (at, gop)): (usize, &(usize, usize))| {
                    let swing = match at {
                        0 => delay,
                        _ if delay == 0 => 0,
                        // Before the next sync sample.
                        at => swings[*at].min(gop + delay - at - 1),
                    };
                    SampleSpec {
                        duration: duration(index),
                        composition_offset: (time(index + swing) - time(index)) as i32,
                        is_sync: *at == 0 && index >= headless.unwrap_or(0).min(gops.len() - gop),
                        size: 20 + index as u32 * 7 % 50,
                        description: 0,
                    }
                };
                let mut samples: Vec<SampleSpec> = gops.iter().enumerate().map(sample).collect();
                if !samples.iter().any(|sample| sample.is_sync) {
                    samples[0].is_sync = true;
                }
                TrackSpec {
                    handler: *b"vide",
                    timescale,
                    language: *b"und",
                    edits: if edit && delay > 0 {
                        vec![(0, time(delay) as i32)]
                    } else {
                        vec![]
                    },
                    samples,
                    entries: vec![Entry::Avc],
                }
            },
        )
}

fn any_audio() -> impl Strategy<Value = TrackSpec> {
    (1usize..700, 0i32..3000).prop_map(|(frames, priming)| {
        TrackSpec::audio(48_000, frames).edit(0, priming.min(frames as i32 * 1024 - 1))
    })
}

fn any_asset() -> impl Strategy<Value = Vec<TrackSpec>> {
    let video = prop::collection::vec(any_video(), 0..4);
    (video, prop::option::of(any_audio()))
        .prop_filter("no track", |(video, audio)| {
            !video.is_empty() || audio.is_some()
        })
        .prop_map(|(video, audio)| video.into_iter().chain(audio).collect())
}

/// A file for each track.
fn sources(tracks: &[TrackSpec]) -> Vec<Source> {
    let file = |(index, track): (usize, &TrackSpec)| {
        source(&format!("{index}.mp4"), std::slice::from_ref(track))
    };
    tracks.iter().enumerate().map(file).collect()
}

/// Presentation time − composition time, by the definition of `tfdt`, `trun` and `elst`.
fn offset(p: &Presentation, r: &Rendition) -> i64 {
    let first = r.segments[0];
    let sample = p.track(r).unwrap().samples.sample(first.first_sample);
    first.base_media_decode_time as i64 - sample.unwrap().decode_time as i64 + r.composition_shift
        - r.priming as i64
}

/// All samples of all segments in order, their bytes and times without a gap.
fn check(p: &Presentation, r: &Rendition) -> Result<(), TestCaseError> {
    let table = &p.track(r).unwrap().samples;
    let first = r.segments[0];
    let mut next = (first.first_sample, 0);
    let mut decode_time = first.base_media_decode_time;
    let longest = r.segments.iter().map(|segment| segment.duration).max();
    for (number, segment) in r.segments.iter().enumerate() {
        prop_assert_eq!((segment.first_sample, segment.start), next);
        prop_assert!(segment.sample_count > 0 && segment.duration > 0);
        prop_assert_eq!(segment.base_media_decode_time, decode_time);
        next = (
            segment.first_sample + segment.sample_count,
            segment.start + segment.duration,
        );
        let samples: Vec<_> = table
            .iter_from(segment.first_sample)
            .take(segment.sample_count as usize)
            .collect();
        decode_time += samples
            .iter()
            .map(|sample| u64::from(sample.duration))
            .sum::<u64>();
        let plan = SegmentPlan::new(p, r, number, crate::SegmentProtection::Clear).unwrap();
        prop_assert_eq!(plan.payload_len(), segment.bytes);
        prop_assert_eq!(plan.content_length(), Some(segment.len));
        let mut from_ranges = plan
            .source_ranges()
            .iter()
            .flat_map(|range| range.offset..range.offset + range.len);
        for sample in &samples {
            for at in sample.offset..sample.offset + u64::from(sample.size) {
                prop_assert_eq!(from_ranges.next(), Some(at));
            }
        }
        prop_assert_eq!(from_ranges.next(), None);
        if longest.is_some_and(|longest| segment.duration * 2 >= longest) {
            let bits = segment.len * 8 * u64::from(r.timescale);
            prop_assert!(bits <= r.peak_bandwidth * segment.duration);
        }
    }
    prop_assert_eq!(next.1, r.duration());
    Ok(())
}

/// Each segment but the first begins with a sync sample, at its time; trick play lists all of them.
fn check_sync(p: &Presentation, r: &Rendition) -> Result<(), TestCaseError> {
    let Some(trick) = p.trick_play(r) else {
        return Ok(());
    };
    let first = r.segments[0];
    prop_assert_eq!(trick.frames[0].sample, first.first_sample);
    for segment in &r.segments[1..] {
        let listed = trick
            .frames
            .iter()
            .any(|frame| (frame.sample, frame.start) == (segment.first_sample, segment.start));
        prop_assert!(listed);
    }
    for pair in trick.frames.windows(2) {
        prop_assert_eq!(pair[0].start + pair[0].duration, pair[1].start);
    }
    for (number, frame) in trick.frames.iter().enumerate() {
        let plan =
            SegmentPlan::keyframe(p, r, number, frame, crate::SegmentProtection::Clear).unwrap();
        prop_assert_eq!(plan.content_length(), Some(frame.len));
    }
    Ok(())
}

fn is_video(r: &Rendition) -> bool {
    matches!(r.media, Media::Video { .. })
}

/// Where one rung begins a segment, all do that have begun and not ended.
fn check_alignment(p: &Presentation) -> Result<(), TestCaseError> {
    let seconds = |ticks: u64, r: &Rendition| ticks as f64 / f64::from(r.timescale);
    // Half of the longest frame there is (4500 of 90 000).
    let near = 0.025 + 1e-9;
    let rungs: Vec<&Rendition> = p.renditions.iter().filter(|r| is_video(r)).collect();
    for a in &rungs {
        for b in &rungs {
            let begins = seconds(p.trick_play(b).unwrap().frames[0].start, b);
            let ends = seconds(b.duration(), b);
            for segment in &a.segments {
                let at = seconds(segment.start, a);
                let aligned = b
                    .segments
                    .iter()
                    .any(|s| (seconds(s.start, b) - at).abs() <= near);
                prop_assert!(aligned || at <= begins + near || at >= ends - near, "{at}");
            }
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(160))]

    #[test]
    fn every_sample_is_in_one_segment_and_times_have_no_gap(
        tracks in any_asset(),
        target_ms in 100u32..6000,
    ) {
        let p = build(sources(&tracks), target_ms).unwrap();
        for r in &p.renditions {
            check(&p, r)?;
            check_sync(&p, r)?;
            let table = &p.track(r).unwrap().samples;
            let first = if is_video(r) { table.sync_samples().next().unwrap() } else { 0 };
            prop_assert_eq!(r.segments[0].first_sample, first);
            let last = r.segments.last().unwrap();
            prop_assert_eq!(last.first_sample + last.sample_count, table.len());
        }
        check_alignment(&p)?;
    }

    #[test]
    fn a_clip_shows_each_sample_of_its_stretch_at_its_time(
        tracks in any_asset(),
        target_ms in 100u32..6000,
        from in prop::option::of(0.0..0.9),
        length in prop::option::of(0.05..1.0),
    ) {
        let whole = build(sources(&tracks), target_ms).unwrap();
        let total = whole.duration_ms as f64 * 1000.0;
        let start_us = from.map(|from: f64| (from * total) as u64);
        let end_us = length.map(|length: f64| start_us.unwrap_or(0) + (length * total) as u64 + 1);
        let mut input = Input::by_convention(sources(&tracks));
        input.periods[0].clip = Clip { start_us, end_us };
        let Ok(p) = Presentation::compose(input, &Options { target_duration_ms: target_ms }) else {
            // Nothing is left where all tracks are late or have ended.
            return Ok(());
        };
        let mut origin = None;
        for r in &p.renditions {
            check(&p, r)?;
            check_sync(&p, r)?;
            let before = whole.renditions.iter().find(|other| other.source == r.source).unwrap();
            let (now, then) = (offset(&p, r), offset(&whole, before));
            let seconds = |ticks: i64| ticks as f64 / f64::from(r.timescale);
            // By how much earlier everything is than in the whole: the same for all.
            let moved = seconds(then - now);
            let known = *origin.get_or_insert(moved);
            prop_assert!((known - moved).abs() <= 0.025 + 1e-9, "{known} {moved}");
            let end = end_us.map_or(f64::MAX, |end| end as f64 / 1e6);
            let (first, last) = (r.segments[0], r.segments.last().unwrap());
            let range = first.first_sample..last.first_sample + last.sample_count;
            for sample in p.track(r).unwrap().samples.iter_from(0) {
                let time = composition_time(&sample);
                let duration = if is_video(r) { 0 } else { i64::from(sample.duration) - 1 };
                let shown = seconds(time + duration + now) >= 0.0
                    && seconds(time + then) < end - 2e-6
                    && sample.index >= before.segments[0].first_sample;
                prop_assert!(!shown || range.contains(&sample.index), "sample {}", sample.index);
                // What is there without need comes before the first sample shown, or a shown one depends on it.
                let late = seconds(time + then) > end + 1e-9;
                prop_assert!(!late || is_video(r) || !range.contains(&sample.index), "sample {}", sample.index);
            }
            let begins = p.track(r).unwrap().samples.sample(first.first_sample).unwrap();
            if is_video(r) && start_us.is_some_and(|start| start > 0) && known > 0.0 {
                prop_assert!(begins.is_sync);
                // But for a rung that begins within the clip.
                if begins.index > before.segments[0].first_sample {
                    prop_assert_eq!(composition_time(&begins) + now, 0);
                }
            }
            if let Some(start) = start_us {
                prop_assert!(moved <= start as f64 / 1e6 + 0.025 + 1e-6);
            }
        }
        check_alignment(&p)?;
    }
}
