//! Video on demand: an asset is an MP4 file, a folder of them, or a description, packaged when a viewer asks.
//!
//! ```text
//! route ─ asset (parsed once per file version) ─ variant (protection) ─┬─ manifest: text kept under a budget
//!                                                                      └─ part: recipe ─ read ─ make ─ cache entry
//! ```
mod asset;
mod assets;
mod describe;
pub(super) mod faults;
mod fill;
pub mod index_cache;
mod interstitials;
mod keys;
mod manifests;
mod media;
mod open;
mod part;
mod sources;
mod subtitles;
mod variant;

use std::rc::Rc;
use std::sync::Arc;

use edgepack_drm::KeyId;
use edgepack_manifest::Filter;
use http::header::CACHE_CONTROL;
use http::{HeaderValue, StatusCode};

use self::asset::Asset;
use self::assets::Assets;
pub use self::index_cache::{IndexCache, IndexCacheError};
pub use self::interstitials::Library;
use self::interstitials::Schedules;
use self::manifests::{Kind, Manifests, Wanted};
use self::part::Part;
use self::variant::Variant;
use crate::cache::SegmentCache;
use crate::config::{Config, Mount};
use crate::delivery::route::{AssetRoute, Leaf};
use crate::delivery::{
    CachePolicy, Content, Fault, Representation, Request, RequestBody, Response,
};
use crate::keys::KeyStore;
use crate::origin::percent_encoded;
use crate::origin::protection::faults::not_offered;
use crate::origin::protection::licence;
use crate::storage::Storage;

/// What holds for all mounts.
#[derive(Debug, Clone)]
pub struct VodOptions {
    /// `max-age` of manifests, seconds.
    pub manifest_max_age_s: u32,
    /// How long an asset's files are believed unchanged, milliseconds.
    pub revalidate_ms: u64,
    /// Assets kept parsed, and their bytes together.
    pub max_assets: u64,
    /// Budget of written manifests.
    pub manifest_bytes: u64,
    pub max_asset_bytes: u64,
    /// `https://media.example.com`: what manifests say of this node where they must name it; by default what the
    /// request was addressed to.
    pub public_url: Option<String>,
}

impl From<&Config> for VodOptions {
    fn from(config: &Config) -> Self {
        Self {
            manifest_max_age_s: u32::try_from(config.cache.manifest_ttl.as_secs())
                .unwrap_or(u32::MAX),
            revalidate_ms: u64::try_from(config.storage.revalidate.as_millis()).unwrap_or(u64::MAX),
            max_assets: config.cache.presentations,
            manifest_bytes: config.cache.manifest_memory,
            max_asset_bytes: config.cache.index_memory,
            public_url: config.node.public_url.clone(),
        }
    }
}

/// A cached segment: cheap to hash, unique over asset versions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SegmentKey {
    variant: u64,
    rendition: usize,
    part: Part,
}

/// What all workers share.
#[derive(Debug)]
pub struct VodShared {
    mounts: Vec<Arc<Mount>>,
    keys: Arc<KeyStore>,
    assets: Assets,
    segments: SegmentCache<SegmentKey>,
    manifests: Manifests,
    indexes: Option<Arc<IndexCache>>,
    schedules: Schedules,
    options: VodOptions,
}

impl VodShared {
    /// `mounts` in the order of the router's mount ids; `cache_bytes`: the budget of finished segments.
    pub fn new(
        mounts: Vec<Arc<Mount>>,
        keys: Arc<KeyStore>,
        options: VodOptions,
        cache_bytes: u64,
    ) -> Self {
        Self {
            schedules: Schedules::new(&mounts),
            mounts,
            keys,
            assets: Assets::new(&options),
            segments: SegmentCache::new(cache_bytes),
            manifests: Manifests::new(options.manifest_bytes),
            indexes: None,
            options,
        }
    }

    /// With what parsing found kept on disk.
    #[must_use]
    pub fn with_indexes(self, indexes: Option<IndexCache>) -> Self {
        Self {
            indexes: indexes.map(Arc::new),
            ..self
        }
    }

    pub fn indexes(&self) -> Option<&IndexCache> {
        self.indexes.as_deref()
    }

    /// Parsed assets kept, and their bytes; approximately.
    pub fn presentations(&self) -> (u64, u64) {
        self.assets.kept()
    }

    pub(super) fn has_files(&self) -> bool {
        self.mounts.iter().any(|mount| mount.live.is_none())
    }

    /// Interstitials of each mount, by its name.
    pub fn interstitials(&self) -> Vec<(&str, usize)> {
        self.schedules.counts()
    }

    pub fn segments(&self) -> &SegmentCache<SegmentKey> {
        &self.segments
    }
}

/// The VOD origin of one worker: shared state, and that worker's storage.
#[derive(Debug, Clone)]
pub struct Vod {
    shared: Arc<VodShared>,
    storage: Rc<Storage>,
}

impl Vod {
    pub fn new(shared: Arc<VodShared>, storage: Rc<Storage>) -> Self {
        Self { shared, storage }
    }

    /// What a `GET` of the route would bring.
    ///
    /// `token`: the path's token, so that addresses in manifests carry it on.
    ///
    /// # Errors
    /// 404 for what is not there or not offered, 502 for sources that cannot be packaged, 503 without a key.
    pub async fn get(
        &self,
        route: &AssetRoute<'_>,
        request: &Request,
        token: Option<&str>,
    ) -> Result<Representation, Fault> {
        let mount = self.mount(route)?;
        match &route.leaf {
            Leaf::Key { kid } => self.raw_key(mount, route, *kid).await,
            Leaf::ClearKeyLicence => Err(faults::internal("a licence was asked for with GET")),
            leaf if leaf.is_manifest() => self.manifest(mount, route, request, token).await,
            _ => self.media(mount, route).await,
        }
    }

    async fn raw_key(
        &self,
        mount: &Arc<Mount>,
        route: &AssetRoute<'_>,
        kid: KeyId,
    ) -> Result<Representation, Fault> {
        licence::offers_raw_keys(mount, route.protection)?;
        let asset = self.asset(mount, route).await?;
        let variant = self.variant(&asset, mount, route).await?;
        let key = licence::raw_key(&*variant, kid)?;
        Ok(licence::secret(key, "application/octet-stream"))
    }

    /// A ClearKey licence.
    ///
    /// # Errors
    /// 400 for what is no licence request, 404 where there is no licence server or no such key.
    pub async fn post(&self, route: &AssetRoute<'_>, body: RequestBody) -> Result<Response, Fault> {
        let mount = self.mount(route)?;
        licence::offers_licences(mount, route.protection)?;
        let kids = licence::asked(body).await?;
        let asset = self.asset(mount, route).await?;
        let variant = self.variant(&asset, mount, route).await?;
        let licence = licence::licence(&*variant, &kids)?;
        Ok(Response::bytes(StatusCode::OK, "application/json", licence)
            .header(CACHE_CONTROL, HeaderValue::from_static("no-store")))
    }

    fn mount(&self, route: &AssetRoute<'_>) -> Result<&Arc<Mount>, Fault> {
        let mount = self.shared.mounts.get(route.mount.0);
        let mount = mount.ok_or_else(|| faults::internal(format!("no mount {}", route.mount.0)))?;
        if !mount.protections.contains(&route.protection) {
            return Err(not_offered());
        }
        Ok(mount)
    }

    async fn asset(&self, mount: &Arc<Mount>, route: &AssetRoute<'_>) -> Result<Arc<Asset>, Fault> {
        self.shared
            .assets
            .get(
                &self.storage,
                self.shared.indexes.as_ref(),
                mount,
                route.mount,
                route.asset,
            )
            .await
    }

    /// The asset under the route's protection, with keys that are good.
    ///
    /// # Errors
    /// 503 where they cannot be had: nothing leaves in the clear for want of them.
    async fn variant(
        &self,
        asset: &Asset,
        mount: &Mount,
        route: &AssetRoute<'_>,
    ) -> Result<Arc<Variant>, Fault> {
        if let Some(variant) = asset.ready_variant(route.protection) {
            return Ok(variant);
        }
        if !route.protection.needs_key() {
            return Ok(asset.clear_variant());
        }
        let plan = asset.key_plan(&mount.drm)?;
        let request = asset.key_request(&plan, route.mount.0, route.protection);
        // Rare next to requests of what is ready, whose tasks need no room for it.
        let keys = Box::pin(self.shared.keys.get(&request)).await;
        let keys = keys.map_err(|error| error.fault(&asset.path))?;
        asset.protected_variant(route.protection, &mount.drm, &plan, keys)
    }

    async fn manifest(
        &self,
        mount: &Arc<Mount>,
        route: &AssetRoute<'_>,
        request: &Request,
        token: Option<&str>,
    ) -> Result<Representation, Fault> {
        let asset = self.asset(mount, route).await?;
        let variant = self.variant(&asset, mount, route).await?;
        let kind = manifest_kind(&asset, &variant, route)?;
        let filter = Filter::parse(route.query.pairs())
            .map_err(|error| Fault::bad_request("bad-filter", error.to_string()))?;
        let licence_url = licence::has_licences(mount, route.protection).then(|| {
            let asset = percent_encoded(route.asset);
            let folder = format!("{}/{asset}/{}", mount.path, route.protection);
            let public_url = self.shared.options.public_url.as_deref();
            licence::url(public_url, request, token, &folder)
        });
        let schedule = match kind.is_media_playlist() {
            true => self.shared.schedules.get(route.mount, route.asset),
            false => None,
        };
        let wanted = Wanted {
            asset: &asset,
            variant: &variant,
            kind,
            filter: &filter,
            licence_url,
            schedule: schedule.as_deref(),
        };
        let budget = self.storage.shared().budget();
        let manifest = self.shared.manifests.get_or_write(&wanted, budget)?;
        Ok(Representation {
            etag: manifest.etag,
            // Files do not tell when interstitials changed; entity tags do.
            last_modified: asset.last_modified.clone().filter(|_| schedule.is_none()),
            content_type: kind.content_type(),
            encoding: None,
            cache: CachePolicy::Manifest {
                max_age_s: self.shared.options.manifest_max_age_s,
            },
            content: Content::Bytes(manifest.text),
        })
    }
}

/// # Errors
/// 404 for a track that is not there, or not of the kind that the playlist lists.
fn manifest_kind(asset: &Asset, variant: &Variant, route: &AssetRoute<'_>) -> Result<Kind, Fault> {
    Ok(match &route.leaf {
        Leaf::HlsMultivariantTs => Kind::MultivariantTs,
        Leaf::HlsMultivariantOnDemand => Kind::MultivariantOnDemand,
        Leaf::Dash => Kind::Mpd,
        Leaf::DashTime => Kind::MpdTime,
        Leaf::DashOnDemand => Kind::MpdOnDemand,
        Leaf::HlsMedia { track } => Kind::Media(variant.rendition(track)?),
        Leaf::HlsIFrames { track } => Kind::IFrames(variant.rendition(track)?),
        Leaf::HlsMediaOnDemand { track } => Kind::MediaOnDemand(variant.rendition(track)?),
        Leaf::HlsMediaPacked { track } => Kind::Packed(variant.rendition(track)?),
        Leaf::Thumbnails { track } => Kind::Thumbnails(variant.rendition(track)?),
        Leaf::HlsMediaTs { tracks } => {
            let (first, audio) = media::of_ts(asset, variant, tracks)?;
            Kind::MediaTs { first, audio }
        }
        _ => Kind::Multivariant,
    })
}

#[cfg(test)]
mod tests;
