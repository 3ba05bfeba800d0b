//! Open handles of files: so many files at most have any, those that were read last.
//!
//! A [`SourceFile`](super::SourceFile) lives as long as an asset that uses it; its handles do not. Where others take
//! their place they are closed, once reads under way are done, and the next read opens the file again.
use std::fs::File;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};

use moka::policy::EvictionPolicy;
use moka::sync::Cache;

/// One file, open.
#[derive(Debug, Clone)]
pub(super) struct Handles {
    pub(super) file: Arc<File>,
    /// The same file, opened to be read around the page cache.
    pub(super) direct: Option<Arc<File>>,
}

/// Where a file's handles are kept; none while it is closed.
#[derive(Debug)]
struct Slot(Mutex<Option<Handles>>);

impl Slot {
    fn get(&self) -> Option<Handles> {
        let handles = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        handles.clone()
    }

    fn replace(&self, handles: Option<Handles>) {
        let mut slot = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let before = std::mem::replace(&mut *slot, handles);
        drop(slot);
        // Closed without the lock.
        drop(before);
    }
}

/// The files that are open, shared by all workers.
#[derive(Debug)]
pub(super) struct OpenFiles {
    slots: Cache<u64, Arc<Slot>>,
    next: AtomicU64,
}

impl OpenFiles {
    pub(super) fn new(most: u64) -> Arc<Self> {
        let slots = Cache::builder()
            .max_capacity(most)
            .eviction_policy(EvictionPolicy::lru())
            .eviction_listener(|_, slot: Arc<Slot>, cause| {
                // A slot that is put in its own place goes on.
                if cause.was_evicted() {
                    slot.replace(None);
                }
            });
        Arc::new(Self {
            slots: slots.build(),
            next: AtomicU64::new(0),
        })
    }
}

/// A file's place among the open ones.
#[derive(Debug)]
pub(super) struct Place {
    /// None for a file that is never closed before its end.
    among: Option<Arc<OpenFiles>>,
    id: u64,
    slot: Arc<Slot>,
}

impl Place {
    pub(super) fn new(handles: Handles, among: Option<Arc<OpenFiles>>) -> Self {
        let id = among
            .as_ref()
            .map_or(0, |open| open.next.fetch_add(1, Relaxed));
        let slot = Arc::new(Slot(Mutex::new(None)));
        let place = Self { among, id, slot };
        place.put(handles);
        place
    }

    /// None while the file is closed. Counts as a use of it.
    pub(super) fn get(&self) -> Option<Handles> {
        let handles = self.slot.get()?;
        if let Some(open) = &self.among {
            open.slots.get(&self.id);
        }
        Some(handles)
    }

    pub(super) fn put(&self, handles: Handles) {
        self.slot.replace(Some(handles));
        if let Some(open) = &self.among {
            open.slots.insert(self.id, Arc::clone(&self.slot));
            // Closes at once what this displaces.
            open.slots.run_pending_tasks();
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.slot.replace(None);
        if let Some(open) = &self.among {
            open.slots.invalidate(&self.id);
        }
    }
}
