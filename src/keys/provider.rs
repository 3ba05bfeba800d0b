//! The one interface that all sources of keys have.
use std::fmt;

use async_trait::async_trait;
use edgepack_drm::KeyRecord;

use super::{KeyError, KeyRequest};

/// A source of keys.
#[async_trait]
pub trait Provider: Send + Sync + fmt::Debug {
    /// As the configuration and the metrics name it.
    fn name(&self) -> &'static str;

    /// Whether asking it costs a round trip, and its answers age.
    fn is_remote(&self) -> bool;

    /// The key of every label in every period of the request. More is no fault: what was not asked for is dropped.
    ///
    /// # Errors
    /// [`KeyError`], never with a piece of an answer in it.
    async fn fetch(&self, request: &KeyRequest) -> Result<Vec<Given>, KeyError>;
}

/// One key, as a provider gave it.
#[derive(Debug, Clone)]
pub struct Given {
    pub label: String,
    pub period: u32,
    pub record: KeyRecord,
}
