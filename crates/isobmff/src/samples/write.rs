//! Sample tables written anew, run by run: what movie fragments say, as the boxes of a `stbl`.
use super::{Sample, SampleTable};
use crate::BoxWriter;

/// Gathers samples in decode order, then writes the shortest boxes that say the same
/// (ISO/IEC 14496-12, 8.6 and 8.7).
///
/// What it holds grows with the runs, not with the samples, except for sizes that differ.
#[derive(Debug, Default)]
pub(crate) struct TableWriter {
    len: u32,
    durations: Vec<Run>,
    composition: Vec<Run>,
    sizes: SizeList,
    chunks: Vec<Chunk>,
    /// Where the last chunk ends.
    data_end: u64,
    /// Numbers (from 1) of the sync samples; none as long as all are.
    sync: Option<Vec<u32>>,
}

/// Samples that follow each other and are alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Alike {
    pub(crate) count: u32,
    pub(crate) duration: u32,
    pub(crate) composition_offset: i32,
    pub(crate) size: u32,
    pub(crate) is_sync: bool,
}

impl Alike {
    /// `count` samples like this one.
    pub(crate) fn new(sample: &Sample, count: u32) -> Self {
        Self {
            count,
            duration: sample.duration,
            composition_offset: sample.composition_offset,
            size: sample.size,
            is_sync: sample.is_sync,
        }
    }
}

#[derive(Debug, Clone, Copy)]
struct Run {
    count: u32,
    value: u32,
}

#[derive(Debug, Clone, Copy)]
struct Chunk {
    offset: u64,
    samples: u32,
    /// From 1.
    description: u32,
}

#[derive(Debug)]
enum SizeList {
    /// Of all samples so far.
    Constant(u32),
    Each {
        sizes: Vec<u32>,
        largest: u32,
    },
}

impl Default for SizeList {
    fn default() -> Self {
        Self::Constant(0)
    }
}

impl TableWriter {
    pub(crate) fn len(&self) -> u32 {
        self.len
    }

    /// Bytes of memory in use, spare capacity aside.
    pub(crate) fn held(&self) -> u64 {
        let sizes = match &self.sizes {
            SizeList::Constant(_) => 0,
            SizeList::Each { sizes, .. } => size_of_val(sizes.as_slice()),
        };
        let held = size_of_val(self.durations.as_slice())
            + size_of_val(self.composition.as_slice())
            + size_of_val(self.chunks.as_slice())
            + self.sync.as_ref().map_or(0, |sync| size_of_val(&sync[..]))
            + sizes;
        held as u64
    }

    /// What `samples` would add to [`TableWriter::held`] at most.
    fn cost(&self, samples: &Alike) -> u64 {
        let each = u64::from(samples.count);
        let sizes = match &self.sizes {
            // Sizes of 0 cannot be written as a constant: half a byte each.
            SizeList::Constant(_) if self.len == 0 && samples.size == 0 => each,
            SizeList::Constant(size) if *size == samples.size => each * u64::from(*size == 0),
            SizeList::Constant(_) if self.len == 0 => 0,
            SizeList::Constant(_) => 4 * (u64::from(self.len) + each),
            SizeList::Each { .. } => 4 * each,
        };
        let sync = match (&self.sync, samples.is_sync) {
            (None, true) => 0,
            (None, false) => 4 * u64::from(self.len),
            (Some(_), true) => 4 * each,
            (Some(_), false) => 0,
        };
        sizes + sync + 16
    }

    /// The samples pushed from here on lie at `offset`; `description` counts from 1.
    pub(crate) fn chunk(&mut self, offset: u64, description: u32) {
        let continues = self
            .chunks
            .last()
            .is_some_and(|last| last.description == description && self.data_end == offset);
        if !continues {
            self.chunks.push(Chunk {
                offset,
                samples: 0,
                description,
            });
            self.data_end = offset;
        }
    }

    /// More samples of the chunk begun last. The caller bounds their number and the end of their data.
    fn push(&mut self, samples: &Alike) {
        let count = samples.count;
        if count == 0 {
            return;
        }
        push_run(&mut self.durations, count, samples.duration);
        push_run(
            &mut self.composition,
            count,
            samples.composition_offset.cast_unsigned(),
        );
        self.sizes.push(self.len, count, samples.size);
        if self.sync.is_none() && !samples.is_sync {
            self.sync = Some((1..=self.len).collect());
        }
        if let Some(sync) = &mut self.sync
            && samples.is_sync
        {
            sync.extend(self.len + 1..=self.len + count);
        }
        if let Some(chunk) = self.chunks.last_mut() {
            chunk.samples += count;
        }
        self.data_end += u64::from(count) * u64::from(samples.size);
        self.len += count;
    }

    /// More samples: those of `table`, from `earlier` bytes before where it has them. None where that takes more
    /// than `budget` in memory, or an offset is less.
    pub(crate) fn extend(&mut self, table: &SampleTable, earlier: u64, budget: u64) -> Option<()> {
        let mut samples = table.iter_from(0);
        while let Some((sample, count)) = samples.next_alike() {
            self.chunk(sample.offset.checked_sub(earlier)?, sample.description + 1);
            self.push_within(&Alike::new(&sample, count), budget)?;
        }
        Some(())
    }

    /// None, and nothing pushed, where `samples` take more than `budget` in memory together with what is held.
    pub(crate) fn push_within(&mut self, samples: &Alike, budget: u64) -> Option<()> {
        if self.held() + self.cost(samples) > budget {
            return None;
        }
        self.push(samples);
        Some(())
    }

    /// Of the last sample; 0 without one.
    pub(crate) fn last_duration(&self) -> u32 {
        self.durations.last().map_or(0, |run| run.value)
    }

    /// Gives the last sample another duration.
    pub(crate) fn set_last_duration(&mut self, duration: u32) {
        if let Some(last) = self.durations.last_mut() {
            last.count -= 1;
            if last.count == 0 {
                self.durations.pop();
            }
            push_run(&mut self.durations, 1, duration);
        }
    }

    /// Whether no sample is a sync sample.
    pub(crate) fn none_sync(&self) -> bool {
        self.sync.as_ref().is_some_and(Vec::is_empty)
    }

    /// Takes every sample for a sync sample.
    pub(crate) fn mark_all_sync(&mut self) {
        self.sync = None;
    }

    /// Room that [`TableWriter::write`] takes at most.
    pub(crate) fn written_len(&self) -> usize {
        usize::try_from(self.held()).unwrap_or(usize::MAX) + 6 * 20
    }

    /// `stts`, `ctts`, `stsc`, `stsz` or `stz2`, `stco` or `co64`, `stss`.
    pub(crate) fn write(&self, w: &mut BoxWriter) {
        write_runs(w, b"stts", 0, &self.durations);
        if self.composition.iter().any(|run| run.value != 0) {
            let signed = |run: &Run| run.value.cast_signed() < 0;
            let version = u8::from(self.composition.iter().any(signed));
            write_runs(w, b"ctts", version, &self.composition);
        }
        self.write_chunks(w);
        self.sizes.write(w, self.len);
        if let Some(sync) = &self.sync {
            w.full_box(b"stss", 0, 0, |w| {
                w.u32(count_of(sync));
                sync.iter().for_each(|sample| w.u32(*sample));
            });
        }
    }

    fn write_chunks(&self, w: &mut BoxWriter) {
        let mut entries: Vec<[u32; 3]> = Vec::new();
        for (number, chunk) in (1..).zip(&self.chunks) {
            let last = entries.last().map(|[_, samples, kind]| (*samples, *kind));
            if last != Some((chunk.samples, chunk.description)) {
                entries.push([number, chunk.samples, chunk.description]);
            }
        }
        w.full_box(b"stsc", 0, 0, |w| {
            w.u32(count_of(&entries));
            entries.as_flattened().iter().for_each(|word| w.u32(*word));
        });
        let long = self
            .chunks
            .iter()
            .any(|chunk| u32::try_from(chunk.offset).is_err());
        w.full_box(if long { b"co64" } else { b"stco" }, 0, 0, |w| {
            w.u32(count_of(&self.chunks));
            for chunk in &self.chunks {
                match u32::try_from(chunk.offset) {
                    Ok(offset) if !long => w.u32(offset),
                    _ => w.u64(chunk.offset),
                }
            }
        });
    }
}

impl SizeList {
    /// Sizes of `count` more samples behind `len`.
    fn push(&mut self, len: u32, count: u32, size: u32) {
        match self {
            Self::Constant(constant) if len == 0 => *constant = size,
            Self::Constant(constant) if *constant == size => {}
            Self::Constant(constant) => {
                let mut sizes = vec![*constant; usize::try_from(len).unwrap_or(usize::MAX)];
                let largest = size.max(*constant);
                repeat(&mut sizes, count, size);
                *self = Self::Each { sizes, largest };
            }
            Self::Each { sizes, largest } => {
                repeat(sizes, count, size);
                *largest = size.max(*largest);
            }
        }
    }

    fn write(&self, w: &mut BoxWriter, len: u32) {
        match self {
            // In `stsz` the constant 0 announces a table.
            Self::Constant(0) => w.full_box(b"stz2", 0, 0, |w| {
                w.u32(4);
                w.u32(len);
                w.zeros(usize::try_from(len.div_ceil(2)).unwrap_or(usize::MAX));
            }),
            Self::Constant(size) => w.full_box(b"stsz", 0, 0, |w| {
                w.u32(*size);
                w.u32(len);
            }),
            Self::Each { sizes, largest } => write_sizes(w, sizes, *largest),
        }
    }
}

fn write_sizes(w: &mut BoxWriter, sizes: &[u32], largest: u32) {
    let field_size = match largest {
        0..=0xff => 8,
        0x100..=0xffff => 16,
        _ => 32,
    };
    let kind = if field_size == 32 { b"stsz" } else { b"stz2" };
    w.full_box(kind, 0, 0, |w| {
        w.u32(if field_size == 32 { 0 } else { field_size });
        w.u32(count_of(sizes));
        for size in sizes {
            let [_, _, high, low] = size.to_be_bytes();
            match field_size {
                8 => w.u8(low),
                16 => w.bytes(&[high, low]),
                _ => w.u32(*size),
            }
        }
    });
}

fn write_runs(w: &mut BoxWriter, kind: &[u8; 4], version: u8, runs: &[Run]) {
    w.full_box(kind, version, 0, |w| {
        w.u32(count_of(runs));
        for run in runs {
            w.u32(run.count);
            w.u32(run.value);
        }
    });
}

fn push_run(runs: &mut Vec<Run>, count: u32, value: u32) {
    match runs.last_mut() {
        Some(last) if last.value == value => last.count += count,
        _ => runs.push(Run { count, value }),
    }
}

fn repeat(sizes: &mut Vec<u32>, count: u32, size: u32) {
    sizes.extend(std::iter::repeat_n(
        size,
        usize::try_from(count).unwrap_or(usize::MAX),
    ));
}

/// A table has at most one entry a sample, and samples are counted in 32 bits.
fn count_of<T>(table: &[T]) -> u32 {
    u32::try_from(table.len()).unwrap_or(u32::MAX)
}
