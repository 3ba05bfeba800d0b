//! Content keys from a mount's configuration.
use edgepack_drm::{ContentKey, KeyId};

use crate::config::Mount;

/// The key that protects an asset; without one nothing protected may leave.
pub(super) fn content_key(mount: &Mount, asset: &str) -> Option<ContentKey> {
    mount
        .key_for(asset)
        .map(|key| ContentKey::new(KeyId(key.kid), *key.key.expose()))
}
