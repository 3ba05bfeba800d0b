//! Runs of a file that are read around the page cache. Pure.
//!
//! O_DIRECT reads whole blocks into memory that is aligned like them. A run's blocks go into the buffer at a block's
//! boundary; the media within them then is the content, where it lies:
//!
//! ```text
//! file      |▒▒▒[ v1  |        |    ][a][ v2 |  ]▒▒▒|
//!           start                                   end
//! buffer    |░░░[ v1  |        |    ][ v2 ]               v2 moved up over the gap
//!               └ content
//! ```
use edgepack_uring::plan::{Part, plan};
use edgepack_uring::{FileRange, PooledBuf};

/// Of memory and of files: what every file system and disk takes.
pub(super) const BLOCK: u64 = 4096;
/// Shorter runs are read through the page cache, which reads ahead and keeps what lies around them.
const LEAST_BYTES: u64 = 64 << 10;

/// A run of bytes by its blocks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Run {
    /// Whole blocks, as far as the file has them.
    pub(super) blocks: (u64, u64),
    /// What the run has in the file's last block, which is none of them.
    pub(super) rest: Option<(u64, u64)>,
    /// From the first block's start to the wanted bytes.
    skip: usize,
    /// Wanted and unwanted bytes in turn.
    parts: Vec<Part>,
}

impl Run {
    /// None for ranges that are no single run, or a short one.
    pub(super) fn of(ranges: &[FileRange], gap_limit: u64, file_len: u64) -> Option<Self> {
        let operations = plan(ranges, gap_limit).ok()?;
        let [run] = <[_; 1]>::try_from(operations).ok()?;
        let (start, end) = (run.offset - run.offset % BLOCK, run.offset + run.span());
        let in_blocks = end.next_multiple_of(BLOCK).min(file_len - file_len % BLOCK);
        if run.span() < LEAST_BYTES || end > file_len || in_blocks <= start {
            return None;
        }
        Some(Self {
            blocks: (start, in_blocks - start),
            rest: (end > in_blocks).then(|| (in_blocks, end - in_blocks)),
            skip: usize::try_from(run.offset - start).ok()?,
            parts: run.parts,
        })
    }

    /// Where the first block has to go in a buffer so that there are `front` bytes before the content.
    pub(super) fn indent(&self, front: usize) -> usize {
        match front.checked_sub(self.skip) {
            None | Some(0) => 0,
            Some(lacking) => lacking.next_multiple_of(BLOCK as usize),
        }
    }

    /// Bytes to be read.
    pub(super) fn len(&self) -> u64 {
        self.blocks.1 + self.rest.map_or(0, |(_, len)| len)
    }

    /// Makes the wanted bytes the content of a buffer that holds the blocks and the rest; none if it holds less.
    pub(super) fn gather(&self, mut read: PooledBuf) -> Option<PooledBuf> {
        let content = read.as_mut_slice();
        let (mut from, mut to) = (self.skip, self.skip);
        for part in &self.parts {
            let (Part::Wanted(len) | Part::Gap(len)) = *part;
            let len = usize::try_from(len).ok()?;
            let end = from.checked_add(len).filter(|end| *end <= content.len())?;
            if let Part::Wanted(_) = part {
                if from != to {
                    content.copy_within(from..end, to);
                }
                to += len;
            }
            from = end;
        }
        read.narrow(self.skip, to - self.skip).then_some(read)
    }
}

#[cfg(test)]
mod tests;
