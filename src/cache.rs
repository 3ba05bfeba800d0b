//! What is kept in memory: growing entries, finished segments under a budget, parsed assets.
pub mod entry;
pub mod parsed;
pub mod segments;
mod slot;

pub use entry::{Entry, EntryReader, FillError, Filler, Slices};
pub use parsed::ParsedCache;
pub use segments::{CacheStats, Lookup, SegmentCache};
