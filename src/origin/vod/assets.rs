//! Assets by path, parsed once per version of their files.
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use moka::Equivalent;

use super::asset::Asset;
use super::sources::Sources;
use super::{IndexCache, VodOptions, open};
use crate::cache::ParsedCache;
use crate::config::Mount;
use crate::delivery::Fault;
use crate::delivery::route::MountId;
use crate::storage::Storage;

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Key {
    mount: MountId,
    path: String,
}

/// Finds a [`Key`] without making one. Hashes as it does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct KeyRef<'a> {
    mount: MountId,
    path: &'a str,
}

impl Equivalent<Key> for KeyRef<'_> {
    fn equivalent(&self, key: &Key) -> bool {
        self.mount == key.mount && self.path == key.path
    }
}

/// Bounded; all workers share it.
#[derive(Debug)]
pub(super) struct Assets {
    parsed: ParsedCache<Key, Known>,
    revalidate_ms: u64,
    epoch: Instant,
}

/// An asset, and when its files were last seen unchanged (milliseconds since `Assets::epoch`).
#[derive(Debug)]
struct Known {
    asset: Arc<Asset>,
    checked_ms: AtomicU64,
}

impl Assets {
    pub(super) fn new(options: &VodOptions) -> Self {
        Self {
            parsed: ParsedCache::new(options.max_assets, options.max_asset_bytes, |known| {
                known.asset.weight()
            }),
            revalidate_ms: options.revalidate_ms,
            epoch: Instant::now(),
        }
    }

    /// The asset as its files stand; opened at most once at a time, whoever asks.
    pub(super) async fn get(
        &self,
        storage: &Rc<Storage>,
        indexes: Option<&Arc<IndexCache>>,
        mount: &Arc<Mount>,
        id: MountId,
        path: &str,
    ) -> Result<Arc<Asset>, Fault> {
        let key = KeyRef { mount: id, path };
        let known = self.parsed.get(&key);
        if let Some(known) = &known
            && known.is_fresh(self.now_ms(), self.revalidate_ms)
        {
            return Ok(known.asset.clone());
        }
        // Rare next to requests of what is known, whose tasks need no room for it.
        Box::pin(self.find(storage, indexes, mount, key, known)).await
    }

    /// Looks at the files, and opens the asset where they are not those of `known`.
    async fn find(
        &self,
        storage: &Rc<Storage>,
        indexes: Option<&Arc<IndexCache>>,
        mount: &Arc<Mount>,
        key: KeyRef<'_>,
        known: Option<Arc<Known>>,
    ) -> Result<Arc<Asset>, Fault> {
        let path = key.path;
        if let Some(known) = known {
            let before = Some(&known.asset.sources);
            match Sources::find(storage, mount, path, before).await {
                Ok(sources) if known.asset.sources.same(&sources) => {
                    known.checked_ms.store(self.now_ms(), Ordering::Relaxed);
                    return Ok(known.asset.clone());
                }
                // Changed: what was parsed is of no use to anybody, unless another has parsed it anew meanwhile.
                Ok(_) => self.forget(&key, &known),
                Err(fault) => {
                    // Gone; a file system that only hesitates says nothing of the asset.
                    if fault.retry_after_s.is_none() {
                        self.forget(&key, &known);
                    }
                    return Err(fault);
                }
            }
        }
        let key = Key {
            mount: key.mount,
            path: path.to_owned(),
        };
        let (storage, indexes, mount, path, now) = (
            storage.clone(),
            indexes.cloned(),
            mount.clone(),
            path.to_owned(),
            self.now_ms(),
        );
        let load = || async move {
            let sources = Sources::find(&storage, &mount, &path, None).await?;
            let asset = open::open(&storage, indexes.as_deref(), &mount, &path, sources).await?;
            Ok(Known {
                asset: Arc::new(asset),
                checked_ms: AtomicU64::new(now),
            })
        };
        Ok(self.parsed.get_or_load(key, load).await?.asset.clone())
    }

    fn forget(&self, key: &KeyRef<'_>, known: &Arc<Known>) {
        let now = self.parsed.get(key);
        if now.is_some_and(|now| Arc::ptr_eq(&now, known)) {
            self.parsed.invalidate(key);
        }
    }

    /// Assets kept, and their bytes; approximately.
    pub(super) fn kept(&self) -> (u64, u64) {
        (self.parsed.len(), self.parsed.weight())
    }

    fn now_ms(&self) -> u64 {
        u64::try_from(self.epoch.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

impl Known {
    fn is_fresh(&self, now_ms: u64, revalidate_ms: u64) -> bool {
        let age_ms = now_ms.saturating_sub(self.checked_ms.load(Ordering::Relaxed));
        age_ms < revalidate_ms && !self.asset.sources.is_stale()
    }
}
