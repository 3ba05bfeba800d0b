//! Where bytes come from: `vod`, mezzanine files packaged on the request, and the player page.
mod catalogue;
mod interstitials;
mod live;
mod minter;
mod protection;
pub mod vod;

use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;
use http::HeaderMap;
use http::header::ACCEPT_ENCODING;

use self::catalogue::Catalogue;
use self::live::Live;
pub use self::live::{LiveWork, WorkError};
use self::vod::IndexCacheError;
pub use self::vod::{IndexCache, Library, Vod, VodOptions, VodShared};
use crate::admin::{Assets, Channels};
use crate::config::{Config, Mount};
use crate::delivery::core::Origin;
use crate::delivery::route::{AssetRoute, IngestRoute, PlayerFile, Routed};
use crate::delivery::{
    CachePolicy, Content, Etag, Fault, Representation, Request, RequestBody, Response,
};
use crate::keys::KeyStore;
use crate::player;
use crate::storage::Files;
use crate::telemetry::Telemetry;

/// What all workers share.
#[derive(Debug)]
pub struct Shared {
    vod: Arc<VodShared>,
    live: Arc<Live>,
    catalogue: Option<Arc<Catalogue>>,
}

/// Why the origin cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum SharedError {
    /// The folder of `cache.index_dir` cannot be used.
    #[error(transparent)]
    Indexes(#[from] IndexCacheError),
    #[error(transparent)]
    Recording(#[from] live::Opening),
    #[error("the system has no random bytes to give")]
    Random,
    #[error(transparent)]
    Telemetry(#[from] crate::telemetry::Error),
}

impl Shared {
    /// # Errors
    /// [`SharedError`]
    pub fn new(
        config: &Config,
        keys: Arc<KeyStore>,
        telemetry: &Telemetry,
    ) -> Result<Self, SharedError> {
        let mounts: Vec<Arc<Mount>> = config.mounts.iter().cloned().map(Arc::new).collect();
        let catalogue = config
            .player
            .enabled
            .then(|| Arc::new(Catalogue::new(config, &mounts)));
        let cache = &config.cache;
        let indexes = match &cache.index_dir {
            Some(dir) => Some(IndexCache::open(dir, cache.index_bytes)?),
            None => None,
        };
        let now = SystemTime::now();
        let live = Live::new(config, &mounts, Arc::clone(&keys), telemetry, now)?;
        let vod = VodShared::new(mounts, keys, VodOptions::from(config), cache.memory);
        Ok(Self {
            vod: Arc::new(vod.with_indexes(indexes)),
            live: Arc::new(live),
            catalogue,
        })
    }

    /// What live channels do of their own accord.
    ///
    /// # Errors
    /// Destinations that cannot be used.
    pub fn live_work(&self, config: &Config, telemetry: &Telemetry) -> Result<LiveWork, WorkError> {
        self.live.work(config, telemetry)
    }

    pub fn vod(&self) -> &Arc<VodShared> {
        &self.vod
    }

    /// None: the node has no channels.
    pub fn channels(&self) -> Option<Arc<dyn Channels>> {
        let live = Arc::clone(&self.live);
        (!live.is_empty()).then_some(live as Arc<dyn Channels>)
    }

    /// None: the node has no mounts of files.
    pub fn assets(&self, files: &Files) -> Option<Arc<dyn Assets>> {
        let library = Library::new(Arc::clone(&self.vod), files.clone());
        self.vod
            .has_files()
            .then(|| Arc::new(library) as Arc<dyn Assets>)
    }
}

/// One worker's origin.
#[derive(Debug)]
pub struct WorkerOrigin {
    vod: Vod,
    live: Arc<Live>,
    catalogue: Option<Arc<Catalogue>>,
}

impl WorkerOrigin {
    pub fn new(shared: &Shared, storage: std::rc::Rc<crate::storage::Storage>) -> Self {
        Self {
            vod: Vod::new(shared.vod.clone(), storage),
            live: Arc::clone(&shared.live),
            catalogue: shared.catalogue.clone(),
        }
    }
}

impl Origin for WorkerOrigin {
    async fn get(
        &self,
        routed: &Routed<'_>,
        route: &AssetRoute<'_>,
        request: &Request,
    ) -> Result<Representation, Fault> {
        if self.live.has(route.mount) {
            return Box::pin(self.live.get(route, request, routed.token)).await;
        }
        self.vod.get(route, request, routed.token).await
    }

    async fn ingest(
        &self,
        route: &IngestRoute<'_>,
        request: &Request,
        body: RequestBody,
    ) -> Result<Response, Fault> {
        self.live.ingest(route, request, body).await
    }

    async fn post(
        &self,
        route: &AssetRoute<'_>,
        _: &Request,
        body: RequestBody,
    ) -> Result<Response, Fault> {
        if self.live.has(route.mount) {
            return self.live.post(route, body).await;
        }
        self.vod.post(route, body).await
    }

    async fn player(
        &self,
        file: &PlayerFile<'_>,
        request: &Request,
    ) -> Result<Representation, Fault> {
        let catalogue = self.catalogue.as_ref().ok_or_else(|| {
            Fault::not_found("no-player", "The player page is not enabled on this node.")
        })?;
        match file {
            PlayerFile::Index => page("", request),
            PlayerFile::Bundled(name) => page(name, request),
            PlayerFile::Config => {
                let host = host(request.authority().unwrap_or("localhost"));
                let json = catalogue.to_json(host, request.now).await?;
                Ok(Representation {
                    etag: Etag::from_digest(b"config"),
                    last_modified: None,
                    content_type: "application/json",
                    encoding: None,
                    cache: CachePolicy::NoStore,
                    content: Content::Bytes(json.to_string().into()),
                })
            }
        }
    }
}

fn page(name: &str, request: &Request) -> Result<Representation, Fault> {
    let asset = player::asset(name)
        .ok_or_else(|| Fault::not_found("no-such-page", "The player page has no such file."))?;
    let gzip = asset.gzip.filter(|_| takes_gzip(&request.headers));
    let variant = gzip.unwrap_or(asset.identity);
    Ok(Representation {
        etag: Etag::from_static(variant.etag),
        last_modified: None,
        content_type: asset.content_type,
        encoding: gzip.map(|_| "gzip"),
        cache: CachePolicy::Revalidate,
        content: Content::Bytes(Bytes::from_static(variant.bytes)),
    })
}

/// Whether the client names gzip among the encodings it takes, and not with weight 0 (RFC 9110, 12.5.3).
fn takes_gzip(headers: &HeaderMap) -> bool {
    headers
        .get_all(ACCEPT_ENCODING)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|coding| {
            let (name, weight) = coding.split_once(';').unwrap_or((coding, ""));
            let refused = weight.trim().trim_start_matches("q=").parse() == Ok(0.0_f32);
            name.trim().eq_ignore_ascii_case("gzip") && !refused
        })
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

/// Without its port: `[::1]:8443` → `[::1]`.
fn host(authority: &str) -> &str {
    match authority.rsplit_once(':') {
        Some((host, port))
            if !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()) =>
        {
            host
        }
        _ => authority,
    }
}

#[cfg(test)]
mod tests;
