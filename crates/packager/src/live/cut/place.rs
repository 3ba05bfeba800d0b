//! Where samples go on the time line; holes in it, and jumps to another one.
use super::{Cutter, Run};
use crate::live::line::is_past;
use crate::live::recent::Recent;
use crate::live::{Arrival, Chunk, Clock, Outcome, Sample, Segment};

impl Cutter {
    /// A chunk's samples on the line's time, with their times.
    pub(in crate::live) fn times<'a>(
        &self,
        chunk: &'a Chunk,
    ) -> impl Iterator<Item = (u64, Sample)> + 'a {
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
    pub(super) fn earliest(&self, chunk: &Chunk, units: u32) -> u64 {
        let shown = self.times(chunk).map(|(start, sample)| {
            start.saturating_add_signed(i64::from(sample.composition_offset))
        });
        let earliest = u128::from(shown.min().unwrap_or(0)) * u128::from(units);
        u64::try_from(earliest / u128::from(self.options.timescale.max(1))).unwrap_or(u64::MAX)
    }

    /// Where the sample goes on the time line, and what it is like there; none where it is dropped.
    pub(super) fn place(
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
    pub(in crate::live) fn jump(&mut self, outcome: &mut Outcome) {
        self.end_segment(outcome);
        self.run = None;
        self.discontinuity = true;
        self.recent = Recent::default();
    }
}
