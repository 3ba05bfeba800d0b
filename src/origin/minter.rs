//! Tokens for everybody who opens the player page, where the configuration asks for that.
use std::time::{Duration, SystemTime};

use edgepack_token::{Algorithm, Claims, PathPrefix, SigningKey, mint};
use ring::rand::SystemRandom;

use super::vod::faults;
use crate::config::{Mount, TokenKeyMaterial};
use crate::delivery::Fault;

/// Long enough for a film; the page asks anew when it is opened again.
const LIFETIME: Duration = Duration::from_secs(6 * 3600);

#[derive(Debug)]
pub(super) struct Minter {
    key: SigningKey,
    issuer: Option<String>,
    audience: Vec<String>,
    /// The mount: a token for one opens no other.
    path: PathPrefix,
}

impl Minter {
    /// `None` when the mount asks for no token, or holds no secret to sign with (a public key only verifies).
    pub(super) fn new(mount: &Mount) -> Option<Self> {
        let policy = mount.token.as_ref()?;
        let path = mount.path.parse().ok()?;
        let key = policy
            .keys
            .iter()
            .find_map(|key| match (&key.material, key.algorithm) {
                (TokenKeyMaterial::Secret(secret), Algorithm::Hs256) => {
                    SigningKey::hs256(key.id.as_deref(), secret.expose()).ok()
                }
                _ => None,
            })?;
        Some(Self {
            key,
            issuer: policy.issuer.clone(),
            audience: policy.audience.iter().cloned().collect(),
            path,
        })
    }

    pub(super) fn mint(&self, now: SystemTime) -> Result<String, Fault> {
        let claims = Claims {
            issuer: self.issuer.clone(),
            audience: self.audience.clone(),
            paths: Some(vec![self.path.clone()]),
            expires_at: Some(now + LIFETIME),
            ..Claims::default()
        };
        mint(&self.key, &claims, &SystemRandom::new())
            .map_err(|error| faults::internal(error.to_string()))
    }
}
