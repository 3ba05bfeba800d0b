//! Which clock each segment is timed by, and where that puts it.
//!
//! A run is what a track has between two discontinuities, in one life of the channel. Runs of several tracks whose media times stand for the same
//! moments share a clock.
use std::collections::BTreeMap;

use edgepack_packager::Rotation;
use edgepack_packager::live::{Segment, Window};

use super::Channel;

/// Wall clocks of runs that share their media time differ by what tracks arrive apart, microseconds.
const TOLERANCE: i64 = 10_000_000;

pub(super) type ClockId = u64;

#[derive(Debug, Clone, Default)]
pub(super) struct Clocks {
    clocks: BTreeMap<ClockId, Clock>,
    /// By rendition, and the run's epoch and number.
    runs: BTreeMap<(String, u32, u64), ClockId>,
    next: ClockId,
}

#[derive(Debug, Clone, Copy)]
struct Clock {
    /// Unix time of media time 0, microseconds: by the track whose samples come last, since players ask for all tracks
    /// by one clock.
    zero: i64,
    /// A Period has begun by it.
    fixed: bool,
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
    /// Only its first sample is a sync sample.
    pub(super) is_one_group: bool,
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
    pub(super) epoch: u32,
    /// Of the epoch.
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
            is_one_group: false,
            init,
            clock: 0,
            at: 0,
            end: 0,
            middle: 0,
        }
    }
}

impl Clocks {
    /// Unix time of media time 0, microseconds.
    pub(super) fn zero(&self, clock: ClockId) -> i64 {
        self.clocks.get(&clock).map_or(0, |clock| clock.zero)
    }

    /// It no longer moves for tracks that come later.
    pub(super) fn fix(&mut self, clock: ClockId) {
        if let Some(clock) = self.clocks.get_mut(&clock) {
            clock.fixed = true;
        }
    }

    /// The segments of each track.
    pub(super) fn place(&mut self, channel: &Channel<'_>) -> Vec<Vec<Piece>> {
        let renditions = &channel.view.presentation.renditions;
        let tracks = || renditions.iter().zip(channel.tracks).enumerate();
        let mut clocks = Vec::with_capacity(channel.tracks.len());
        for (_, (rendition, track)) in tracks() {
            clocks.push(self.assign(&rendition.name, track.window, channel));
        }
        let placed = tracks().zip(&clocks);
        placed
            .map(|((index, (rendition, track)), clocks)| {
                let segments = track.window.segments.iter().zip(clocks);
                let pieces = segments.map(|(segment, clock)| {
                    let piece = self.piece(channel, index, rendition.priming, segment, *clock);
                    Piece {
                        complete: segment.complete || track.window.ended,
                        ..piece
                    }
                });
                pieces.collect()
            })
            .collect()
    }

    fn piece(
        &self,
        channel: &Channel<'_>,
        index: usize,
        priming: u64,
        segment: &Segment,
        clock: ClockId,
    ) -> Piece {
        let (zero, timescale) = (self.zero(clock), channel.timescale(index));
        let start = segment.start.saturating_sub(priming);
        let end = (segment.start + segment.duration).saturating_sub(priming);
        let micros = |units| zero.saturating_add(signed_micros(units, timescale));
        let (at, until) = (micros(start), micros(end));
        let lasts = if segment.complete {
            until - at
        } else {
            (until - at).max(i64::from(channel.settings.target_ms) * 1000)
        };
        Piece {
            number: segment.number,
            start,
            duration: end - start,
            complete: segment.complete,
            gap: segment.gap,
            is_one_group: is_one_group(segment),
            init: init(
                channel,
                index,
                segment.epoch,
                segment.header,
                segment.number,
            ),
            clock,
            at,
            end: until,
            middle: at + lasts / 2,
        }
    }

    /// The clock of each segment.
    fn assign(&mut self, name: &str, window: &Window, channel: &Channel<'_>) -> Vec<ClockId> {
        let mut run = window.discontinuities_gone;
        let mut clocks: Vec<ClockId> = Vec::with_capacity(window.segments.len());
        let mut before: Option<&Segment> = None;
        for segment in &window.segments {
            run += u64::from(segment.discontinuity);
            let key = (name.to_owned(), segment.epoch, run);
            let known = self.runs.get(&key).copied();
            let clock = known.unwrap_or_else(|| {
                let before = before.zip(clocks.last().copied());
                let clock = self.clock_of(segment, before, window.timescale, channel);
                self.runs.insert(key, clock);
                clock
            });
            clocks.push(clock);
            before = Some(segment);
        }
        self.runs
            .retain(|(of, _, run), _| of != name || *run + 1 >= window.discontinuities_gone);
        clocks
    }

    /// The nearest one that a run fits, or one of its own, which begins after what came before it.
    fn clock_of(
        &mut self,
        first: &Segment,
        before: Option<(&Segment, ClockId)>,
        timescale: u32,
        channel: &Channel<'_>,
    ) -> ClockId {
        let delay = i64::from(channel.settings.encoder_delay_ms) * 1000;
        let media = signed_micros(first.start, timescale);
        let zero = first.wall_clock_ms.saturating_mul(1000) + delay - media;
        // Media time that went back is no longer the same one.
        let passed = before
            .filter(|(earlier, _)| goes_back(earlier, first))
            .map(|(_, clock)| clock);
        let fits = |(id, clock): &(&ClockId, &mut Clock)| {
            passed.is_none_or(|passed| **id > passed)
                && clock.zero.abs_diff(zero) <= TOLERANCE.unsigned_abs()
        };
        let near = self.clocks.iter_mut().filter(fits);
        if let Some((id, clock)) = near.min_by_key(|(_, clock)| clock.zero.abs_diff(zero)) {
            if !clock.fixed {
                clock.zero = clock.zero.max(zero);
            }
            return *id;
        }
        let earliest = before.map_or(i64::MIN, |(earlier, clock)| {
            let end = signed_micros(earlier.start + earlier.duration, timescale);
            self.zero(clock).saturating_add(end).saturating_sub(media)
        });
        let id = self.next;
        self.next += 1;
        let clock = Clock {
            zero: zero.max(earliest),
            fixed: false,
        };
        self.clocks.insert(id, clock);
        id
    }

    /// Forgets runs of tracks that are gone, and clocks that neither a run nor one of `used` goes by.
    pub(super) fn retain(&mut self, used: &[ClockId], channel: &Channel<'_>) {
        self.runs
            .retain(|(name, ..), _| channel.index(name).is_some());
        let runs = &self.runs;
        self.clocks
            .retain(|clock, _| used.contains(clock) || runs.values().any(|other| other == clock));
    }
}

fn is_one_group(segment: &Segment) -> bool {
    let samples = segment.parts.iter().flat_map(|part| &part.samples);
    samples.filter(|sample| sample.is_sync).take(2).count() == 1
}

/// Whether media time begins anew.
fn goes_back(earlier: &Segment, segment: &Segment) -> bool {
    segment.start < earlier.start + earlier.duration / 2
}

pub(super) fn init(
    channel: &Channel<'_>,
    index: usize,
    epoch: u32,
    header: u32,
    number: u64,
) -> Init {
    let tracks = channel.view.protection.map(|protection| &protection.tracks);
    let track = tracks.and_then(|tracks| tracks.get(index)?.as_ref());
    // With sample groups one header does for all keys, and is named after none.
    let own = track.filter(|track| track.rotation == Rotation::NewHeader);
    let crypto = own.and_then(|track| {
        let segment = usize::try_from(number).unwrap_or(usize::MAX);
        let period = track.periods.get(track.header_of(segment))?;
        Some(period.number)
    });
    Init {
        epoch,
        header,
        crypto,
    }
}

/// Microseconds of media time, rounded to nearest.
pub(super) fn signed_micros(units: u64, timescale: u32) -> i64 {
    let micros = crate::text::rescale(units, timescale, crate::text::MICROS);
    i64::try_from(micros).unwrap_or(i64::MAX)
}
