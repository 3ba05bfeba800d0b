//! One mount's provider, its keys and its health.
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::health::Health;
use super::{Entries, Entry, MAX_FETCHES, lock};
use crate::config::{KeyProvider, Keys};
use crate::keys::disk::Disk;
use crate::keys::{KeyError, KeyRequest, Provider, SetupError};
use crate::telemetry::keys::MountKeyMetrics;

/// Entries make room for new ones in shares of so many of all.
const EVICTED_SHARE: usize = 16;

pub(in crate::keys) struct Source {
    pub(in crate::keys) mount: String,
    pub(in crate::keys) keys: Keys,
    pub(in crate::keys) provider: Arc<dyn Provider>,
    pub(super) metrics: MountKeyMetrics,
    pub(super) disk: Option<Arc<Disk>>,
    pub(super) health: Mutex<Health>,
    entries: Mutex<Entries>,
    ticks: AtomicU64,
    places: Arc<Semaphore>,
}

impl Source {
    pub(super) fn new(
        mount: String,
        keys: Keys,
        provider: Arc<dyn Provider>,
        metrics: MountKeyMetrics,
    ) -> Result<Self, SetupError> {
        let disk = match &keys.cache {
            None => None,
            Some(cache) => Some(Arc::new(
                Disk::open(&scope(&mount, &keys), cache, keys.max_sets).map_err(|error| {
                    SetupError::Provider {
                        mount: mount.clone(),
                        reason: format!("cache_dir: {error}"),
                    }
                })?,
            )),
        };
        Ok(Self {
            mount,
            keys,
            provider,
            metrics,
            disk,
            health: Mutex::default(),
            entries: Mutex::default(),
            ticks: AtomicU64::new(1),
            places: Arc::new(Semaphore::new(MAX_FETCHES)),
        })
    }

    /// The entry of a request, made if it is not there.
    pub(super) fn entry(&self, request: &KeyRequest) -> Result<Arc<Entry>, KeyError> {
        let tick = self.ticks.fetch_add(1, Ordering::Relaxed);
        let mut entries = lock(&self.entries);
        let entry = match entries.get(request) {
            Some(entry) => entry.clone(),
            None => {
                if entries.len() >= self.keys.max_sets {
                    self.make_room(&mut entries)?;
                }
                let entry = Arc::new(Entry::new(request.clone()));
                entries.insert(request.clone(), entry.clone());
                entry
            }
        };
        entry.touch(tick);
        Ok(entry)
    }

    /// Drops those longest out of use; those that are being fetched stay.
    fn make_room(&self, entries: &mut Entries) -> Result<(), KeyError> {
        let mut idle: Vec<(u64, KeyRequest)> = entries
            .values()
            .filter(|entry| entry.lock().under_way().is_none())
            .map(|entry| {
                let used = entry.last_used.load(Ordering::Relaxed);
                (used, entry.request.clone())
            })
            .collect();
        if idle.is_empty() {
            return Err(KeyError::Busy);
        }
        let share = (self.keys.max_sets / EVICTED_SHARE).clamp(1, idle.len());
        idle.select_nth_unstable_by_key(share - 1, |(used, _)| *used);
        for (_, request) in &idle[..share] {
            entries.remove(request);
        }
        Ok(())
    }

    /// All entries there are.
    pub(in crate::keys) fn entries(&self) -> Vec<Arc<Entry>> {
        lock(&self.entries).values().cloned().collect()
    }

    pub(super) fn remove(&self, request: &KeyRequest) {
        lock(&self.entries).remove(request);
    }

    /// A place among the fetches.
    pub(super) fn place(&self) -> Option<OwnedSemaphorePermit> {
        self.places.clone().try_acquire_owned().ok()
    }
}

/// Whose keys those of a mount are: what another server gave is not read from disk.
fn scope(mount: &str, keys: &Keys) -> String {
    let url = match &keys.provider {
        KeyProvider::Http { server, .. } => &server.url,
        KeyProvider::Speke(speke) => &speke.server.url,
        KeyProvider::Static | KeyProvider::Derived { .. } => "",
    };
    format!("{mount} {} {url}", keys.provider.as_str())
}
