//! Samples to parts, parts to segments; holes and jumps between them.
use std::ops::Range;

use bytes::Bytes;

use super::chunk::Source;
use super::line::is_past;
use super::measure::Measure;
use super::options::Grid;
use super::pending::Pending;
use super::recent::Recent;
use super::shelf::Shelf;
use super::{Arrival, Chunk, Clock, LineOptions, Outcome, Sample, Segment, prefix};

/// A segment that does not end takes no more of the line's bytes.
const SEGMENT_SHARE: u64 = 2;

#[derive(Debug)]
pub(super) struct Cutter {
    options: LineOptions,
    grid: Grid,
    source: Source,
    header: u32,
    pub(super) shelf: Shelf,
    pub(super) measure: Measure,
    pending: Pending,
    open: Option<Open>,
    run: Option<Run>,
    /// Whether the next sample begins a segment, wherever it lies.
    begins_anew: bool,
    /// Whether the next segment begins with one.
    pub(super) discontinuity: bool,
    /// Samples have been dropped since the last one taken, for lack of a sync sample.
    pub(super) skips: bool,
    /// Number of the first sample that is in no part.
    next_sample: u64,
    recent: Recent,
}

/// A time line without jumps.
#[derive(Debug, Clone, Copy)]
struct Run {
    clock: Clock,
    /// Where the latest hole ended.
    solid_from: u64,
    end: u64,
    /// The last segment ended where its multiple of the target did, so this one is taken to do so.
    is_regular: bool,
    /// From the start of a segment to that of the next.
    stride: Option<u64>,
}

/// The segment that samples go to.
#[derive(Debug, Clone, Copy)]
struct Open {
    start: u64,
    slot: u64,
    header: u32,
    discontinuity: bool,
    /// Has gone on into another slot, for lack of a sync sample.
    crossed: bool,
    is_listed: bool,
    bytes: u64,
}

/// Which of a chunk's bytes are a sample's.
struct Piece<'a> {
    chunk: u64,
    media: &'a Bytes,
    range: Range<usize>,
    /// What goes before the part that the chunk's first sample goes to.
    boxes: &'a [u8],
}

impl Cutter {
    pub(super) fn new(options: LineOptions, grid: Grid) -> Self {
        Self {
            source: Source {
                timescale: options.timescale,
                composition_shift: options.composition_shift,
                decode_shift: options.decode_shift,
            },
            options,
            grid,
            header: 0,
            shelf: Shelf::default(),
            measure: Measure::new(&options),
            pending: Pending::default(),
            open: None,
            run: None,
            begins_anew: false,
            discontinuity: false,
            skips: false,
            next_sample: 0,
            recent: Recent::default(),
        }
    }

    pub(super) fn source(&self) -> Source {
        self.source
    }

    pub(super) fn clock(&self) -> Option<Clock> {
        Some(self.run?.clock)
    }

    pub(super) fn end(&self) -> Option<u64> {
        Some(self.run?.end)
    }

    /// How far back is no longer within one segment.
    pub(super) fn longest(&self) -> u64 {
        let last = self.shelf.last().map_or(0, |last| last.duration);
        last.max(self.grid.segment)
    }

    /// Whether a sample that comes next begins a segment.
    pub(super) fn begins_segment(&self, start: u64, is_sync: bool) -> bool {
        let slot = self.grid.slot(start);
        is_sync
            && self
                .open
                .is_none_or(|open| open.slot != slot || self.begins_anew)
    }

    /// A chunk's samples on the line's time, with their times.
    pub(super) fn times<'a>(&self, chunk: &'a Chunk) -> impl Iterator<Item = (u64, Sample)> + 'a {
        let (source, options) = (self.source, self.options);
        let mut from = chunk.base_media_decode_time;
        let mut start = source.time(from, options.timescale);
        chunk.samples.iter().map(move |sample| {
            from += u64::from(sample.duration);
            let end = source.time(from, options.timescale);
            let retimed = Sample {
                size: sample.size,
                duration: u32::try_from(end - start).unwrap_or(u32::MAX),
                composition_offset: source.composition(sample, options.timescale).unwrap_or(0),
                is_sync: options.all_sync || sample.is_sync,
            };
            (std::mem::replace(&mut start, end), retimed)
        })
    }

    /// Presentation time of the sample that is shown first, in so many units per second.
    fn earliest(&self, chunk: &Chunk, units: u32) -> u64 {
        let shown = self.times(chunk).map(|(start, sample)| {
            start.saturating_add_signed(i64::from(sample.composition_offset))
        });
        let earliest = u128::from(shown.min().unwrap_or(0)) * u128::from(units);
        u64::try_from(earliest / u128::from(self.options.timescale.max(1))).unwrap_or(u64::MAX)
    }

    /// Whether any of its samples was taken.
    pub(super) fn chunk(
        &mut self,
        chunk: &Chunk,
        arrival: Arrival,
        number: u64,
        outcome: &mut Outcome,
    ) -> bool {
        let (source, timescale) = (self.source, self.options.timescale);
        let boxes = prefix::passed_on(
            &chunk.prefix,
            |time| source.time(time, timescale),
            |units| self.earliest(chunk, units),
        );
        let end = chunk
            .base_media_decode_time
            .saturating_add(chunk.duration());
        let end = source.time(end, timescale);
        let arrived = (end, arrival);
        let mut piece = Piece {
            chunk: number,
            media: &chunk.media,
            range: 0..0,
            boxes: &boxes,
        };
        let mut taken = false;
        for (start, sample) in self.times(chunk) {
            let at = piece.range.end;
            let size = usize::try_from(sample.size).unwrap_or(usize::MAX);
            piece.range = at..at.saturating_add(size);
            let Some((start, placed)) = self.place(start, sample, arrived, outcome) else {
                continue;
            };
            self.measure.sample(sample.duration);
            self.add(start, placed, sample.duration, &piece, outcome);
            piece.boxes = &[];
            taken = true;
        }
        taken
    }

    /// Where the sample goes on the time line, and what it is like there; none where it is dropped.
    fn place(
        &mut self,
        start: u64,
        sample: Sample,
        arrived: (u64, Arrival),
        outcome: &mut Outcome,
    ) -> Option<(u64, Sample)> {
        let Some(run) = self.run else {
            if !sample.is_sync {
                outcome.undecodable += 1;
                return None;
            }
            self.begin_run(start, arrived, outcome);
            return Some((start, sample));
        };
        if is_past(start, sample.duration, run.end) {
            if start < run.solid_from {
                outcome.late += 1;
            } else {
                outcome.duplicates += 1;
                outcome.misaligned += u32::from(self.recent.is_strange(start, sample.duration));
            }
            return None;
        }
        let waits_for_sync = self.open.is_none() || self.begins_anew;
        let is_hole = start > run.end + self.grid.slack(sample.duration);
        self.skips = (waits_for_sync || is_hole) && !sample.is_sync;
        if self.skips {
            outcome.undecodable += 1;
            return None;
        }
        if is_hole {
            if start - run.end > self.grid.max_gap {
                self.jump(outcome);
                self.begin_run(start, arrived, outcome);
            } else {
                self.hole(run, start, outcome);
            }
            return Some((start, sample));
        }
        // Clocks round, and last durations are guesses: the sample begins where the one before ends, ends where it ends,
        // and is shown when it is shown.
        let moved = i64::try_from(start).ok()? - i64::try_from(run.end).ok()?;
        let duration = i64::from(sample.duration) + moved;
        let composition_offset = i64::from(sample.composition_offset) + moved;
        let placed = Sample {
            duration: u32::try_from(duration.max(0)).unwrap_or(u32::MAX),
            composition_offset: i32::try_from(composition_offset).unwrap_or(i32::MAX),
            ..sample
        };
        Some((run.end, placed))
    }

    fn begin_run(&mut self, start: u64, (end, arrival): (u64, Arrival), outcome: &mut Outcome) {
        let timescale = self.options.timescale;
        let arrived = Clock::at(end, timescale, arrival.at_ms);
        let tolerance = u64::from(self.options.clock_tolerance_ms) * 1000;
        let mut clock = match arrival.clock {
            Some(said) if said.zero_us.abs_diff(arrived.zero_us) <= tolerance => said,
            said => {
                outcome.clock_refused |= said.is_some();
                arrived
            }
        };
        if let Some(last) = self.shelf.last() {
            // Nothing is at a time that was told before.
            let duration = i64::try_from(self.grid.millis(last.duration)).unwrap_or(i64::MAX);
            let told = last.wall_clock_ms.saturating_add(duration);
            let overlap = told.saturating_sub(clock.unix_ms(start, timescale)).max(0);
            clock.zero_us = clock.zero_us.saturating_add(overlap.saturating_mul(1000));
        }
        self.run = Some(Run {
            clock,
            solid_from: start,
            end: start,
            is_regular: false,
            stride: None,
        });
    }

    fn add(
        &mut self,
        start: u64,
        sample: Sample,
        usual_duration: u32,
        piece: &Piece<'_>,
        outcome: &mut Outcome,
    ) {
        let slot = self.grid.slot(start);
        if self.begins_segment(start, sample.is_sync) {
            self.end_regularly(start, slot);
            self.end_segment(outcome);
            self.open_segment(start, slot, outcome);
        } else if !self.pending.fits(sample.duration, self.grid.part) {
            self.publish(outcome);
        }
        let end = start.saturating_add(u64::from(sample.duration));
        if !self.pending.add_prefix(piece.boxes) {
            outcome.prefixes_dropped += 1;
        }
        self.pending
            .add(start, sample, piece.chunk, piece.media, piece.range.clone());
        self.recent.add(start);
        let mut is_regular = false;
        if let Some(run) = &mut self.run {
            run.end = end;
            run.is_regular &= self.open.is_none_or(|open| open.slot == slot);
            is_regular = run.is_regular;
        }
        let Some(open) = &mut self.open else {
            return;
        };
        open.crossed |= open.slot != slot;
        open.bytes += u64::from(sample.size);
        let is_overlong = end - open.start > self.grid.max_segment
            || open.bytes > self.options.max_bytes / SEGMENT_SHARE;
        // The next one lies in another slot and begins a segment: for certain, or as it was before.
        let leaves_slot = self.grid.slot(end) != open.slot;
        if leaves_slot && self.options.all_sync {
            self.end_regularly(end, self.grid.slot(end));
            self.end_segment(outcome);
        } else if is_overlong {
            self.end_segment(outcome);
        } else if leaves_slot && is_regular || !self.pending.fits(usual_duration, self.grid.part) {
            self.publish(outcome);
        }
    }

    /// Notes how long segments are, before one ends because the next begins at `start`.
    fn end_regularly(&mut self, start: u64, slot: u64) {
        if let (Some(open), Some(run)) = (self.open, &mut self.run) {
            run.is_regular = !open.crossed && open.slot != slot;
            if open.slot != slot {
                run.stride = Some(start - open.start);
            }
        }
    }

    fn open_segment(&mut self, start: u64, slot: u64, outcome: &mut Outcome) {
        let begins_anew = std::mem::take(&mut self.begins_anew);
        let marked = std::mem::take(&mut self.discontinuity);
        // Nothing is discontinued by what comes first.
        let discontinuity = marked && self.shelf.next_number().is_some();
        outcome.discontinuities += u32::from(discontinuity);
        if begins_anew && let Some(run) = &mut self.run {
            run.is_regular = false;
        }
        self.open = Some(Open {
            start,
            slot,
            header: self.header,
            discontinuity,
            crossed: false,
            is_listed: false,
            bytes: 0,
        });
    }

    /// Part and segment, if there are any.
    pub(super) fn end_segment(&mut self, outcome: &mut Outcome) {
        self.publish(outcome);
        if self.open.take().is_some_and(|open| open.is_listed) {
            self.shelf.complete();
            if let Some(last) = self.shelf.last() {
                self.measure.segment(last);
            }
            outcome.segments += 1;
        }
    }

    fn publish(&mut self, outcome: &mut Outcome) {
        let Some(part) = self.pending.take(&mut self.next_sample) else {
            return;
        };
        if let Some(open) = self.open.as_mut().filter(|open| !open.is_listed) {
            open.is_listed = true;
            let open = *open;
            let segment = self.segment(open.start, 0, open.header);
            self.shelf.add(Segment {
                discontinuity: open.discontinuity,
                ..segment
            });
        }
        self.shelf.add_part(part);
        outcome.parts += 1;
    }

    /// The next one, growing.
    fn segment(&self, start: u64, duration: u64, header: u32) -> Segment {
        let clock = self.clock().unwrap_or(Clock { zero_us: 0 });
        let slot = self.grid.slot(start);
        let first = || self.grid.number(slot, clock.zero_us);
        Segment {
            number: self.shelf.next_number().unwrap_or_else(first),
            start,
            duration,
            wall_clock_ms: clock.unix_ms(start, self.options.timescale),
            discontinuity: false,
            epoch: self.options.epoch,
            header,
            gap: false,
            complete: false,
            parts: Vec::new(),
        }
    }

    /// Nothing came from the end of `run` until `start`.
    fn hole(&mut self, run: Run, start: u64, outcome: &mut Outcome) {
        self.publish(outcome);
        if let Some(run) = &mut self.run {
            (run.solid_from, run.end) = (start, start);
        }
        if !self.begins_segment(start, true) {
            return;
        }
        self.end_segment(outcome);
        let Some(last) = self.shelf.last() else {
            return;
        };
        let header = last.header;
        for (start, end) in self.grid.gaps(last.start, run.end, start, run.stride) {
            self.shelf.add(Segment {
                gap: true,
                complete: true,
                ..self.segment(start, end - start, header)
            });
            outcome.gaps += 1;
        }
    }

    /// What comes next is on another time line.
    pub(super) fn jump(&mut self, outcome: &mut Outcome) {
        self.end_segment(outcome);
        self.run = None;
        self.discontinuity = true;
        self.recent = Recent::default();
    }

    pub(super) fn header_changed(
        &mut self,
        header: u32,
        source: Source,
        discontinuity: bool,
        outcome: &mut Outcome,
    ) {
        self.publish(outcome);
        (self.header, self.source) = (header, source);
        self.begins_anew = true;
        self.discontinuity |= discontinuity;
        self.measure.restart_rate();
    }

    pub(super) fn evict(&mut self, now_ms: i64) {
        let (window, options) = (self.grid.window, &self.options);
        self.shelf
            .evict(now_ms, window, options.segment_target_ms, options.max_bytes);
        self.measure.forget_before(self.shelf.first_number());
    }
}
