//! Sample tables: the raw `stbl` boxes and a lazy view over them.
use std::ops::Range;
use std::sync::Arc;

use crate::Result;
use crate::boxes::Node;

mod build;
mod iter;
mod position;
mod tables;
mod timing;
mod write;

pub(crate) use build::TableBoxes;
pub use iter::{SampleIter, SampleRun, SampleSpan, SyncSamples};
use position::Position;
use tables::Tables;
pub use timing::{Descriptions, TimingRun, Timings};
pub(crate) use write::{Alike, TableWriter};

/// The tables of one track, kept raw; checked once for consistency when the movie is read.
///
/// Cheap to clone: the tables are slices of the `moov`. Beside them it holds one small checkpoint
/// for every few hundred table entries, so that a walk can start anywhere.
#[derive(Debug, Clone)]
pub struct SampleTable {
    tables: Tables,
    len: u32,
    total_duration: u64,
    max_sample_size: u32,
    /// By rising sample index, the first at sample 0; empty for an empty table.
    checkpoints: Arc<[Position]>,
}

/// One sample, as the tables describe it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sample {
    /// From 0.
    pub index: u32,
    /// Bytes from the start of the file; `offset + size` lies inside it.
    pub offset: u64,
    pub size: u32,
    /// Media timescale.
    pub decode_time: u64,
    pub duration: u32,
    /// Composition time − decode time, media timescale. Read as signed in both versions of `ctts`:
    /// writers put negative ones into version 0 as well.
    pub composition_offset: i32,
    pub is_sync: bool,
    /// Index into `Track::sample_entries`, from 0.
    pub description: u32,
}

impl SampleTable {
    pub fn len(&self) -> u32 {
        self.len
    }

    /// Bytes of memory beside the `moov` that the tables are slices of.
    pub fn held(&self) -> u64 {
        size_of_val(&self.checkpoints[..]) as u64
    }

    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Sum of all sample durations, media timescale.
    pub fn total_duration(&self) -> u64 {
        self.total_duration
    }

    /// Bytes of the largest sample.
    pub fn max_sample_size(&self) -> u32 {
        self.max_sample_size
    }

    /// Samples from `index` on, in decode order. Starting in the middle costs no walk over all that went before.
    pub fn iter_from(&self, index: u32) -> SampleIter<'_> {
        let position = self.position_at(index);
        let sync_from = self
            .tables
            .sync
            .as_ref()
            .map_or(0, |sync| sync.first_from(index));
        SampleIter::new(&self.tables, self.len, position, sync_from)
    }

    /// When samples from `index` on are decoded and shown, in decode order.
    pub fn timings_from(&self, index: u32) -> Timings<'_> {
        Timings::new(&self.tables, self.len, self.position_at(index))
    }

    /// From which sample on which sample entry holds, wherever it changes, from sample 0 on.
    pub fn descriptions(&self) -> Descriptions<'_> {
        Descriptions::new(&self.tables, self.len)
    }

    /// The sample `index`, counted from 0 in decode order.
    pub fn sample(&self, index: u32) -> Option<Sample> {
        self.iter_from(index).next()
    }

    /// Indices of the sync samples, rising; all samples when the track has no `stss`.
    pub fn sync_samples(&self) -> SyncSamples<'_> {
        self.sync_samples_from(0)
    }

    /// The sync samples at `index` and after it.
    pub fn sync_samples_from(&self, index: u32) -> SyncSamples<'_> {
        SyncSamples::new(self.tables.sync.as_ref(), self.len, index)
    }

    /// Whether every sample is a sync sample (as in audio).
    pub fn all_sync(&self) -> bool {
        self.tables
            .sync
            .as_ref()
            .is_none_or(|sync| sync.len() == self.len)
    }

    /// Bytes of the samples in `range`, cut to the samples there are. Costs a look at each size, and nothing else.
    pub fn bytes_in(&self, range: Range<u32>) -> u64 {
        self.tables.sizes.sum(
            range.start,
            range.end.min(self.len).saturating_sub(range.start),
        )
    }

    /// The last sample that starts decoding at `decode_time` (media timescale) or before; none when the table is empty.
    pub fn index_at(&self, decode_time: u64) -> Option<u32> {
        let after = self
            .checkpoints
            .partition_point(|point| point.decode_time() <= decode_time);
        let mut position = *self.checkpoints.get(after.checked_sub(1)?)?;
        position.skip_to_time(&self.tables, self.len, decode_time)?;
        Some(position.index())
    }

    /// Where sample `index` is; none past the end.
    fn position_at(&self, index: u32) -> Option<Position> {
        let after = self
            .checkpoints
            .partition_point(|point| point.index() <= index);
        let mut position = *self.checkpoints.get(after.checked_sub(1)?)?;
        position.skip_to(&self.tables, self.len, index)?;
        Some(position)
    }

    pub(crate) fn build(
        stbl: &Node<'_>,
        boxes: TableBoxes<'_>,
        sample_entries: usize,
        file_len: u64,
        max_samples: u32,
    ) -> Result<Self> {
        build::build(stbl, boxes, sample_entries, file_len, max_samples)
    }
}

#[cfg(test)]
mod tests;
