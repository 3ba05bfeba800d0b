//! The raw request path → a typed [`Route`]. Nothing below ever sees the string; names in a route are slices of it.
//!
//! ```text
//! /                                        → the player page
//! /player/{file}                           player page and its bundle; config.json says what is on offer
//! [/t/{token}]/{mount}/{asset}/{protection}/{leaf}
//! /{mount}/{channel}/ingest/{stream}       where encoders push to, on live mounts
//! ```
//!
//! The mount is matched from the left (longest prefix), the leaf from the right, and what stands
//! between is the asset, which may contain slashes.
use super::{Fault, Query};
pub use crate::config::Protection;

mod leaf;
mod path;

pub use leaf::{Epoch, Leaf, PackedCodec, TsTracks};
pub use path::decode;

/// Below a channel: where encoders push to.
const INGEST: &str = "ingest";

/// Longest path accepted, token prefix included.
pub const PATH_MAX: usize = 8 * 1024;
/// Longest token accepted in the path.
pub const TOKEN_MAX: usize = 4 * 1024;
/// Longest asset name, in bytes.
pub const ASSET_MAX: usize = 1024;
/// Most slashes-separated elements in an asset name.
pub const ASSET_DEPTH_MAX: usize = 16;
/// Longest track name, in bytes.
pub const TRACK_MAX: usize = 128;
/// Largest segment number: eight digits.
pub const NUMBER_MAX: u32 = 99_999_999;

/// A path that was understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Routed<'r> {
    /// From `/t/{token}/`, as sent (percent-decoded).
    pub token: Option<&'r str>,
    /// Percent-decoded, without the token prefix: what a token's path claim is held against.
    pub path: &'r str,
    pub route: Route<'r>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Route<'r> {
    /// `/` and `/player`: redirect to `/player/`.
    Home,
    Player(PlayerFile<'r>),
    Asset(AssetRoute<'r>),
    Ingest(IngestRoute<'r>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlayerFile<'r> {
    /// `/player/`
    Index,
    /// `/player/config.json`
    Config,
    /// Any other path below `/player/`; elements are never empty, `.` or `..`.
    Bundled(&'r str),
}

/// Where an encoder pushes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IngestRoute<'r> {
    pub mount: MountId,
    pub channel: &'r str,
    /// What the encoder calls what it sends, elements joined by `/`; may be empty.
    pub stream: &'r str,
}

/// Index of a mount in the order the [`Router`] was given them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MountId(pub usize);

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AssetRoute<'r> {
    pub mount: MountId,
    /// Elements joined by `/`; none is empty, `.`, `..`, or holds a backslash or control character.
    pub asset: &'r str,
    pub protection: Protection,
    pub leaf: Leaf<'r>,
    /// Of a manifest; everything else has none, whatever its URL says.
    pub query: Query,
}

/// Knows the mounts; built once per configuration.
#[derive(Debug, Clone)]
pub struct Router {
    /// Elements of each mount's prefix, longest first; none for a mount at the root.
    mounts: Vec<(Vec<String>, MountId)>,
    /// Mounts of channels.
    live: Vec<MountId>,
}

impl Router {
    /// `mounts`: URL prefixes such as `vod` or `/films/hd`, slashes at the ends ignored. The first elements
    /// `t` and `player` belong to the node; a mount of that name is never reached.
    pub fn new<S: AsRef<str>>(mounts: impl IntoIterator<Item = S>) -> Self {
        let elements = |prefix: S| -> Vec<String> {
            prefix
                .as_ref()
                .split('/')
                .filter(|element| !element.is_empty())
                .map(str::to_owned)
                .collect()
        };
        let mut mounts: Vec<_> = mounts
            .into_iter()
            .enumerate()
            .map(|(index, prefix)| (elements(prefix), MountId(index)))
            .collect();
        mounts.sort_by_key(|(elements, _)| std::cmp::Reverse(elements.len()));
        Self {
            mounts,
            live: Vec::new(),
        }
    }

    /// With mounts whose channels encoders push to.
    #[must_use]
    pub fn with_live(mut self, mounts: impl IntoIterator<Item = MountId>) -> Self {
        self.live = mounts.into_iter().collect();
        self
    }

    /// `path`: as [`decode`] gave it.
    ///
    /// # Errors
    /// 404 for a path that names nothing here, 400 for a token that is longer than any.
    pub fn route<'r>(&self, path: &'r str) -> Result<Routed<'r>, Fault> {
        let (token, path) = split_token(path)?;
        let route = self.route_below(path)?;
        Ok(Routed { token, path, route })
    }

    fn route_below<'r>(&self, path: &'r str) -> Result<Route<'r>, Fault> {
        match path {
            "/" | "/player" => return Ok(Route::Home),
            "/player/" => return Ok(Route::Player(PlayerFile::Index)),
            "/player/config.json" => return Ok(Route::Player(PlayerFile::Config)),
            _ => {}
        }
        if path.ends_with('/') {
            return Err(no_such_path());
        }
        if let Some(file) = path.strip_prefix("/player/") {
            return Ok(Route::Player(PlayerFile::Bundled(file)));
        }
        self.mounts
            .iter()
            .find_map(|(prefix, mount)| Some((*mount, strip_elements(path, prefix)?)))
            .ok_or_else(|| {
                Fault::not_found("no-such-mount", "No mount of this node has that path.")
            })
            .and_then(|(mount, rest)| {
                let live = self.live.contains(&mount);
                match live.then(|| ingest_route(mount, rest)).flatten() {
                    Some(route) => Ok(Route::Ingest(route)),
                    None => asset_route(mount, rest).map(Route::Asset),
                }
            })
    }
}

fn no_such_path() -> Fault {
    Fault::not_found("no-such-path", "Nothing on this node has that path.")
}

fn split_token(path: &str) -> Result<(Option<&str>, &str), Fault> {
    let Some(rest) = path.strip_prefix("/t/") else {
        return Ok((None, path));
    };
    let slash = rest.find('/').ok_or_else(no_such_path)?;
    if slash > TOKEN_MAX {
        return Err(Fault::bad_request(
            "token-too-long",
            "The token in the path is longer than any this node issues.",
        ));
    }
    let (token, path) = rest.split_at(slash);
    Ok((Some(token), path))
}

/// What follows the elements of `prefix`: empty, or from a slash on.
fn strip_elements<'r>(path: &'r str, prefix: &[String]) -> Option<&'r str> {
    prefix.iter().try_fold(path, |rest, element| {
        let rest = rest.strip_prefix('/')?.strip_prefix(element.as_str())?;
        (rest.is_empty() || rest.starts_with('/')).then_some(rest)
    })
}

/// `rest`: the path below the mount, from a slash on.
fn ingest_route(mount: MountId, rest: &str) -> Option<IngestRoute<'_>> {
    let (channel, below) = rest.strip_prefix('/')?.split_once('/')?;
    let stream = below.strip_prefix(INGEST)?;
    let stream = match stream.strip_prefix('/') {
        Some(stream) => stream,
        None if stream.is_empty() => stream,
        None => return None,
    };
    Some(IngestRoute {
        mount,
        channel,
        stream,
    })
}

/// `rest`: the path below the mount, from a slash on.
fn asset_route(mount: MountId, rest: &str) -> Result<AssetRoute<'_>, Fault> {
    let (leaf, protection, above) = split_leaf(rest)?;
    let asset = above.strip_prefix('/').unwrap_or_default();
    if !is_asset_name(asset) {
        return Err(Fault::not_found("no-such-asset", "No asset has that name."));
    }
    Ok(AssetRoute {
        mount,
        asset,
        protection,
        leaf,
        query: Query::default(),
    })
}

/// `asset`: a path below a mount, as [`decode`] gave it.
pub fn is_asset_name(asset: &str) -> bool {
    let is_long = asset.len() >= ASSET_MAX || asset.split('/').count() > ASSET_DEPTH_MAX;
    !asset.is_empty() && !is_long
}

/// From the right: the leaf is below the protection element, or below a track below it.
fn split_leaf(rest: &str) -> Result<(Leaf<'_>, Protection, &str), Fault> {
    let (above, name) = split_last(rest)?;
    let (above, parent) = split_last(above)?;
    if let Some(protection) = Protection::from_element(parent) {
        let leaf = Leaf::of_asset(name).ok_or_else(no_such_path)?;
        return Ok((leaf, protection, above));
    }
    let (above, protection) = split_last(above)?;
    let protection = Protection::from_element(protection).ok_or_else(no_such_path)?;
    let leaf = Leaf::of_track(parent, name).ok_or_else(no_such_path)?;
    Ok((leaf, protection, above))
}

/// The last element, and what is above it without its slash.
fn split_last(path: &str) -> Result<(&str, &str), Fault> {
    path.rsplit_once('/').ok_or_else(no_such_path)
}

#[cfg(test)]
mod tests;
