//! What was parsed once and is asked for often: a bounded map with one load per key at a time.
use std::collections::HashMap;
use std::fmt;
use std::hash::Hash;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};

use http::StatusCode;
use moka::Equivalent;
use moka::policy::EvictionPolicy;
use tokio::sync::watch;

use super::slot::Slot;
use crate::delivery::{Blame, Fault};

/// Weights are counted in these, so that a `u32` holds the largest.
const WEIGHT_UNIT: u64 = 64;

type Outcome<V> = Option<Result<Arc<V>, Fault>>;

/// Shared by all workers. Failures are told to those who waited, and not kept.
pub struct ParsedCache<K, V> {
    inner: Arc<Inner<K, V>>,
}

struct Kept<V> {
    slot: Slot<V>,
    /// As it weighed when it came.
    bytes: u64,
}

struct Inner<K, V> {
    parsed: moka::sync::Cache<K, Arc<Kept<V>>>,
    /// Of what is kept.
    bytes: Arc<AtomicU64>,
    weigh: fn(&V) -> u64,
    loading: Mutex<HashMap<K, watch::Receiver<Outcome<V>>>>,
}

impl<K, V> ParsedCache<K, V>
where
    K: Hash + Eq + Clone + Send + Sync + 'static,
    V: Send + Sync + 'static,
{
    /// Keeps at most `max_entries`, of at most `budget` bytes together by what `weigh` says of each when it comes;
    /// beyond that the least recently used go. A value that is heavier than the budget is kept alone.
    ///
    /// A newcomer is always let in: turned away, it would be loaded for each request anew.
    pub fn new(max_entries: u64, budget: u64, weigh: fn(&V) -> u64) -> Self {
        let capacity = (budget / WEIGHT_UNIT).max(1);
        // `max_entries` of these fill the budget: the one bound serves for both.
        let lightest = capacity / max_entries.max(1);
        let bytes = Arc::new(AtomicU64::new(0));
        let less = Arc::clone(&bytes);
        let parsed = moka::sync::Cache::builder()
            .eviction_policy(EvictionPolicy::lru())
            .max_capacity(capacity)
            .weigher(move |_, kept: &Arc<Kept<V>>| {
                let weight = kept.bytes.div_ceil(WEIGHT_UNIT).max(lightest);
                u32::try_from(weight.min(capacity)).unwrap_or(u32::MAX)
            })
            .eviction_listener(move |_, kept: Arc<Kept<V>>, _| {
                kept.slot.empty();
                less.fetch_sub(kept.bytes, Relaxed);
            })
            .build();
        Self {
            inner: Arc::new(Inner {
                parsed,
                bytes,
                weigh,
                loading: Mutex::default(),
            }),
        }
    }

    pub fn get<Q>(&self, key: &Q) -> Option<Arc<V>>
    where
        Q: Equivalent<K> + Hash + ?Sized,
    {
        self.inner.parsed.get(key)?.slot.get()
    }

    pub fn invalidate<Q>(&self, key: &Q)
    where
        Q: Equivalent<K> + Hash + ?Sized,
    {
        self.inner.parsed.invalidate(key);
    }

    /// Bytes of all entries as they were weighed, approximately.
    pub fn weight(&self) -> u64 {
        self.inner.bytes.load(Relaxed)
    }

    /// Entries, approximately.
    pub fn len(&self) -> u64 {
        self.inner.parsed.entry_count()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The value of `key`; `load` runs when there is none, as a task of this thread's `LocalSet`, so that a caller who
    /// goes away takes nothing from the others who wait.
    ///
    /// # Errors
    /// The load's own fault, the same for all who waited.
    pub async fn get_or_load<F>(&self, key: K, load: impl FnOnce() -> F) -> Result<Arc<V>, Fault>
    where
        F: Future<Output = Result<V, Fault>> + 'static,
    {
        if let Some(value) = self.get(&key) {
            return Ok(value);
        }
        let mut outcome = match self.join_or_lead(&key) {
            Role::Done(value) => return Ok(value),
            Role::Waits(outcome) => outcome,
            Role::Leads(sender, outcome) => {
                let flight = Flight {
                    inner: self.inner.clone(),
                    key,
                };
                let load = load();
                tokio::task::spawn_local(async move {
                    let result = load.await.map(Arc::new);
                    if let Ok(value) = &result {
                        flight.inner.keep(flight.key.clone(), value);
                    }
                    // First out of the table, then the answer: who is woken by a failure and asks again starts anew.
                    drop(flight);
                    sender.send_replace(Some(result));
                });
                outcome
            }
        };
        let told = outcome.wait_for(Option::is_some).await;
        told.ok()
            .and_then(|value| value.clone())
            .unwrap_or_else(|| Err(abandoned()))
    }

    fn join_or_lead(&self, key: &K) -> Role<V> {
        let mut loading = self
            .inner
            .loading
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(outcome) = loading.get(key) {
            return Role::Waits(outcome.clone());
        }
        // A load that ended since the first look put its value here before it left the table.
        if let Some(value) = self.get(key) {
            return Role::Done(value);
        }
        let (sender, outcome) = watch::channel(None);
        loading.insert(key.clone(), outcome.clone());
        Role::Leads(sender, outcome)
    }
}

impl<K, V> Inner<K, V>
where
    K: Hash + Eq + Send + Sync + 'static,
    V: Send + Sync + 'static,
{
    fn keep(&self, key: K, value: &Arc<V>) {
        let bytes = (self.weigh)(value);
        self.bytes.fetch_add(bytes, Relaxed);
        let slot = Slot::holding(value.clone());
        self.parsed.insert(key, Arc::new(Kept { slot, bytes }));
        self.parsed.run_pending_tasks();
    }
}

impl<K, V> fmt::Debug for ParsedCache<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ParsedCache").finish_non_exhaustive()
    }
}

enum Role<V> {
    Done(Arc<V>),
    Waits(watch::Receiver<Outcome<V>>),
    Leads(watch::Sender<Outcome<V>>, watch::Receiver<Outcome<V>>),
}

/// A load under way; leaves the table however it ends.
struct Flight<K: Hash + Eq, V> {
    inner: Arc<Inner<K, V>>,
    key: K,
}

impl<K: Hash + Eq, V> Drop for Flight<K, V> {
    fn drop(&mut self) {
        let mut loading = self
            .inner
            .loading
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        loading.remove(&self.key);
    }
}

/// The loading task panicked, or its worker ended.
fn abandoned() -> Fault {
    Fault {
        status: StatusCode::INTERNAL_SERVER_ERROR,
        blame: Blame::Node,
        code: "load-abandoned",
        message: "the node stopped loading this asset".to_owned(),
        detail: String::new(),
        retry_after_s: None,
    }
}

#[cfg(test)]
mod tests;
