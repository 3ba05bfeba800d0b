//! What the player page is told: mounts, their assets or channels, and tokens where the configuration says so.
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use serde_json::{Value, json};
use tokio::sync::Mutex;

use super::vod::faults::internal;
use crate::config::{Config, Mount};
use crate::delivery::Fault;
use crate::description::is_description_name;
use crate::storage::MediaKind;

/// Assets or channels listed per mount; the page is a tool, not a directory of a whole library.
const MAX_ASSETS: usize = 200;
/// How long a listing is good for.
const FRESH: Duration = Duration::from_secs(2);
/// Entries of a mount's root looked at.
const MAX_ENTRIES: usize = 2_000;

/// The page's `config.json`.
#[derive(Debug)]
pub(super) struct Catalogue {
    title: String,
    mounts: Vec<Arc<Mount>>,
    /// By mount: what makes a token for everybody who opens the page.
    minters: Vec<Option<super::minter::Minter>>,
    http_port: Option<u16>,
    https_port: Option<u16>,
    last: Mutex<Option<(Instant, Arc<Listing>)>>,
}

/// Assets of each mount.
type Listing = Vec<Vec<Value>>;

impl Catalogue {
    pub(super) fn new(config: &Config, mounts: &[Arc<Mount>]) -> Self {
        let port =
            |addresses: &[std::net::SocketAddr]| addresses.first().map(std::net::SocketAddr::port);
        let minters = mounts.iter().map(|mount| {
            config
                .player
                .mint_tokens
                .then(|| super::minter::Minter::new(mount))
                .flatten()
        });
        Self {
            title: config.player.title.clone(),
            mounts: mounts.to_vec(),
            minters: minters.collect(),
            http_port: port(&config.listen.http),
            https_port: config.tls.as_ref().and_then(|_| port(&config.listen.https)),
            last: Mutex::default(),
        }
    }

    pub(super) async fn to_json(&self, host: &str, now: SystemTime) -> Result<Value, Fault> {
        let listing = self.listing().await?;
        let mounts = self.mounts.iter().zip(&self.minters).zip(listing.iter());
        let mounts = mounts.map(|((mount, minter), assets)| {
            let token = match minter {
                Some(minter) => Some(minter.mint(now)?),
                None => None,
            };
            let protections: Vec<&str> = mount
                .protections
                .iter()
                .map(|protection| protection.as_str())
                .collect();
            Ok(json!({
                "name": mount.name,
                "path": mount.path,
                "assets": assets,
                "protections": protections,
                "clearkey": mount.clearkey_licence_server,
                "token": {
                    "required": mount.token.as_ref().is_some_and(|policy| policy.required),
                    "demo_token": token,
                },
            }))
        });
        let mounts: Vec<Value> = mounts.collect::<Result<_, Fault>>()?;
        let origin =
            |scheme: &str, port: Option<u16>| port.map(|port| format!("{scheme}://{host}:{port}"));
        Ok(json!({
            "title": self.title,
            "mounts": mounts,
            "node": { "version": env!("CARGO_PKG_VERSION") },
            "origins": { "http": origin("http", self.http_port), "https": origin("https", self.https_port) },
        }))
    }
}

impl Catalogue {
    /// What the mounts' folders hold, by mount. One scan at a time, and none while the last is fresh: whoever opens the
    /// page must not keep the disk and its threads busy.
    async fn listing(&self) -> Result<Arc<Listing>, Fault> {
        let mut last = self.last.lock().await;
        if let Some((at, listing)) = &*last
            && at.elapsed() < FRESH
        {
            return Ok(listing.clone());
        }
        let mounts = self.mounts.clone();
        let scan = move || mounts.iter().map(|mount| offered(mount)).collect();
        let listing: Listing = tokio::task::spawn_blocking(scan)
            .await
            .map_err(|error| internal(error.to_string()))?;
        let listing = Arc::new(listing);
        *last = Some((Instant::now(), listing.clone()));
        Ok(listing)
    }
}

/// The assets of a mount, or its channels.
fn offered(mount: &Mount) -> Vec<Value> {
    let Some(live) = &mount.live else {
        return assets(&mount.root);
    };
    let channels = live.channels.iter().take(MAX_ASSETS);
    channels
        .map(|channel| json!({ "name": channel.name, "path": channel.name, "live": true }))
        .collect()
}

/// Files and folders right below the root that can be assets; a root that cannot be read has none.
fn assets(root: &Path) -> Vec<Value> {
    let Ok(entries) = std::fs::read_dir(root) else {
        return Vec::new();
    };
    let mut names: Vec<String> = entries
        .take(MAX_ENTRIES)
        .filter_map(|entry| {
            let entry = entry.ok()?;
            let name = entry.file_name().into_string().ok()?;
            let folder = entry.file_type().ok()?.is_dir() && holds_media(&entry.path());
            (!name.starts_with('.') && (folder || is_asset(&name))).then_some(name)
        })
        .collect();
    names.sort();
    names.truncate(MAX_ASSETS);
    names
        .into_iter()
        .map(|name| json!({ "name": name, "path": name }))
        .collect()
}

/// A movie is an asset by itself; subtitles are not.
fn is_asset(name: &str) -> bool {
    MediaKind::of_name(name) == Some(MediaKind::Movie) || is_description_name(name)
}

fn holds_media(folder: &Path) -> bool {
    std::fs::read_dir(folder).is_ok_and(|entries| {
        entries
            .take(MAX_ENTRIES)
            .filter_map(Result::ok)
            .any(|entry| entry.file_name().to_str().is_some_and(is_asset))
    })
}
