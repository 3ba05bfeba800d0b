//! When samples are decoded and shown, and how they are described: without a look at sizes and chunks.
use super::position::{Position, Run};
use super::tables::{Tables, ToChunk};

/// Samples in a row that last equally long and have the same composition offset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimingRun {
    /// Index of the first one, from 0.
    pub first: u32,
    /// At least 1.
    pub count: u32,
    /// Of the first one, media timescale.
    pub decode_time: u64,
    pub duration: u32,
    pub composition_offset: i32,
}

/// A walk in decode order that costs a look at each entry of two tables.
#[derive(Debug, Clone)]
pub struct Timings<'a> {
    tables: &'a Tables,
    len: u32,
    index: u32,
    decode_time: u64,
    duration: Run,
    composition: Run,
}

impl<'a> Timings<'a> {
    /// None: at the end.
    pub(super) fn new(tables: &'a Tables, len: u32, position: Option<Position>) -> Self {
        let index = position.map_or(len, |position| position.index());
        let position = position.unwrap_or_else(Position::start);
        let (duration, composition) = position.times();
        Self {
            tables,
            len,
            index,
            decode_time: position.decode_time(),
            duration,
            composition,
        }
    }

    /// The samples from here on, `most` at most, that have the same duration and composition offset.
    #[inline]
    pub fn next_run(&mut self, most: u32) -> Option<TimingRun> {
        let mut count = most.min(self.len - self.index);
        if count == 0 {
            return None;
        }
        self.duration.settle(&self.tables.durations)?;
        count = count.min(self.duration.left);
        let mut composition_offset = 0;
        if let Some(composition) = &self.tables.composition {
            self.composition.settle(composition)?;
            composition_offset = self.composition.value.cast_signed();
            count = count.min(self.composition.left);
            self.composition.left -= count;
        }
        self.duration.left -= count;
        let run = TimingRun {
            first: self.index,
            count,
            decode_time: self.decode_time,
            duration: self.duration.value,
            composition_offset,
        };
        self.index += count;
        // Below 2⁶⁴: at most 2³² samples of less than 2³² ticks each.
        self.decode_time += u64::from(count) * u64::from(run.duration);
        Some(run)
    }
}

impl Timings<'_> {
    /// Calls `each` with the runs of the next `count` samples, or of those that are left.
    #[inline]
    pub fn each_run(&mut self, count: u32, mut each: impl FnMut(&TimingRun)) {
        let mut left = count.min(self.len - self.index);
        while left > 0 && self.duration.settle(&self.tables.durations).is_some() {
            let lasting = left.min(self.duration.left);
            let mut run = TimingRun {
                first: self.index,
                count: 0,
                decode_time: self.decode_time,
                duration: self.duration.value,
                composition_offset: 0,
            };
            let mut take = |count: u32, offset: u32| {
                run.count = count;
                run.composition_offset = offset.cast_signed();
                each(&run);
                run.first += count;
                run.decode_time += u64::from(count) * u64::from(run.duration);
            };
            match &self.tables.composition {
                Some(composition) => {
                    if self.composition.walk(composition, lasting, take).is_none() {
                        return;
                    }
                }
                None => take(lasting, 0),
            }
            self.duration.left -= lasting;
            self.index += lasting;
            self.decode_time += u64::from(lasting) * u64::from(self.duration.value);
            left -= lasting;
        }
    }
}

/// From which sample on which sample entry holds (both from 0), wherever it changes.
#[derive(Debug, Clone)]
pub struct Descriptions<'a> {
    to_chunk: &'a ToChunk,
    len: u32,
    next_entry: u32,
    next_sample: u64,
    /// From 1.
    last: Option<u32>,
}

impl<'a> Descriptions<'a> {
    pub(super) fn new(tables: &'a Tables, len: u32) -> Self {
        Self {
            to_chunk: &tables.to_chunk,
            len,
            next_entry: 0,
            next_sample: 0,
            last: None,
        }
    }
}

impl Iterator for Descriptions<'_> {
    type Item = (u32, u32);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let first = u32::try_from(self.next_sample).ok();
            let first = first.filter(|first| *first < self.len)?;
            let entry = self.to_chunk.get(self.next_entry)?;
            self.next_entry += 1;
            // The last entry holds for all chunks that are left.
            let following = self.to_chunk.get(self.next_entry);
            let chunks = following.map_or(u32::MAX, |next| next.first_chunk - entry.first_chunk);
            let samples = u64::from(chunks) * u64::from(entry.samples_per_chunk);
            self.next_sample = self.next_sample.saturating_add(samples);
            if samples > 0 && self.last != Some(entry.description) {
                self.last = Some(entry.description);
                return Some((first, entry.description - 1));
            }
        }
    }
}
