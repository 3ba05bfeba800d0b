//! Assets by path, parsed once per version of their files.
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use super::asset::Asset;
use super::{VodOptions, faults, open};
use crate::cache::ParsedCache;
use crate::config::Mount;
use crate::delivery::Fault;
use crate::delivery::route::MountId;
use crate::storage::{SourceFile, Storage};

/// Files of one asset at most: a ladder of every codec, language and size stays far below.
const MAX_FILES: usize = 256;

type Key = (MountId, String);

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
        mount: &Arc<Mount>,
        id: MountId,
        path: &str,
    ) -> Result<Arc<Asset>, Fault> {
        let key = (id, path.to_owned());
        if let Some(known) = self.parsed.get(&key) {
            if known.is_fresh(self.now_ms(), self.revalidate_ms) {
                return Ok(known.asset.clone());
            }
            match find_files(storage, mount, path).await {
                Ok(files) if known.asset.same_files(&files) => {
                    known.checked_ms.store(self.now_ms(), Ordering::Relaxed);
                    return Ok(known.asset.clone());
                }
                // Gone or changed: what was parsed is of no use to anybody.
                _ => self.parsed.invalidate(&key),
            }
        }
        let (storage, mount, path, now) = (
            storage.clone(),
            mount.clone(),
            path.to_owned(),
            self.now_ms(),
        );
        let load = || async move {
            let files = find_files(&storage, &mount, &path).await?;
            let asset = open::open(&storage, &mount, &path, files).await?;
            Ok(Known {
                asset: Arc::new(asset),
                checked_ms: AtomicU64::new(now),
            })
        };
        Ok(self.parsed.get_or_load(key, load).await?.asset.clone())
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
        age_ms < revalidate_ms && !self.asset.files.iter().any(|file| file.is_stale())
    }
}

async fn find_files(
    storage: &Storage,
    mount: &Mount,
    path: &str,
) -> Result<Vec<Arc<SourceFile>>, Fault> {
    let files = storage.find(&mount.root, path).await?;
    if files.is_empty() {
        return Err(faults::empty_asset(path));
    }
    if files.len() > MAX_FILES {
        return Err(faults::bad_source(
            path,
            format_args!("{} files, of {MAX_FILES} at most", files.len()),
        ));
    }
    Ok(files)
}
