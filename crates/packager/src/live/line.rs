//! One track of a channel: chunks in, segments and parts out.
//!
//! # Cutting
//! A segment begins at the first sync sample that lies in another multiple of the segment target than the first sample
//! of the segment before. A part ends before the sample that would make it longer than the part target, and with its
//! segment. It is there as soon as that is certain: when another sample as long as its last would not fit, or when its
//! segment is known to end. How the encoder puts samples into chunks changes nothing.
//!
//! # Holes
//! Segment numbers stay in step with those of other tracks: each multiple of the segment target that has samples is one
//! segment, each without is one gap. So a hole inside a multiple leaves one segment whose parts do not touch, and what a
//! longer hole takes of the segments at its ends is in no segment.
use std::ops::Range;
use std::sync::Arc;

use super::chunk::MAX_DECODE_TIME;
use super::cut::Cutter;
use super::encoders::{Encoders, Held, Place, Verdict};
use super::options::Grid;
use super::pending::MAX_PREFIX;
use super::{Arrival, Chunk, Clock, LineOptions, Outcome, Rejected, Segment, Source, Window};
use crate::Result;

/// A chunk takes no more of the line's bytes.
const CHUNK_SHARE: u64 = 2;

/// See the [module](self).
#[derive(Debug)]
pub struct Line {
    options: LineOptions,
    grid: Grid,
    cutter: Cutter,
    encoders: Encoders,
    /// Counted to tell chunks apart.
    chunks: u64,
}

impl Line {
    /// # Errors
    /// [`Error::LineOptions`](crate::Error::LineOptions) says what makes no sense.
    pub fn new(options: LineOptions) -> Result<Self> {
        options.check()?;
        let grid = Grid::new(&options);
        Ok(Self {
            options,
            grid,
            cutter: Cutter::new(options, grid),
            encoders: Encoders::default(),
            chunks: 0,
        })
    }

    /// # Errors
    /// Nothing of the chunk was taken then. Of others that waited something may have been: [`version`](Self::version)
    /// tells.
    pub fn push(
        &mut self,
        chunk: Chunk,
        arrival: Arrival,
    ) -> std::result::Result<Outcome, Rejected> {
        if self.cutter.shelf.has_ended() {
            return Err(Rejected::Ended);
        }
        let max_prefix = u64::try_from(MAX_PREFIX).unwrap_or(u64::MAX);
        chunk.check(self.options.max_bytes / CHUNK_SHARE, max_prefix)?;
        let source = self.cutter.source();
        let end = chunk
            .base_media_decode_time
            .saturating_add(chunk.duration());
        if source.time(end, self.options.timescale) > MAX_DECODE_TIME {
            return Err(Rejected::Time { time: end });
        }
        let fits = |sample| source.composition(sample, self.options.timescale).is_some();
        if !chunk.samples.iter().all(fits) {
            return Err(Rejected::Composition);
        }

        let mut outcome = Outcome::default();
        let now = arrival.steady_ms;
        let place = self.place(&chunk, arrival.encoder);
        let goes_on = self.encoders.is_at_work(arrival.encoder)
            && matches!(place, Place::Past | Place::Next { .. });
        if !goes_on {
            // What waited longest goes first where waiting is over.
            self.release(now, &mut outcome);
        }
        let by_ms = self.off_by(&chunk);
        let refused = match self.judge(&chunk, arrival.encoder, now) {
            Verdict::Take => {
                self.take(&chunk, arrival, now, &mut outcome);
                false
            }
            Verdict::Hold => {
                outcome.held = self.encoders.hold(chunk, arrival, self.options.max_bytes);
                !outcome.held
            }
            Verdict::Refuse => true,
        };
        // A refusal can change who is at work, too.
        self.release(now, &mut outcome);
        self.cutter.evict(now);
        if refused {
            return Err(Rejected::OutOfStep { by_ms });
        }
        if let (false, Some(clock)) = (outcome.held, self.cutter.clock()) {
            let time = source.time(end, self.options.timescale);
            let arrived = arrival.at_ms;
            outcome.lag_ms =
                Some(arrived.saturating_sub(clock.unix_ms(time, self.options.timescale)));
        }
        Ok(outcome)
    }

    /// The encoder hung up: others need not wait whether it goes on. `now_ms`: as [`Arrival::steady_ms`].
    pub fn encoder_gone(&mut self, encoder: u64, now_ms: i64) -> Outcome {
        let mut outcome = Outcome::default();
        self.encoders.gone(encoder);
        self.release(now_ms, &mut outcome);
        self.cutter.evict(now_ms);
        outcome
    }

    /// The next sample begins a segment that is decoded with another of the track's headers. `source`: what that header
    /// says of times; they come out in the line's timescale.
    ///
    /// `discontinuity`: whether players are told to begin anew. Not for a header that only repeats another.
    pub fn header_changed(&mut self, header: u32, source: Source, discontinuity: bool) -> Outcome {
        let mut outcome = Outcome::default();
        self.cutter
            .header_changed(header, source, discontinuity, &mut outcome);
        outcome
    }

    /// The next segment to begin is marked as a discontinuity: another track of the channel has one, and HLS numbers
    /// them the same in all playlists (RFC 8216bis, 6.2.2).
    pub fn discontinue(&mut self) {
        self.cutter.discontinuity = true;
    }

    /// Nothing will follow: what waits is used, part and segment are closed.
    pub fn finish(&mut self) -> Outcome {
        let mut outcome = Outcome::default();
        while let Some(Held { chunk, arrival }) = self.encoders.release(0) {
            match self.place(&chunk, arrival.encoder) {
                Place::Off => outcome.late += count(chunk.samples.len()),
                _ => self.take(&chunk, arrival, arrival.steady_ms, &mut outcome),
            }
        }
        self.cutter.end_segment(&mut outcome);
        self.cutter.shelf.set_ended(true);
        outcome
    }

    /// Something follows after all, behind a discontinuity.
    pub fn reopen(&mut self) {
        self.cutter.shelf.set_ended(false);
        self.cutter.jump(&mut Outcome::default());
    }

    /// What is there, gathered once for each version.
    pub fn window(&self) -> Arc<Window> {
        self.cutter.shelf.window(self.options.timescale)
    }

    /// Another one whenever the window is another one.
    pub fn version(&self) -> u64 {
        self.cutter.shelf.version()
    }

    /// A segment of the window, or one that has left it within the last three target durations.
    pub fn find(&self, number: u64) -> Option<&Arc<Segment>> {
        self.cutter.shelf.find(number)
    }

    pub fn has_ended(&self) -> bool {
        self.cutter.shelf.has_ended()
    }

    /// Number of the youngest segment of the window that begins with a discontinuity.
    pub fn last_discontinuity(&self) -> Option<u64> {
        let mut segments = self.cutter.shelf.segments().rev();
        Some(segments.find(|segment| segment.discontinuity)?.number)
    }

    /// Of the window's segments; empty before there is one.
    pub fn numbers(&self) -> Range<u64> {
        let shelf = &self.cutter.shelf;
        let first = shelf.first_number();
        first.map_or(0..0, |first| {
            first..shelf.last().map_or(first, |last| last.number + 1)
        })
    }

    /// What other lines of the channel are told as [`Arrival::clock`]. None before the first sample.
    pub fn clock(&self) -> Option<Clock> {
        self.cutter.clock()
    }

    /// Decode time that the next sample should have, in the line's timescale.
    pub fn end(&self) -> Option<u64> {
        self.cutter.end()
    }

    pub fn options(&self) -> &LineOptions {
        &self.options
    }

    /// Bits per second over the window, (average, peak): container included, for the peak what protection may add, too.
    /// None before the first part.
    pub fn bandwidths(&self) -> Option<(u64, u64)> {
        let shelf = &self.cutter.shelf;
        let growing = shelf.last().filter(|last| !last.complete);
        self.cutter.measure.bandwidths(growing.map(|last| &**last))
    }

    /// Frames ÷ seconds, reduced. None before the first sample.
    pub fn frame_rate(&self) -> Option<(u32, u32)> {
        self.cutter.measure.frame_rate()
    }

    /// Bytes that window and retired segments take in memory.
    pub fn bytes(&self) -> u64 {
        self.cutter.shelf.bytes()
    }

    fn take(&mut self, chunk: &Chunk, arrival: Arrival, now: i64, outcome: &mut Outcome) {
        if let Place::Off = self.place(chunk, arrival.encoder) {
            self.cutter.jump(outcome);
        }
        self.chunks += 1;
        if self.cutter.chunk(chunk, arrival, self.chunks, outcome) {
            let pace_ms = self.millis_of(chunk);
            outcome.takeover |= self.encoders.took(arrival.encoder, now, pace_ms);
        }
    }

    /// Takes what waited, as far as its time has come.
    fn release(&mut self, now: i64, outcome: &mut Outcome) {
        let mut index = 0;
        while let Some(held) = self.encoders.held(index) {
            let encoder = held.arrival.encoder;
            let (place, patience) = (self.place(&held.chunk, encoder), self.patience(&held.chunk));
            let verdict = match index > 0 && self.leaves_out(&held.chunk, encoder) {
                true => Verdict::Hold,
                false => self.encoders.judge(encoder, place, now, patience),
            };
            if verdict == Verdict::Hold {
                index += 1;
                continue;
            }
            let Some(Held { chunk, arrival }) = self.encoders.release(index) else {
                return;
            };
            match verdict {
                Verdict::Take => {
                    self.take(&chunk, arrival, now, outcome);
                    index = 0;
                }
                _ => outcome.late += count(chunk.samples.len()),
            }
        }
    }

    fn judge(&mut self, chunk: &Chunk, encoder: u64, now: i64) -> Verdict {
        let (place, patience) = (self.place(chunk, encoder), self.patience(chunk));
        let verdict = self.encoders.judge(encoder, place, now, patience);
        let waits_before =
            |held: &Held| held.chunk.base_media_decode_time < chunk.base_media_decode_time;
        let waits = self.encoders.held(0).is_some_and(waits_before);
        match verdict == Verdict::Take && waits && self.leaves_out(chunk, encoder) {
            true => Verdict::Hold,
            false => verdict,
        }
    }

    /// Whether something lies between line and chunk that is to be looked for among what waits.
    fn leaves_out(&self, chunk: &Chunk, encoder: u64) -> bool {
        match self.place(chunk, encoder) {
            Place::Ahead => true,
            Place::Next { .. } if !self.encoders.is_at_work(encoder) => {
                let first = self.cutter.times(chunk).next();
                first.is_some_and(|(start, _)| Some(start) > self.cutter.end())
            }
            _ => false,
        }
    }

    /// For how long the encoder at work may be silent before another one, which sends such chunks, takes over,
    /// milliseconds.
    fn patience(&self, chunk: &Chunk) -> i64 {
        let pace_ms = self.millis_of(chunk).max(self.encoders.pace_ms());
        let longest = i64::from(self.options.max_segment_ms);
        let between = pace_ms.min(longest).saturating_mul(2);
        between.max(i64::from(self.options.takeover_ms))
    }

    fn millis_of(&self, chunk: &Chunk) -> i64 {
        let timescale = u64::from(self.cutter.source().timescale.max(1));
        let millis = chunk.duration().saturating_mul(1000) / timescale;
        i64::try_from(millis).unwrap_or(i64::MAX)
    }

    fn place(&self, chunk: &Chunk, encoder: u64) -> Place {
        let Some(end) = self.cutter.end() else {
            return Place::Free;
        };
        let times = || self.cutter.times(chunk);
        let (Some((start, first)), Some((last_start, last))) = (times().next(), times().last())
        else {
            return Place::Past;
        };
        let slack = match self.encoders.is_at_work(encoder) {
            true => self.grid.slack(first.duration),
            // One that follows another does so to the sample: what lies between is still to come, or waits here.
            false => self.grid.rounding(first.duration),
        };
        if start > end + slack {
            return match start - end <= self.grid.max_gap {
                // Nothing is missing but what was dropped itself.
                true if self.cutter.skips => Place::Next {
                    begins_segment: false,
                },
                true => Place::Ahead,
                false => Place::Off,
            };
        }
        if is_past(last_start, last.duration, end) {
            let back = end.saturating_sub(last_start + u64::from(last.duration));
            let most = match self.encoders.is_at_work(encoder) {
                true => self.cutter.longest(),
                false => self.grid.max_gap,
            };
            return if back > most { Place::Off } else { Place::Past };
        }
        let next = times().find(|(start, sample)| !is_past(*start, sample.duration, end));
        let begins_segment = next.is_some_and(|(start, sample)| {
            self.cutter.begins_segment(start.max(end), sample.is_sync)
        });
        Place::Next { begins_segment }
    }

    /// Milliseconds ahead of the line, or behind it.
    fn off_by(&self, chunk: &Chunk) -> i64 {
        let timescale = self.options.timescale;
        let start = self
            .cutter
            .source()
            .time(chunk.base_media_decode_time, timescale);
        let end = self.cutter.end().unwrap_or(start);
        let ms = |ticks| i64::try_from(self.grid.millis(ticks)).unwrap_or(i64::MAX);
        match start.checked_sub(end) {
            Some(ahead) => ms(ahead),
            None => -ms(end - start),
        }
    }
}

/// Whether the line has been where a sample lies, by more than half of it.
pub(super) fn is_past(start: u64, duration: u32, end: u64) -> bool {
    end.saturating_sub(start) > u64::from(duration / 2)
}

pub(super) fn count(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;
