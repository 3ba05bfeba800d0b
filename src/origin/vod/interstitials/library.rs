//! The node's assets, as their operator reaches them.
use std::sync::Arc;

use futures_util::future::BoxFuture;
use http::StatusCode;

use crate::admin::{self, AssetState, Assets, Interstitial, NoAsset, Refused};
use crate::delivery::Fault;
use crate::delivery::route::{MountId, is_asset_name};
use crate::origin::vod::VodShared;
use crate::storage::{Files, Resolved};

/// Where the file system does not answer.
const RETRY_AFTER_S: u32 = 1;

/// All mounts of files.
#[derive(Debug)]
pub struct Library {
    vod: Arc<VodShared>,
    files: Files,
}

impl Library {
    pub fn new(vod: Arc<VodShared>, files: Files) -> Self {
        Self { vod, files }
    }

    /// None: no mount of files has that path.
    fn find(&self, path: &str) -> Option<OfAsset> {
        let mut mounts = self.vod.mounts.iter().enumerate();
        let (index, asset) = mounts.find_map(|(index, mount)| {
            let asset = path.strip_prefix(&mount.path)?.strip_prefix('/')?;
            (mount.live.is_none() && is_asset_name(asset)).then_some((index, asset))
        })?;
        Some(OfAsset {
            vod: Arc::clone(&self.vod),
            mount: MountId(index),
            asset: asset.to_owned(),
        })
    }

    /// # Errors
    /// 404 where there is nothing that could be an asset.
    async fn look_up(&self, of: &OfAsset) -> Result<(), Fault> {
        let none = || Fault::not_found("no-such-asset", "No asset has that name.");
        let mount = self.vod.mounts.get(of.mount.0).ok_or_else(none)?;
        match self.files.resolve(&mount.root, &of.asset).await? {
            Resolved::Folder(folder) if folder.names.is_empty() && !folder.has_description => {
                Err(none())
            }
            Resolved::Folder(_) | Resolved::File(_) => Ok(()),
        }
    }
}

impl Assets for Library {
    fn with_interstitials(&self) -> Vec<AssetState> {
        self.vod.schedules.states()
    }

    fn interstitials<'a>(
        &'a self,
        path: &'a str,
    ) -> BoxFuture<'a, Result<Arc<dyn admin::Interstitials>, NoAsset>> {
        Box::pin(async move {
            let path_owned = || path.to_owned();
            let of = self
                .find(path)
                .ok_or_else(|| NoAsset::NotThere(path_owned()))?;
            // What was given to an asset can be taken away when its files are gone.
            if self.vod.schedules.get(of.mount, &of.asset).is_none() {
                self.look_up(&of).await.map_err(|fault| {
                    if fault.status == StatusCode::NOT_FOUND {
                        return NoAsset::NotThere(path_owned());
                    }
                    NoAsset::Unknown {
                        path: path_owned(),
                        reason: fault.message,
                        retry_after_s: fault.retry_after_s.unwrap_or(RETRY_AFTER_S),
                    }
                })?;
            }
            Ok(Arc::new(of) as Arc<dyn admin::Interstitials>)
        })
    }
}

#[derive(Debug)]
struct OfAsset {
    vod: Arc<VodShared>,
    mount: MountId,
    asset: String,
}

impl admin::Interstitials for OfAsset {
    fn list(&self) -> Vec<Interstitial> {
        self.vod.schedules.list(self.mount, &self.asset)
    }

    fn insert(&self, interstitial: Interstitial) -> Result<bool, Refused> {
        let schedules = &self.vod.schedules;
        schedules.insert(self.mount, &self.asset, interstitial)
    }

    fn remove(&self, id: &str) -> bool {
        self.vod.schedules.remove(self.mount, &self.asset, id)
    }
}
