//! The part that is being gathered.
use std::ops::Range;

use bytes::{Bytes, BytesMut};

use super::{Part, Sample, prefix};

/// Event boxes and `prft` of one part, and of one chunk.
pub(super) const MAX_PREFIX: usize = 256 << 10;
/// Where durations say nothing.
const MAX_SAMPLES: usize = 8192;

#[derive(Debug, Default)]
pub(super) struct Pending {
    start: u64,
    duration: u64,
    samples: Vec<Sample>,
    media: Vec<Bytes>,
    /// Where the last of `media` lies: chunk, and bytes of it.
    tail: Option<(u64, Range<usize>)>,
    prefix: BytesMut,
}

impl Pending {
    pub(super) fn fits(&self, duration: u32, target: u64) -> bool {
        self.samples.len() < MAX_SAMPLES && self.duration + u64::from(duration) <= target
    }

    /// `media`: all of the chunk's, `range`: the sample's bytes in it.
    pub(super) fn add(
        &mut self,
        start: u64,
        sample: Sample,
        chunk: u64,
        media: &Bytes,
        range: Range<usize>,
    ) {
        if self.samples.is_empty() {
            self.start = start;
        }
        self.duration += u64::from(sample.duration);
        self.samples.push(sample);
        match (&mut self.tail, self.media.last_mut()) {
            (Some((of, tail)), Some(last)) if *of == chunk && tail.end == range.start => {
                tail.end = range.end;
                *last = media.slice(tail.clone());
            }
            _ if range.is_empty() => {}
            _ => {
                self.media.push(media.slice(range.clone()));
                self.tail = Some((chunk, range));
            }
        }
    }

    /// Boxes that go before the part. False where they are too many.
    pub(super) fn add_prefix(&mut self, boxes: &[u8]) -> bool {
        let boxes = match prefix::has_producer_time(&self.prefix) {
            false => boxes,
            true => prefix::without_producer_time(boxes),
        };
        let fits = self.prefix.len() + boxes.len() <= MAX_PREFIX;
        if fits {
            self.prefix.extend_from_slice(boxes);
        }
        fits
    }

    /// Empties it. `first_sample`: the number of the next part's first sample, which is raised.
    pub(super) fn take(&mut self, first_sample: &mut u64) -> Option<Part> {
        let first = self.samples.first()?;
        let part = Part {
            start: self.start,
            duration: self.duration,
            independent: first.is_sync,
            first_sample: *first_sample,
            prefix: std::mem::take(&mut self.prefix).freeze(),
            samples: std::mem::take(&mut self.samples),
            media: std::mem::take(&mut self.media),
        };
        self.tail = None;
        self.duration = 0;
        *first_sample += u64::try_from(part.samples.len()).unwrap_or(0);
        Some(part)
    }
}
