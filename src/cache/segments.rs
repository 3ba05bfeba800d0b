//! The segment cache: finished entries under a memory budget, and one fill per key at a time, whoever waits.
//!
//! moka holds finished entries only, weighed by what they really hold. A fill under way stands in a table of its own:
//! moka's admission policy may turn a newcomer away, and a fill that nobody can find would be started twice.
use std::collections::HashMap;
use std::fmt;
use std::hash::Hash;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use http::StatusCode;
use moka::notification::RemovalCause;

use super::slot::Slot;
use super::{Entry, Filler};
use crate::delivery::{Blame, Fault};

/// Weights are counted in these, so that a `u32` holds the largest.
const WEIGHT_UNIT: u64 = 1024;

/// Bytes that an entry costs beside its content: key, table slots, chunk list.
const ENTRY_OVERHEAD: u64 = 512;

/// Buffers take whole pages.
const PAGE: u64 = 4096;

/// Fills under way at a time; more requests for what is not there are turned away.
const MAX_FILLS: usize = 16_384;

/// Shared by all workers; a clone is another handle on the same cache.
pub struct SegmentCache<K> {
    inner: Arc<Inner<K>>,
}

impl<K> Clone for SegmentCache<K> {
    fn clone(&self) -> Self {
        Self {
            inner: self.inner.clone(),
        }
    }
}

struct Inner<K> {
    finished: moka::sync::Cache<K, Arc<Slot<Entry>>>,
    filling: Mutex<HashMap<K, Arc<Entry>>>,
    stats: Arc<CacheStats>,
}

/// How an entry was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Lookup {
    Hit,
    /// This request started the fill.
    Miss,
    /// Somebody else's fill was under way.
    Coalesced,
}

/// Counts since the start.
#[derive(Debug, Default)]
pub struct CacheStats {
    pub hits: AtomicU64,
    pub misses: AtomicU64,
    pub coalesced: AtomicU64,
    pub fills_failed: AtomicU64,
    /// Turned away, with [`MAX_FILLS`] under way.
    pub fills_refused: AtomicU64,
    /// Pushed out by the budget.
    pub evictions: AtomicU64,
}

impl<K> SegmentCache<K>
where
    K: Hash + Eq + Clone + Send + Sync + 'static,
{
    /// `budget` in bytes; 0 keeps nothing, and still makes one fill of simultaneous requests.
    pub fn new(budget: u64) -> Self {
        let stats = Arc::new(CacheStats::default());
        let evicted = stats.clone();
        let finished = moka::sync::Cache::builder()
            .max_capacity(budget / WEIGHT_UNIT)
            .weigher(|_, slot: &Arc<Slot<Entry>>| slot.get().map_or(0, |entry| weight(&entry)))
            .eviction_listener(move |_, slot: Arc<Slot<Entry>>, cause| {
                slot.empty();
                if cause == RemovalCause::Size {
                    evicted.evictions.fetch_add(1, Ordering::Relaxed);
                }
            })
            .build();
        Self {
            inner: Arc::new(Inner {
                finished,
                filling: Mutex::default(),
                stats,
            }),
        }
    }

    /// The finished entry, if it is there.
    pub fn ready(&self, key: &K) -> Option<Arc<Entry>> {
        let entry = self.inner.finished.get(key)?.get()?;
        self.inner.stats.hits.fetch_add(1, Ordering::Relaxed);
        Some(entry)
    }

    /// The entry of `key`, finished or being filled. When neither, `fill` runs as a task of this thread's `LocalSet`,
    /// to its end whoever stops waiting. A failed fill is shared by those who waited for it and then forgotten: the next
    /// request tries again.
    pub fn get_or_fill<F>(&self, key: K, fill: impl FnOnce(Filler) -> F) -> (Arc<Entry>, Lookup)
    where
        F: Future<Output = ()> + 'static,
    {
        if let Some(entry) = self.ready(&key) {
            return (entry, Lookup::Hit);
        }
        let (entry, filler) = {
            let mut filling = self.inner.filling();
            // One that has failed may still stand there for a moment: this is the next try.
            if let Some(entry) = filling.get(&key)
                && entry.fault().is_none()
            {
                self.inner.stats.coalesced.fetch_add(1, Ordering::Relaxed);
                return (entry.clone(), Lookup::Coalesced);
            }
            // A fill that ended since the first look put its entry here before it left the table.
            if let Some(entry) = self.ready(&key) {
                return (entry, Lookup::Hit);
            }
            if filling.len() >= MAX_FILLS {
                self.inner
                    .stats
                    .fills_refused
                    .fetch_add(1, Ordering::Relaxed);
                return (Entry::failed(refused()), Lookup::Miss);
            }
            let (entry, filler) = Entry::filling();
            filling.insert(key.clone(), entry.clone());
            (entry, filler)
        };
        self.inner.stats.misses.fetch_add(1, Ordering::Relaxed);
        let flight = Flight {
            inner: self.inner.clone(),
            key,
            entry: entry.clone(),
        };
        let fill = fill(filler);
        tokio::task::spawn_local(async move {
            let flight = flight;
            fill.await;
            drop(flight);
        });
        (entry, Lookup::Miss)
    }

    /// Gives up finished entries that nobody reads, in no certain order, until about `bytes` are free; returns how many
    /// bytes those were.
    ///
    /// A sixteenth of the cache goes at a time, so that a shortage that lasts does not look through it for each request.
    pub fn shed(&self, bytes: u64) -> u64 {
        let finished = &self.inner.finished;
        let wanted = bytes.max(self.weight() / 16);
        let mut shed = 0;
        for (key, slot) in finished.iter() {
            if shed >= wanted {
                break;
            }
            if !slot.is_idle() {
                continue;
            }
            shed += slot
                .get()
                .and_then(|entry| entry.len_if_complete())
                .unwrap_or(0);
            slot.empty();
            finished.invalidate(&*key);
            self.inner.stats.evictions.fetch_add(1, Ordering::Relaxed);
        }
        finished.run_pending_tasks();
        shed
    }

    pub fn stats(&self) -> &CacheStats {
        &self.inner.stats
    }

    /// Bytes of finished entries, approximately: what was inserted a moment ago may not be counted yet.
    pub fn weight(&self) -> u64 {
        self.inner.finished.weighted_size() * WEIGHT_UNIT
    }

    /// Finished entries, approximately.
    pub fn len(&self) -> u64 {
        self.inner.finished.entry_count()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Fills under way.
    pub fn filling(&self) -> usize {
        self.inner.filling().len()
    }
}

impl<K> fmt::Debug for SegmentCache<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SegmentCache")
            .field("stats", &self.inner.stats)
            .finish_non_exhaustive()
    }
}

impl<K> Inner<K> {
    fn filling(&self) -> MutexGuard<'_, HashMap<K, Arc<Entry>>> {
        // The table is consistent between any two statements that touch it.
        self.filling.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A fill under way. Leaves the table however the fill ends, a panic or the end of its runtime included.
struct Flight<K: Hash + Eq + Clone + Send + Sync + 'static> {
    inner: Arc<Inner<K>>,
    key: K,
    entry: Arc<Entry>,
}

impl<K: Hash + Eq + Clone + Send + Sync + 'static> Drop for Flight<K> {
    fn drop(&mut self) {
        if self.entry.len_if_complete().is_some() {
            self.inner.finished.insert(
                self.key.clone(),
                Arc::new(Slot::holding(self.entry.clone())),
            );
            // Evicts at once what this displaces: left to moka's own time, dozens of segments would
            // hold memory beyond the budget.
            self.inner.finished.run_pending_tasks();
        } else {
            self.inner
                .stats
                .fills_failed
                .fetch_add(1, Ordering::Relaxed);
        }
        let mut filling = self.inner.filling();
        // After a failure the place may be another fill's already.
        if filling
            .get(&self.key)
            .is_some_and(|entry| Arc::ptr_eq(entry, &self.entry))
        {
            filling.remove(&self.key);
        }
    }
}

fn weight(entry: &Entry) -> u32 {
    let content = entry.len_if_complete().unwrap_or(0);
    let bytes = content.next_multiple_of(PAGE) + ENTRY_OVERHEAD;
    u32::try_from(bytes.div_ceil(WEIGHT_UNIT)).unwrap_or(u32::MAX)
}

fn refused() -> Fault {
    Fault {
        status: StatusCode::SERVICE_UNAVAILABLE,
        blame: Blame::Node,
        code: "too-many-fills",
        message: "Too many segments are being made at once; try again.".into(),
        detail: format!("{MAX_FILLS} fills are under way"),
        retry_after_s: Some(1),
    }
}

#[cfg(test)]
mod tests;
