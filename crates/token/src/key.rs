//! Keys that verify, each pinned to one algorithm, and the bounded set of them that a mount trusts.
use std::fmt;

use ring::{hmac, signature};
use zeroize::Zeroizing;

use crate::{TokenError, spki};

/// Keys in a [`KeySet`]: what a token without a key id can make the verifier try.
pub const MAX_KEYS: usize = 32;
pub const MAX_KEY_ID_BYTES: usize = 128;
/// RFC 7518, 3.2: a key of at least the hash's size.
const MIN_SECRET_BYTES: usize = 32;

/// Signature algorithms (RFC 7518, 3.1; RFC 8037, 3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Algorithm {
    /// HMAC with SHA-256.
    Hs256,
    /// ECDSA on P-256 with SHA-256.
    Es256,
    /// Ed25519.
    EdDsa,
}

impl Algorithm {
    pub const ALL: [Self; 3] = [Self::Hs256, Self::Es256, Self::EdDsa];

    /// As written in `alg`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Hs256 => "HS256",
            Self::Es256 => "ES256",
            Self::EdDsa => "EdDSA",
        }
    }

    /// Reads `alg`. `Ed25519` is RFC 9864's name for what RFC 8037 calls `EdDSA`.
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "HS256" => Some(Self::Hs256),
            "ES256" => Some(Self::Es256),
            "EdDSA" | "Ed25519" => Some(Self::EdDsa),
            _ => None,
        }
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Why a key was not taken. Holds no key bytes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    #[error(
        "an HS256 secret of {length} bytes is too short: {MIN_SECRET_BYTES} at least (RFC 7518, 3.2)"
    )]
    SecretTooShort { length: usize },
    #[error("not a public key for {algorithm}: a SubjectPublicKeyInfo of {} is wanted", kind(*.algorithm))]
    PublicKey { algorithm: Algorithm },
    #[error("not a private key for {algorithm}: PKCS #8 of {} is wanted", kind(*.algorithm))]
    PrivateKey { algorithm: Algorithm },
    #[error("the key id is longer than {MAX_KEY_ID_BYTES} bytes or empty")]
    Id,
    #[error("key id `{id}` occurs twice")]
    DuplicateId { id: String },
    #[error("more than {MAX_KEYS} keys")]
    TooMany,
}

fn kind(algorithm: Algorithm) -> &'static str {
    match algorithm {
        Algorithm::Hs256 => "a symmetric secret",
        Algorithm::Es256 => "an EC key on P-256, uncompressed",
        Algorithm::EdDsa => "an Ed25519 key",
    }
}

/// A key that verifies tokens of one algorithm, whatever a token's header says.
pub struct VerifyingKey {
    id: Option<String>,
    material: Material,
}

enum Material {
    /// Kept as bytes, not as ring's prepared key: ring does not wipe that one.
    Hs256(Zeroizing<Vec<u8>>),
    Es256(Vec<u8>),
    EdDsa(Vec<u8>),
}

impl VerifyingKey {
    /// `secret`: raw bytes, at least 32.
    pub fn hs256(id: Option<&str>, secret: &[u8]) -> Result<Self, KeyError> {
        check_secret(secret)?;
        Self::build(id, Material::Hs256(Zeroizing::new(secret.to_vec())))
    }

    /// `point`: 65 bytes, uncompressed (SEC 1, 2.3.3).
    pub fn es256(id: Option<&str>, point: &[u8]) -> Result<Self, KeyError> {
        if point.len() != 65 || point[0] != 0x04 {
            return Err(KeyError::PublicKey {
                algorithm: Algorithm::Es256,
            });
        }
        Self::build(id, Material::Es256(point.to_vec()))
    }

    /// `point`: 32 bytes (RFC 8032, 5.1.5).
    pub fn ed25519(id: Option<&str>, point: &[u8]) -> Result<Self, KeyError> {
        if point.len() != 32 {
            return Err(KeyError::PublicKey {
                algorithm: Algorithm::EdDsa,
            });
        }
        Self::build(id, Material::EdDsa(point.to_vec()))
    }

    /// A DER SubjectPublicKeyInfo, as in a PEM `PUBLIC KEY` section; it must be of `algorithm`'s kind.
    pub fn from_spki(id: Option<&str>, algorithm: Algorithm, der: &[u8]) -> Result<Self, KeyError> {
        match (algorithm, spki::parse(der)) {
            (Algorithm::Es256, Some((Algorithm::Es256, point))) => Self::es256(id, point),
            (Algorithm::EdDsa, Some((Algorithm::EdDsa, point))) => Self::ed25519(id, point),
            _ => Err(KeyError::PublicKey { algorithm }),
        }
    }

    fn build(id: Option<&str>, material: Material) -> Result<Self, KeyError> {
        Ok(Self {
            id: check_id(id)?,
            material,
        })
    }

    pub fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    pub fn algorithm(&self) -> Algorithm {
        match self.material {
            Material::Hs256(_) => Algorithm::Hs256,
            Material::Es256(_) => Algorithm::Es256,
            Material::EdDsa(_) => Algorithm::EdDsa,
        }
    }

    /// A DER SubjectPublicKeyInfo; `None` for symmetric keys.
    pub fn to_spki(&self) -> Option<Vec<u8>> {
        match &self.material {
            Material::Hs256(_) => None,
            Material::Es256(point) | Material::EdDsa(point) => spki::write(self.algorithm(), point),
        }
    }

    pub(crate) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        let public = |algorithm, point: &[u8]| {
            signature::UnparsedPublicKey::new(algorithm, point)
                .verify(message, signature)
                .is_ok()
        };
        match &self.material {
            Material::Hs256(secret) => {
                let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
                hmac::verify(&key, message, signature).is_ok()
            }
            Material::Es256(point) => public(&signature::ECDSA_P256_SHA256_FIXED, point),
            Material::EdDsa(point) => public(&signature::ED25519, point),
        }
    }
}

impl fmt::Debug for VerifyingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VerifyingKey({}, {:?})", self.algorithm(), self.id)
    }
}

pub(crate) fn check_secret(secret: &[u8]) -> Result<(), KeyError> {
    if secret.len() < MIN_SECRET_BYTES {
        return Err(KeyError::SecretTooShort {
            length: secret.len(),
        });
    }
    Ok(())
}

pub(crate) fn check_id(id: Option<&str>) -> Result<Option<String>, KeyError> {
    match id {
        Some(id) if id.is_empty() || id.len() > MAX_KEY_ID_BYTES => Err(KeyError::Id),
        _ => Ok(id.map(str::to_owned)),
    }
}

/// The keys trusted in one place.
#[derive(Debug, Default)]
pub struct KeySet(Vec<VerifyingKey>);

impl KeySet {
    pub fn new() -> Self {
        Self::default()
    }

    /// At most [`MAX_KEYS`]; ids are unique.
    pub fn add(&mut self, key: VerifyingKey) -> Result<(), KeyError> {
        if self.0.len() == MAX_KEYS {
            return Err(KeyError::TooMany);
        }
        if let Some(id) = key.id()
            && self.0.iter().any(|known| known.id() == Some(id))
        {
            return Err(KeyError::DuplicateId { id: id.to_owned() });
        }
        self.0.push(key);
        Ok(())
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The keys that may have signed a token which names `id` and `algorithm`.
    ///
    /// A key of that id is the only candidate, and must be of that algorithm. Otherwise the keys without an id
    /// stand in: an issuer may name its keys though the operator did not. A token that names no key is tried
    /// against every key of its algorithm.
    pub(crate) fn candidates(
        &self,
        id: Option<&str>,
        algorithm: Algorithm,
    ) -> Result<Vec<&VerifyingKey>, TokenError> {
        if let Some(id) = id {
            if let Some(key) = self.0.iter().find(|key| key.id() == Some(id)) {
                return if key.algorithm() == algorithm {
                    Ok(vec![key])
                } else {
                    Err(TokenError::Algorithm)
                };
            }
            if self.0.iter().all(|key| key.id().is_some()) {
                return Err(TokenError::KeyUnknown);
            }
        }
        let keys: Vec<_> = self
            .0
            .iter()
            .filter(|key| key.algorithm() == algorithm && (id.is_none() || key.id().is_none()))
            .collect();
        if keys.is_empty() {
            return Err(TokenError::Algorithm);
        }
        Ok(keys)
    }
}

#[cfg(test)]
mod tests;
