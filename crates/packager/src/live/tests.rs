#![allow(clippy::unwrap_used)]
use std::sync::Arc;

use bytes::Bytes;

use super::{Part, Sample, Segment, Window};

/// A picture.
const SAMPLE: u32 = 1;
/// Fifty pictures.
const TARGET_MS: u32 = 2000;

/// Segments of these durations in one time line from `start` and number 7 on; the last one grows.
fn window(mut start: u64, durations: &[u64]) -> Window {
    let last = durations.len() - 1;
    let segments = durations.iter().zip(7..).enumerate();
    let segments = segments.map(|(at, (duration, number))| {
        let segment = Segment {
            number,
            start,
            duration: *duration,
            wall_clock_ms: 0,
            discontinuity: false,
            epoch: 0,
            header: 0,
            gap: false,
            complete: at < last,
            parts: vec![Arc::new(part(start, *duration))],
        };
        start += duration;
        Arc::new(segment)
    });
    Window {
        timescale: 25,
        segments: segments.collect(),
        discontinuities_gone: 0,
        ended: false,
    }
}

fn part(start: u64, duration: u64) -> Part {
    let sample = Sample {
        size: 0,
        duration: SAMPLE,
        composition_offset: 0,
        is_sync: true,
    };
    Part {
        start,
        duration,
        independent: true,
        first_sample: 0,
        prefix: Bytes::new(),
        samples: vec![sample; usize::try_from(duration).unwrap()],
        media: Vec::new(),
    }
}

fn next(start: u64, durations: &[u64]) -> (u64, usize) {
    window(start, durations).next(TARGET_MS)
}

#[test]
fn what_comes_next_is_a_part_of_the_growing_segment() {
    assert_eq!(next(0, &[50, 50, 49]), (9, 1));
    assert_eq!(next(0, &[20]), (7, 1));
}

#[test]
fn a_segment_is_whole_where_it_and_the_one_before_end_with_their_multiples_of_the_target() {
    assert_eq!(next(0, &[50, 50]), (9, 0));
    // The encoder was joined in the middle of a segment.
    assert_eq!(next(38, &[12, 50]), (9, 0));
    assert_eq!(next(38, &[12, 12]), (8, 1));
    // There is none before, or it went on.
    assert_eq!(next(0, &[50]), (7, 1));
    assert_eq!(next(0, &[51, 49]), (8, 1));
}

#[test]
fn a_segment_that_went_on_for_lack_of_a_sync_sample_is_not_whole() {
    assert_eq!(next(0, &[50, 50, 51]), (9, 1));
}

#[test]
fn a_segment_is_whole_where_it_is_as_long_as_the_two_before() {
    // Sync samples lie between the multiples, or further apart.
    assert_eq!(next(12, &[50, 50, 50]), (10, 0));
    assert_eq!(next(0, &[75, 75, 75]), (10, 0));
    assert_eq!(next(12, &[30, 50, 50]), (9, 1));
    assert_eq!(next(12, &[50, 50]), (8, 1));
    // But a sync sample in the multiple that it began in begins no other.
    assert_eq!(next(0, &[76, 37, 37, 37]), (10, 1));
}

#[test]
fn nothing_is_known_of_a_segment_behind_a_gap_or_a_discontinuity() {
    let change = |how: fn(&mut Segment), at: usize| {
        let mut window = window(0, &[50, 50]);
        how(Arc::make_mut(&mut window.segments[at]));
        window.next(TARGET_MS)
    };
    assert_eq!(change(|segment| segment.gap = true, 0), (8, 1));
    assert_eq!(change(|segment| segment.discontinuity = true, 1), (8, 1));
    assert_eq!(change(|segment| segment.epoch = 1, 1), (8, 1));
    // Nothing comes of a gap.
    assert_eq!(change(|segment| segment.gap = true, 1), (9, 0));
}
