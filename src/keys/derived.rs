//! Keys made from a secret (HKDF-SHA256, RFC 5869), for labs: who knows the secret knows every key there will ever be.
//!
//! ```text
//! PRK = HKDF-Extract(salt = "edgepack derived keys 1", IKM = the mount's secret)
//! kid = HKDF-Expand(PRK, "kid" ‖ SHA-256(content id, protection, label, crypto period), 16), as UUID version 8
//! key = HKDF-Expand(PRK, "key" ‖ kid, 16)
//! ```
//! The id depends on the secret, so that mounts with different secrets never share ids; and the key on the id alone.
use std::fmt;

use async_trait::async_trait;
use edgepack_drm::{ContentKey, KeyId, KeyRecord};
use ring::hkdf::{HKDF_SHA256, KeyType, Prk, Salt};
use zeroize::Zeroizing;

use super::identity::{Identity, uuid};
use super::{Given, KeyError, KeyRequest, Provider};
use crate::config::Secret;

const SALT: &[u8] = b"edgepack derived keys 1";

pub(super) struct Derived {
    prk: Prk,
}

impl Derived {
    pub(super) fn new(secret: &Secret<Vec<u8>>) -> Self {
        Self {
            prk: Salt::new(HKDF_SHA256, SALT).extract(secret.expose()),
        }
    }

    fn key_id(&self, request: &KeyRequest, label: &str, period: u32) -> Result<KeyId, KeyError> {
        let digest = Identity::new("derived")
            .text(&request.content_id)
            .text(request.protection.as_str())
            .text(label)
            .number(u64::from(period))
            .digest();
        Ok(uuid(*self.expand(&[b"kid", &digest])?))
    }

    fn expand(&self, info: &[&[u8]]) -> Result<Zeroizing<[u8; 16]>, KeyError> {
        let mut bytes = Zeroizing::new([0; 16]);
        self.prk
            .expand(info, Sixteen)
            .and_then(|okm| okm.fill(bytes.as_mut_slice()))
            .map_err(|_| KeyError::Wrong("HKDF failed".into()))?;
        Ok(bytes)
    }
}

/// Bytes of an id and of a key.
struct Sixteen;

impl KeyType for Sixteen {
    fn len(&self) -> usize {
        16
    }
}

#[async_trait]
impl Provider for Derived {
    fn name(&self) -> &'static str {
        "derived"
    }

    fn is_remote(&self) -> bool {
        false
    }

    async fn fetch(&self, request: &KeyRequest) -> Result<Vec<Given>, KeyError> {
        request
            .wanted()
            .map(|(label, period)| {
                let kid = self.key_id(request, &label.label, period)?;
                let key = self.expand(&[b"key", &kid.0])?;
                Ok(Given {
                    label: label.label.clone(),
                    period,
                    record: KeyRecord::from(ContentKey::new(kid, *key)),
                })
            })
            .collect()
    }
}

impl fmt::Debug for Derived {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Derived(..)")
    }
}

#[cfg(test)]
mod tests;
