//! `[[mount]]`: a folder of mezzanine files under a URL path, its keys and who may fetch from it.
use std::path::PathBuf;
use std::time::Duration;

use edgepack_drm::Scheme;
use edgepack_token::{Algorithm, DEFAULT_MAX_BYTES, KeyError, VerifyingKey};

use super::{Drm, Keys, Live, Secret};

/// One `[[mount]]`.
#[derive(Debug, Clone, PartialEq)]
pub struct Mount {
    /// For logs and metrics; unique.
    pub name: String,
    /// First part of its URLs: `/vod`. Letters, digits, `-`, `.`, `_`, `~`; no trailing slash.
    pub path: String,
    /// Folder of the mezzanine files; empty where the mount is `live`.
    pub root: PathBuf,
    /// Channels instead of files.
    pub live: Option<Live>,
    pub target_duration: Duration,
    /// What the mount offers; others answer 404. At least one, none twice.
    pub protections: Vec<Protection>,
    /// Answers ClearKey licence requests for this mount: for tests and demos, since it hands out keys.
    pub clearkey_licence_server: bool,
    /// For all assets without a key of their own.
    pub key: Option<ContentKey>,
    pub assets: Vec<AssetKey>,
    pub drm: Drm,
    pub interstitials: Interstitials,
    /// Who gives the content keys.
    pub keys: Keys,
    /// `None`: open to all.
    pub token: Option<TokenPolicy>,
}

impl Mount {
    /// A mount with defaults for all but these: clear only, open to all.
    pub fn new(path: impl Into<String>, root: impl Into<PathBuf>) -> Self {
        let path = path.into();
        Self {
            name: path.trim_start_matches('/').to_owned(),
            path,
            root: root.into(),
            live: None,
            target_duration: Duration::from_secs(4),
            protections: vec![Protection::Clear],
            clearkey_licence_server: false,
            key: None,
            assets: Vec::new(),
            drm: Drm::default(),
            interstitials: Interstitials::default(),
            keys: Keys::default(),
            token: None,
        }
    }

    /// The configured key of an asset for a label, a protection and a crypto period: of the `[[mount.asset]]` that fit,
    /// the one with the longest path, then one that names the label, then the protection, then the period; else the
    /// mount's.
    pub fn configured_key(
        &self,
        asset: &str,
        label: &str,
        protection: Protection,
        period: u32,
    ) -> Option<&ContentKey> {
        self.assets
            .iter()
            .filter(|entry| entry.fits(asset, label, protection, period))
            .max_by_key(|entry| entry.specificity())
            .map(|entry| &entry.key)
            .or(self.key.as_ref())
    }

    /// All keys of the mount.
    pub fn keys(&self) -> impl Iterator<Item = &ContentKey> {
        self.key
            .iter()
            .chain(self.assets.iter().map(|entry| &entry.key))
    }
}

/// `[mount.interstitials]`: how many operators may give assets of the mount.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interstitials {
    pub max_per_asset: usize,
    /// Assets that may have some at a time.
    pub max_assets: usize,
}

impl Default for Interstitials {
    fn default() -> Self {
        Self {
            max_per_asset: 64,
            max_assets: 1024,
        }
    }
}

/// How media of a URL is protected: the URL's third part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Protection {
    Clear,
    /// AES-CTR (ISO/IEC 23001-7, 10.1).
    Cenc,
    /// AES-CBC with pattern (ISO/IEC 23001-7, 10.4).
    Cbcs,
    /// AES-CBC of whole segments: HLS alone (8216bis, METHOD=AES-128).
    Aes128,
    /// AES-CBC of slices and frames in MPEG-TS and packed audio: HLS alone (8216bis, METHOD=SAMPLE-AES).
    SampleAes,
}

impl Protection {
    pub const ALL: [Self; 5] = [
        Self::Clear,
        Self::Cenc,
        Self::Cbcs,
        Self::Aes128,
        Self::SampleAes,
    ];

    /// As in URLs and the configuration.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Clear => "clear",
            Self::Cenc => "cenc",
            Self::Cbcs => "cbcs",
            Self::Aes128 => "aes128",
            Self::SampleAes => "sample-aes",
        }
    }

    pub fn needs_key(self) -> bool {
        self != Self::Clear
    }

    /// `None`: clear, or not by common encryption.
    pub fn scheme(self) -> Option<Scheme> {
        match self {
            Self::Clear | Self::Aes128 | Self::SampleAes => None,
            Self::Cenc => Some(Scheme::Cenc),
            Self::Cbcs => Some(Scheme::Cbcs),
        }
    }

    pub fn from_element(element: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|protection| protection.as_str() == element)
    }
}

impl std::fmt::Display for Protection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A content key and its id, 16 bytes each; the id big-endian as in a UUID's text.
#[derive(Clone, PartialEq, Eq)]
pub struct ContentKey {
    pub kid: [u8; 16],
    pub key: Secret<[u8; 16]>,
}

impl std::fmt::Debug for ContentKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ContentKey(kid {})", hex::encode(self.kid))
    }
}

/// One `[[mount.asset]]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AssetKey {
    /// The asset, or a folder of assets: relative to the mount, without leading or trailing slash. Empty: all assets.
    pub path: String,
    /// `None`: for all labels.
    pub label: Option<String>,
    /// Empty: for all protections.
    pub protections: Vec<Protection>,
    /// A crypto period, from 0. `None`: for all.
    pub period: Option<u32>,
    pub key: ContentKey,
}

impl AssetKey {
    /// The key of all that is at or below a path.
    pub fn new(path: impl Into<String>, key: ContentKey) -> Self {
        Self {
            path: path.into(),
            label: None,
            protections: Vec::new(),
            period: None,
            key,
        }
    }

    fn fits(&self, asset: &str, label: &str, protection: Protection, period: u32) -> bool {
        is_below(asset, &self.path)
            && self.label.as_deref().is_none_or(|own| own == label)
            && (self.protections.is_empty() || self.protections.contains(&protection))
            && self.period.is_none_or(|own| own == period)
    }

    /// Greater: says more of what it is for.
    fn specificity(&self) -> (usize, bool, bool, bool) {
        (
            self.path.len(),
            self.label.is_some(),
            !self.protections.is_empty(),
            self.period.is_some(),
        )
    }
}

/// Whether the asset is `path`, or lies below it; everything lies below the empty path.
fn is_below(asset: &str, path: &str) -> bool {
    path.is_empty()
        || asset
            .strip_prefix(path)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// `[mount.token]`
#[derive(Debug, Clone, PartialEq)]
pub struct TokenPolicy {
    pub keys: Vec<TokenKey>,
    /// `false`: requests without a token pass; a token that is there must still be good.
    pub required: bool,
    pub issuer: Option<String>,
    pub audience: Option<String>,
    pub leeway: Duration,
    pub require_expiry: bool,
    pub require_path: bool,
    /// Longest token, bytes.
    pub max_size: usize,
    /// Where a token is looked for, in this order; the first one found decides.
    pub sources: Vec<TokenSource>,
    pub query_name: String,
    pub cookie_name: String,
    /// Tokens whose verified claims are remembered.
    pub cache_entries: u64,
}

impl TokenPolicy {
    /// A policy with defaults for all but the keys.
    pub fn new(keys: Vec<TokenKey>) -> Self {
        Self {
            keys,
            required: true,
            issuer: None,
            audience: None,
            leeway: Duration::ZERO,
            require_expiry: true,
            require_path: false,
            max_size: DEFAULT_MAX_BYTES,
            sources: TokenSource::ALL.to_vec(),
            query_name: "token".into(),
            cookie_name: "token".into(),
            cache_entries: 65_536,
        }
    }
}

/// Where a token may ride.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TokenSource {
    /// `/t/{token}/…`
    Path,
    /// `?token=…`
    Query,
    Cookie,
    /// `Authorization: Bearer …` (RFC 6750, 2.1)
    Bearer,
}

impl TokenSource {
    /// In the order of the default.
    pub const ALL: [Self; 4] = [Self::Path, Self::Query, Self::Cookie, Self::Bearer];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Path => "path",
            Self::Query => "query",
            Self::Cookie => "cookie",
            Self::Bearer => "bearer",
        }
    }
}

/// One of `[[mount.token.keys]]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenKey {
    pub id: Option<String>,
    pub algorithm: Algorithm,
    pub material: TokenKeyMaterial,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TokenKeyMaterial {
    Secret(Secret<Vec<u8>>),
    /// DER SubjectPublicKeyInfo.
    PublicKey(Vec<u8>),
}

impl TokenKey {
    pub fn verifying_key(&self) -> Result<VerifyingKey, KeyError> {
        let id = self.id.as_deref();
        match (self.algorithm, &self.material) {
            (Algorithm::Hs256, TokenKeyMaterial::Secret(secret)) => {
                VerifyingKey::hs256(id, secret.expose())
            }
            (algorithm, TokenKeyMaterial::Secret(_)) => Err(KeyError::PublicKey { algorithm }),
            (algorithm, TokenKeyMaterial::PublicKey(der)) => {
                VerifyingKey::from_spki(id, algorithm, der)
            }
        }
    }
}
