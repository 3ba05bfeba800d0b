//! `/assets`: what operators added to the node's assets.
use std::fmt;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use http::StatusCode;
use serde::Serialize;

use super::Interstitials;

/// Who knows the node's assets.
pub trait Assets: fmt::Debug + Send + Sync {
    /// Those with interstitials, by mount and path.
    fn with_interstitials(&self) -> Vec<AssetState>;

    /// Of the asset at this path, `/{mount}/{asset}`, percent-decoded.
    fn interstitials<'a>(
        &'a self,
        path: &'a str,
    ) -> BoxFuture<'a, Result<Arc<dyn Interstitials>, NoAsset>>;
}

/// One asset at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AssetState {
    /// `/{mount}/{asset}`
    pub path: String,
    pub interstitials: usize,
}

/// Why there is no asset to be had.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoAsset {
    #[error("no asset {0}")]
    NotThere(String),
    /// The file system does not say.
    #[error("whether {path} is there cannot be told: {reason}")]
    Unknown {
        path: String,
        reason: String,
        retry_after_s: u32,
    },
}

impl NoAsset {
    pub(super) fn status_and_code(&self) -> (StatusCode, &'static str) {
        match self {
            Self::NotThere(_) => (StatusCode::NOT_FOUND, "no-such-asset"),
            Self::Unknown { .. } => (StatusCode::SERVICE_UNAVAILABLE, "unknown"),
        }
    }
}
