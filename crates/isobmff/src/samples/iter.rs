//! Iterators over a sample table.
use std::iter::FusedIterator;

use super::Sample;
use super::position::Position;
use super::tables::{Sizes, SyncTable, Tables};

/// Iterator of samples in decode order.
#[derive(Debug, Clone)]
pub struct SampleIter<'a> {
    tables: &'a Tables,
    len: u32,
    /// None: at the end.
    position: Option<Position>,
    /// The next `stss` entry, and the sample it names.
    sync_entry: u32,
    sync_sample: Option<u32>,
}

impl<'a> SampleIter<'a> {
    pub(super) fn new(
        tables: &'a Tables,
        len: u32,
        position: Option<Position>,
        sync_entry: u32,
    ) -> Self {
        let sync_sample = tables.sync.as_ref().and_then(|sync| sync.get(sync_entry));
        Self {
            tables,
            len,
            position,
            sync_entry,
            sync_sample,
        }
    }

    fn remaining(&self) -> u32 {
        self.position
            .map_or(0, |position| self.len - position.index())
    }

    /// The next sample, and how many from it on differ from it in nothing but index, offset and decode time. They lie
    /// one behind the other. The cost of a walk is that of the table's entries, not of the samples.
    pub(crate) fn next_alike(&mut self) -> Option<(Sample, u32)> {
        let position = self.position.as_mut()?;
        position.settle(self.tables).ok()?;
        let index = position.index();
        let reach = if self.tables.sizes.is_constant() {
            position.reach(self.tables, self.len - index)
        } else {
            1
        };
        let until_sync = match self.sync_sample.map(|sync| sync.saturating_sub(index)) {
            Some(0) => 1,
            Some(until) => until,
            None => u32::MAX,
        };
        let count = reach.min(until_sync);
        let sample = self.next()?;
        if let Some(position) = &mut self.position {
            let rest = count - 1;
            position.advance(rest, u64::from(rest) * u64::from(sample.size));
            if position.index() >= self.len {
                self.position = None;
            }
        }
        Some((sample, count))
    }

    /// The samples from here on, `most` at most, that lie one behind the other and differ in their sizes alone. A walk
    /// in runs looks at the other tables once for each of their entries.
    #[inline]
    pub fn next_run(&mut self, most: u32) -> Option<SampleRun<'a>> {
        let tables = self.tables;
        let position = self.position.as_mut()?;
        position.settle(tables).ok()?;
        let index = position.index();
        let until_sync = match self.sync_sample {
            Some(sync) if sync == index => 1,
            Some(sync) => sync.saturating_sub(index),
            None => u32::MAX,
        };
        let count = position.reach(tables, (self.len - index).min(most).min(until_sync));
        if count == 0 {
            return None;
        }
        let mut first = Sample {
            index,
            offset: position.offset(),
            size: tables.sizes.get(index)?,
            decode_time: position.decode_time(),
            duration: position.duration(),
            composition_offset: position.composition_offset(),
            is_sync: false,
            description: position.description(),
        };
        let bytes = match count {
            1 => u64::from(first.size),
            _ => tables.sizes.sum(index, count),
        };
        position.advance(count, bytes);
        if position.index() >= self.len {
            self.position = None;
        }
        first.is_sync = self.is_sync(index);
        Some(SampleRun {
            first,
            count,
            bytes,
            sizes: &tables.sizes,
        })
    }

    /// The samples from here on, `most` at most, as one: what they have in common. A pass over each table.
    pub fn next_span(&mut self, most: u32) -> Option<SampleSpan> {
        let tables = self.tables;
        let first = self.clone().next()?;
        let position = self.position.as_mut()?;
        position.settle(tables).ok()?;
        let count = most.min(self.len - first.index);
        if count == 0 {
            return None;
        }
        let span = position.pass_span(tables, count)?;
        if position.index() >= self.len {
            self.position = None;
        }
        let sync_count = self.pass_syncs(first.index + count);
        Some(SampleSpan {
            first,
            count,
            bytes: span.sizes.sum,
            sizes: (span.sizes.least, span.sizes.most),
            durations: span.durations,
            composition_offsets: span.composition_offsets,
            descriptions: span.descriptions,
            sync_count: sync_count.unwrap_or(count),
        })
    }

    /// Goes on at sample `index`; stays where it is behind it.
    pub fn advance_to(&mut self, index: u32) {
        if let Some(position) = &mut self.position
            && position.index() < index
        {
            if position.skip_to(self.tables, self.len, index).is_none() {
                self.position = None;
            }
            _ = self.pass_syncs(index);
        }
    }

    /// Passes the sync samples before `end`. Tells how many; none where all samples are.
    fn pass_syncs(&mut self, end: u32) -> Option<u32> {
        let sync = self.tables.sync.as_ref()?;
        let before = self.sync_entry;
        while self.sync_sample.is_some_and(|sample| sample < end) {
            self.sync_entry += 1;
            self.sync_sample = sync.get(self.sync_entry);
        }
        Some(self.sync_entry - before)
    }

    #[inline]
    fn is_sync(&mut self, index: u32) -> bool {
        let Some(sync) = &self.tables.sync else {
            return true;
        };
        if self.sync_sample != Some(index) {
            return false;
        }
        self.sync_entry += 1;
        self.sync_sample = sync.get(self.sync_entry);
        true
    }
}

impl Iterator for SampleIter<'_> {
    type Item = Sample;

    fn next(&mut self) -> Option<Sample> {
        let position = self.position.as_mut()?;
        // The tables were checked to cover every sample.
        position.settle(self.tables).ok()?;
        let index = position.index();
        let size = self.tables.sizes.get(index)?;
        let mut sample = Sample {
            index,
            offset: position.offset(),
            size,
            decode_time: position.decode_time(),
            duration: position.duration(),
            composition_offset: position.composition_offset(),
            is_sync: false,
            description: position.description(),
        };
        position.advance(1, u64::from(size));
        if position.index() >= self.len {
            self.position = None;
        }
        sample.is_sync = self.is_sync(index);
        Some(sample)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let remaining = usize::try_from(self.remaining()).ok();
        (remaining.unwrap_or(usize::MAX), remaining)
    }
}

impl ExactSizeIterator for SampleIter<'_> {}
impl FusedIterator for SampleIter<'_> {}

/// Samples one behind the other, in the file and in decode order, that differ in their sizes alone.
#[derive(Debug, Clone, Copy)]
pub struct SampleRun<'a> {
    pub first: Sample,
    /// At least 1.
    pub count: u32,
    /// Of all of them.
    pub bytes: u64,
    sizes: &'a Sizes,
}

impl SampleRun<'_> {
    /// Calls `each` with the size of every sample, in order.
    #[inline]
    pub fn each_size(&self, mut each: impl FnMut(u32)) {
        match self.count {
            1 => each(self.first.size),
            count => self.sizes.each(self.first.index, count, each),
        }
    }
}

/// Samples in a row, by what they have in common: smallest and largest of each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SampleSpan {
    pub first: Sample,
    /// At least 1.
    pub count: u32,
    /// Of all of them.
    pub bytes: u64,
    pub sizes: (u32, u32),
    /// Media timescale.
    pub durations: (u32, u32),
    pub composition_offsets: (i32, i32),
    pub descriptions: (u32, u32),
    /// How many are sync samples.
    pub sync_count: u32,
}

/// Iterator of the indices of sync samples, rising.
#[derive(Debug, Clone)]
pub struct SyncSamples<'a> {
    sync: Option<&'a SyncTable>,
    /// A position in `stss`, or the sample itself when there is none.
    next: u32,
    end: u32,
}

impl<'a> SyncSamples<'a> {
    pub(super) fn new(sync: Option<&'a SyncTable>, len: u32, from: u32) -> Self {
        match sync {
            Some(table) => Self {
                sync,
                next: table.first_from(from),
                end: table.len(),
            },
            None => Self {
                sync,
                next: from.min(len),
                end: len,
            },
        }
    }
}

impl Iterator for SyncSamples<'_> {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        if self.next >= self.end {
            return None;
        }
        let next = self.next;
        self.next += 1;
        match self.sync {
            Some(table) => table.get(next),
            None => Some(next),
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let remaining = usize::try_from(self.end - self.next).ok();
        (remaining.unwrap_or(usize::MAX), remaining)
    }
}

impl ExactSizeIterator for SyncSamples<'_> {}
impl FusedIterator for SyncSamples<'_> {}
