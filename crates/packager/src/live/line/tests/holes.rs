//! Holes in a time line: what is told as a gap, and what is none.
use super::*;

#[test]
fn a_hole_across_segments_leaves_gaps_and_numbers_in_step() {
    let mut line = Fed::new(options());
    line.stretch(0, 2960);
    // Resumes in the middle of a group of pictures: the next one begins at 8 s.
    let outcome = line.stretch(7200, 8480);
    assert_eq!((outcome.gaps, outcome.undecodable), (2, 20));
    assert_eq!(
        line.outline(),
        [
            (N, 0, 2000, false),
            (N + 1, 2000, 960, false),
            (N + 2, 4000, 2000, true),
            (N + 3, 6000, 2000, true),
            (N + 4, 8000, 480, false)
        ]
    );
    let window = line.0.window();
    let wall = |at: usize| window.segments[at].wall_clock_ms - ZERO_MS;
    assert_eq!((wall(2), wall(4)), (4000, 8000));
    assert!(window.segments[..4].iter().all(|segment| segment.complete));
    assert!(window.segments.iter().all(|segment| !segment.discontinuity));
}

#[test]
fn a_hole_across_longer_segments_is_told_in_segments_of_their_length() {
    let mut line = Fed::new(options());
    for start in [0, 4000, 8000, 12_000] {
        line.push(frames(start, start + 4000, 100));
    }
    line.push(frames(28_000, 28_480, 100));
    let gaps: Vec<_> = line.outline()[4..].to_vec();
    assert_eq!(
        gaps,
        [
            (N + 4, 16_000, 4000, true),
            (N + 5, 20_000, 4000, true),
            (N + 6, 24_000, 4000, true),
            (N + 7, 28_000, 480, false)
        ]
    );
}

#[test]
fn a_hole_inside_a_segment_of_sound_stays_inside_it() {
    let mut line = Fed::new(LineOptions {
        all_sync: true,
        takeover_ms: 0,
        ..options()
    });
    line.push(frames(0, 480, 1));
    line.push(frames(960, 1440, 1));
    line.push(frames(1440, 2480, 1));
    assert_eq!(
        line.outline(),
        [(N, 0, 2000, false), (N + 1, 2000, 480, false)]
    );
    let window = line.0.window();
    let starts: Vec<u64> = window.segments[0].parts.iter().map(|p| p.start).collect();
    assert_eq!(starts[..2], [0, 960]);
}

#[test]
fn clocks_that_round_make_no_holes() {
    let mut line = Fed::new(options());
    line.push(frames(0, 480, 50));
    let mut early = frames(480, 960, 50);
    early.base_media_decode_time -= 3;
    line.push(early);
    let mut late = frames(960, 1440, 50);
    late.base_media_decode_time += 7;
    let outcome = line.push(late);
    assert_eq!(
        outcome,
        Outcome {
            parts: outcome.parts,
            lag_ms: Some(0),
            ..Outcome::default()
        }
    );
    assert_eq!(line.0.end(), Some(1447));
    let window = line.0.window();
    let parts = &window.segments[0].parts;
    let mut at = 0;
    for part in parts {
        assert_eq!(part.start, at);
        at += part.duration;
    }
    // Decoded 3 ms later than it says, shown when it says.
    assert_eq!(parts[1].samples[0].composition_offset, -3);
    assert_eq!(parts[1].samples[0].duration, FRAME - 3);
}
