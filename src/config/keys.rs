//! `[mount.keys]`: who gives the content keys of a mount, and how long they are good for.
use std::path::PathBuf;
use std::time::Duration;

use edgepack_drm::System;

use super::Secret;

/// `[mount.keys]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keys {
    pub provider: KeyProvider,
    /// How long keys of a server are good for before they are asked for again.
    pub ttl: Duration,
    /// How much longer they serve while the server cannot be had. `None`: without end.
    pub max_stale: Option<Duration>,
    /// The node is not ready while the server has failed for longer. `None`: it stays ready.
    pub unready_after: Option<Duration>,
    /// Key sets kept: one per asset and protection.
    pub max_sets: usize,
    /// Where keys outlive the process, sealed. `None`: nowhere.
    pub cache: Option<KeyCache>,
}

impl Keys {
    /// Defaults for all but the provider.
    pub fn new(provider: KeyProvider) -> Self {
        Self {
            provider,
            ttl: Duration::from_secs(3600),
            max_stale: None,
            unready_after: None,
            max_sets: 10_000,
            cache: None,
        }
    }
}

impl Default for Keys {
    fn default() -> Self {
        Self::new(KeyProvider::Static)
    }
}

/// `cache_dir` and `cache_key_file`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyCache {
    pub dir: PathBuf,
    /// For AES-256-GCM.
    pub key: Secret<[u8; 32]>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyProvider {
    /// `[mount.key]` and `[[mount.asset]]`.
    Static,
    /// Made from a secret: for labs.
    Derived { secret: Secret<Vec<u8>> },
    /// Plain HTTP and JSON.
    Http { server: KeyServer, post: bool },
    /// SPEKE v2.
    Speke(Box<Speke>),
}

impl KeyProvider {
    /// As the configuration writes it.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Static => "static",
            Self::Derived { .. } => "derived",
            Self::Http { .. } => "http",
            Self::Speke(_) => "speke",
        }
    }
}

/// A key server, and how it is talked to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyServer {
    /// `http:` or `https:`, with places for what is asked.
    pub url: String,
    /// Value of the `Authorization` header.
    pub authorization: Option<Secret<String>>,
    /// PEM; instead of the system's roots.
    pub ca_file: Option<PathBuf>,
    /// PEM, for servers that ask who we are.
    pub client_certificate: Option<PathBuf>,
    pub client_key: Option<PathBuf>,
    /// Name resolution, TCP and TLS together.
    pub connect_timeout: Duration,
    /// One attempt, connecting included.
    pub timeout: Duration,
    pub max_attempts: u32,
    /// Connections at a time, and so requests.
    pub max_connections: usize,
}

impl KeyServer {
    /// Defaults for all but the address.
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            authorization: None,
            ca_file: None,
            client_certificate: None,
            client_key: None,
            connect_timeout: Duration::from_secs(2),
            timeout: Duration::from_secs(5),
            max_attempts: 3,
            max_connections: 8,
        }
    }
}

/// What SPEKE asks for beside the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Speke {
    pub server: KeyServer,
    /// The document's content id, with places for mount and asset.
    pub content_id: String,
    /// DRM systems whose signalling is asked for, by UUID. `None`: those that the mount signals.
    pub systems: Option<Vec<[u8; 16]>>,
    /// PEM of the certificate that keys are to be encrypted for. `None`: they come in the clear, inside TLS.
    pub document_certificate: Option<Vec<u8>>,
    /// PEM, the certificate's.
    pub document_key: Option<Secret<Vec<u8>>>,
    /// PEM; answers must be signed with this certificate's key.
    pub signer_certificate: Option<Vec<u8>>,
}

impl Speke {
    /// Defaults for all but the server: keys in the clear, no signature.
    pub fn new(server: KeyServer) -> Self {
        Self {
            server,
            content_id: "{content}".into(),
            systems: None,
            document_certificate: None,
            document_key: None,
            signer_certificate: None,
        }
    }
}

/// DRM systems by the names that the configuration knows.
pub(super) const SYSTEMS: [(&str, System); 4] = [
    ("widevine", System::Widevine),
    ("playready", System::PlayReady),
    ("fairplay", System::FairPlay),
    ("w3c", System::W3cCommon),
];
