//! Interstitials that operators gave assets. Playlists of an asset that has some are dated, and tell them.
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use edgepack_manifest::hls::DateRange;

use crate::admin::{AssetState, Interstitial, Refused};
use crate::config::{self, Mount};
use crate::delivery::route::MountId;
use crate::origin::interstitials::date_range;

mod library;

pub use library::Library;

/// What the beginning of every asset is dated: 2000-01-01T00:00:00Z, Unix time in milliseconds. Not 1970, which hls.js
/// takes for no date.
pub(super) const ZERO_MS: i64 = 946_684_800_000;

/// Distinguishes all schedules that this process ever had: a part of cache keys.
static NEXT_VERSION: AtomicU64 = AtomicU64::new(1);

/// The interstitials of one asset; another one whenever they change. Never without any.
#[derive(Debug)]
pub(super) struct Schedule {
    pub(super) version: u64,
    /// In the order they came.
    entries: Vec<Interstitial>,
}

impl Schedule {
    fn new(entries: Vec<Interstitial>) -> Self {
        Self {
            version: NEXT_VERSION.fetch_add(1, Ordering::Relaxed),
            entries,
        }
    }

    /// On a time line that begins at [`ZERO_MS`].
    pub(super) fn date_ranges(&self) -> Vec<DateRange> {
        let entries = self.entries.iter();
        entries
            .map(|of| date_range(of, ZERO_MS.saturating_add(of.start_ms), ZERO_MS))
            .collect()
    }
}

/// Of all assets of the node.
#[derive(Debug)]
pub(super) struct Schedules {
    mounts: Vec<OfMount>,
}

#[derive(Debug)]
struct OfMount {
    /// As metrics call it.
    name: String,
    path: String,
    limits: config::Interstitials,
    assets: RwLock<BTreeMap<String, Arc<Schedule>>>,
}

impl Schedules {
    /// `mounts` in the order of the router's mount ids.
    pub(super) fn new(mounts: &[Arc<Mount>]) -> Self {
        let mounts = mounts.iter().map(|mount| OfMount {
            name: mount.name.clone(),
            path: mount.path.clone(),
            limits: mount.interstitials.clone(),
            assets: RwLock::default(),
        });
        Self {
            mounts: mounts.collect(),
        }
    }

    /// None: the asset has no interstitials.
    pub(super) fn get(&self, mount: MountId, asset: &str) -> Option<Arc<Schedule>> {
        let assets = self.mounts.get(mount.0)?.assets.read();
        let assets = assets.unwrap_or_else(PoisonError::into_inner);
        assets.get(asset).cloned()
    }

    pub(super) fn list(&self, mount: MountId, asset: &str) -> Vec<Interstitial> {
        let schedule = self.get(mount, asset);
        schedule.map_or_else(Vec::new, |schedule| schedule.entries.clone())
    }

    /// Whether it was not there before.
    ///
    /// # Errors
    /// [`Refused`].
    pub(super) fn insert(
        &self,
        mount: MountId,
        asset: &str,
        new: Interstitial,
    ) -> Result<bool, Refused> {
        let Some(of) = self.mounts.get(mount.0) else {
            return Err(Refused::TooManyAssets { limit: 0 });
        };
        let assets = of.assets.write();
        let mut assets = assets.unwrap_or_else(PoisonError::into_inner);
        let known = assets.get(asset);
        let entries = known.map_or(&[][..], |schedule| &schedule.entries);
        if let Some(known) = entries.iter().find(|known| known.id == new.id) {
            // Date ranges of one id have the same attributes (8216bis, 4.4.5.1).
            return if *known == new {
                Ok(false)
            } else {
                Err(Refused::Exists)
            };
        }
        if entries.len() >= of.limits.max_per_asset {
            let limit = of.limits.max_per_asset;
            return Err(Refused::TooMany { limit });
        }
        if known.is_none() && assets.len() >= of.limits.max_assets {
            let limit = of.limits.max_assets;
            return Err(Refused::TooManyAssets { limit });
        }
        let entries = [entries, &[new]].concat();
        assets.insert(asset.to_owned(), Arc::new(Schedule::new(entries)));
        Ok(true)
    }

    /// Whether it was there.
    pub(super) fn remove(&self, mount: MountId, asset: &str, id: &str) -> bool {
        let Some(of) = self.mounts.get(mount.0) else {
            return false;
        };
        let assets = of.assets.write();
        let mut assets = assets.unwrap_or_else(PoisonError::into_inner);
        let Some(known) = assets.get(asset) else {
            return false;
        };
        let mut left = known.entries.clone();
        left.retain(|entry| entry.id != id);
        if left.len() == known.entries.len() {
            return false;
        }
        if left.is_empty() {
            assets.remove(asset);
        } else {
            assets.insert(asset.to_owned(), Arc::new(Schedule::new(left)));
        }
        true
    }

    /// All assets that have interstitials.
    fn states(&self) -> Vec<AssetState> {
        let mut states = Vec::new();
        for of in &self.mounts {
            let assets = of.assets.read().unwrap_or_else(PoisonError::into_inner);
            states.extend(assets.iter().map(|(asset, schedule)| AssetState {
                path: format!("{}/{asset}", of.path),
                interstitials: schedule.entries.len(),
            }));
        }
        states
    }

    /// By the mount's name.
    pub(super) fn counts(&self) -> Vec<(&str, usize)> {
        let count = |of: &OfMount| {
            let assets = of.assets.read().unwrap_or_else(PoisonError::into_inner);
            assets.values().map(|schedule| schedule.entries.len()).sum()
        };
        let mounts = self.mounts.iter();
        mounts.map(|of| (of.name.as_str(), count(of))).collect()
    }
}

#[cfg(test)]
mod tests;
