//! A place in a moka cache that can be emptied.
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Holds a value until it is evicted.
///
/// moka frees what it evicts some time later (its table reclaims by epochs), by which time hundreds
/// of segments may be waiting. Emptied by the eviction listener, a slot lets go of the value at
/// once.
pub(super) struct Slot<T>(Mutex<Option<Arc<T>>>);

impl<T> Slot<T> {
    pub(super) fn holding(value: Arc<T>) -> Self {
        Self(Mutex::new(Some(value)))
    }

    /// `None` once evicted.
    pub(super) fn get(&self) -> Option<Arc<T>> {
        self.lock().clone()
    }

    /// Whether nobody but the slot holds the value.
    pub(super) fn is_idle(&self) -> bool {
        let value = self.lock();
        value
            .as_ref()
            .is_some_and(|value| Arc::strong_count(value) == 1)
    }

    pub(super) fn empty(&self) {
        let gone = self.lock().take();
        // The lock is free by now: dropping may unmap memory, or close files.
        drop(gone);
    }

    fn lock(&self) -> MutexGuard<'_, Option<Arc<T>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
