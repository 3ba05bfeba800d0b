//! What can go wrong with a buffer or a read.
use std::io;

/// Why the pool gave no buffer.
#[derive(Debug, thiserror::Error)]
pub enum PoolError {
    /// All bytes of the bound are handed out; passes as readers finish and entries are evicted.
    #[error("the buffer pool has {out} of {limit} bytes handed out, {wanted} more do not fit")]
    Exhausted {
        wanted: usize,
        out: usize,
        limit: usize,
    },
    /// No amount of waiting makes room for this.
    #[error("a buffer of {wanted} bytes is larger than the limit of {limit}")]
    TooLarge { wanted: usize, limit: usize },
    #[error("mapping a buffer of {wanted} bytes failed: {source}")]
    Map { wanted: usize, source: io::Error },
}

/// Why a read gave no bytes. The buffer went back to its pool.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The file ended before the wanted range did.
    #[error("the file ends at byte {offset}, inside a range that was to be read")]
    Truncated { offset: u64 },
    #[error("reading {len} bytes at {offset} failed: {source}")]
    Io {
        offset: u64,
        len: u64,
        source: io::Error,
    },
    /// More is queued than the bound allows; passes.
    #[error("{queued} read operations are queued already")]
    Busy { queued: usize },
    /// The caller's buffer cannot hold the ranges: a fault of the caller.
    #[error("{wanted} bytes do not fit into the {room} left in the buffer")]
    BufferTooSmall { wanted: u64, room: usize },
    /// A range no file can have.
    #[error("range of {len} bytes at {offset} is beyond any file")]
    RangeOverflow { offset: u64, len: u64 },
    /// The ring was shut down while the read waited.
    #[error("the ring was shut down")]
    Closed,
}
