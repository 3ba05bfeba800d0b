//! For how long nothing was added to a live playlist (HLS 6.2.1).
use std::time::Duration;

use tokio::time::Instant;

use super::{Held, Reload};
use crate::hls::MediaPlaylist;
use crate::transport::Answer;
use crate::verify::{self, Violation};

/// An answer that took so long was held back until there was something to tell.
const HELD_BACK: Duration = Duration::from_millis(50);

/// When the end of a list was first seen, and for how long at least it had stayed when the last answer was made.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Growth {
    segment: Since,
    part: Since,
}

#[derive(Clone, Copy, Debug, Default)]
struct Since {
    seen: Option<Instant>,
    waited: Duration,
    /// It was too long, and was told.
    told: bool,
}

impl Growth {
    /// What `answer`, which brought `list`, tells beside what was `before`.
    pub(super) fn of(
        before: Option<&Held>,
        list: &MediaPlaylist,
        answer: &Answer,
        reload: Reload,
    ) -> Self {
        let Some(before) = before else {
            return Self {
                segment: Since::new(answer.end),
                part: Since::new(answer.end),
            };
        };
        let segments = &before.list.media().segments;
        let complete = |segments: &[crate::presentation::Segment]| {
            let last = segments.iter().rev().find(|segment| segment.complete);
            last.map(|segment| segment.number)
        };
        let part = |segments: &[crate::presentation::Segment]| {
            let last = segments.last();
            last.map(|last| (last.number, last.complete, last.parts.len()))
        };
        let now = &list.media.segments;
        // Who waits for a segment does not see its parts come.
        let (for_any, for_part) = match reload {
            Reload::Plain => (false, false),
            Reload::Blocking { part, .. } => (true, part.is_some()),
        };
        let growth = before.growth;
        Self {
            segment: growth
                .segment
                .on(complete(segments) == complete(now), answer, for_any),
            part: growth
                .part
                .on(part(segments) == part(now), answer, for_part),
        }
    }

    /// What came too late; once for each wait.
    pub(super) fn judge(&mut self, list: &MediaPlaylist) -> Vec<Violation> {
        let fresh = |since: &Since| match since.told {
            true => Duration::ZERO,
            false => since.waited,
        };
        let found = verify::hls::on_time(list, fresh(&self.segment), fresh(&self.part));
        if !found.is_empty() {
            self.segment.told = true;
            self.part.told = true;
        }
        found
    }
}

impl Since {
    fn new(seen: Instant) -> Self {
        Self {
            seen: Some(seen),
            waited: Duration::ZERO,
            told: false,
        }
    }

    fn on(self, same: bool, answer: &Answer, blocking: bool) -> Self {
        let Some(seen) = self.seen else {
            return Self::new(answer.end);
        };
        // An answer is made after it was asked for; one that was held back, just before it came.
        let held_back = blocking && answer.first_byte.duration_since(answer.sent) > HELD_BACK;
        let made = match held_back {
            true => answer.first_byte,
            false => answer.sent,
        };
        let waited = made.saturating_duration_since(seen);
        match same {
            true => Self { waited, ..self },
            false => Self {
                seen: Some(answer.end),
                waited: if held_back { waited } else { Duration::ZERO },
                told: self.told && held_back,
            },
        }
    }
}

#[cfg(test)]
mod tests;
