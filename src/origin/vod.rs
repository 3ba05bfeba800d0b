//! Video on demand: an asset is an MP4 file or a folder of them, packaged when a viewer asks.
//!
//! ```text
//! route ─ asset (parsed once per file version) ─ variant (protection) ─┬─ manifest: text kept beside the asset
//!                                                                      └─ segment: plan ─ read ─ encrypt ─ cache entry
//! ```
mod asset;
mod assets;
pub(super) mod faults;
mod fill;
pub mod index_cache;
mod keys;
mod licence;
mod manifests;
mod open;
mod variant;

use std::rc::Rc;
use std::sync::Arc;

use bytes::Bytes;
use edgepack_packager::Media;
use http::header::CACHE_CONTROL;
use http::{HeaderValue, StatusCode};

use self::asset::Asset;
use self::assets::Assets;
use self::fill::{Part, Target};
pub use self::index_cache::{IndexCache, IndexCacheError};
use self::manifests::Kind;
use crate::cache::{Lookup, SegmentCache};
use crate::config::{Config, Mount};
use crate::delivery::representation::Source;
use crate::delivery::route::{AssetRoute, Leaf, Protection};
use crate::delivery::{
    CachePolicy, Content, Etag, Fault, Representation, Request, RequestBody, Response,
};
use crate::storage::Storage;
use crate::telemetry::CacheStatus;

/// What holds for all mounts.
#[derive(Debug, Clone)]
pub struct VodOptions {
    /// `max-age` of manifests, seconds.
    pub manifest_max_age_s: u32,
    /// How long an asset's files are believed unchanged, milliseconds.
    pub revalidate_ms: u64,
    /// Assets kept parsed, and their bytes together.
    pub max_assets: u64,
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
            max_asset_bytes: config.cache.index_memory,
            public_url: config.node.public_url.clone(),
        }
    }
}

/// A cached segment: cheap to hash, unique over asset versions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SegmentKey {
    asset: u64,
    protection: Protection,
    rendition: usize,
    index: u32,
}

/// What all workers share.
#[derive(Debug)]
pub struct VodShared {
    mounts: Vec<Arc<Mount>>,
    assets: Assets,
    segments: SegmentCache<SegmentKey>,
    indexes: Option<IndexCache>,
    options: VodOptions,
}

impl VodShared {
    /// `mounts` in the order of the router's mount ids; `cache_bytes`: the budget of finished segments.
    pub fn new(mounts: Vec<Arc<Mount>>, options: VodOptions, cache_bytes: u64) -> Self {
        Self {
            mounts,
            assets: Assets::new(&options),
            segments: SegmentCache::new(cache_bytes),
            indexes: None,
            options,
        }
    }

    /// With what parsing found kept on disk.
    #[must_use]
    pub fn with_indexes(self, indexes: Option<IndexCache>) -> Self {
        Self { indexes, ..self }
    }

    pub fn indexes(&self) -> Option<&IndexCache> {
        self.indexes.as_ref()
    }

    /// Parsed assets kept, and their bytes; approximately.
    pub fn presentations(&self) -> (u64, u64) {
        self.assets.kept()
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
        route: &AssetRoute,
        request: &Request,
        token: Option<&str>,
    ) -> Result<Representation, Fault> {
        let mount = self.mount(route)?;
        match &route.leaf {
            Leaf::HlsMultivariant | Leaf::Dash | Leaf::HlsMedia { .. } => {
                self.manifest(mount, route, request, token).await
            }
            Leaf::Init { track } => self.media(mount, route, track, Part::Header).await,
            Leaf::Segment { track, number } => {
                self.media(mount, route, track, Part::Segment(number - 1))
                    .await
            }
            Leaf::Key { kid } => Ok(secret(
                licence::raw_key(mount, &route.asset, *kid)?,
                "application/octet-stream",
            )),
            Leaf::ClearKeyLicence => Err(faults::internal("a licence was asked for with GET")),
            leaf => Err(faults::leaf_not_offered(leaf)),
        }
    }

    /// A ClearKey licence.
    ///
    /// # Errors
    /// 400 for what is no licence request, 404 where there is no licence server or no such key.
    pub async fn post(&self, route: &AssetRoute, request: &mut Request) -> Result<Response, Fault> {
        let mount = self.mount(route)?;
        let body = std::mem::replace(&mut request.body, RequestBody(None));
        let licence = licence::licence(mount, &route.asset, body).await?;
        Ok(Response::bytes(StatusCode::OK, "application/json", licence)
            .header(CACHE_CONTROL, HeaderValue::from_static("no-store")))
    }

    fn mount(&self, route: &AssetRoute) -> Result<&Arc<Mount>, Fault> {
        let mount = self.shared.mounts.get(route.mount.0);
        let mount = mount.ok_or_else(|| faults::internal(format!("no mount {}", route.mount.0)))?;
        if !mount.protections.contains(&route.protection) {
            return Err(faults::not_offered());
        }
        Ok(mount)
    }

    async fn asset(&self, mount: &Arc<Mount>, route: &AssetRoute) -> Result<Arc<Asset>, Fault> {
        self.shared
            .assets
            .get(&self.storage, mount, route.mount, &route.asset)
            .await
    }

    async fn manifest(
        &self,
        mount: &Arc<Mount>,
        route: &AssetRoute,
        request: &Request,
        token: Option<&str>,
    ) -> Result<Representation, Fault> {
        let asset = self.asset(mount, route).await?;
        let variant = asset.variant(route.protection, mount)?;
        let kind = match &route.leaf {
            Leaf::Dash => Kind::Mpd,
            Leaf::HlsMedia { track } => Kind::Media(variant.rendition(track)?),
            _ => Kind::Multivariant,
        };
        let licence_url = (mount.clearkey_licence_server && route.protection != Protection::Clear)
            .then(|| self.licence_url(mount, route, request, token));
        let manifest = variant
            .manifests
            .get_or_write(&asset, &variant, kind, licence_url)?;
        Ok(Representation {
            etag: manifest.etag,
            last_modified: asset.last_modified,
            content_type: kind.content_type(),
            encoding: None,
            cache: CachePolicy::Manifest {
                max_age_s: self.shared.options.manifest_max_age_s,
            },
            content: Content::Bytes(manifest.text),
        })
    }

    /// Players resolve a licence address against the page, not the manifest: it has to be absolute.
    fn licence_url(
        &self,
        mount: &Arc<Mount>,
        route: &AssetRoute,
        request: &Request,
        token: Option<&str>,
    ) -> String {
        let base = match &self.shared.options.public_url {
            Some(url) => url.trim_end_matches('/').to_owned(),
            // A request without an authority cannot be HTTP/1.1 or later; what it gets can only be relative.
            None => request.base_url().unwrap_or_default(),
        };
        let token = token
            .map(|token| format!("/t/{}", percent_encoded(token)))
            .unwrap_or_default();
        let asset = percent_encoded(&route.asset);
        format!(
            "{base}{token}{}/{asset}/{}/clearkey",
            mount.path, route.protection
        )
    }

    async fn media(
        &self,
        mount: &Arc<Mount>,
        route: &AssetRoute,
        track: &str,
        part: Part,
    ) -> Result<Representation, Fault> {
        let asset = self.asset(mount, route).await?;
        let variant = asset.variant(route.protection, mount)?;
        let rendition = variant.rendition(track)?;
        let last_modified = asset.last_modified;
        let info = asset.presentation.renditions.get(rendition);
        let info = info.ok_or_else(|| faults::internal(format!("no rendition {rendition}")))?;
        let content_type = match info.media {
            Media::Video { .. } => "video/mp4",
            Media::Audio { .. } => "audio/mp4",
        };
        let segments = info.segments.len();
        let target = Target {
            asset,
            variant: variant.clone(),
            rendition,
        };
        let (number, content) = match part {
            Part::Header => (0, Content::Bytes(target.header()?)),
            Part::Segment(index) if index as usize >= segments => {
                return Err(faults::no_such_segment(index + 1, segments));
            }
            Part::Segment(index) => (index + 1, self.segment(route.protection, target, index)?),
        };
        Ok(Representation {
            etag: variant.etag(rendition, number),
            last_modified,
            content_type,
            encoding: None,
            cache: CachePolicy::Immutable,
            content,
        })
    }

    /// A segment that is cached is there at once; of one that is not, the plan tells the length before any I/O.
    fn segment(
        &self,
        protection: Protection,
        target: Target,
        index: u32,
    ) -> Result<Content, Fault> {
        let key = SegmentKey {
            asset: target.asset.id,
            protection,
            rendition: target.rendition,
            index,
        };
        let shared = self.shared.clone();
        if let Some(entry) = shared.segments.ready(&key) {
            let source = Source {
                cache: Some(CacheStatus::Hit),
                entry,
            };
            return Ok(Content::entry(source.entry.len_if_complete(), move || {
                std::future::ready(Ok(source))
            }));
        }
        let plan = target.plan(index)?;
        let storage = self.storage.clone();
        Ok(Content::entry(plan.content_length(), move || {
            let (entry, lookup) = shared
                .segments
                .get_or_fill(key, |filler| fill::segment(storage, target, plan, filler));
            let cache = match lookup {
                Lookup::Hit | Lookup::Coalesced => CacheStatus::Hit,
                Lookup::Miss => CacheStatus::Miss,
            };
            std::future::ready(Ok(Source {
                entry,
                cache: Some(cache),
            }))
        }))
    }
}

/// A path element as a URL spells it: unreserved characters as they are (RFC 3986, 2.3), all else by its bytes.
fn percent_encoded(path: &str) -> String {
    let mut encoded = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                encoded.push(byte.into());
            }
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

/// Keys are for the one who asked, once; the tag says nothing of them.
fn secret(body: Bytes, content_type: &'static str) -> Representation {
    Representation {
        etag: Etag::from_digest(b"key"),
        last_modified: None,
        content_type,
        encoding: None,
        cache: CachePolicy::NoStore,
        content: Content::Bytes(body),
    }
}

#[cfg(test)]
mod tests;
