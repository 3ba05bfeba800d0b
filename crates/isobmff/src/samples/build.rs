//! Reads the boxes of a sample table and checks them against each other and against the file, once.
use bytes::Bytes;

use super::SampleTable;
use super::position::{Position, Short};
use super::tables::{ChunkOffsets, Runs, Sizes, SyncTable, Tables, ToChunk};
use crate::boxes::Node;
use crate::{Error, Result};

/// The boxes of a `stbl` that tell of samples.
#[derive(Debug, Default)]
pub(crate) struct TableBoxes<'p> {
    stts: Option<Node<'p>>,
    ctts: Option<Node<'p>>,
    stsc: Option<Node<'p>>,
    stsz: Option<Node<'p>>,
    stco: Option<Node<'p>>,
    stss: Option<Node<'p>>,
}

impl<'p> TableBoxes<'p> {
    /// Keeps `node` if it is one of them.
    pub(crate) fn take(&mut self, node: Node<'p>) -> Result<()> {
        let slot = match &node.kind().0 {
            b"stts" => &mut self.stts,
            b"ctts" => &mut self.ctts,
            b"stsc" => &mut self.stsc,
            b"stsz" | b"stz2" => &mut self.stsz,
            b"stco" | b"co64" => &mut self.stco,
            b"stss" => &mut self.stss,
            _ => return Ok(()),
        };
        node.once(slot)
    }
}

/// A checkpoint stands after so many entries of all tables, or soon behind: what a random access has to pass.
const ENTRIES_PER_CHECKPOINT: u64 = 1024;
/// … and in tables with a size per sample after so many samples.
const SIZES_PER_CHECKPOINT: u32 = 1024;

pub(super) fn build(
    stbl: &Node<'_>,
    boxes: TableBoxes<'_>,
    sample_entries: usize,
    file_len: u64,
    max_samples: u32,
) -> Result<SampleTable> {
    let stsz = stbl.require(boxes.stsz, b"stsz")?;
    let (sizes, len) = parse_sizes(&stsz)?;
    if len > max_samples {
        return Err(stsz.limit("samples", u64::from(max_samples)));
    }
    let stts = stbl.require(boxes.stts, b"stts")?;
    let durations = Runs(entries(&stts, 8)?);
    check_durations(&stts, &durations, len)?;
    let composition = boxes
        .ctts
        .as_ref()
        .map(|ctts| entries(ctts, 8).map(Runs))
        .transpose()?;
    let stsc = stbl.require(boxes.stsc, b"stsc")?;
    let to_chunk = ToChunk(entries(&stsc, 12)?);
    check_to_chunk(&stsc, &to_chunk, sample_entries)?;
    let stco = stbl.require(boxes.stco, b"stco")?;
    let chunks = if stco.kind().0 == *b"co64" {
        ChunkOffsets::Long(entries(&stco, 8)?)
    } else {
        ChunkOffsets::Short(entries(&stco, 4)?)
    };
    let sync = boxes
        .stss
        .as_ref()
        .map(|stss| parse_sync(stss, len))
        .transpose()?;
    let tables = Tables {
        durations,
        composition,
        to_chunk,
        sizes,
        chunks,
        sync,
    };

    let mut position = Position::start();
    let mut checkpoints = Vec::new();
    let (mut passed, mut sizes_seen, mut max_sample_size) = (0, 0, 0);
    while position.index() < len {
        if checkpoints.is_empty()
            || position.entries() - passed >= ENTRIES_PER_CHECKPOINT
            || sizes_seen >= SIZES_PER_CHECKPOINT
        {
            checkpoints.push(position);
            (passed, sizes_seen) = (position.entries(), 0);
        }
        let short = |index: u32, short: Short| {
            let (node, what, covered) = match short {
                Short::Durations => (Some(&stts), "stts", tables.durations.samples()),
                Short::Composition => {
                    let covered = tables.composition.as_ref().map_or(0, Runs::samples);
                    (boxes.ctts.as_ref(), "ctts", covered)
                }
                Short::Chunks => (Some(&stco), "stsc and the chunk offsets", u64::from(index)),
            };
            let node = node.unwrap_or(stbl);
            node.malformed(format!("{what} cover {covered} samples of {len}"))
        };
        let index = position.index();
        let in_chunk = position
            .settle_chunk(&tables)
            .map_err(|table| short(index, table))?;
        let most = if tables.sizes.is_constant() {
            position.run().max(SIZES_PER_CHECKPOINT)
        } else {
            SIZES_PER_CHECKPOINT - sizes_seen
        };
        let count = in_chunk.min(len - index).min(most);
        let sizes = tables.sizes.measure(index, count);
        let end = position.offset().checked_add(sizes.sum);
        if end.is_none_or(|end| end > file_len) {
            return Err(past_the_end(&stco, &tables, position, count, file_len));
        }
        max_sample_size = max_sample_size.max(sizes.most);
        position
            .pass_times(&tables, count)
            .map_err(|table| short(index, table))?;
        position.pass_in_chunk(count, sizes.sum);
        if !tables.sizes.is_constant() {
            sizes_seen += count;
        }
    }
    let total_duration = position.decode_time();
    Ok(SampleTable {
        tables,
        len,
        total_duration,
        max_sample_size,
        checkpoints: checkpoints.into(),
    })
}

/// The entries of a full box that holds a count and so many entries of `size` bytes.
fn entries(node: &Node<'_>, size: usize) -> Result<Bytes> {
    let mut fields = node.fields();
    fields.version_and_flags()?;
    let count = fields.u32()?;
    let len = usize::try_from(count)
        .ok()
        .and_then(|count| count.checked_mul(size));
    fields.bytes(len.unwrap_or(usize::MAX))
}

/// The sizes, and how many there are.
fn parse_sizes(node: &Node<'_>) -> Result<(Sizes, u32)> {
    let mut fields = node.fields();
    fields.version_and_flags()?;
    let first = fields.u32()?;
    let count = fields.u32()?;
    let samples = usize::try_from(count).unwrap_or(usize::MAX);
    let compact = node.kind().0 == *b"stz2";
    let sizes = match (compact, first) {
        (false, 0) => Sizes::Words(fields.bytes(samples.saturating_mul(4))?),
        (false, constant) => Sizes::Constant(constant),
        // 24 reserved bits stand before the field size.
        (true, field) => match field & 0xff {
            4 => Sizes::Nibbles(fields.bytes(samples.div_ceil(2))?),
            8 => Sizes::Bytes(fields.bytes(samples)?),
            16 => Sizes::Shorts(fields.bytes(samples.saturating_mul(2))?),
            other => {
                return Err(node.malformed(format!("field size {other} is none of 4, 8 and 16")));
            }
        },
    };
    Ok((sizes, count))
}

fn check_durations(stts: &Node<'_>, durations: &Runs, len: u32) -> Result<()> {
    let covered = durations.samples();
    if covered != u64::from(len) {
        return Err(stts.malformed(format!("durations for {covered} samples, sizes for {len}")));
    }
    Ok(())
}

fn check_to_chunk(stsc: &Node<'_>, to_chunk: &ToChunk, sample_entries: usize) -> Result<()> {
    let mut previous = 0;
    for (number, entry) in to_chunk.iter().enumerate() {
        let first = entry.first_chunk;
        if first <= previous || (number == 0 && first != 1) {
            return Err(stsc.malformed(format!(
                "entry {number} begins at chunk {first} after chunk {previous}"
            )));
        }
        previous = first;
        let description = usize::try_from(entry.description).unwrap_or(usize::MAX);
        if description == 0 || description > sample_entries {
            return Err(stsc.malformed(format!(
                "entry {number} names sample entry {description} of {sample_entries}"
            )));
        }
    }
    Ok(())
}

fn parse_sync(stss: &Node<'_>, len: u32) -> Result<SyncTable> {
    let sync = SyncTable(entries(stss, 4)?);
    let mut previous = None;
    for entry in 0..sync.len() {
        let sample = sync.get(entry);
        if sample <= previous || sample.is_none_or(|sample| sample >= len) {
            return Err(stss.malformed(format!(
                "entry {entry} does not name a later one of the {len} samples"
            )));
        }
        previous = sample;
    }
    Ok(sync)
}

/// Names the first of `count` samples from `position` on that ends behind the file.
fn past_the_end(
    stco: &Node<'_>,
    tables: &Tables,
    mut position: Position,
    count: u32,
    file_len: u64,
) -> Error {
    let last = position.index() + (count - 1);
    if let Sizes::Constant(size) = tables.sizes {
        let fitting = file_len.saturating_sub(position.offset()) / u64::from(size.max(1));
        let fitting = u32::try_from(fitting).unwrap_or(u32::MAX).min(count - 1);
        position.pass_in_chunk(fitting, u64::from(fitting) * u64::from(size));
    }
    loop {
        let (index, start) = (position.index(), position.offset());
        let size = tables.sizes.get(index).unwrap_or(0);
        let end = start.checked_add(u64::from(size));
        if index == last || end.is_none_or(|end| end > file_len) {
            return stco.truncated(format!(
                "sample {index} has {size} bytes at {start}, the file has {file_len}"
            ));
        }
        position.pass_in_chunk(1, u64::from(size));
    }
}
