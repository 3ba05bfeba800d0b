//! The boxes of a sample table as they stand in the file, entry by entry (ISO/IEC 14496-12, 8.6 and 8.7).
use bytes::Bytes;

/// All tables of a track.
#[derive(Debug, Clone)]
pub(super) struct Tables {
    /// `stts`: durations.
    pub(super) durations: Runs,
    /// `ctts`.
    pub(super) composition: Option<Runs>,
    pub(super) to_chunk: ToChunk,
    pub(super) sizes: Sizes,
    pub(super) chunks: ChunkOffsets,
    /// `stss`; none: every sample is a sync sample.
    pub(super) sync: Option<SyncTable>,
}

/// Entries of (sample count, value): `stts` and `ctts`.
#[derive(Debug, Clone)]
pub(super) struct Runs(pub(super) Bytes);

impl Runs {
    pub(super) fn get(&self, entry: u32) -> Option<(u32, u32)> {
        // Both in one: the count in the high half.
        let both = u64::from_be_bytes(*self::entry::<8>(&self.0, entry)?);
        Some(((both >> 32) as u32, both as u32))
    }

    /// How many samples the entries are for.
    pub(super) fn samples(&self) -> u64 {
        self.from(0).map(|(count, _)| u64::from(count)).sum()
    }

    /// The entries from `entry` on.
    #[inline]
    pub(super) fn from(&self, entry: u32) -> impl Iterator<Item = (u32, u32)> {
        let (entries, _) = self.0.as_chunks::<8>();
        let start = usize::try_from(entry).unwrap_or(usize::MAX);
        let rest = entries.get(start..).unwrap_or_default();
        rest.iter().map(|entry| {
            // Both in one: the count in the high half.
            let both = u64::from_be_bytes(*entry);
            ((both >> 32) as u32, both as u32)
        })
    }
}

/// `stsc`: which chunks hold how many samples.
#[derive(Debug, Clone)]
pub(super) struct ToChunk(pub(super) Bytes);

#[derive(Debug, Clone, Copy)]
pub(super) struct ToChunkEntry {
    /// From 1.
    pub(super) first_chunk: u32,
    pub(super) samples_per_chunk: u32,
    /// From 1.
    pub(super) description: u32,
}

impl ToChunk {
    pub(super) fn get(&self, entry: u32) -> Option<ToChunkEntry> {
        let entry = self::entry::<12>(&self.0, entry)?;
        let (words, _) = entry.as_chunks::<4>();
        let [first_chunk, samples_per_chunk, description] = words else {
            return None;
        };
        Some(ToChunkEntry {
            first_chunk: u32::from_be_bytes(*first_chunk),
            samples_per_chunk: u32::from_be_bytes(*samples_per_chunk),
            description: u32::from_be_bytes(*description),
        })
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = ToChunkEntry> {
        (0..).map_while(|entry| self.get(entry))
    }
}

/// `stco`, `co64`.
#[derive(Debug, Clone)]
pub(super) enum ChunkOffsets {
    Short(Bytes),
    Long(Bytes),
}

impl ChunkOffsets {
    pub(super) fn get(&self, chunk: u32) -> Option<u64> {
        match self {
            Self::Short(table) => word(table, chunk).map(u64::from),
            Self::Long(table) => entry::<8>(table, chunk).map(|offset| u64::from_be_bytes(*offset)),
        }
    }
}

/// `stsz`, `stz2`.
#[derive(Debug, Clone)]
pub(super) enum Sizes {
    Constant(u32),
    /// Two in a byte, the first in the high half.
    Nibbles(Bytes),
    Bytes(Bytes),
    Shorts(Bytes),
    Words(Bytes),
}

impl Sizes {
    pub(super) fn get(&self, sample: u32) -> Option<u32> {
        let at = usize::try_from(sample).ok()?;
        match self {
            Self::Constant(size) => Some(*size),
            Self::Nibbles(table) => {
                let pair = *table.get(at / 2)?;
                Some(u32::from(if at.is_multiple_of(2) {
                    pair >> 4
                } else {
                    pair & 15
                }))
            }
            Self::Bytes(table) => table.get(at).map(|size| u32::from(*size)),
            Self::Shorts(table) => {
                let short = table.get(at.checked_mul(2)?..)?.first_chunk::<2>()?;
                Some(u32::from(u16::from_be_bytes(*short)))
            }
            Self::Words(table) => word(table, sample),
        }
    }

    /// Of `count` samples from `first` on. Cannot overflow: 2³² samples of less than 2³² bytes.
    pub(super) fn sum(&self, first: u32, count: u32) -> u64 {
        match self {
            Self::Constant(size) => u64::from(*size) * u64::from(count),
            Self::Words(table) => sum_words(table, first, count),
            _ => {
                let end = first.saturating_add(count);
                (first..end)
                    .map_while(|sample| self.get(sample))
                    .map(u64::from)
                    .sum()
            }
        }
    }

    /// Calls `each` with the sizes of `count` samples from `first` on, in order.
    #[inline]
    pub(super) fn each(&self, first: u32, count: u32, mut each: impl FnMut(u32)) {
        match self {
            Self::Constant(size) => (0..count).for_each(|_| each(*size)),
            Self::Words(table) => words_in(table, first, count)
                .iter()
                .for_each(|size| each(u32::from_be_bytes(*size))),
            _ => (first..first.saturating_add(count))
                .map_while(|sample| self.get(sample))
                .for_each(each),
        }
    }

    /// Sum, smallest and largest of `count` sizes from `first` on.
    pub(super) fn measure(&self, first: u32, count: u32) -> Measure {
        let mut measure = Measure::default();
        match self {
            Self::Constant(size) => {
                measure.sum = self.sum(first, count);
                (measure.least, measure.most) = (*size, *size);
            }
            Self::Words(table) => words_in(table, first, count)
                .iter()
                .for_each(|size| measure.add(u32::from_be_bytes(*size))),
            _ => self.each(first, count, |size| measure.add(size)),
        }
        measure
    }

    pub(super) fn is_constant(&self) -> bool {
        matches!(self, Self::Constant(_))
    }
}

/// Of the sizes of some samples.
#[derive(Debug, Clone, Copy)]
pub(super) struct Measure {
    pub(super) sum: u64,
    pub(super) least: u32,
    pub(super) most: u32,
}

impl Default for Measure {
    fn default() -> Self {
        Self {
            sum: 0,
            least: u32::MAX,
            most: 0,
        }
    }
}

impl Measure {
    #[inline]
    fn add(&mut self, size: u32) {
        self.sum += u64::from(size);
        self.least = self.least.min(size);
        self.most = self.most.max(size);
    }
}

/// `stss`: numbers of the sync samples, from 1, rising.
#[derive(Debug, Clone)]
pub(super) struct SyncTable(pub(super) Bytes);

impl SyncTable {
    pub(super) fn len(&self) -> u32 {
        u32::try_from(self.0.len() / 4).unwrap_or(u32::MAX)
    }

    /// The index (from 0) of the sample that `entry` names.
    pub(super) fn get(&self, entry: u32) -> Option<u32> {
        word(&self.0, entry)?.checked_sub(1)
    }

    /// The first entry that names sample `index` (from 0) or a later one.
    pub(super) fn first_from(&self, index: u32) -> u32 {
        let (mut low, mut high) = (0, self.len());
        while low < high {
            let middle = low + (high - low) / 2;
            match self.get(middle) {
                Some(sample) if sample < index => low = middle + 1,
                _ => high = middle,
            }
        }
        low
    }
}

/// Entry `index` of a table whose entries have `N` bytes. Every step of a walk over samples comes through here.
#[inline]
fn entry<const N: usize>(table: &[u8], index: u32) -> Option<&[u8; N]> {
    let (entries, _) = table.as_chunks::<N>();
    entries.get(usize::try_from(index).ok()?)
}

#[inline]
fn word(table: &[u8], index: u32) -> Option<u32> {
    entry::<4>(table, index).map(|word| u32::from_be_bytes(*word))
}

fn sum_words(table: &[u8], first: u32, count: u32) -> u64 {
    words_in(table, first, count)
        .iter()
        .map(|size| u64::from(u32::from_be_bytes(*size)))
        .sum()
}

/// `count` words from `first` on, or those of them that are there.
fn words_in(table: &[u8], first: u32, count: u32) -> &[[u8; 4]] {
    let (words, _) = table.as_chunks::<4>();
    let start = usize::try_from(first)
        .unwrap_or(usize::MAX)
        .min(words.len());
    let count = usize::try_from(count).unwrap_or(usize::MAX);
    &words[start..][..count.min(words.len() - start)]
}
