//! tile_info() (AV1 Bitstream & Decoding Process Specification, 5.9.15).
use super::sequence::Sequence;
use crate::sample::Parse;
use crate::sample::bits::BitReader;

const MAX_TILE_WIDTH: u32 = 4096;
const MAX_TILE_AREA: u32 = 4096 * 2304;
/// Columns, and rows as well.
const MAX_TILES: u32 = 64;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TileInfo {
    columns: u32,
    rows: u32,
    columns_log2: u32,
    rows_log2: u32,
    /// TileSizeBytes; 0 for a single tile.
    pub(super) size_bytes: usize,
}

impl TileInfo {
    pub(super) fn parse(
        r: &mut BitReader<'_>,
        sequence: &Sequence,
        width: u32,
        height: u32,
    ) -> Parse<Self> {
        let superblock_log2 = if sequence.use_128x128_superblock {
            7
        } else {
            6
        };
        // Sides are rounded up to 8 pixels first, which changes nothing.
        let columns = width.div_ceil(1 << superblock_log2);
        let rows = height.div_ceil(1 << superblock_log2);
        let max_width = MAX_TILE_WIDTH >> superblock_log2;
        let max_area = MAX_TILE_AREA >> (2 * superblock_log2);
        let min_columns_log2 = tile_log2(max_width, columns);
        let min_tiles_log2 = min_columns_log2.max(tile_log2(max_area, rows * columns));
        let mut info = if r.flag()? {
            let columns_log2 = increments(r, min_columns_log2, columns)?;
            let rows_log2 = increments(r, min_tiles_log2.saturating_sub(columns_log2), rows)?;
            Self {
                columns: uniform(columns, columns_log2),
                rows: uniform(rows, rows_log2),
                columns_log2,
                rows_log2,
                size_bytes: 0,
            }
        } else {
            let (tile_columns, widest) = explicit(r, columns, max_width)?;
            let area = rows * columns;
            let max_area = if min_tiles_log2 > 0 {
                area >> (min_tiles_log2 + 1)
            } else {
                area
            };
            let (tile_rows, _) = explicit(r, rows, (max_area / widest).max(1))?;
            Self {
                columns: tile_columns,
                rows: tile_rows,
                columns_log2: tile_log2(1, tile_columns),
                rows_log2: tile_log2(1, tile_rows),
                size_bytes: 0,
            }
        };
        if info.columns > MAX_TILES || info.rows > MAX_TILES {
            return Err(format!("{} × {} tiles", info.columns, info.rows).into());
        }
        if info.index_bits() > 0 {
            let _context_update_tile_id = r.f(info.index_bits())?;
            info.size_bytes = 1 + r.f(2)? as usize;
        }
        Ok(info)
    }

    pub(super) fn count(&self) -> u32 {
        self.columns * self.rows
    }

    /// Bits of a tile's number.
    pub(super) fn index_bits(&self) -> u32 {
        self.columns_log2 + self.rows_log2
    }
}

/// The smallest k for which `size << k` reaches `target`.
fn tile_log2(size: u32, target: u32) -> u32 {
    (0..u32::BITS)
        .find(|&k| u64::from(size) << k >= u64::from(target))
        .unwrap_or(u32::BITS)
}

/// The logarithm of the number of tiles on a side of this many superblocks.
fn increments(r: &mut BitReader<'_>, min: u32, superblocks: u32) -> Parse<u32> {
    let max = tile_log2(1, superblocks.min(MAX_TILES));
    let mut log2 = min;
    while log2 < max && r.flag()? {
        log2 += 1;
    }
    Ok(log2)
}

fn uniform(superblocks: u32, log2: u32) -> u32 {
    superblocks.div_ceil(superblocks.div_ceil(1 << log2).max(1))
}

/// The number of tiles on a side, each with its size, and the largest size.
fn explicit(r: &mut BitReader<'_>, superblocks: u32, max_size: u32) -> Parse<(u32, u32)> {
    let (mut start, mut count, mut largest) = (0, 0, 1);
    while start < superblocks {
        let size = 1 + ns(r, (superblocks - start).min(max_size))?;
        start += size;
        count += 1;
        largest = largest.max(size);
    }
    Ok((count, largest))
}

/// ns(n) (4.10.7).
pub(super) fn ns(r: &mut BitReader<'_>, n: u32) -> Parse<u32> {
    let bits = u32::BITS - n.leading_zeros();
    let short = (1 << bits) - n;
    let value = r.f(bits.saturating_sub(1))?;
    if value < short {
        return Ok(value);
    }
    Ok((value << 1) - short + r.f(1)?)
}
