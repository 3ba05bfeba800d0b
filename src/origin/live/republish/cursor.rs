//! What a destination is to be sent next, and what it will never be sent.
use std::sync::Arc;

use edgepack_packager::live::{Segment, Window};

/// Bounds on what may wait.
#[derive(Debug, Clone, Copy)]
pub(super) struct Queue {
    pub(super) segments: usize,
    pub(super) bytes: u64,
}

/// How far a destination is.
#[derive(Debug)]
pub(super) struct Cursor {
    queue: Queue,
    /// Number of the segment under way; none before there was one.
    number: Option<u64>,
    /// Of it: parts sent.
    parts: usize,
    /// All of it was sent, and it is whole.
    whole: bool,
    /// Told of the end since the last part.
    ended: bool,
    /// Segments dropped so far, of which nothing or not all was sent.
    pub(super) dropped: u64,
}

#[derive(Debug)]
pub(super) enum Next {
    /// This part of this segment.
    Part(Arc<Segment>, usize),
    /// The track is over.
    End,
}

impl Cursor {
    pub(super) fn new(queue: Queue) -> Self {
        Self {
            queue,
            number: None,
            parts: 0,
            whole: false,
            ended: false,
            dropped: 0,
        }
    }

    /// What comes next in the window; none where it has not come yet.
    pub(super) fn next(&mut self, window: &Window) -> Option<Next> {
        let last = window.segments.last()?;
        let number = match self.number {
            None => last.number,
            Some(number) => number,
        };
        self.number = Some(number);
        if self.parts == 0 || window.find(number).is_none() {
            self.keep_to_the_queue(window, last.number);
        }
        loop {
            let segment = &window.segments[window.find(self.number?)?];
            if self.parts < segment.parts.len() {
                self.ended = false;
                let part = self.parts;
                self.parts += 1;
                self.whole = segment.complete && self.parts == segment.parts.len();
                return Some(Next::Part(Arc::clone(segment), part));
            }
            if !segment.complete && !segment.gap {
                return None;
            }
            if segment.number == last.number {
                let tells = window.ended && !self.ended;
                self.ended |= tells;
                return tells.then_some(Next::End);
            }
            (self.number, self.parts) = (Some(segment.number + 1), 0);
            self.whole = false;
            self.keep_to_the_queue(window, last.number);
        }
    }

    /// The connection broke: what was sent of the segment under way has perhaps not arrived.
    pub(super) fn rewind(&mut self) {
        self.parts = 0;
        self.whole = false;
        self.ended = false;
    }

    /// Passes over segments as long as those that wait are more than may.
    fn keep_to_the_queue(&mut self, window: &Window, last: u64) {
        let Some(mut number) = self.number else {
            return;
        };
        let first = window.segments.first().map_or(number, |first| first.number);
        if number < first {
            // They have left the window.
            self.dropped += first - number - u64::from(self.whole);
            self.whole = false;
            (number, self.parts) = (first, 0);
        }
        let from = window.find(number).unwrap_or(0);
        let waiting = window.segments.iter().skip(from);
        let mut bytes: u64 = waiting.clone().map(|segment| segment.bytes()).sum();
        let mut count = waiting.clone().count();
        for segment in waiting {
            let is_too_much = count > self.queue.segments || bytes > self.queue.bytes;
            if !is_too_much || segment.number == last {
                break;
            }
            count -= 1;
            bytes -= segment.bytes();
            self.dropped += u64::from(!segment.gap);
            (number, self.parts) = (segment.number + 1, 0);
        }
        self.number = Some(number);
    }
}

#[cfg(test)]
mod tests;
