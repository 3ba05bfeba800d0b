//! Content keys: where they come from, and how long they are good for. Knows nothing of media.
//!
//! ```text
//!  origin ── KeyStore::get(KeyRequest) ─┬─ in memory: KeySet, fresh or on its way to be refreshed
//!                                       └─ fetch (one at a time per request, on a thread of its own)
//!                                            ├─ disk: what an earlier life of the node was given, sealed
//!                                            └─ Provider: static · derived · http · speke
//! ```
//!
//! A key set is immutable. It is refreshed before its `ttl` ends, as long as it is used; where the provider cannot be
//! had, it serves on for `max_stale`. Without a set there is an error, never a set without keys: nothing leaves in the
//! clear because a key server is down.
//!
//! No key appears in a log, a metric, an error or the operator's report; errors of providers never quote an answer.
mod backoff;
mod client;
mod derived;
mod disk;
mod error;
mod fixed;
mod identity;
mod json;
mod provider;
mod providers;
mod report;
mod request;
mod set;
mod speke;
mod store;

pub(crate) use backoff::Backoff;
pub(crate) use client::client_config;
pub use error::{KeyError, SetupError};
pub use provider::{Given, Provider};
pub use report::{DEFAULT_LIMIT, Figures, MAX_LIMIT};
pub use request::{AudioUsage, KeyRequest, LabelUse, Usage, VideoUsage};
pub use set::KeySet;
pub use store::{KeyStore, Unwell};

#[cfg(test)]
mod testing;

/// Crypto periods of one request, at most.
pub const MAX_PERIODS: u32 = 4096;
/// Labels of one request, at most.
pub const MAX_LABELS: usize = 64;
/// Keys of one set, at most.
pub const MAX_KEYS: usize = 16_384;
