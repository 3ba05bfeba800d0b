//! One key set, how old it is, and what is under way for it.
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use super::{Source, lock};
use crate::keys::backoff::{self, Backoff};
use crate::keys::{KeyError, KeyRequest, KeySet};

/// How long a failure is remembered after its pause, so that the next pause is longer.
const REMEMBERED: Duration = Duration::from_secs(60);

/// What was asked for, and what is known of it.
pub(in crate::keys) struct Entry {
    pub(in crate::keys) request: KeyRequest,
    state: Mutex<State>,
    /// The source's count of look-ups when it was last asked for.
    pub(super) last_used: AtomicU64,
}

#[derive(Default)]
pub(in crate::keys) struct State {
    pub(in crate::keys) held: Option<Held>,
    pub(super) fetching: Option<watch::Receiver<Progress>>,
    pub(super) failure: Option<Failure>,
    /// The folder was looked into.
    pub(super) disk_read: bool,
}

/// Keys that are there.
#[derive(Clone)]
pub(in crate::keys) struct Held {
    pub(in crate::keys) set: Arc<KeySet>,
    /// When this process got them.
    since: Instant,
    /// Their age at that time.
    age: Duration,
    pub(in crate::keys) from_disk: bool,
    /// `None`: never.
    refresh_at: Option<Instant>,
    expires: Option<Instant>,
}

pub(super) struct Failure {
    pub(super) error: KeyError,
    until: Instant,
    backoff: Backoff,
}

/// How far a fetch is.
#[derive(Clone)]
pub(super) enum Progress {
    Asking,
    /// Keys past their time were found on disk; the provider is being asked.
    StaleFound,
    Done(Result<Arc<KeySet>, KeyError>),
}

/// What a request for the keys is to do.
pub(super) enum Step {
    Ready {
        set: Arc<KeySet>,
        refresh: bool,
    },
    Failed(KeyError),
    Wait(watch::Receiver<Progress>),
    /// Nothing is under way yet.
    Fetch,
    /// The provider answers at once.
    Local,
}

impl Entry {
    pub(super) fn new(request: KeyRequest) -> Self {
        Self {
            request,
            state: Mutex::default(),
            last_used: AtomicU64::new(0),
        }
    }

    pub(in crate::keys) fn lock(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    pub(super) fn touch(&self, tick: u64) {
        self.last_used.store(tick, Ordering::Relaxed);
    }

    pub(super) fn step(&self, source: &Source) -> Step {
        let mut state = self.lock();
        let now = Instant::now();
        let failed = state.failing(now);
        let fetching = state.under_way();
        if let Some(held) = &state.held {
            if !held.is_expired(now) {
                // Asking marks it as in use.
                let _ = held.set.is_fresh();
                return Step::Ready {
                    set: held.set.clone(),
                    refresh: fetching.is_none() && failed.is_none() && held.is_due(now),
                };
            }
            if failed.is_some() && held.may_serve(source, now) {
                source.metrics.stale_served();
                return Step::Ready {
                    set: held.set.clone(),
                    refresh: false,
                };
            }
        }
        match (fetching, failed) {
            _ if !source.provider.is_remote() => Step::Local,
            (Some(progress), _) => Step::Wait(progress),
            (None, Some(error)) => Step::Failed(error),
            (None, None) => Step::Fetch,
        }
    }

    /// Keys past their time that may serve in need.
    pub(super) fn stale(&self, source: &Source) -> Option<Arc<KeySet>> {
        let state = self.lock();
        let held = state.held.as_ref()?;
        held.may_serve(source, Instant::now())
            .then(|| held.set.clone())
    }

    /// Whether the sweeper is to have it fetched: in use, and near the end of its time.
    pub(super) fn is_to_be_refreshed(&self, now: Instant) -> bool {
        let mut state = self.lock();
        if state.under_way().is_some() || state.failing(now).is_some() {
            return false;
        }
        state
            .held
            .as_ref()
            .is_some_and(|held| held.is_due(now) && held.set.take_used())
    }

    /// Holds nothing that may ever serve again, and nothing is under way.
    pub(super) fn is_spent(&self, source: &Source, now: Instant) -> bool {
        let mut state = self.lock();
        let useless = match &state.held {
            None => state
                .failure
                .as_ref()
                .is_none_or(|failure| now > failure.until + REMEMBERED),
            Some(held) => !held.may_serve(source, now),
        };
        useless && state.under_way().is_none()
    }
}

impl State {
    /// The fetch under way. One whose task is gone is none.
    pub(super) fn under_way(&mut self) -> Option<watch::Receiver<Progress>> {
        if self
            .fetching
            .as_ref()
            .is_some_and(|progress| progress.has_changed().is_err())
        {
            self.fetching = None;
        }
        self.fetching.clone()
    }

    /// A failure that still stands, and so is not to be met again.
    fn failing(&self, now: Instant) -> Option<KeyError> {
        let failure = self
            .failure
            .as_ref()
            .filter(|failure| now < failure.until)?;
        Some(KeyError::Recent {
            cause: Box::new(failure.error.cause().clone()),
            retry_after: failure.until - now,
        })
    }

    pub(super) fn succeed(
        &mut self,
        source: &Source,
        set: KeySet,
        age: Duration,
        disk: bool,
    ) -> Arc<KeySet> {
        self.failure = None;
        let set = match &self.held {
            // The same keys stay the same set: nobody has to make anything anew.
            Some(held) if held.set.is_same(&set) => held.set.clone(),
            Some(held) => {
                if let Some(kid) = set.rekeyed(&held.set) {
                    tracing::warn!(mount = source.mount, %kid, "the key provider gives another key under the same id");
                }
                held.set.replace();
                Arc::new(set)
            }
            None => Arc::new(set),
        };
        let held = Held::new(source, set.clone(), age, disk);
        set.set_fresh_until(held.expires);
        self.held = Some(held);
        set
    }

    pub(super) fn fail(&mut self, error: KeyError, now: Instant) {
        let mut backoff = self
            .failure
            .take()
            .map_or_else(Backoff::of_content, |failure| failure.backoff);
        // A refusal of the breaker says when it ends.
        let pause = match &error {
            KeyError::Recent { retry_after, .. } => *retry_after,
            _ => backoff.next_pause(),
        };
        self.failure = Some(Failure {
            error,
            until: now + pause,
            backoff,
        });
    }
}

impl Held {
    fn new(source: &Source, set: Arc<KeySet>, age: Duration, from_disk: bool) -> Self {
        let since = Instant::now();
        let ages = source.provider.is_remote();
        let left = source.keys.ttl.saturating_sub(age);
        Self {
            set,
            since,
            age,
            from_disk,
            refresh_at: ages.then(|| since + backoff::ahead_of(left)),
            expires: ages.then(|| since + left),
        }
    }

    pub(in crate::keys) fn age(&self) -> Duration {
        self.age + self.since.elapsed()
    }

    /// Time until they are asked for again, if they are used; `None`: never.
    pub(in crate::keys) fn refresh_in(&self) -> Option<Duration> {
        let at = self.refresh_at?;
        Some(at.saturating_duration_since(Instant::now()))
    }

    pub(in crate::keys) fn expires(&self) -> Option<Instant> {
        self.expires
    }

    pub(in crate::keys) fn is_expired(&self, now: Instant) -> bool {
        self.expires.is_some_and(|at| now >= at)
    }

    fn is_due(&self, now: Instant) -> bool {
        self.refresh_at.is_some_and(|at| now >= at)
    }

    /// Good, or past its time but still allowed to serve where nothing better can be had.
    fn may_serve(&self, source: &Source, now: Instant) -> bool {
        match (self.expires, source.keys.max_stale) {
            (Some(expires), Some(max_stale)) => now < expires + max_stale,
            _ => true,
        }
    }
}
