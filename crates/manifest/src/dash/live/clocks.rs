//! Which clock each segment is timed by, and where that puts it.
//!
//! A run is what a track has between two discontinuities. Runs of several tracks whose media times stand for the same
//! moments share a clock.
use std::collections::BTreeMap;

use edgepack_packager::live::{Segment, Window};

use super::Channel;

/// Wall clocks of runs that share their media time differ by what tracks arrive apart, microseconds.
const TOLERANCE: i64 = 10_000_000;

pub(super) type ClockId = u64;

/// Each clock's Unix time of media time 0, microseconds.
#[derive(Debug, Clone, Default)]
pub(super) struct Clocks {
    zeros: BTreeMap<ClockId, i64>,
    /// By rendition and number of the run.
    runs: BTreeMap<(String, u64), ClockId>,
    next: ClockId,
}

/// A segment in its place.
#[derive(Debug, Clone, Copy)]
pub(super) struct Piece {
    pub(super) number: u64,
    /// Presentation time on the encoder's time line, the track's timescale.
    pub(super) start: u64,
    pub(super) duration: u64,
    pub(super) complete: bool,
    pub(super) gap: bool,
    pub(super) init: Init,
    pub(super) clock: ClockId,
    /// Unix time, microseconds.
    pub(super) at: i64,
    pub(super) end: i64,
    /// Of what it will last when it is whole.
    pub(super) middle: i64,
}

/// What a segment is decoded with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Init {
    pub(super) header: u32,
    /// `CryptoPeriod::number`, where there is one.
    pub(super) crypto: Option<u32>,
}

impl Piece {
    /// One that will come, as far as a grid asks.
    pub(super) fn at_place(start: u64, number: u64, init: Init) -> Self {
        Self {
            number,
            start,
            duration: 0,
            complete: false,
            gap: false,
            init,
            clock: 0,
            at: 0,
            end: 0,
            middle: 0,
        }
    }
}

impl Clocks {
    pub(super) fn zero(&self, clock: ClockId) -> i64 {
        self.zeros.get(&clock).copied().unwrap_or(0)
    }

    /// The segments of each track.
    pub(super) fn place(&mut self, channel: &Channel<'_>) -> Vec<Vec<Piece>> {
        let indices = 0..channel.tracks.len();
        indices
            .map(|index| self.place_track(channel, index))
            .collect()
    }

    fn place_track(&mut self, channel: &Channel<'_>, index: usize) -> Vec<Piece> {
        let (Some(track), Some(rendition)) = (
            channel.tracks.get(index),
            channel.view.presentation.renditions.get(index),
        ) else {
            return Vec::new();
        };
        let window = track.window;
        let mut run = window.discontinuities_gone;
        let mut pieces: Vec<Piece> = Vec::with_capacity(window.segments.len());
        for (at, segment) in window.segments.iter().enumerate() {
            run += u64::from(segment.discontinuity);
            let clock = self.clock(&rendition.name, run, window, at, channel, pieces.last());
            let start = segment.start.saturating_sub(rendition.priming);
            let end = (segment.start + segment.duration).saturating_sub(rendition.priming);
            let zero = self.zero(clock);
            let micros = |units| zero.saturating_add(signed_micros(units, window.timescale));
            let lasts = if segment.complete {
                micros(end) - micros(start)
            } else {
                (micros(end) - micros(start)).max(i64::from(channel.settings.target_ms) * 1000)
            };
            pieces.push(Piece {
                number: segment.number,
                start,
                duration: end - start,
                complete: segment.complete || window.ended,
                gap: segment.gap,
                init: init(channel, index, segment.header, segment.number),
                clock,
                at: micros(start),
                end: micros(end),
                middle: micros(start) + lasts / 2,
            });
        }
        self.runs.retain(|(name, run), _| {
            *name != rendition.name || *run + 1 >= window.discontinuities_gone
        });
        pieces
    }

    /// That of the run, or the nearest one that fits it, or one of its own, which begins after what came before it.
    fn clock(
        &mut self,
        name: &str,
        run: u64,
        window: &Window,
        at: usize,
        channel: &Channel<'_>,
        before: Option<&Piece>,
    ) -> ClockId {
        let key = (name.to_owned(), run);
        if let Some(clock) = self.runs.get(&key) {
            return *clock;
        }
        let Some(segment) = window.segments.get(at) else {
            return 0;
        };
        let delay = i64::from(channel.settings.encoder_delay_ms) * 1000;
        let media = signed_micros(segment.start, window.timescale);
        let zero = segment.wall_clock_ms.saturating_mul(1000) + delay - media;
        // Media time that went back is no longer the same one.
        let earlier = at.checked_sub(1).and_then(|at| window.segments.get(at));
        let passed = before
            .filter(|_| earlier.is_some_and(|earlier| goes_back(earlier, segment)))
            .map(|before| before.clock);
        let fits = |(clock, other): &(&ClockId, &i64)| {
            passed.is_none_or(|passed| **clock > passed)
                && other.abs_diff(zero) <= TOLERANCE.unsigned_abs()
        };
        let nearest = self
            .zeros
            .iter()
            .filter(fits)
            .min_by_key(|(_, other)| other.abs_diff(zero))
            .map(|(clock, _)| *clock);
        let clock = nearest.unwrap_or_else(|| {
            let earliest = before.map_or(i64::MIN, |before| before.end.saturating_sub(media));
            let clock = self.next;
            self.next += 1;
            self.zeros.insert(clock, zero.max(earliest));
            clock
        });
        self.runs.insert(key, clock);
        clock
    }

    /// Forgets runs of tracks that are gone, and clocks that neither a run nor one of `used` goes by.
    pub(super) fn retain(&mut self, used: &[ClockId], channel: &Channel<'_>) {
        self.runs
            .retain(|(name, _), _| channel.index(name).is_some());
        let runs = &self.runs;
        self.zeros
            .retain(|clock, _| used.contains(clock) || runs.values().any(|other| other == clock));
    }
}

/// Whether media time begins anew.
fn goes_back(earlier: &Segment, segment: &Segment) -> bool {
    segment.start < earlier.start + earlier.duration / 2
}

pub(super) fn init(channel: &Channel<'_>, index: usize, header: u32, number: u64) -> Init {
    let tracks = channel.view.protection.map(|protection| &protection.tracks);
    let track = tracks.and_then(|tracks| tracks.get(index)?.as_ref());
    let crypto = track.and_then(|track| {
        let segment = usize::try_from(number).unwrap_or(usize::MAX);
        let period = track.periods.get(track.header_of(segment))?;
        Some(period.number)
    });
    Init { header, crypto }
}

/// Microseconds of media time, rounded to nearest.
pub(super) fn signed_micros(units: u64, timescale: u32) -> i64 {
    let micros = crate::text::rescale(units, timescale, crate::text::MICROS);
    i64::try_from(micros).unwrap_or(i64::MAX)
}
