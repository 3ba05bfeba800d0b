//! Whose samples are taken: one encoder's for as long as it delivers.
//!
//! Redundant encoders share a time line, but seldom bits: in the middle of a segment one encoder's samples do not decode
//! after another's. So another one takes over where a segment begins, or when the one at work has gone silent; until then
//! its chunks wait, and are dropped once their time has come from elsewhere.
use std::collections::VecDeque;

use super::{Arrival, Chunk};

/// Chunks that wait.
const MAX_HELD: usize = 256;
/// Of the line's bytes, that may wait.
const HELD_SHARE: u64 = 4;

/// Where a chunk lies on the line, in its ticks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// There is no time line to be off.
    Free,
    /// All of it has been there, not longer ago than holes may be long.
    Past,
    /// Something of it comes next.
    Next { begins_segment: bool },
    /// After a hole that can be told.
    Ahead,
    /// Of another time line.
    Off,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Take,
    Hold,
    Refuse,
}

#[derive(Debug)]
pub(super) struct Held {
    pub(super) chunk: Chunk,
    pub(super) arrival: Arrival,
}

#[derive(Debug, Default)]
pub(super) struct Encoders {
    at_work: Option<u64>,
    /// When a sample was taken last.
    taken_ms: i64,
    /// How long the chunk lasts that was taken last: so long at least the next one takes to come.
    pace_ms: i64,
    /// Another one that is on the same time line, and when it showed.
    standby: Option<(u64, i64)>,
    /// By decode time.
    held: VecDeque<Held>,
    held_bytes: u64,
}

impl Encoders {
    pub(super) fn judge(&mut self, encoder: u64, place: Place, now: i64, takeover: i64) -> Verdict {
        let is_silent = now - self.taken_ms >= takeover;
        let is_at_work = self.is_at_work(encoder);
        if !is_at_work && matches!(place, Place::Past | Place::Next { .. } | Place::Ahead) {
            self.standby = Some((encoder, now));
        }
        match place {
            Place::Free | Place::Past => Verdict::Take,
            Place::Next { begins_segment } => match is_at_work || begins_segment || is_silent {
                true => Verdict::Take,
                false => Verdict::Hold,
            },
            // What is missing may come on another connection, or from another encoder.
            Place::Ahead if is_silent || self.at_work.is_none() => Verdict::Take,
            Place::Ahead => Verdict::Hold,
            Place::Off if !is_at_work => match is_silent {
                true => Verdict::Take,
                false => Verdict::Refuse,
            },
            Place::Off => match self.standby {
                // The one at work began anew; another one goes on where it stopped.
                Some((standby, seen)) if standby != encoder && now - seen < takeover => {
                    self.at_work = Some(standby);
                    self.standby = None;
                    Verdict::Refuse
                }
                _ => Verdict::Take,
            },
        }
    }

    /// Whether it is another one than before.
    pub(super) fn took(&mut self, encoder: u64, now: i64, pace_ms: i64) -> bool {
        (self.taken_ms, self.pace_ms) = (now, pace_ms);
        let before = self.at_work.replace(encoder);
        before.is_some_and(|before| before != encoder)
    }

    pub(super) fn pace_ms(&self) -> i64 {
        self.pace_ms
    }

    pub(super) fn is_at_work(&self, encoder: u64) -> bool {
        self.at_work.is_none_or(|at_work| at_work == encoder)
    }

    pub(super) fn gone(&mut self, encoder: u64) {
        if self.at_work == Some(encoder) {
            self.at_work = None;
        }
        if self.standby.is_some_and(|(standby, _)| standby == encoder) {
            self.standby = None;
        }
    }

    /// False where too much waits already.
    pub(super) fn hold(&mut self, chunk: Chunk, arrival: Arrival, max_bytes: u64) -> bool {
        let bytes = super::chunk::len(&chunk.media);
        if self.held.len() >= MAX_HELD || self.held_bytes + bytes > max_bytes / HELD_SHARE {
            return false;
        }
        self.held_bytes += bytes;
        let time = chunk.base_media_decode_time;
        let held = self.held.iter();
        let at = held.filter(|held| held.chunk.base_media_decode_time <= time);
        self.held.insert(at.count(), Held { chunk, arrival });
        true
    }

    pub(super) fn held(&self, index: usize) -> Option<&Held> {
        self.held.get(index)
    }

    pub(super) fn release(&mut self, index: usize) -> Option<Held> {
        let held = self.held.remove(index)?;
        self.held_bytes -= super::chunk::len(&held.chunk.media);
        Some(held)
    }
}
