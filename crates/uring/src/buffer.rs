//! Page-aligned buffers, handed out within a bound and used again.
//!
//! A buffer never shows what an earlier user left in its memory: like a `Vec` it has a length,
//! starts empty, and only what was written since it was taken lies within that length. A read that
//! falls short never extends it.
mod arena;
mod mapping;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use tokio::sync::Notify;

use self::arena::{Arena, Extent};
pub(crate) use self::mapping::Mapping;
use crate::PoolError;

/// Bounds of a [`Pool`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PoolOptions {
    /// Bytes handed out at most, counted in whole pages: everything in flight, in the cache and on
    /// its way to viewers.
    pub max_bytes: usize,
    /// Bytes mapped beyond those at most: idle ones kept for the next taker, and what lies between
    /// buffers too small for use. A quarter of `max_bytes` is plenty for segments of mixed sizes.
    pub max_idle_bytes: usize,
}

/// What a pool holds at the moment, and what it refused so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PoolUsage {
    pub out_bytes: usize,
    pub mapped_bytes: usize,
    /// Times a bound refused a buffer.
    pub refused: u64,
}

/// Buffers shared by all workers. Cloning clones the handle.
#[derive(Clone)]
pub struct Pool {
    shared: Arc<Shared>,
}

struct Shared {
    options: PoolOptions,
    state: Mutex<State>,
    room: Notify,
}

#[derive(Default)]
struct State {
    arena: Arena,
    out_bytes: usize,
    refused: u64,
}

impl Pool {
    pub fn new(options: PoolOptions) -> Self {
        Self {
            shared: Arc::new(Shared {
                options,
                state: Mutex::default(),
                room: Notify::new(),
            }),
        }
    }

    /// An empty buffer with room for `capacity` bytes, rounded up to whole pages.
    pub fn take(&self, capacity: usize) -> Result<PooledBuf, PoolError> {
        let PoolOptions {
            max_bytes,
            max_idle_bytes,
        } = self.shared.options;
        let wanted = Arena::occupied(capacity);
        if wanted > max_bytes {
            return Err(PoolError::TooLarge {
                wanted: capacity,
                limit: max_bytes,
            });
        }
        let mut state = self.shared.lock();
        let out = state.out_bytes;
        let exhausted = PoolError::Exhausted {
            wanted,
            out,
            limit: max_bytes,
        };
        if wanted > max_bytes - out {
            state.refused += 1;
            return Err(exhausted);
        }
        let mut extent = state.arena.take(capacity);
        if extent.is_none() {
            let mapped = state
                .arena
                .mapped_bytes()
                .saturating_add(Arena::growth(capacity));
            // The first chunk may exceed the bounds of a pool smaller than a chunk.
            if mapped > max_bytes.saturating_add(max_idle_bytes) && state.arena.mapped_bytes() > 0 {
                state.refused += 1;
                return Err(exhausted);
            }
            let grown = state.arena.grow(capacity);
            grown.map_err(|source| PoolError::Map { wanted, source })?;
            extent = state.arena.take(capacity);
        }
        let Some(extent) = extent else {
            return Err(exhausted);
        };
        state.out_bytes += wanted;
        drop(state);
        Ok(PooledBuf {
            extent: Some(extent),
            len: 0,
            pool: Arc::clone(&self.shared),
        })
    }

    /// Like [`take`](Self::take), but waits for room as long as the bound is exhausted. The caller
    /// bounds the wait.
    pub async fn take_when_free(&self, capacity: usize) -> Result<PooledBuf, PoolError> {
        loop {
            // Made before the attempt: a buffer returned in between wakes it.
            let room = self.shared.room.notified();
            match self.take(capacity) {
                Err(PoolError::Exhausted { .. }) => room.await,
                outcome => return outcome,
            }
        }
    }

    pub fn usage(&self) -> PoolUsage {
        let state = self.shared.lock();
        PoolUsage {
            out_bytes: state.out_bytes,
            mapped_bytes: state.arena.mapped_bytes(),
            refused: state.refused,
        }
    }

    pub fn options(&self) -> PoolOptions {
        self.shared.options
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Pool").field(&self.usage()).finish()
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing under this lock can panic halfway through a change; poison is no news.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn give_back(&self, extent: Extent) {
        let surplus = {
            let mut state = self.lock();
            state.out_bytes -= extent.part.len();
            let keep = state.out_bytes.saturating_add(self.options.max_idle_bytes);
            // A pool smaller than a chunk keeps the one it needs.
            let keep = keep.max(Arena::growth(0));
            state.arena.free(extent, keep)
        };
        // Unmapping takes a while: outside the lock.
        drop(surplus);
        self.room.notify_waiters();
    }
}

/// A buffer from a [`Pool`], to which it returns when dropped. Starts empty.
pub struct PooledBuf {
    /// `None` only while it is being dropped.
    extent: Option<Extent>,
    len: usize,
    pool: Arc<Shared>,
}

impl PooledBuf {
    pub fn len(&self) -> usize {
        self.len
    }

    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    pub fn capacity(&self) -> usize {
        self.extent.as_ref().map_or(0, |extent| extent.part.len())
    }

    /// Bytes that can still be appended.
    pub fn room(&self) -> usize {
        self.capacity() - self.len
    }

    pub fn as_slice(&self) -> &[u8] {
        match &self.extent {
            Some(extent) => &extent.part.as_slice()[..self.len],
            None => &[],
        }
    }

    /// What was written so far, to be changed in place (encryption).
    pub fn as_mut_slice(&mut self) -> &mut [u8] {
        match &mut self.extent {
            Some(extent) => &mut extent.part.as_mut_slice()[..self.len],
            None => &mut [],
        }
    }

    /// Appends a copy of `bytes` (inline pieces between media ranges), or nothing if they do not
    /// fit; says whether they did.
    #[must_use]
    pub fn extend_from_slice(&mut self, bytes: &[u8]) -> bool {
        let Some(room) = self.unfilled().get_mut(..bytes.len()) else {
            return false;
        };
        room.copy_from_slice(bytes);
        self.len += bytes.len();
        true
    }

    /// Appends `len` bytes that `fill` writes into the place they are to have.
    ///
    /// `fill` gets a slice that may hold an earlier user's bytes and must write all of it; if it
    /// fails, or if there is no room (`None`), the buffer stays as it was.
    pub fn extend_with<E>(
        &mut self,
        len: usize,
        fill: impl FnOnce(&mut [u8]) -> Result<(), E>,
    ) -> Option<Result<(), E>> {
        let outcome = fill(self.unfilled().get_mut(..len)?);
        if outcome.is_ok() {
            self.len += len;
        }
        Some(outcome)
    }

    /// Forgets the content.
    pub fn clear(&mut self) {
        self.len = 0;
    }

    /// Makes the content immutable and shareable, without a copy. The buffer returns to its pool
    /// when the last slice of it is dropped, on whichever thread.
    pub fn freeze(self) -> Bytes {
        if self.is_empty() {
            return Bytes::new();
        }
        Bytes::from_owner(self)
    }

    fn unfilled(&mut self) -> &mut [u8] {
        let len = self.len;
        match &mut self.extent {
            Some(extent) => &mut extent.part.as_mut_slice()[len..],
            None => &mut [],
        }
    }

    /// Where the kernel writes; valid for `capacity` bytes while the buffer lives, wherever it is
    /// moved to.
    pub(crate) fn as_mut_ptr(&mut self) -> *mut u8 {
        match &mut self.extent {
            Some(extent) => extent.part.as_mut_ptr(),
            None => std::ptr::null_mut(),
        }
    }

    /// The ring appended `len` bytes behind the buffer's back.
    pub(crate) fn advance(&mut self, len: usize) {
        debug_assert!(len <= self.room());
        self.len = (self.len + len).min(self.capacity());
    }
}

impl AsRef<[u8]> for PooledBuf {
    fn as_ref(&self) -> &[u8] {
        self.as_slice()
    }
}

impl Drop for PooledBuf {
    fn drop(&mut self) {
        if let Some(extent) = self.extent.take() {
            self.pool.give_back(extent);
        }
    }
}

impl fmt::Debug for PooledBuf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PooledBuf({} of {} bytes)", self.len, self.capacity())
    }
}

#[cfg(test)]
mod tests;
