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
        let [count, value] = words(&self.0, entry)?;
        Some((count, value))
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (u32, u32)> {
        (0..).map_while(|entry| self.get(entry))
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
        let [first_chunk, samples_per_chunk, description] = words(&self.0, entry)?;
        Some(ToChunkEntry {
            first_chunk,
            samples_per_chunk,
            description,
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
            Self::Short(table) => words::<1>(table, chunk).map(|[offset]| u64::from(offset)),
            Self::Long(table) => {
                words::<2>(table, chunk).map(|[high, low]| u64::from(high) << 32 | u64::from(low))
            }
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
            Self::Words(table) => words::<1>(table, sample).map(|[size]| size),
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

    pub(super) fn is_constant(&self) -> bool {
        matches!(self, Self::Constant(_))
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
        words::<1>(&self.0, entry)?[0].checked_sub(1)
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

/// Entry `index` of a table whose entries are `N` big-endian 32-bit words.
fn words<const N: usize>(table: &[u8], index: u32) -> Option<[u32; N]> {
    let start = usize::try_from(index).ok()?.checked_mul(4 * N)?;
    let entry = table.get(start..)?.get(..4 * N)?;
    let mut out = [0; N];
    for (word, bytes) in out.iter_mut().zip(entry.chunks_exact(4)) {
        *word = u32::from_be_bytes(*bytes.first_chunk()?);
    }
    Some(out)
}

fn sum_words(table: &[u8], first: u32, count: u32) -> u64 {
    let start = usize::try_from(first)
        .unwrap_or(usize::MAX)
        .saturating_mul(4)
        .min(table.len());
    let len = usize::try_from(count)
        .unwrap_or(usize::MAX)
        .saturating_mul(4)
        .min(table.len() - start);
    let (sizes, _) = table[start..start + len].as_chunks::<4>();
    sizes
        .iter()
        .map(|size| u64::from(u32::from_be_bytes(*size)))
        .sum()
}
