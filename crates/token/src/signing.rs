//! Making tokens: for the command line, tests and load generators. A node in service only verifies.
use std::fmt;

use ring::hmac;
use ring::rand::SecureRandom;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _,
};
use zeroize::Zeroizing;

use crate::key::{check_id, check_secret};
use crate::{Algorithm, Claims, DEFAULT_MAX_BYTES, KeyError, VerifyingKey, jwt};

/// A key that signs tokens. Wiped when dropped; its Debug shows algorithm and id.
pub struct SigningKey {
    id: Option<String>,
    algorithm: Algorithm,
    /// The secret, or PKCS #8.
    bytes: Zeroizing<Vec<u8>>,
}

impl SigningKey {
    /// `secret`: raw bytes, at least 32.
    pub fn hs256(id: Option<&str>, secret: &[u8]) -> Result<Self, KeyError> {
        check_secret(secret)?;
        Self::build(id, Algorithm::Hs256, secret)
    }

    /// `der`: PKCS #8 (RFC 5958), as in a PEM `PRIVATE KEY` section, of a P-256 or an Ed25519 key.
    pub fn from_pkcs8(
        id: Option<&str>,
        algorithm: Algorithm,
        der: &[u8],
        random: &dyn SecureRandom,
    ) -> Result<Self, KeyError> {
        let key = Self::build(id, algorithm, der)?;
        let valid = match algorithm {
            Algorithm::Hs256 => false,
            Algorithm::Es256 => key.es256(random).is_some(),
            Algorithm::EdDsa => key.ed25519().is_some(),
        };
        if valid {
            Ok(key)
        } else {
            Err(KeyError::PrivateKey { algorithm })
        }
    }

    fn build(id: Option<&str>, algorithm: Algorithm, bytes: &[u8]) -> Result<Self, KeyError> {
        Ok(Self {
            id: check_id(id)?,
            algorithm,
            bytes: Zeroizing::new(bytes.to_vec()),
        })
    }

    pub fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The key that verifies what this one signs.
    pub fn verifying_key(&self, random: &dyn SecureRandom) -> Result<VerifyingKey, KeyError> {
        let id = self.id();
        let none = KeyError::PrivateKey {
            algorithm: self.algorithm,
        };
        match self.algorithm {
            Algorithm::Hs256 => VerifyingKey::hs256(id, &self.bytes),
            Algorithm::Es256 => {
                let pair = self.es256(random).ok_or(none)?;
                VerifyingKey::es256(id, pair.public_key().as_ref())
            }
            Algorithm::EdDsa => {
                let pair = self.ed25519().ok_or(none)?;
                VerifyingKey::ed25519(id, pair.public_key().as_ref())
            }
        }
    }

    fn es256(&self, random: &dyn SecureRandom) -> Option<EcdsaKeyPair> {
        EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &self.bytes, random).ok()
    }

    /// PKCS #8 version 1, which OpenSSL writes, has no public key in it to check the private one with.
    fn ed25519(&self) -> Option<Ed25519KeyPair> {
        Ed25519KeyPair::from_pkcs8_maybe_unchecked(&self.bytes).ok()
    }

    fn sign(&self, message: &[u8], random: &dyn SecureRandom) -> Option<Vec<u8>> {
        Some(match self.algorithm {
            Algorithm::Hs256 => {
                let key = hmac::Key::new(hmac::HMAC_SHA256, &self.bytes);
                hmac::sign(&key, message).as_ref().to_vec()
            }
            Algorithm::Es256 => self
                .es256(random)?
                .sign(random, message)
                .ok()?
                .as_ref()
                .to_vec(),
            Algorithm::EdDsa => self.ed25519()?.sign(message).as_ref().to_vec(),
        })
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({}, {:?})", self.algorithm, self.id)
    }
}

/// Why no token was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MintError {
    #[error("a date of the claims lies before 1970")]
    Date,
    #[error("signing failed: no random numbers could be had")]
    Signing,
    #[error(
        "the token would be {length} bytes, more than the {DEFAULT_MAX_BYTES} a verifier takes by default"
    )]
    TooLong { length: usize },
}

/// A signed JWT with these claims.
pub fn mint(
    key: &SigningKey,
    claims: &Claims,
    random: &dyn SecureRandom,
) -> Result<String, MintError> {
    let mut token = jwt::signing_input(key.algorithm, key.id(), claims)?;
    let signature = key
        .sign(token.as_bytes(), random)
        .ok_or(MintError::Signing)?;
    token.push('.');
    token.push_str(&jwt::signature_text(&signature));
    if token.len() > DEFAULT_MAX_BYTES {
        return Err(MintError::TooLong {
            length: token.len(),
        });
    }
    Ok(token)
}

#[cfg(test)]
mod tests;
