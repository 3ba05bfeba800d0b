//! A place in the walk over all tables at once: the heart of the lazy view.
//!
//! Every table is a list of runs (samples of one duration, of one composition offset, of one chunk).
//! A position knows how much of each run is left, so it can move by the shortest of them at a time:
//! the cost of a move is that of the entries passed, not of the samples.
use super::tables::{Runs, Tables};

/// Where one sample is in every table.
#[derive(Debug, Clone, Copy)]
pub(super) struct Position {
    index: u32,
    decode_time: u64,
    /// Of the sample `index`, once [`Position::settle`] was called.
    offset: u64,
    duration: Run,
    composition: Run,
    chunk: Chunk,
}

/// Where in `stts` or `ctts`.
#[derive(Debug, Clone, Copy, Default)]
struct Run {
    next_entry: u32,
    left: u32,
    value: u32,
}

/// Where in `stsc` and `stco`.
#[derive(Debug, Clone, Copy, Default)]
struct Chunk {
    next_chunk: u32,
    left: u32,
    /// The `stsc` entry in force.
    entry: u32,
    description: u32,
}

/// Which table ended before the samples did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Short {
    Durations,
    Composition,
    Chunks,
}

/// In tables with a size per sample, a move looks at so many sizes at most.
const MAX_SIZES_PER_MOVE: u32 = 256;

impl Position {
    /// At sample 0.
    pub(super) fn start() -> Self {
        Self {
            index: 0,
            decode_time: 0,
            offset: 0,
            duration: Run::default(),
            composition: Run::default(),
            chunk: Chunk::default(),
        }
    }

    pub(super) fn index(&self) -> u32 {
        self.index
    }

    pub(super) fn decode_time(&self) -> u64 {
        self.decode_time
    }

    pub(super) fn offset(&self) -> u64 {
        self.offset
    }

    pub(super) fn duration(&self) -> u32 {
        self.duration.value
    }

    pub(super) fn composition_offset(&self) -> i32 {
        self.composition.value.cast_signed()
    }

    /// From 0.
    pub(super) fn description(&self) -> u32 {
        self.chunk.description
    }

    /// Enters the next run of every table whose run is used up (empty runs are passed).
    #[inline]
    pub(super) fn settle(&mut self, tables: &Tables) -> Result<(), Short> {
        self.duration
            .settle(&tables.durations)
            .ok_or(Short::Durations)?;
        match &tables.composition {
            Some(composition) => self
                .composition
                .settle(composition)
                .ok_or(Short::Composition)?,
            None => self.composition.left = u32::MAX,
        }
        while self.chunk.left == 0 {
            self.offset = self.chunk.enter_next(tables).ok_or(Short::Chunks)?;
        }
        Ok(())
    }

    /// How far the runs reach from here in one move, `remaining` samples at most; for a settled position.
    pub(super) fn reach(&self, tables: &Tables, remaining: u32) -> u32 {
        let reach = remaining
            .min(self.duration.left)
            .min(self.composition.left)
            .min(self.chunk.left);
        if tables.sizes.is_constant() {
            reach
        } else {
            reach.min(MAX_SIZES_PER_MOVE)
        }
    }

    /// Moves by `count` samples that have `bytes` bytes; `count` is within [`Position::reach`].
    pub(super) fn advance(&mut self, count: u32, bytes: u64) {
        self.index += count;
        // Below 2⁶⁴: at most 2³² samples of less than 2³² ticks each.
        self.decode_time += u64::from(count) * u64::from(self.duration.value);
        // Checked against the length of the file when the table was built.
        self.offset = self.offset.saturating_add(bytes);
        self.duration.left -= count;
        self.composition.left -= count;
        self.chunk.left -= count;
    }

    /// Moves forward to sample `target`; none when the tables end before it.
    pub(super) fn skip_to(&mut self, tables: &Tables, len: u32, target: u32) -> Option<()> {
        if target >= len {
            return None;
        }
        while self.index < target {
            self.settle(tables).ok()?;
            let count = self.reach(tables, target - self.index);
            self.advance(count, tables.sizes.sum(self.index, count));
        }
        Some(())
    }

    /// Moves forward to the last sample that starts at `time` or before.
    pub(super) fn skip_to_time(&mut self, tables: &Tables, len: u32, time: u64) -> Option<()> {
        loop {
            self.settle(tables).ok()?;
            let reach = self.reach(tables, len - self.index);
            let duration = u64::from(self.duration.value);
            let end = self.decode_time + duration * u64::from(reach);
            // The sample after this run starts too late, or is not there: the answer lies in the run.
            if end > time || self.index + reach == len {
                let ahead = (time - self.decode_time)
                    .checked_div(duration)
                    .unwrap_or(u64::MAX);
                let count = u32::try_from(ahead).unwrap_or(u32::MAX).min(reach - 1);
                self.advance(count, tables.sizes.sum(self.index, count));
                return Some(());
            }
            self.advance(reach, tables.sizes.sum(self.index, reach));
        }
    }
}

impl Run {
    #[inline]
    fn settle(&mut self, runs: &Runs) -> Option<()> {
        while self.left == 0 {
            (self.left, self.value) = runs.get(self.next_entry)?;
            self.next_entry += 1;
        }
        Some(())
    }
}

impl Chunk {
    /// The offset of the chunk entered.
    fn enter_next(&mut self, tables: &Tables) -> Option<u64> {
        let offset = tables.chunks.get(self.next_chunk)?;
        // `stsc` was checked: its first chunks rise from 1, so one step suffices.
        let following = tables.to_chunk.get(self.entry + 1);
        if following.is_some_and(|entry| entry.first_chunk - 1 <= self.next_chunk) {
            self.entry += 1;
        }
        let entry = tables.to_chunk.get(self.entry)?;
        self.left = entry.samples_per_chunk;
        self.description = entry.description - 1;
        self.next_chunk += 1;
        Some(offset)
    }
}
