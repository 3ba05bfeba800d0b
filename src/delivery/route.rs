//! The raw request path → a typed [`Route`]. Nothing below ever sees the string.
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
pub struct Routed {
    /// From `/t/{token}/`, as sent (percent-decoded).
    pub token: Option<String>,
    /// Percent-decoded, without the token prefix: what a token's path claim is held against.
    pub path: String,
    pub route: Route,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Route {
    /// `/` and `/player`: redirect to `/player/`.
    Home,
    Player(PlayerFile),
    Asset(AssetRoute),
    Ingest(IngestRoute),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PlayerFile {
    /// `/player/`
    Index,
    /// `/player/config.json`
    Config,
    /// Any other path below `/player/`; elements are never empty, `.` or `..`.
    Bundled(String),
}

/// Where an encoder pushes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IngestRoute {
    pub mount: MountId,
    pub channel: String,
    /// What the encoder calls what it sends, elements joined by `/`; may be empty.
    pub stream: String,
}

/// Index of a mount in the order the [`Router`] was given them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MountId(pub usize);

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AssetRoute {
    pub mount: MountId,
    /// Elements joined by `/`; none is empty, `.`, `..`, or holds a backslash or control character.
    pub asset: String,
    pub protection: Protection,
    pub leaf: Leaf,
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

    /// `raw`: the path as sent, without query.
    ///
    /// # Errors
    /// 400 for a path that no honest client sends (`bad-path`), 404 for one that names nothing here.
    pub fn route(&self, raw: &str) -> Result<Routed, Fault> {
        let decoded = path::decode(raw)?;
        let (token, path) = split_token(&decoded)?;
        let route = self.route_decoded(path)?;
        Ok(Routed {
            token: token.map(str::to_owned),
            path: path.to_owned(),
            route,
        })
    }

    fn route_decoded(&self, path: &str) -> Result<Route, Fault> {
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
            return Ok(Route::Player(PlayerFile::Bundled(file.to_owned())));
        }
        let elements: Vec<&str> = path.split('/').skip(1).collect();
        self.mounts
            .iter()
            .find_map(|(prefix, mount)| Some((*mount, strip_elements(&elements, prefix)?)))
            .ok_or_else(|| {
                Fault::not_found("no-such-mount", "No mount of this node has that path.")
            })
            .and_then(|(mount, rest)| match rest {
                [channel, INGEST, stream @ ..] if self.live.contains(&mount) => {
                    Ok(Route::Ingest(IngestRoute {
                        mount,
                        channel: (*channel).to_owned(),
                        stream: stream.join("/"),
                    }))
                }
                _ => asset_route(mount, rest).map(Route::Asset),
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

fn strip_elements<'e, 'p>(elements: &'e [&'p str], prefix: &[String]) -> Option<&'e [&'p str]> {
    let (head, rest) = elements.split_at_checked(prefix.len())?;
    head.iter()
        .zip(prefix)
        .all(|(element, wanted)| element == wanted)
        .then_some(rest)
}

fn asset_route(mount: MountId, rest: &[&str]) -> Result<AssetRoute, Fault> {
    let (leaf, protection, asset) = split_leaf(rest)?;
    let length = asset.iter().map(|element| element.len() + 1).sum::<usize>();
    if asset.is_empty() || asset.len() > ASSET_DEPTH_MAX || length > ASSET_MAX {
        return Err(Fault::not_found("no-such-asset", "No asset has that name."));
    }
    Ok(AssetRoute {
        mount,
        asset: asset.join("/"),
        protection,
        leaf,
        query: Query::default(),
    })
}

/// From the right: the leaf is below the protection element, or below a track below it.
fn split_leaf<'e, 'p>(rest: &'e [&'p str]) -> Result<(Leaf, Protection, &'e [&'p str]), Fault> {
    if let [asset @ .., protection, name] = rest
        && let Some(protection) = Protection::from_element(protection)
    {
        let leaf = Leaf::of_asset(name).ok_or_else(no_such_path)?;
        return Ok((leaf, protection, asset));
    }
    if let [asset @ .., protection, track, name] = rest
        && let Some(protection) = Protection::from_element(protection)
    {
        let leaf = Leaf::of_track(track, name).ok_or_else(no_such_path)?;
        return Ok((leaf, protection, asset));
    }
    Err(no_such_path())
}

#[cfg(test)]
mod tests;
