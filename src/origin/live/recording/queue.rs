//! What waits for the disk. Bounded in bytes: what does not fit is lost, and its place is kept.
use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use edgepack_packager::live::{Header, Segment};

/// Without their bytes, too, they are not to be too many.
const MAX_ITEMS: usize = 4096;

/// A segment on its way to the disk.
#[derive(Debug, Clone)]
pub(super) struct Item {
    pub(super) track: Arc<str>,
    pub(super) header: Arc<Header>,
    pub(super) timescale: u32,
    /// Without parts where there was no room for them.
    pub(super) segment: Arc<Segment>,
}

#[derive(Debug, Default)]
pub(super) struct Queue {
    state: Mutex<State>,
    /// Something came, or nothing will any more.
    came: Condvar,
    /// Something is done with.
    done: Condvar,
}

#[derive(Debug, Default)]
struct State {
    items: VecDeque<Item>,
    bytes: u64,
    pushed: u64,
    handled: u64,
    is_closed: bool,
    is_over: bool,
}

#[derive(Debug)]
pub(super) enum Next {
    Item(Item),
    /// Nothing came in time.
    Nothing,
    /// Nothing will come.
    Closed,
}

impl Queue {
    /// False where the segment is lost: its place is marked as a gap.
    pub(super) fn push(&self, mut item: Item, max_bytes: u64) -> bool {
        let mut state = self.lock();
        if state.is_closed || state.items.len() >= MAX_ITEMS {
            return false;
        }
        let bytes = item.segment.bytes();
        // One that is larger than all is allowed goes alone.
        let fits = state.bytes == 0 || state.bytes.saturating_add(bytes) <= max_bytes;
        if !fits {
            let place = Segment {
                gap: true,
                parts: Vec::new(),
                ..Segment::clone(&item.segment)
            };
            item.segment = Arc::new(place);
        } else {
            state.bytes += bytes;
        }
        state.items.push_back(item);
        state.pushed += 1;
        drop(state);
        self.came.notify_one();
        fits
    }

    pub(super) fn next(&self, patience: Duration) -> Next {
        let state = self.lock();
        let waited = self.came.wait_timeout_while(state, patience, |state| {
            state.items.is_empty() && !state.is_closed
        });
        let (mut state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        match state.items.pop_front() {
            Some(item) => Next::Item(item),
            None if state.is_closed => Next::Closed,
            None => Next::Nothing,
        }
    }

    /// An item that [`next`](Self::next) gave is done with: its bytes are free.
    pub(super) fn handled(&self, bytes: u64) {
        let mut state = self.lock();
        state.bytes = state.bytes.saturating_sub(bytes);
        state.handled += 1;
        drop(state);
        self.done.notify_all();
    }

    pub(super) fn bytes(&self) -> u64 {
        self.lock().bytes
    }

    /// Nothing more is taken; what is there is handled.
    pub(super) fn close(&self) {
        self.lock().is_closed = true;
        self.came.notify_all();
    }

    /// Whoever handles has stopped.
    pub(super) fn over(&self) {
        self.lock().is_over = true;
        self.done.notify_all();
    }

    /// Whether all that was pushed before is handled within `limit`.
    #[cfg(test)]
    pub(super) fn wait_handled(&self, limit: Duration) -> bool {
        let pushed = self.lock().pushed;
        self.wait(limit, |state| state.handled >= pushed)
    }

    pub(super) fn wait_over(&self, limit: Duration) -> bool {
        self.wait(limit, |state| state.is_over)
    }

    fn wait(&self, limit: Duration, is_there: impl Fn(&State) -> bool) -> bool {
        let deadline = Instant::now() + limit;
        let mut state = self.lock();
        while !is_there(&state) {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            let waited = self.done.wait_timeout(state, left);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        true
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
