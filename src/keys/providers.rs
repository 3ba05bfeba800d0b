//! From the configuration to a provider.
use std::sync::Arc;

use super::derived::Derived;
use super::fixed::Fixed;
use super::{Provider, SetupError};
use crate::config::{KeyProvider, Mount};

/// The provider of a mount. Reads certificates; asks nobody.
pub(super) fn make(mount: &Mount) -> Result<Arc<dyn Provider>, SetupError> {
    Ok(match &mount.keys.provider {
        KeyProvider::Static => Arc::new(Fixed::new(mount)),
        KeyProvider::Derived { secret } => Arc::new(Derived::new(secret)),
        KeyProvider::Http { .. } | KeyProvider::Speke(_) => {
            return Err(SetupError::Provider {
                mount: mount.name.clone(),
                reason: "the provider is not built in".into(),
            });
        }
    })
}
