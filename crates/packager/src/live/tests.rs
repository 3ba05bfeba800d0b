use std::sync::Arc;

use super::{Segment, Window};

/// Segments of these durations in one time line from number 7 on; the last one grows.
fn window(durations: &[u64]) -> Window {
    let mut start = 0;
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
            parts: Vec::new(),
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

#[test]
fn what_comes_next_is_a_part_of_the_growing_segment() {
    assert_eq!(window(&[50, 50, 49]).next(), (9, 0));
    assert_eq!(window(&[20]).next(), (7, 0));
}

#[test]
fn what_comes_next_to_a_segment_as_long_as_the_two_before_is_the_following_one() {
    assert_eq!(window(&[50, 50, 50]).next(), (10, 0));
    assert_eq!(window(&[12, 50, 50]).next(), (9, 0));
    assert_eq!(window(&[50, 50]).next(), (8, 0));
}
