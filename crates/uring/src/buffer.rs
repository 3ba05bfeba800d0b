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
    /// Bytes mapped at most: everything in flight, in the cache and on its way to viewers, counted
    /// in whole pages, and what lies idle between.
    pub max_bytes: usize,
    /// Bytes kept mapped at most beyond what is handed out.
    pub max_idle_bytes: usize,
}

/// Whom a pool asks before it maps memory: what it may have can depend on what others hold.
pub trait Quota: Send + Sync {
    /// Whether `bytes` more may be mapped; if so they count until [`unmapped`](Self::unmapped).
    fn may_map(&self, bytes: usize) -> bool;
    fn unmapped(&self, bytes: usize);
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
    quota: Option<Arc<dyn Quota>>,
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
        Self::of(options, None)
    }

    /// A pool that maps only what `quota` allows, within its own bound.
    pub fn with_quota(options: PoolOptions, quota: Arc<dyn Quota>) -> Self {
        Self::of(options, Some(quota))
    }

    fn of(options: PoolOptions, quota: Option<Arc<dyn Quota>>) -> Self {
        Self {
            shared: Arc::new(Shared {
                options,
                quota,
                state: Mutex::default(),
                room: Notify::new(),
            }),
        }
    }

    /// An empty buffer with room for `capacity` bytes, rounded up to whole pages.
    pub fn take(&self, capacity: usize) -> Result<PooledBuf, PoolError> {
        let max_bytes = self.shared.options.max_bytes;
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
            let Some(growth) = self.shared.grant(&mut state.arena, capacity) else {
                state.refused += 1;
                return Err(exhausted);
            };
            if let Err(source) = state.arena.grow(growth) {
                self.shared.unmapped(growth);
                return Err(PoolError::Map { wanted, source });
            }
            extent = state.arena.take(capacity);
        }
        let Some(extent) = extent else {
            return Err(exhausted);
        };
        state.out_bytes += wanted;
        drop(state);
        Ok(PooledBuf {
            extent: Some(extent),
            start: 0,
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

    /// Gives what lies idle back to the system, chunk by chunk, as far as chunks are wholly idle;
    /// returns how many bytes.
    pub fn trim(&self) -> usize {
        let idle = self.shared.lock().arena.drain_idle();
        let bytes = idle.iter().map(|mapping| mapping.len()).sum();
        // Unmapping takes a while: outside the lock.
        drop(idle);
        self.shared.unmapped(bytes);
        bytes
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

    /// How many bytes may be mapped for a buffer of `capacity`: a whole chunk where there is room
    /// for one, else down to the buffer's own pages. What lies idle in pieces too small for it goes
    /// first.
    fn grant(&self, arena: &mut Arena, capacity: usize) -> Option<usize> {
        if let Some(bytes) = self.grant_beside(arena, capacity) {
            return Some(bytes);
        }
        let idle = arena.drain_idle();
        if idle.is_empty() {
            return None;
        }
        let bytes = idle.iter().map(|mapping| mapping.len()).sum();
        drop(idle);
        self.unmapped(bytes);
        self.grant_beside(arena, capacity)
    }

    fn grant_beside(&self, arena: &Arena, capacity: usize) -> Option<usize> {
        let room = self.options.max_bytes.saturating_sub(arena.mapped_bytes());
        let least = Arena::occupied(capacity);
        let whole_pages = room - room % Arena::occupied(1);
        let sizes = [Arena::growth(capacity).min(whole_pages), least];
        let mut fitting = sizes
            .into_iter()
            .filter(|bytes| (least..=room).contains(bytes));
        fitting.find(|bytes| {
            let quota = self.quota.as_ref();
            quota.is_none_or(|quota| quota.may_map(*bytes))
        })
    }

    fn unmapped(&self, bytes: usize) {
        if let Some(quota) = &self.quota
            && bytes > 0
        {
            quota.unmapped(bytes);
        }
    }

    fn give_back(&self, extent: Extent) {
        let surplus = {
            let mut state = self.lock();
            state.out_bytes -= extent.part.len();
            let keep = state.out_bytes.saturating_add(self.options.max_idle_bytes);
            state.arena.free(extent, keep)
        };
        if let Some(surplus) = surplus {
            let bytes = surplus.len();
            // Unmapping takes a while: outside the lock.
            drop(surplus);
            self.unmapped(bytes);
        }
        self.room.notify_waiters();
    }
}

/// A buffer from a [`Pool`], to which it returns when dropped. Starts empty.
pub struct PooledBuf {
    /// `None` only while it is being dropped.
    extent: Option<Extent>,
    /// Where the content begins.
    start: usize,
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
        self.capacity() - self.start - self.len
    }

    /// Has the content of an empty buffer begin `bytes` behind the buffer's start, which is
    /// page-aligned; says whether the buffer is empty and that large.
    #[must_use]
    pub fn indent(&mut self, bytes: usize) -> bool {
        let fits = self.is_empty() && bytes <= self.capacity();
        if fits {
            self.start = bytes;
        }
        fits
    }

    /// Writes `bytes` before the content, or nothing where the indent leaves too little room; says
    /// whether it did.
    #[must_use]
    pub fn prepend(&mut self, bytes: &[u8]) -> bool {
        let Some(start) = self.start.checked_sub(bytes.len()) else {
            return false;
        };
        let before = self.start;
        if let Some(extent) = &mut self.extent {
            extent.part.as_mut_slice()[start..before].copy_from_slice(bytes);
            self.start = start;
            self.len += bytes.len();
        }
        true
    }

    /// Keeps `len` bytes of the content from `first` on and forgets what is before and behind them;
    /// says whether there are as many.
    #[must_use]
    pub fn narrow(&mut self, first: usize, len: usize) -> bool {
        let within = first.checked_add(len).is_some_and(|end| end <= self.len);
        if within {
            self.start += first;
            self.len = len;
        }
        within
    }

    pub fn as_slice(&self) -> &[u8] {
        match &self.extent {
            Some(extent) => &extent.part.as_slice()[self.start..][..self.len],
            None => &[],
        }
    }

    /// What was written so far, to be changed in place (encryption).
    pub fn as_mut_slice(&mut self) -> &mut [u8] {
        match &mut self.extent {
            Some(extent) => &mut extent.part.as_mut_slice()[self.start..][..self.len],
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
        self.start = 0;
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
        let end = self.start + self.len;
        match &mut self.extent {
            Some(extent) => &mut extent.part.as_mut_slice()[end..],
            None => &mut [],
        }
    }

    /// The content's first byte, behind which the kernel writes; valid for `len` + `room` bytes while
    /// the buffer lives, wherever it is moved to.
    pub(crate) fn as_mut_ptr(&mut self) -> *mut u8 {
        match &mut self.extent {
            Some(extent) => extent.part.as_mut_ptr().wrapping_add(self.start),
            None => std::ptr::null_mut(),
        }
    }

    /// The ring appended `len` bytes behind the buffer's back.
    pub(crate) fn advance(&mut self, len: usize) {
        debug_assert!(len <= self.room());
        self.len += len.min(self.room());
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
