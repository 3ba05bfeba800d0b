//! The node's configuration: TOML → typed [`Config`], with every fault named at once.
//!
//! [`Config::load`] reads the file and all it points to (keys, certificates, folders), opens no socket and writes
//! nothing. A [`ConfigFault`] says file, line, key, what is wrong and what to do. `config/edgepack.toml` shows every
//! key with its default; `docs/reference/config.md` lists them.
use std::path::{Path, PathBuf};

mod check;
mod check_drm;
mod check_keys;
mod check_live;
pub(crate) mod document;
mod drm;
mod fault;
mod files;
mod keys;
mod live;
mod model;
mod mount;
mod quic;
mod read;
mod read_drm;
mod read_keys;
mod read_live;
mod read_mount;
mod secret;
pub(crate) mod values;

pub use drm::{Bounds, Drm, KeyLabel, ONE_LABEL};
pub use fault::ConfigFault;
pub use files::{private_key_from_pem, token_secret};
pub use keys::{KeyCache, KeyProvider, KeyServer, Keys, Speke};
pub use live::{
    Channel, ClientName, Contribution, Fsync, IngestAccess, Live, LiveEvents, PushMethod,
    Recording, Republish, Transport, Verify,
};
pub use model::{
    AccessLog, Admin, Cache, Config, Cors, KernelTls, Listen, Log, LogFormat, LogLevel, Node,
    Player, Storage, StorageEngine, Tls,
};
pub use mount::{
    AssetKey, ContentKey, Interstitials, Mount, Protection, TokenKey, TokenKeyMaterial,
    TokenPolicy, TokenSource,
};
pub use quic::{Congestion, Quic};
pub use secret::Secret;
pub use values::{parse_duration, parse_size};

/// First path elements that the node keeps for itself: no mount may lie there.
pub const RESERVED_PATHS: [&str; 3] = ["t", "player", "healthz"];

impl Config {
    /// Reads and checks `file`. All faults are found, not just the first.
    pub fn load(file: &Path) -> Result<Self, Vec<ConfigFault>> {
        let text = match files::text(file) {
            Ok(text) => text,
            Err(why) => {
                return Err(vec![ConfigFault {
                    file: file.to_owned(),
                    line: None,
                    key: String::new(),
                    message: format!("the configuration cannot be read: {why}"),
                    remedy: "name a readable TOML file with --config".into(),
                }]);
            }
        };
        Self::parse(&text, file)
    }

    /// Checks `text` as if read from `file`: relative paths in it start at that file's folder.
    pub fn parse(text: &str, file: &Path) -> Result<Self, Vec<ConfigFault>> {
        let (config, source) = Self::read(text, file);
        if !source.is_unreadable() {
            check::check(&config, &source);
        }
        let faults = source.into_faults();
        if faults.is_empty() {
            Ok(config)
        } else {
            Err(faults)
        }
    }

    /// The typed values, and what was wrong with single ones; nothing is held against another yet.
    fn read(text: &str, file: &Path) -> (Self, document::Source) {
        let source = document::Source::new(text, file);
        let config = read::config(&source, text);
        (config, source)
    }
}

/// `path` as meant by a file in `folder`.
fn resolve(folder: &Path, path: &str) -> PathBuf {
    folder.join(path)
}

#[cfg(test)]
mod tests;
