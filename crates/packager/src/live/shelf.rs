//! The segments that there are: listed, and retired.
use std::collections::VecDeque;
use std::sync::{Arc, OnceLock};

use super::{Part, Segment, Window};

/// What a sample, a part, a segment take in memory beside their bytes.
const SAMPLE_BYTES: u64 = 16;
const PART_BYTES: u64 = 256;
const SEGMENT_BYTES: u64 = 256;
/// A segment that left the window can be fetched for so many target durations more.
const RETIRED_TARGETS: i64 = 3;

#[derive(Debug, Default)]
pub(super) struct Shelf {
    /// Numbers rise by one; the last may be growing.
    segments: VecDeque<Arc<Segment>>,
    /// When each left the window (Unix milliseconds), oldest first.
    retired: VecDeque<(i64, Arc<Segment>)>,
    /// Of both.
    bytes: u64,
    /// Of the listed ones.
    duration: u64,
    discontinuities_gone: u64,
    next_number: Option<u64>,
    ended: bool,
    /// Raised with every change of what is listed.
    version: u64,
    /// Of this version, once it was asked for: everybody who waits looks at it.
    window: OnceLock<Arc<Window>>,
}

impl Shelf {
    pub(super) fn window(&self, timescale: u32) -> Arc<Window> {
        let window = self.window.get_or_init(|| {
            Arc::new(Window {
                timescale,
                segments: self.segments.iter().cloned().collect(),
                discontinuities_gone: self.discontinuities_gone,
                ended: self.ended,
            })
        });
        Arc::clone(window)
    }

    /// What is listed is about to be another.
    fn changes(&mut self) {
        self.version += 1;
        self.window.take();
    }

    /// Listed or retired.
    pub(super) fn find(&self, number: u64) -> Option<&Arc<Segment>> {
        let first = self.segments.front()?.number;
        if let Some(index) = number.checked_sub(first) {
            return self.segments.get(usize::try_from(index).ok()?);
        }
        let retired = self.retired.iter().rev();
        let mut segments = retired.map(|(_, segment)| segment);
        segments.find(|segment| segment.number == number)
    }

    /// Of the window, oldest first.
    pub(super) fn segments(&self) -> impl DoubleEndedIterator<Item = &Arc<Segment>> {
        self.segments.iter()
    }

    /// None before the first segment.
    pub(super) fn next_number(&self) -> Option<u64> {
        self.next_number
    }

    pub(super) fn first_number(&self) -> Option<u64> {
        Some(self.segments.front()?.number)
    }

    pub(super) fn last(&self) -> Option<&Arc<Segment>> {
        self.segments.back()
    }

    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    pub(super) fn version(&self) -> u64 {
        self.version
    }

    pub(super) fn has_ended(&self) -> bool {
        self.ended
    }

    pub(super) fn set_ended(&mut self, ended: bool) {
        self.changes();
        self.ended = ended;
    }

    pub(super) fn add(&mut self, segment: Segment) {
        self.changes();
        self.next_number = Some(segment.number.saturating_add(1));
        self.bytes += weight(&segment);
        self.duration += segment.duration;
        self.segments.push_back(Arc::new(segment));
    }

    /// To the growing segment, which lasts to the end of the part then.
    pub(super) fn add_part(&mut self, part: Part) {
        self.changes();
        let Some(last) = self.segments.back_mut() else {
            return;
        };
        self.bytes += part_weight(&part);
        let segment = Arc::make_mut(last);
        let duration = (part.start + part.duration).saturating_sub(segment.start);
        self.duration += duration - segment.duration;
        segment.duration = duration;
        segment.parts.push(Arc::new(part));
    }

    pub(super) fn complete(&mut self) {
        self.changes();
        if let Some(last) = self.segments.back_mut() {
            Arc::make_mut(last).complete = true;
        }
    }

    /// What is older than `window` retires, what has been retired long enough goes; so does what is too much.
    pub(super) fn evict(&mut self, now_ms: i64, window: u64, segment_target_ms: u32, max: u64) {
        while self.segments.len() > 1 {
            let front = self.segments.front().map_or(0, |front| front.duration);
            if self.duration.saturating_sub(front) < window {
                break;
            }
            if let Some(segment) = self.pop() {
                self.retired.push_back((now_ms, segment));
            }
        }
        let keep_ms = RETIRED_TARGETS * i64::from(segment_target_ms);
        while let Some((left, segment)) = self.retired.front() {
            let is_due = now_ms.saturating_sub(*left) >= keep_ms;
            if !is_due && self.bytes <= max {
                break;
            }
            self.bytes -= weight(segment);
            self.retired.pop_front();
        }
        while self.bytes > max && self.segments.len() > 1 {
            if let Some(segment) = self.pop() {
                self.bytes -= weight(&segment);
            }
        }
    }

    fn pop(&mut self) -> Option<Arc<Segment>> {
        let segment = self.segments.pop_front()?;
        self.changes();
        self.duration -= segment.duration;
        self.discontinuities_gone += u64::from(segment.discontinuity);
        Some(segment)
    }
}

fn weight(segment: &Segment) -> u64 {
    let parts = segment.parts.iter().map(|part| part_weight(part));
    SEGMENT_BYTES + parts.sum::<u64>()
}

pub(super) fn part_weight(part: &Part) -> u64 {
    let count = |length: usize| u64::try_from(length).unwrap_or(u64::MAX);
    let samples = SAMPLE_BYTES * count(part.samples.len());
    PART_BYTES + part.bytes() + count(part.prefix.len()) + samples
}
