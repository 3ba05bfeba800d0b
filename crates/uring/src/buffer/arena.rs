//! Page-granular allocation out of a few large mappings.
//!
//! Touching a page for the first time costs many times what reading into it does, so memory once
//! touched is used again whatever size is asked for next: free extents merge with their
//! neighbours, and the smallest that fits is taken. A chunk that is wholly free may go back to the
//! kernel.
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::Arc;

use slab::Slab;

use super::mapping::{HUGE_PAGE, MappedPart, Mapping};

const PAGE: usize = 4096;
/// Size of a chunk; a larger buffer gets a chunk of its own.
const CHUNK_BYTES: usize = 8 * HUGE_PAGE;

/// Where an extent lies: chunk, and first page in it.
type Place = (usize, usize);

#[derive(Default)]
pub(super) struct Arena {
    chunks: Slab<Chunk>,
    /// Free extents: pages by place, and by size.
    free: BTreeMap<Place, usize>,
    by_size: BTreeSet<(usize, Place)>,
    mapped_bytes: usize,
}

struct Chunk {
    mapping: Arc<Mapping>,
    pages: usize,
}

/// Pages that are in use. Must be given back with [`Arena::free`].
pub(super) struct Extent {
    place: Place,
    pages: usize,
    pub(super) part: MappedPart,
}

impl Arena {
    /// Bytes an extent for `bytes` occupies.
    pub(super) fn occupied(bytes: usize) -> usize {
        bytes.div_ceil(PAGE).max(1).saturating_mul(PAGE)
    }

    pub(super) fn mapped_bytes(&self) -> usize {
        self.mapped_bytes
    }

    /// Bytes to map so that an extent of `bytes` fits, and others beside it.
    pub(super) fn growth(bytes: usize) -> usize {
        match Self::occupied(bytes) {
            small if small <= CHUNK_BYTES => CHUNK_BYTES,
            large => large.div_ceil(HUGE_PAGE).saturating_mul(HUGE_PAGE),
        }
    }

    /// Maps a chunk of `len` bytes, whole pages.
    pub(super) fn grow(&mut self, len: usize) -> io::Result<()> {
        let mapping = Arc::new(Mapping::zeroed(len)?);
        let chunk = self.chunks.insert(Chunk {
            mapping,
            pages: len / PAGE,
        });
        self.mapped_bytes += len;
        self.insert_free((chunk, 0), len / PAGE);
        Ok(())
    }

    /// An extent for `bytes`, or `None` if no free one is large enough.
    pub(super) fn take(&mut self, bytes: usize) -> Option<Extent> {
        let pages = Self::occupied(bytes) / PAGE;
        let (found, place) = *self.by_size.range((pages, (0, 0))..).next()?;
        let (chunk, first) = place;
        let mapping = Arc::clone(&self.chunks.get(chunk)?.mapping);
        // SAFETY: what is free is in no extent, and leaves the free ones right below; extents are
        // given back only by value, with their part.
        let part = unsafe { mapping.part(first * PAGE..(first + pages) * PAGE) }?;
        self.remove_free(place, found);
        if found > pages {
            self.insert_free((chunk, first + pages), found - pages);
        }
        Some(Extent { place, pages, part })
    }

    /// Takes an extent back. A chunk that becomes wholly free is returned instead of kept if more
    /// than `keep_bytes` are mapped.
    pub(super) fn free(&mut self, extent: Extent, keep_bytes: usize) -> Option<Arc<Mapping>> {
        let Extent {
            place: (chunk, mut first),
            mut pages,
            part,
        } = extent;
        drop(part);
        if let Some(&after) = self.free.get(&(chunk, first + pages)) {
            self.remove_free((chunk, first + pages), after);
            pages += after;
        }
        let before = self.free.range((chunk, 0)..(chunk, first)).next_back();
        if let Some((&place, &before)) = before
            && place.1 + before == first
        {
            self.remove_free(place, before);
            first = place.1;
            pages += before;
        }
        let whole = self
            .chunks
            .get(chunk)
            .is_some_and(|chunk| chunk.pages == pages);
        if whole && self.mapped_bytes > keep_bytes {
            self.mapped_bytes -= pages * PAGE;
            return self.chunks.try_remove(chunk).map(|chunk| chunk.mapping);
        }
        self.insert_free((chunk, first), pages);
        None
    }

    /// Takes out all chunks that are wholly free.
    pub(super) fn drain_idle(&mut self) -> Vec<Arc<Mapping>> {
        let idle: Vec<usize> = self
            .chunks
            .iter()
            .filter(|(at, chunk)| self.free.get(&(*at, 0)) == Some(&chunk.pages))
            .map(|(at, _)| at)
            .collect();
        idle.into_iter()
            .filter_map(|at| {
                let chunk = self.chunks.try_remove(at)?;
                self.remove_free((at, 0), chunk.pages);
                self.mapped_bytes -= chunk.pages * PAGE;
                Some(chunk.mapping)
            })
            .collect()
    }

    fn insert_free(&mut self, place: Place, pages: usize) {
        self.free.insert(place, pages);
        self.by_size.insert((pages, place));
    }

    fn remove_free(&mut self, place: Place, pages: usize) {
        self.free.remove(&place);
        self.by_size.remove(&(pages, place));
    }
}

#[cfg(test)]
mod tests;
