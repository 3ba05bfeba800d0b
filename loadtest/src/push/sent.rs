//! When chunks went out, for those who wait for them.
use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use tokio::time::Instant;

/// An answer belongs to one of the youngest.
const KEPT: usize = 64;

/// The moments at which chunks of the watched track were given to its connection.
#[derive(Debug, Default)]
pub(super) struct Sent(Mutex<VecDeque<Instant>>);

impl Sent {
    pub(super) fn note(&self, at: Instant) {
        let mut sent = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if sent.len() >= KEPT {
            sent.pop_front();
        }
        sent.push_back(at);
    }

    /// The first that was sent while someone waited who asked at `asked` and had an answer at `answered`. None where the
    /// answer was there before.
    pub(super) fn between(&self, asked: Instant, answered: Instant) -> Option<Instant> {
        let sent = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        sent.iter()
            .copied()
            .find(|at| asked < *at && *at <= answered)
    }
}
