#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod date_ranges;
mod delta;
mod directives;
mod evolution;
mod lives;
mod multivariant;
mod parser;
mod parts;
mod playlist;
mod protected;
mod reading;
mod stretches;

use std::sync::Arc;

use bytes::Bytes;
use edgepack_packager::live::{Part, Sample, Segment, Window};

use super::*;

/// 2026-11-23T05:47:46.000Z
const NOW_MS: i64 = 1_795_412_866_000;
const EPOCH: u32 = 0x6b03_c2c2;
const TIMESCALE: u32 = 90_000;
/// Half a second.
const PART: u64 = 45_000;

const LOW_LATENCY: Control = Control {
    target_duration_ms: 2000,
    part_target_ms: Some(500),
    hold_back_ms: None,
    part_hold_back_ms: None,
    can_skip_until_ms: Some(12_000),
    can_block_reload: true,
};

const PLAIN: Control = Control {
    part_target_ms: None,
    ..LOW_LATENCY
};

/// Segments of four parts, two seconds each, with numbers from `first`; behind them one that grows, if it has parts.
fn window(first: u64, whole: u64, growing: usize) -> Window {
    let mut window = Window {
        timescale: TIMESCALE,
        segments: Vec::new(),
        discontinuities_gone: 0,
        ended: false,
    };
    for number in first..first + whole {
        window.segments.push(Arc::new(segment(number, 4, true)));
    }
    if growing > 0 {
        let last = segment(first + whole, growing, false);
        window.segments.push(Arc::new(last));
    }
    window
}

/// Every second part begins with a sync sample. The first segment of all begins at [`NOW_MS`].
fn segment(number: u64, parts: usize, complete: bool) -> Segment {
    let start = number * 4 * PART;
    let parts: Vec<_> = (0..parts as u64)
        .map(|index| Arc::new(part(start + index * PART, PART, index % 2 == 0)))
        .collect();
    Segment {
        number,
        start,
        duration: parts.iter().map(|part| part.duration).sum(),
        wall_clock_ms: NOW_MS + i64::try_from(number).unwrap() * 2000,
        discontinuity: false,
        epoch: EPOCH,
        header: 0,
        gap: false,
        complete,
        parts,
    }
}

fn part(start: u64, duration: u64, independent: bool) -> Part {
    Part {
        start,
        duration,
        independent,
        first_sample: 0,
        prefix: Bytes::new(),
        samples: vec![sample(duration)],
        media: Vec::new(),
    }
}

fn sample(duration: u64) -> Sample {
    Sample {
        size: 0,
        duration: u32::try_from(duration).unwrap(),
        composition_offset: 0,
        is_sync: true,
    }
}

/// The segment with this number, to be changed.
fn change(window: &mut Window, number: u64, how: impl FnOnce(&mut Segment)) {
    let index = window.find(number).unwrap();
    how(Arc::make_mut(&mut window.segments[index]));
}

fn gap(segment: &mut Segment) {
    segment.gap = true;
    segment.parts.clear();
}

fn view(window: &Window) -> LiveView<'_> {
    LiveView {
        window,
        epoch: EPOCH,
        nature: Nature::Sliding,
        independent: true,
        control: LOW_LATENCY,
        reports: &[],
        date_ranges: DateRanges::default(),
        protection: None,
        start_ms: None,
    }
}

fn plain(window: &Window) -> LiveView<'_> {
    LiveView {
        control: PLAIN,
        ..view(window)
    }
}

/// Lines that begin with a tag.
fn lines<'t>(playlist: &'t str, tag: &str) -> Vec<&'t str> {
    playlist
        .lines()
        .filter(|line| line.starts_with(tag))
        .collect()
}

fn uris(playlist: &str) -> Vec<&str> {
    playlist
        .lines()
        .filter(|line| !line.starts_with('#'))
        .collect()
}
