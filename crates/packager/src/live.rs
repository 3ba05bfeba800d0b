//! Live tracks: what has come so far, as segments and parts, at one moment.
//!
//! A [`Window`] is what live manifests are pure functions of. It is cheap to take: segments are shared.
//!
//! # Time
//! `start` and `duration` are in the track's timescale, on the encoder's own time line (`tfdt`). `wall_clock_ms` is the
//! Unix time of a segment's first sample, from the encoder's `prft` or from when its bytes came.
//!
//! # The way there
//! A [`Header`] is an encoder's CMAF header; a [`Line`] takes its [`Chunk`]s and gives windows; [`presentation`] makes
//! of all tracks what multivariant playlists and adaptation sets are made of; [`Part`] and [`Header::cmaf`] give bytes.
use std::sync::Arc;

use bytes::Bytes;

mod carriage;
mod chunk;
mod cut;
mod encoders;
pub mod events;
mod header;
mod line;
mod measure;
mod options;
mod pending;
mod prefix;
mod present;
mod recent;
mod shelf;

pub use chunk::{Arrival, Chunk, Clock, Outcome, Rejected, Source};
pub use header::Header;
pub use line::Line;
pub use options::LineOptions;
pub use present::{LiveTrack, presentation, track_identity};

/// One track of a channel at one moment.
#[derive(Debug, Clone)]
pub struct Window {
    /// Units per second; not 0.
    pub timescale: u32,
    /// Oldest first, numbers rising by one. The last may still be growing.
    pub segments: Vec<Arc<Segment>>,
    /// Segments with a discontinuity that have left the front (EXT-X-DISCONTINUITY-SEQUENCE).
    pub discontinuities_gone: u64,
    /// Nothing will follow.
    pub ended: bool,
}

/// A segment, whole or growing.
#[derive(Debug, Clone)]
pub struct Segment {
    /// Media sequence number.
    pub number: u64,
    /// Decode time of the first sample.
    pub start: u64,
    /// Until the end of the last part that is there.
    pub duration: u64,
    /// Unix time of the first sample, milliseconds.
    pub wall_clock_ms: i64,
    /// What came before does not lead up to it: another encoder's life, another codec.
    pub discontinuity: bool,
    /// Names are of this life of the channel: numbers of headers, segments and parts begin anew in another one.
    pub epoch: u32,
    /// Which of the track's CMAF headers of the epoch it is decoded with, from 0.
    pub header: u32,
    /// Nothing of it came, or not all: named and marked, never sent (EXT-X-GAP).
    pub gap: bool,
    /// No part will follow.
    pub complete: bool,
    /// In order; empty in a gap. Where one begins after the end of the one before, something has been lost between them.
    pub parts: Vec<Arc<Part>>,
}

/// What becomes available at once.
#[derive(Debug, Clone)]
pub struct Part {
    /// Decode time of the first sample.
    pub start: u64,
    pub duration: u64,
    /// Begins with a sync sample.
    pub independent: bool,
    /// Of the track in this epoch: number of the first sample, which IVs follow from.
    pub first_sample: u64,
    /// Whole boxes that go before the fragment (`prft`, `emsg`), as they came.
    pub prefix: Bytes,
    pub samples: Vec<Sample>,
    /// The media bytes of the samples, one after the other.
    pub media: Vec<Bytes>,
}

/// One sample, as the output describes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sample {
    pub size: u32,
    pub duration: u32,
    /// Shifted by what the header's edit list says, where that does not stay in the header.
    pub composition_offset: i32,
    pub is_sync: bool,
}

impl Window {
    /// Index of the segment with this number.
    pub fn find(&self, number: u64) -> Option<usize> {
        let first = self.segments.first()?.number;
        let index = usize::try_from(number.checked_sub(first)?).ok()?;
        (index < self.segments.len()).then_some(index)
    }

    /// The segment and part that come next: what a preload hint names. Nothing comes of a gap.
    ///
    /// `segment_target_ms`: [`LineOptions::segment_target_ms`]. That a growing segment is whole is certain only when the
    /// next one begins, but hints at a part that never comes stop players. So it is taken for whole where it has come
    /// to the end of its multiple of the target and
    /// - the one before ended there, too, or
    /// - it is as long as the two before, wherever sync samples lie.
    pub fn next(&self, segment_target_ms: u32) -> (u64, usize) {
        let target = u128::from(self.timescale) * u128::from(segment_target_ms.max(1));
        let slot = |time: u64| u128::from(time) * 1000 / target.max(1);
        match self.segments.as_slice() {
            [] => (0, 0),
            [before @ .., last] => {
                let is_whole = last.complete || last.gap || is_taken_for_whole(before, last, slot);
                match is_whole {
                    true => (last.number.saturating_add(1), 0),
                    false => (last.number, last.parts.len()),
                }
            }
        }
    }
}

fn is_taken_for_whole(
    before: &[Arc<Segment>],
    last: &Segment,
    slot: impl Fn(u64) -> u128 + Copy,
) -> bool {
    let [.., previous] = before else {
        return false;
    };
    let leads_up = |of: &Segment| !of.gap && of.epoch == last.epoch;
    let as_long_as_two = || {
        let [.., one, other] = before else {
            return false;
        };
        let is_like = |of: &Segment| leads_up(of) && of.duration == last.duration;
        is_like(one) && is_like(other)
    };
    let both_end_with_their_slots = || {
        !last.discontinuity
            && leads_up(previous)
            && previous.end() == last.start
            && previous.ends_with_its(slot)
            && last.ends_with_its(slot)
    };
    // A sync sample in the same multiple begins no segment.
    slot(last.end()) != slot(last.start) && (both_end_with_their_slots() || as_long_as_two())
}

impl Segment {
    fn end(&self) -> u64 {
        self.start.saturating_add(self.duration)
    }

    /// The next sample lies in another slot, and it is the first to do so.
    fn ends_with_its(&self, slot: impl Fn(u64) -> u128) -> bool {
        let Some(sample) = self.parts.last().and_then(|part| part.samples.last()) else {
            return false;
        };
        let last = self.end().saturating_sub(u64::from(sample.duration));
        slot(last) == slot(self.start) && slot(self.end()) != slot(self.start)
    }

    /// Bytes of media, without container.
    pub fn bytes(&self) -> u64 {
        self.parts.iter().map(|part| part.bytes()).sum()
    }
}

impl Part {
    /// Bytes of media, without container.
    pub fn bytes(&self) -> u64 {
        self.samples.iter().map(|s| u64::from(s.size)).sum()
    }

    pub fn sample_count(&self) -> usize {
        self.samples.len()
    }
}

#[cfg(test)]
mod tests;
