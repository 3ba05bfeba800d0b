//! Who holds keys, who is asked for them and when: shared by all workers.
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::{oneshot, watch};
use tokio::time::timeout;

mod entry;
mod fetch;
mod health;
mod source;
mod sweep;

pub(super) use entry::Entry;
pub use health::Unwell;
pub(super) use source::Source;

use self::entry::{Progress, Step};
use super::set::check_request;
use super::{KeyError, KeyRequest, KeySet, Provider, SetupError, providers};
use crate::config::{Keys, Mount};
use crate::telemetry::Telemetry;
use crate::telemetry::keys::KeyMetrics;

/// Longest that a viewer waits for a provider while keys past their time could serve.
const STALE_WAIT: Duration = Duration::from_secs(1);
/// Fetches of one mount under way or waiting for a connection.
const MAX_FETCHES: usize = 1024;

/// The keys of all mounts.
pub struct KeyStore {
    shared: Arc<Shared>,
    /// Dropped with the store; the thread ends then.
    _stop: Option<oneshot::Sender<()>>,
}

pub(super) struct Shared {
    sources: Vec<Source>,
    /// Where providers are asked; `None`: none of them is remote.
    runtime: Option<Handle>,
}

impl KeyStore {
    /// The providers of `mounts`, in their order. Asks none of them yet. Where one is remote, a thread is started that
    /// does all the asking.
    ///
    /// # Errors
    /// Certificates, folders and addresses that cannot be used.
    pub fn new(mounts: &[Mount], telemetry: &Telemetry) -> Result<Self, SetupError> {
        let parts = mounts
            .iter()
            .map(|mount| {
                Ok((
                    mount.name.clone(),
                    mount.keys.clone(),
                    providers::make(mount)?,
                ))
            })
            .collect::<Result<Vec<_>, SetupError>>()?;
        let metrics = KeyMetrics::register(telemetry)?;
        if !parts.iter().any(|(_, _, provider)| provider.is_remote()) {
            return Self::build(parts, &metrics, None, None);
        }
        let (stop, stopped) = oneshot::channel();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(SetupError::Thread)?;
        let handle = runtime.handle().clone();
        std::thread::Builder::new()
            .name("keys".into())
            .spawn(move || {
                // An error is the store gone: the end as well.
                let _ = runtime.block_on(stopped);
                runtime.shutdown_background();
            })
            .map_err(SetupError::Thread)?;
        Self::build(parts, &metrics, Some(handle), Some(stop))
    }

    /// A store that asks `providers`, one per mount, on `runtime`.
    ///
    /// # Errors
    /// A folder for keys that cannot be used.
    pub fn with_providers(
        providers: Vec<(String, Keys, Arc<dyn Provider>)>,
        telemetry: &Telemetry,
        runtime: Handle,
    ) -> Result<Self, SetupError> {
        let metrics = KeyMetrics::register(telemetry)?;
        Self::build(providers, &metrics, Some(runtime), None)
    }

    fn build(
        parts: Vec<(String, Keys, Arc<dyn Provider>)>,
        metrics: &KeyMetrics,
        runtime: Option<Handle>,
        stop: Option<oneshot::Sender<()>>,
    ) -> Result<Self, SetupError> {
        let sources = parts
            .into_iter()
            .map(|(mount, keys, provider)| {
                let metrics = metrics.of(&mount, provider.name());
                Source::new(mount, keys, provider, metrics)
            })
            .collect::<Result<_, SetupError>>()?;
        let shared = Arc::new(Shared { sources, runtime });
        if let Some(runtime) = &shared.runtime {
            runtime.spawn(sweep::run(Arc::downgrade(&shared)));
        }
        Ok(Self {
            shared,
            _stop: stop,
        })
    }

    /// The keys of a request: from memory where they are good, else from the provider; requests for the same are one.
    /// May take as long as the provider's time-outs and retries; dropping the future stops nothing.
    ///
    /// # Errors
    /// [`KeyError`]. Nothing may be served in the clear instead.
    pub async fn get(&self, request: &KeyRequest) -> Result<Arc<KeySet>, KeyError> {
        check_request(request)?;
        let source = self.shared.source(request)?;
        let entry = source.entry(request)?;
        match entry.step(source) {
            Step::Ready { set, refresh } => {
                if refresh {
                    // Where no place is free, who asks next tries again.
                    let _ = self.shared.start(source, &entry);
                }
                Ok(set)
            }
            Step::Failed(error) => Err(error),
            Step::Local => fetch::local(source, &entry).await,
            Step::Wait(progress) => wait(source, &entry, progress).await,
            Step::Fetch => match self.shared.start(source, &entry) {
                Ok(progress) => wait(source, &entry, progress).await,
                Err(error) => entry.stale(source).ok_or(error),
            },
        }
    }

    /// Has the keys fetched, if they are not there, without waiting.
    pub fn prefetch(&self, request: KeyRequest) {
        let Ok(source) = self.shared.source(&request) else {
            return;
        };
        if !source.provider.is_remote() || check_request(&request).is_err() {
            return;
        }
        if let Ok(entry) = source.entry(&request)
            && let Step::Fetch | Step::Ready { refresh: true, .. } = entry.step(source)
        {
            // Where no place is free, who needs the keys asks again.
            let _ = self.shared.start(source, &entry);
        }
    }

    /// Mounts whose provider has failed for longer than they may.
    pub fn unwell(&self) -> Vec<Unwell> {
        let sources = self.shared.sources.iter();
        sources.filter_map(Source::unwell).collect()
    }

    pub(super) fn sources(&self) -> &[Source] {
        &self.shared.sources
    }
}

impl fmt::Debug for KeyStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyStore").finish_non_exhaustive()
    }
}

impl Shared {
    fn source(&self, request: &KeyRequest) -> Result<&Source, KeyError> {
        self.sources
            .get(request.mount)
            .ok_or(KeyError::Unreasonable("a mount that is not there"))
    }

    /// Starts a fetch, or joins the one under way.
    fn start(
        self: &Arc<Self>,
        source: &Source,
        entry: &Arc<Entry>,
    ) -> Result<watch::Receiver<Progress>, KeyError> {
        let runtime = self.runtime.as_ref().ok_or(KeyError::Stopping)?;
        let place = source.place().ok_or(KeyError::Busy)?;
        let mut state = entry.lock();
        if let Some(progress) = state.under_way() {
            return Ok(progress);
        }
        let (sender, receiver) = watch::channel(Progress::Asking);
        state.fetching = Some(receiver.clone());
        drop(state);
        let (shared, entry) = (Arc::clone(self), Arc::clone(entry));
        runtime.spawn(async move {
            let _place = place;
            fetch::remote(&shared, &entry, &sender).await;
        });
        Ok(receiver)
    }
}

/// Until the fetch ends, or keys past their time have waited long enough.
async fn wait(
    source: &Source,
    entry: &Entry,
    mut progress: watch::Receiver<Progress>,
) -> Result<Arc<KeySet>, KeyError> {
    let mut stale = entry.stale(source);
    loop {
        let seen = progress.borrow_and_update().clone();
        match seen {
            Progress::Asking => {}
            Progress::StaleFound => stale = entry.stale(source),
            Progress::Done(Ok(set)) => return Ok(set),
            Progress::Done(Err(error)) => {
                let stale = entry.stale(source);
                if stale.is_some() {
                    source.metrics.stale_served();
                }
                return stale.ok_or(error);
            }
        }
        let changed = match &stale {
            None => progress.changed().await.is_ok(),
            Some(set) => match timeout(STALE_WAIT, progress.changed()).await {
                Ok(changed) => changed.is_ok(),
                Err(_) => {
                    source.metrics.stale_served();
                    return Ok(Arc::clone(set));
                }
            },
        };
        if !changed {
            return stale.ok_or(KeyError::Stopping);
        }
    }
}

/// Entries of a mount, by request.
type Entries = HashMap<KeyRequest, Arc<Entry>>;

/// A lock that outlives a panic elsewhere: what it guards is whole at every moment.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
