//! A place in the walk over all tables at once: the heart of the lazy view.
//!
//! Every table is a list of runs (samples of one duration, of one composition offset, of one chunk).
//! A position knows how much of each run is left, so it can move by the shortest of them at a time, or pass many samples
//! table by table: the cost of a move is that of the entries passed, not of the samples.
use super::tables::{Measure, Runs, Tables};

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
pub(super) struct Run {
    next_entry: u32,
    pub(super) left: u32,
    pub(super) value: u32,
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

/// What samples in a row have in common: smallest and largest of what the tables say.
#[derive(Debug, Clone, Copy)]
pub(super) struct Span {
    pub(super) sizes: Measure,
    pub(super) durations: (u32, u32),
    pub(super) composition_offsets: (i32, i32),
    pub(super) descriptions: (u32, u32),
}

#[inline]
fn widened<T: Ord + Copy>((least, most): (T, T), value: T) -> (T, T) {
    (least.min(value), most.max(value))
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

    /// Where in `stts` and in `ctts`.
    pub(super) fn times(&self) -> (Run, Run) {
        (self.duration, self.composition)
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

    /// Moves forward to sample `target`, one table after the other; none when the tables end before it.
    pub(super) fn skip_to(&mut self, tables: &Tables, len: u32, target: u32) -> Option<()> {
        if target >= len {
            return None;
        }
        let count = target.checked_sub(self.index)?;
        self.pass_times(tables, count).ok()?;
        self.pass_chunks(tables, count, |_| ())
    }

    /// Passes `count` samples in the tables of durations and composition offsets. The index stays.
    pub(super) fn pass_times(&mut self, tables: &Tables, count: u32) -> Result<(), Short> {
        let ticks = self.duration.pass(&tables.durations, count);
        self.decode_time += ticks.ok_or(Short::Durations)?;
        if let Some(composition) = &tables.composition {
            let passed = self.composition.pass(composition, count);
            passed.ok_or(Short::Composition)?;
        }
        Ok(())
    }

    /// Passes `count` samples, and tells what they have in common. The position is settled.
    pub(super) fn pass_span(&mut self, tables: &Tables, count: u32) -> Option<Span> {
        let mut span = Span {
            sizes: tables.sizes.measure(self.index, count),
            durations: (u32::MAX, 0),
            composition_offsets: (i32::MAX, i32::MIN),
            descriptions: (u32::MAX, 0),
        };
        let mut ticks = 0;
        self.duration.walk(&tables.durations, count, |of, value| {
            ticks += u64::from(of) * u64::from(value);
            span.durations = widened(span.durations, value);
        })?;
        self.decode_time += ticks;
        match &tables.composition {
            Some(composition) => self.composition.walk(composition, count, |_, value| {
                span.composition_offsets = widened(span.composition_offsets, value.cast_signed());
            })?,
            None => span.composition_offsets = (0, 0),
        }
        self.pass_chunks(tables, count, |description| {
            span.descriptions = widened(span.descriptions, description);
        })?;
        Some(span)
    }

    /// Passes `count` samples in the tables of chunks and sizes, and calls `each` with the description of every chunk.
    /// Sizes matter in the last chunk alone: every other says where it begins.
    fn pass_chunks(
        &mut self,
        tables: &Tables,
        count: u32,
        mut each: impl FnMut(u32),
    ) -> Option<()> {
        let mut left = count;
        while left > 0 {
            while self.chunk.left == 0 {
                self.offset = self.chunk.enter_next(tables)?;
            }
            let passed = left.min(self.chunk.left);
            each(self.chunk.description);
            if passed == left {
                let bytes = tables.sizes.sum(self.index, passed);
                self.offset = self.offset.saturating_add(bytes);
            }
            self.chunk.left -= passed;
            self.index += passed;
            left -= passed;
        }
        Some(())
    }

    /// Enters the chunk of the next sample, unless the position is in it. Tells how many of its samples are left.
    pub(super) fn settle_chunk(&mut self, tables: &Tables) -> Result<u32, Short> {
        while self.chunk.left == 0 {
            self.offset = self.chunk.enter_next(tables).ok_or(Short::Chunks)?;
        }
        Ok(self.chunk.left)
    }

    /// Moves by `count` samples of the chunk at hand that have `bytes` bytes, in the tables of chunks and sizes.
    pub(super) fn pass_in_chunk(&mut self, count: u32, bytes: u64) {
        self.index += count;
        // Checked against the length of the file when the table was built.
        self.offset = self.offset.saturating_add(bytes);
        self.chunk.left -= count;
    }

    /// How many samples from here on have one duration and one composition offset, as far as that is known without a
    /// look at the next entries.
    pub(super) fn run(&self) -> u32 {
        self.duration.left.min(self.composition.left)
    }

    /// Entries passed so far, of all tables together.
    pub(super) fn entries(&self) -> u64 {
        let times = u64::from(self.duration.next_entry) + u64::from(self.composition.next_entry);
        times + u64::from(self.chunk.next_chunk)
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
    pub(super) fn settle(&mut self, runs: &Runs) -> Option<()> {
        while self.left == 0 {
            (self.left, self.value) = runs.get(self.next_entry)?;
            self.next_entry += 1;
        }
        Some(())
    }

    /// Passes `count` samples. Tells the sum of their values, below 2⁶⁴.
    fn pass(&mut self, runs: &Runs, count: u32) -> Option<u64> {
        let mut sum = 0;
        self.walk(runs, count, |passed, value| {
            sum += u64::from(passed) * u64::from(value);
        })?;
        Some(sum)
    }

    /// Passes `count` samples, and calls `each` with how many of them have which value, run by run.
    #[inline]
    pub(super) fn walk(
        &mut self,
        runs: &Runs,
        count: u32,
        mut each: impl FnMut(u32, u32),
    ) -> Option<()> {
        let at_hand = self.left.min(count);
        if at_hand > 0 {
            each(at_hand, self.value);
            self.left -= at_hand;
        }
        let mut left = count - at_hand;
        if left == 0 {
            return Some(());
        }
        for (of_entry, value) in runs.from(self.next_entry) {
            self.next_entry += 1;
            let passed = of_entry.min(left);
            if passed > 0 {
                each(passed, value);
            }
            left -= passed;
            if left == 0 {
                (self.left, self.value) = (of_entry - passed, value);
                return Some(());
            }
        }
        None
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
