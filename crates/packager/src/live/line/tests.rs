#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use bytes::Bytes;

use super::*;
use crate::live::{Part, Sample};

mod encoders;
mod holes;
mod properties;
mod redundancy;

/// Ticks per second.
const SCALE: u32 = 1000;
/// 25 frames/s.
const FRAME: u32 = 40;
/// Unix time of media time 0, on a multiple of the segment target.
const ZERO_MS: i64 = 1_700_000_000_000;
const A: u64 = 1;
const B: u64 = 2;

/// Frames from `start` to `end` (milliseconds), a sync sample every `gop` of them, counted from time 0. Each is of a size
/// and of bytes that its time gives.
fn frames(start: u64, end: u64, gop: u64) -> Chunk {
    let times = (start..end).step_by(FRAME as usize);
    let mut media = Vec::new();
    let samples = times.map(|time| {
        let size = 3 + (time % 11) as u32;
        media.extend((0..size).map(|at| (time / 40) as u8 ^ at as u8));
        Sample {
            size,
            duration: FRAME,
            composition_offset: 0,
            is_sync: (time / u64::from(FRAME)).is_multiple_of(gop),
        }
    });
    Chunk {
        base_media_decode_time: start,
        samples: samples.collect(),
        media: media.into(),
        prefix: Bytes::new(),
    }
}

/// As soon as its last frame is there.
fn arrival(chunk: &Chunk, encoder: u64) -> Arrival {
    let end = chunk.base_media_decode_time + chunk.duration();
    Arrival {
        at_ms: ZERO_MS + end as i64,
        steady_ms: ZERO_MS + end as i64,
        encoder,
        clock: None,
    }
}

fn options() -> LineOptions {
    LineOptions::new(SCALE, false)
}

struct Fed(Line);

impl Fed {
    fn new(options: LineOptions) -> Self {
        Self(Line::new(options).unwrap())
    }

    fn push(&mut self, chunk: Chunk) -> Outcome {
        self.push_of(chunk, A)
    }

    fn push_of(&mut self, chunk: Chunk, encoder: u64) -> Outcome {
        let arrival = arrival(&chunk, encoder);
        self.0.push(chunk, arrival).unwrap()
    }

    /// Two-second groups of pictures, in chunks of half a second.
    fn stretch(&mut self, start: u64, end: u64) -> Outcome {
        let mut sum = Outcome::default();
        let mut at = start;
        while at < end {
            let next = (at / 480 + 1) * 480;
            let got = self.push(frames(at, next.min(end), 50));
            sum.parts += got.parts;
            sum.segments += got.segments;
            sum.gaps += got.gaps;
            sum.discontinuities += got.discontinuities;
            sum.undecodable += got.undecodable;
            sum.duplicates += got.duplicates;
            sum.late += got.late;
            at = next;
        }
        sum
    }

    fn segments(&self) -> Vec<Shown> {
        self.0.window().segments.iter().map(|s| shown(s)).collect()
    }

    /// Number, start, duration, gap.
    fn outline(&self) -> Vec<(u64, u64, u64, bool)> {
        let window = self.0.window();
        let segments = &window.segments;
        let outline = segments
            .iter()
            .map(|s| (s.number, s.start, s.duration, s.gap));
        outline.collect()
    }
}

/// All of a segment that can be compared.
type Shown = (u64, u64, u64, i64, [bool; 3], u32, Vec<ShownPart>);
type ShownPart = (u64, u64, bool, u64, Vec<Sample>, Vec<u8>);

fn shown(segment: &Segment) -> Shown {
    let flags = [segment.discontinuity, segment.gap, segment.complete];
    let parts = segment.parts.iter().map(|part| shown_part(part));
    (
        segment.number,
        segment.start,
        segment.duration,
        segment.wall_clock_ms,
        flags,
        segment.header,
        parts.collect(),
    )
}

fn shown_part(part: &Part) -> ShownPart {
    let media = part.media.concat();
    assert_eq!(part.bytes(), media.len() as u64);
    let samples = part.samples.clone();
    (
        part.start,
        part.duration,
        part.independent,
        part.first_sample,
        samples,
        media,
    )
}

const N: u64 = ZERO_MS as u64 / 2000;

#[test]
fn segments_begin_at_sync_samples_in_other_multiples_and_are_numbered_by_the_clock() {
    let mut line = Fed::new(options());
    line.stretch(0, 4960);
    assert_eq!(
        line.outline(),
        [
            (N, 0, 2000, false),
            (N + 1, 2000, 2000, false),
            (N + 2, 4000, 960, false)
        ]
    );
    let window = line.0.window();
    assert_eq!(window.segments[1].wall_clock_ms, ZERO_MS + 2000);
    assert!(window.segments[1].complete && !window.segments[2].complete);
    assert_eq!(window.next(2000), (N + 2, 2));
}

#[test]
fn a_part_is_there_as_soon_as_no_further_sample_fits() {
    let mut line = Fed::new(options());
    // Twelve frames are 480 ms, a thirteenth would make 520.
    let outcome = line.push(frames(0, 480, 50));
    assert_eq!((outcome.parts, outcome.lag_ms), (1, Some(0)));
    assert_eq!(line.push(frames(480, 920, 50)).parts, 0);
    assert_eq!(line.push(frames(920, 960, 50)).parts, 1);
}

#[test]
fn the_last_part_of_a_segment_waits_for_nothing_where_segments_are_regular() {
    let mut line = Fed::new(options());
    line.stretch(0, 2400);
    // Frames 48 and 49 end the second segment at 4 s, as the first one ended at 2 s.
    line.stretch(2400, 3920);
    let parts = line.0.window().segments[1].parts.len();
    line.push(frames(3920, 4000, 50));
    let window = line.0.window();
    assert_eq!(window.segments[1].parts.len(), parts + 1);
    assert!(!window.segments[1].complete);
}

#[test]
fn sound_ends_its_segments_without_waiting() {
    let mut line = Fed::new(LineOptions {
        all_sync: true,
        ..options()
    });
    assert_eq!(line.push(frames(0, 2000, 50)).segments, 1);
    assert!(line.0.window().segments[0].complete);
    assert_eq!(line.0.window().next(2000), (N + 1, 0));
}

#[test]
fn tracks_that_share_a_clock_get_the_same_numbers() {
    // Between two multiples of the target by the wall clock.
    let clock = Some(Clock {
        zero_us: ZERO_MS * 1000 + 1_999_000,
    });
    let mut numbers = Vec::new();
    for (start, timescale) in [(4000, 1000), (4040, 1000), (5960, 1000)] {
        let mut line = Line::new(LineOptions {
            timescale,
            all_sync: true,
            ..options()
        })
        .unwrap();
        let chunk = frames(start, start + 520, 50);
        let at_ms = ZERO_MS + 2500 + start as i64;
        let arrival = Arrival {
            at_ms,
            steady_ms: at_ms,
            encoder: A,
            clock,
        };
        line.push(chunk, arrival).unwrap();
        assert_eq!(line.clock(), clock);
        numbers.push(line.window().segments[0].number);
    }
    assert_eq!(numbers, [N + 2; 3]);
}

#[test]
fn a_clock_that_is_far_off_is_not_believed() {
    let mut line = Line::new(options()).unwrap();
    let chunk = frames(0, 480, 50);
    let outcome = line.push(
        chunk,
        Arrival {
            at_ms: ZERO_MS + 480,
            steady_ms: ZERO_MS + 480,
            encoder: A,
            clock: Some(Clock { zero_us: 0 }),
        },
    );
    assert!(outcome.unwrap().clock_refused);
    assert_eq!(line.window().segments[0].wall_clock_ms, ZERO_MS);
}

#[test]
fn what_comes_before_the_first_sync_sample_is_dropped() {
    let mut line = Fed::new(options());
    let outcome = line.push(frames(1520, 2480, 50));
    assert_eq!((outcome.undecodable, outcome.parts), (12, 1));
    assert_eq!(line.outline(), [(N + 1, 2000, 480, false)]);
}

#[test]
fn a_jump_ahead_beyond_the_largest_hole_is_a_discontinuity() {
    let mut line = Fed::new(options());
    line.stretch(0, 2960);
    let outcome = line.stretch(100_000, 102_480);
    assert_eq!((outcome.discontinuities, outcome.gaps), (1, 0));
    let window = line.0.window();
    let last = &window.segments[2];
    assert!(last.discontinuity && last.number == N + 2);
    assert_eq!(last.wall_clock_ms, ZERO_MS + 100_000);
}

#[test]
fn an_encoder_that_begins_anew_makes_a_discontinuity_and_its_clock_starts_at_arrival() {
    let mut line = Fed::new(options());
    line.stretch(50_000, 55_200);
    let mut at_ms = ZERO_MS + 60_000;
    for start in [0, 480] {
        at_ms += 480;
        let chunk = frames(start, start + 480, 50);
        let arrival = Arrival {
            at_ms,
            steady_ms: at_ms,
            encoder: A,
            clock: None,
        };
        line.0.push(chunk, arrival).unwrap();
    }
    let window = line.0.window();
    let last = window.segments.last().unwrap();
    assert!(last.discontinuity && last.start == 0);
    assert_eq!(last.wall_clock_ms, ZERO_MS + 60_000);
    let numbers: Vec<u64> = window.segments.iter().map(|s| s.number).collect();
    assert!(numbers.windows(2).all(|pair| pair[1] == pair[0] + 1));
}

#[test]
fn no_segment_is_at_a_time_that_was_told_before() {
    let mut line = Fed::new(options());
    line.stretch(50_000, 55_200);
    // A second of new time line arrives right behind five of the old.
    let chunk = frames(0, 1000, 50);
    let arrival = Arrival {
        at_ms: ZERO_MS + 55_300,
        steady_ms: ZERO_MS + 55_300,
        encoder: A,
        clock: None,
    };
    line.0.push(chunk, arrival).unwrap();
    let last = line.0.window().segments.last().unwrap().clone();
    assert_eq!(last.wall_clock_ms, ZERO_MS + 55_200);
}

#[test]
fn what_was_sent_already_is_dropped_and_counted() {
    let mut line = Fed::new(options());
    line.push(frames(0, 480, 50));
    let outcome = line.push(frames(240, 960, 50));
    assert_eq!((outcome.duplicates, outcome.misaligned), (6, 0));
    let mut off_grid = frames(480, 960, 50);
    off_grid.base_media_decode_time -= 22;
    let arrival = arrival(&off_grid, B);
    let outcome = line.0.push(off_grid, arrival).unwrap();
    assert_eq!((outcome.duplicates, outcome.misaligned), (12, 12));
}

#[test]
fn what_comes_after_its_hole_was_told_is_late() {
    let mut line = Fed::new(options());
    line.stretch(0, 1920);
    line.stretch(4000, 4480);
    let outcome = line.0.push(
        frames(2880, 3360, 50),
        Arrival {
            at_ms: ZERO_MS + 4500,
            steady_ms: ZERO_MS + 4500,
            encoder: A,
            clock: None,
        },
    );
    assert_eq!(outcome.unwrap().late, 12);
}

#[test]
fn a_chunk_that_overtakes_another_waits_for_it() {
    let mut line = Fed::new(options());
    line.push(frames(0, 480, 50));
    assert!(line.push(frames(960, 1440, 50)).held);
    let outcome = line.push(frames(480, 960, 50));
    assert_eq!((outcome.parts, outcome.gaps), (2, 0));
    assert_eq!(line.0.end(), Some(1440));
}

#[test]
fn another_header_begins_a_segment() {
    let mut line = Fed::new(options());
    line.push(frames(0, 1440, 12));
    let source = Source {
        timescale: 2 * SCALE,
        composition_shift: -10,
        decode_shift: 0,
    };
    line.0.header_changed(1, source, true);
    let mut chunk = frames(1440, 1960, 12);
    chunk.base_media_decode_time *= 2;
    chunk.samples.iter_mut().for_each(|s| s.duration *= 2);
    let arrival = Arrival {
        at_ms: ZERO_MS + 1960,
        steady_ms: ZERO_MS + 1960,
        encoder: A,
        clock: None,
    };
    assert_eq!(line.0.push(chunk, arrival).unwrap().discontinuities, 1);
    let window = line.0.window();
    let [first, second] = &window.segments[..] else {
        panic!("{:?}", line.outline())
    };
    assert_eq!((first.header, second.header), (0, 1));
    assert!(first.complete && second.discontinuity);
    assert_eq!((second.start, second.duration), (1440, 480));
    let sample = second.parts[0].samples[0];
    assert_eq!((sample.duration, sample.composition_offset), (FRAME, -5));
}

#[test]
fn another_tracks_discontinuity_is_marked_at_the_next_segment() {
    let mut line = Fed::new(options());
    line.stretch(0, 960);
    line.0.discontinue();
    line.stretch(960, 2880);
    let marked: Vec<bool> = line
        .0
        .window()
        .segments
        .iter()
        .map(|s| s.discontinuity)
        .collect();
    assert_eq!(marked, [false, true]);
}

#[test]
fn what_leaves_the_window_stays_for_three_target_durations_and_counts_its_discontinuities() {
    let mut line = Fed::new(LineOptions {
        window_ms: 6000,
        ..options()
    });
    line.stretch(0, 2000);
    line.0.discontinue();
    line.stretch(2000, 10_000);
    line.stretch(10_000, 10_480);
    assert_eq!(line.0.window().segments[0].number, N + 2);
    assert_eq!(line.0.window().discontinuities_gone, 1);
    assert!(line.0.find(N).is_some() && line.0.find(N + 1).is_some());
    line.stretch(10_480, 15_840);
    assert!(line.0.find(N).is_none() && line.0.find(N + 3).is_some());
    assert!(line.0.find(N + 99).is_none());
}

#[test]
fn memory_stays_within_its_bound_before_the_window_does() {
    let mut line = Fed::new(LineOptions {
        max_bytes: 8000,
        ..options()
    });
    for start in (0..60_000).step_by(480) {
        line.push(frames(start, start + 480, 50));
        assert!(line.0.bytes() <= 8000, "{}", line.0.bytes());
    }
    assert!(line.0.window().segments.len() > 1);
}

#[test]
fn a_segment_that_never_ends_is_given_up() {
    let mut line = Fed::new(LineOptions {
        max_segment_ms: 4000,
        ..options()
    });
    line.push(frames(0, 8000, 1000));
    let outcome = line.push(frames(8000, 8480, 1000));
    assert_eq!((outcome.parts, outcome.undecodable), (0, 12));
    assert!(line.0.window().segments[0].complete);
    let outcome = line.push(frames(40_000, 40_480, 1000));
    assert_eq!((outcome.discontinuities, outcome.parts), (1, 1));
}

#[test]
fn an_end_closes_part_and_segment_and_can_be_taken_back() {
    let mut line = Fed::new(options());
    line.push(frames(0, 600, 50));
    let outcome = line.0.finish();
    assert_eq!((outcome.parts, outcome.segments), (1, 1));
    let window = line.0.window();
    assert!(window.ended && window.segments[0].complete);
    let chunk = frames(4000, 4480, 50);
    let refused = line.0.push(chunk.clone(), arrival(&chunk, A));
    assert_eq!(refused.unwrap_err(), Rejected::Ended);
    line.0.reopen();
    assert_eq!(line.push(chunk).discontinuities, 1);
    assert!(!line.0.window().ended);
}

#[test]
fn fragments_that_lie_are_refused_and_change_nothing() {
    let mut line = Fed::new(options());
    let whole = frames(0, 480, 50);
    let refused = |line: &mut Fed, chunk: Chunk| {
        let arrival = arrival(&whole, A);
        line.0.push(chunk, arrival).unwrap_err()
    };
    let mut short = whole.clone();
    short.media = short.media.slice(1..);
    assert!(matches!(refused(&mut line, short), Rejected::Sizes { .. }));
    let mut absurd = whole.clone();
    absurd.base_media_decode_time = u64::MAX - 10;
    assert!(matches!(refused(&mut line, absurd), Rejected::Time { .. }));
    let mut empty = whole.clone();
    (empty.samples, empty.media) = (Vec::new(), Bytes::new());
    assert_eq!(refused(&mut line, empty), Rejected::Empty);
    let mut early = Fed::new(LineOptions {
        composition_shift: -1,
        ..options()
    });
    let mut offset = whole.clone();
    offset.samples[3].composition_offset = i32::MIN;
    assert_eq!(refused(&mut early, offset), Rejected::Composition);
    let mut heavy = Fed::new(LineOptions {
        max_bytes: 100,
        ..options()
    });
    assert!(matches!(
        refused(&mut heavy, whole.clone()),
        Rejected::Bytes { .. }
    ));
    assert!(line.outline().is_empty() && line.0.end().is_none());
}

#[test]
fn options_that_make_no_sense_are_refused() {
    for (options, word) in [
        (
            LineOptions {
                timescale: 0,
                ..options()
            },
            "timescale",
        ),
        (
            LineOptions {
                part_target_ms: 3000,
                ..options()
            },
            "parts of 3000 ms",
        ),
        (
            LineOptions {
                window_ms: 5000,
                ..options()
            },
            "a window of 5000 ms",
        ),
    ] {
        let error = Line::new(options).unwrap_err().to_string();
        assert!(error.contains(word), "{error}");
    }
}

#[test]
fn rate_and_bandwidth_are_those_of_the_samples() {
    let mut line = Fed::new(options());
    assert_eq!((line.0.frame_rate(), line.0.bandwidths()), (None, None));
    line.stretch(0, 4480);
    assert_eq!(line.0.frame_rate(), Some((25, 1)));
    let (average, peak) = line.0.bandwidths().unwrap();
    let window = line.0.window();
    let bytes = |segment: &Segment| {
        let parts = segment.parts.iter().enumerate();
        parts.map(|(at, part)| part.clear_len(at == 0)).sum::<u64>()
    };
    let whole = bytes(&window.segments[0]) + bytes(&window.segments[1]);
    assert_eq!(average, whole * 8 / 4);
    assert!(peak > average);
}

#[test]
fn events_go_with_the_part_of_their_fragments_first_sample() {
    let event = |text: &[u8; 4]| [&[0, 0, 0, 12][..], b"emsg", text].concat();
    let mut line = Fed::new(options());
    line.push(frames(0, 440, 50));
    let mut chunk = frames(440, 960, 50);
    chunk.prefix = event(b"one.").into();
    line.push(chunk);
    let mut chunk = frames(960, 1440, 50);
    chunk.prefix = event(b"two.").into();
    line.push(chunk);
    let window = line.0.window();
    let prefixes: Vec<&[u8]> = window.segments[0]
        .parts
        .iter()
        .map(|p| &p.prefix[..])
        .collect();
    assert_eq!(prefixes, [&event(b"one.")[..], b"", &event(b"two.")]);
}

#[test]
fn a_node_whose_clock_steps_goes_on_as_if_it_had_not() {
    for step in [10_000, -10_000] {
        let (mut steady, mut stepped) = (Fed::new(options()), Fed::new(options()));
        for at in (0..20_000).step_by(480) {
            let chunk = frames(at, at + 480, 50);
            let mut arrival = arrival(&chunk, A);
            steady.0.push(chunk.clone(), arrival).unwrap();
            if at > 6000 {
                arrival.at_ms += step;
            }
            stepped.0.push(chunk, arrival).unwrap();
        }
        assert_eq!(stepped.segments(), steady.segments());
    }
}

#[test]
fn a_clock_that_steps_ahead_makes_no_encoder_silent() {
    let mut line = Fed::new(options());
    line.push(frames(0, 480, 50));
    let chunk = frames(480, 960, 50);
    let mut arrival = arrival(&chunk, B);
    arrival.at_ms += 10_000;
    assert!(line.0.push(chunk, arrival).unwrap().held);
}
