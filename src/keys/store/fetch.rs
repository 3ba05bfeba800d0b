//! Asking a provider, and what follows from its answer.
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::sync::watch;
use tokio::time::Instant;

use super::entry::Progress;
use super::{Entry, Shared, Source};
use crate::keys::disk::Stored;
use crate::keys::{KeyError, KeySet};

/// From a provider that answers at once.
pub(super) async fn local(source: &Source, entry: &Entry) -> Result<Arc<KeySet>, KeyError> {
    let started = Instant::now();
    let given = source.provider.fetch(&entry.request).await;
    let set = given.and_then(|given| KeySet::new(&entry.request, given));
    source.metrics.asked(outcome(&set), started.elapsed());
    let mut state = entry.lock();
    set.map(|set| state.succeed(source, set, Duration::ZERO, false))
}

/// From disk or a remote provider. Tells `progress`, whose end it sends in any case.
pub(super) async fn remote(
    shared: &Shared,
    entry: &Arc<Entry>,
    progress: &watch::Sender<Progress>,
) {
    let result = match shared.source(&entry.request) {
        Ok(source) => fetch(source, entry, progress).await,
        Err(error) => Err(error),
    };
    entry.lock().fetching = None;
    progress.send_replace(Progress::Done(result));
}

async fn fetch(
    source: &Source,
    entry: &Arc<Entry>,
    progress: &watch::Sender<Progress>,
) -> Result<Arc<KeySet>, KeyError> {
    if let Some(set) = from_disk(source, entry, progress).await {
        return Ok(set);
    }
    let request = &entry.request;
    let result = match source.admit(Instant::now()) {
        Err(error) => Err(error),
        Ok(()) => {
            let started = Instant::now();
            let given = source.provider.fetch(request).await;
            let set = given.and_then(|given| KeySet::new(request, given));
            source.metrics.asked(outcome(&set), started.elapsed());
            set
        }
    };
    match result {
        Ok(set) => {
            source.worked();
            let set = entry.lock().succeed(source, set, Duration::ZERO, false);
            to_disk(source, entry, &set);
            Ok(set)
        }
        Err(error) => {
            let now = Instant::now();
            if !matches!(error, KeyError::Recent { .. }) {
                source.failed(entry, &error, now);
                tell(source, entry, &error);
            }
            entry.lock().fail(error.clone(), now);
            Err(error)
        }
    }
}

fn outcome(set: &Result<KeySet, KeyError>) -> &'static str {
    match set {
        Ok(_) => "ok",
        Err(error) => error.outcome(),
    }
}

fn tell(source: &Source, entry: &Entry, error: &KeyError) {
    let mount = &source.mount;
    let request = &entry.request;
    let (content, protection) = (&request.content_id, request.protection);
    let what = match entry.stale(source) {
        Some(_) => "keys cannot be refreshed; those there serve on",
        None => "keys cannot be had",
    };
    match error {
        KeyError::Wrong(_) => {
            tracing::error!(mount, content, %protection, %error, "{what}");
        }
        _ => tracing::warn!(mount, content, %protection, %error, "{what}"),
    }
}

/// What an earlier life of the node was given: returned where it is still good, kept for need where it is not.
async fn from_disk(
    source: &Source,
    entry: &Arc<Entry>,
    progress: &watch::Sender<Progress>,
) -> Option<Arc<KeySet>> {
    let disk = source.disk.clone()?;
    {
        let mut state = entry.lock();
        if state.disk_read || state.held.is_some() {
            return None;
        }
        state.disk_read = true;
    }
    let request = entry.request.clone();
    let read = tokio::task::spawn_blocking(move || disk.read(&request));
    let stored = match read.await.ok()? {
        Ok(Some(stored)) => stored,
        Ok(None) => return None,
        Err(error) => {
            source.metrics.file("refused");
            let mount = &source.mount;
            tracing::error!(mount, %error, "a file of the key cache is not used");
            return None;
        }
    };
    let Stored { given, written } = stored;
    let set = KeySet::new(&entry.request, given).ok()?;
    source.metrics.file("read");
    // A clock that went back makes them as old as they may get.
    let age = SystemTime::now()
        .duration_since(written)
        .unwrap_or(source.keys.ttl);
    let set = entry.lock().succeed(source, set, age, true);
    if age < source.keys.ttl {
        return Some(set);
    }
    progress.send_replace(Progress::StaleFound);
    None
}

/// Beside the answer: nobody waits for a disk.
fn to_disk(source: &Source, entry: &Arc<Entry>, set: &Arc<KeySet>) {
    let Some(disk) = source.disk.clone() else {
        return;
    };
    let (entry, set) = (entry.clone(), set.clone());
    let (metrics, mount) = (source.metrics.clone(), source.mount.clone());
    tokio::task::spawn_blocking(move || {
        match disk.write(&entry.request, set.given(), SystemTime::now()) {
            Ok(()) => metrics.file("written"),
            Err(error) => {
                metrics.file("failed");
                tracing::warn!(mount, %error, "keys cannot be written to the key cache");
            }
        }
    });
}
