//! From the configuration to a provider.
use std::sync::Arc;

use super::derived::Derived;
use super::fixed::Fixed;
use super::json::HttpJson;
use super::speke::SpekeServer;
use super::{Provider, SetupError};
use crate::config::{KeyProvider, Mount};

/// The provider of a mount. Reads certificates; asks nobody.
pub(super) fn make(mount: &Mount) -> Result<Arc<dyn Provider>, SetupError> {
    let unusable = |reason| SetupError::Provider {
        mount: mount.name.clone(),
        reason,
    };
    Ok(match &mount.keys.provider {
        KeyProvider::Static => Arc::new(Fixed::new(mount)),
        KeyProvider::Derived { secret } => Arc::new(Derived::new(secret)),
        KeyProvider::Http { server, post } => {
            Arc::new(HttpJson::new(&mount.name, server, *post).map_err(unusable)?)
        }
        KeyProvider::Speke(speke) => Arc::new(SpekeServer::new(mount, speke).map_err(unusable)?),
    })
}
