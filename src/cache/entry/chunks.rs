//! Buffers in a row, addressed by byte offset.
use std::ops::Range;

use bytes::Bytes;
use edgepack_uring::{MemFile, MemFileError, MemFiles};

/// Chunks in order with the offset just past each. No chunk is empty.
#[derive(Default)]
pub(super) struct Chunks {
    chunks: Vec<Bytes>,
    ends: Vec<u64>,
    /// Where all chunks lie, if in a file.
    file: Option<MemFile>,
}

impl Chunks {
    pub(super) fn len(&self) -> u64 {
        self.ends.last().copied().unwrap_or(0)
    }

    pub(super) fn push(&mut self, chunk: Bytes) {
        if !chunk.is_empty() {
            self.ends.push(self.len() + chunk.len() as u64);
            self.chunks.push(chunk);
        }
    }

    /// The longest slice at `range.start` that lies in one chunk and within `range`; `None` where
    /// nothing is there (yet).
    ///
    /// `at` remembers the chunk between calls whose `range.start` only moves on.
    pub(super) fn slice_at(&self, at: &mut Option<usize>, range: &Range<u64>) -> Option<Bytes> {
        let mut index = match *at {
            Some(index) => index,
            None => self.ends.partition_point(|end| *end <= range.start),
        };
        while *self.ends.get(index)? <= range.start {
            index += 1;
        }
        *at = Some(index);
        let chunk = self.chunks.get(index)?;
        let start_of_chunk = self.ends.get(index)? - chunk.len() as u64;
        // Both lie within the chunk, whose length is a usize.
        let from = (range.start - start_of_chunk) as usize;
        let to = (range.end - start_of_chunk).min(chunk.len() as u64) as usize;
        Some(chunk.slice(from..to))
    }

    pub(super) fn file(&self) -> Option<&MemFile> {
        self.file.as_ref()
    }

    /// The same chunks, with their boundaries, in a file.
    pub(super) fn in_file(&self, files: &MemFiles) -> Result<Self, MemFileError> {
        let file = files.store(&self.chunks)?;
        let mut rest = file.bytes();
        let chunks = self.chunks.iter().map(|chunk| rest.split_to(chunk.len()));
        Ok(Self {
            chunks: chunks.collect(),
            ends: self.ends.clone(),
            file: Some(file),
        })
    }
}
