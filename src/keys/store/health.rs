//! Whether a provider works: a breaker for those that do not, and what the operator is told.
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::{Entry, Source, lock};
use crate::keys::KeyError;
use crate::keys::backoff::Backoff;

/// Failures in a row after which a provider is left alone for a while.
const BREAKER: u32 = 3;

#[derive(Default)]
pub(in crate::keys) struct Health {
    failing: Option<Failing>,
}

struct Failing {
    since: Instant,
    error: KeyError,
    /// Those in a row that no retry overcame.
    outages: u32,
    closed_until: Instant,
    backoff: Backoff,
    /// What to ask for to see whether it works again, and when.
    probe: Arc<Entry>,
    probe_at: Instant,
    probe_backoff: Backoff,
}

/// A mount whose provider has failed for longer than it may.
#[derive(Debug, Clone)]
pub struct Unwell {
    pub mount: String,
    pub provider: &'static str,
    /// For how long.
    pub failing: Duration,
    pub error: KeyError,
}

impl Source {
    /// Whether the provider may be asked. Where it failed, one request finds out whether it works again.
    pub(super) fn admit(&self, now: Instant) -> Result<(), KeyError> {
        let mut health = lock(&self.health);
        let Some(failing) = health
            .failing
            .as_mut()
            .filter(|failing| failing.outages >= BREAKER)
        else {
            return Ok(());
        };
        if now < failing.closed_until {
            return Err(KeyError::Recent {
                cause: Box::new(failing.error.clone()),
                retry_after: failing.closed_until - now,
            });
        }
        failing.closed_until = now + failing.backoff.next_pause();
        Ok(())
    }

    pub(super) fn worked(&self) {
        let failed = lock(&self.health).failing.take();
        if let Some(failing) = failed {
            tracing::info!(mount = self.mount, failed_for = ?failing.since.elapsed(), "the key provider works again");
        }
    }

    pub(super) fn failed(&self, entry: &Arc<Entry>, error: &KeyError, now: Instant) {
        if !error.is_outage() {
            return;
        }
        let mut health = lock(&self.health);
        let failing = health.failing.get_or_insert_with(|| Failing {
            since: now,
            error: error.clone(),
            outages: 0,
            closed_until: now,
            backoff: Backoff::of_provider(),
            probe: Arc::clone(entry),
            probe_at: now,
            probe_backoff: Backoff::of_provider(),
        });
        failing.error = error.cause().clone();
        failing.probe = Arc::clone(entry);
        if error.is_passing() {
            failing.outages += 1;
            if failing.outages == BREAKER {
                failing.closed_until = now + failing.backoff.next_pause();
            }
        }
    }

    /// What to ask for to find out whether a failing provider works again: who is not asked by viewers because the
    /// node is not ready would never become ready.
    pub(super) fn probe(&self, now: Instant) -> Option<Arc<Entry>> {
        self.keys.unready_after?;
        let mut health = lock(&self.health);
        let failing = health.failing.as_mut()?;
        if now < failing.closed_until || now < failing.probe_at {
            return None;
        }
        failing.probe_at = now + failing.probe_backoff.next_pause();
        Some(Arc::clone(&failing.probe))
    }

    /// Since when it has failed, and how.
    pub(in crate::keys) fn failing(&self) -> Option<(Duration, KeyError)> {
        let health = lock(&self.health);
        let failing = health.failing.as_ref()?;
        Some((failing.since.elapsed(), failing.error.clone()))
    }

    pub(super) fn unwell(&self) -> Option<Unwell> {
        let allowed = self.keys.unready_after?;
        let (failing, error) = self.failing()?;
        (failing > allowed).then(|| Unwell {
            mount: self.mount.clone(),
            provider: self.provider.name(),
            failing,
            error,
        })
    }
}
