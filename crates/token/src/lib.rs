//! Viewer tokens: parse, verify, claims. No clock, no randomness and no file: `now`, the random source and
//! the bytes of keys come in as arguments.
//!
//! Checking has two halves, so that what never changes about a token can be remembered:
//!
//! - [`Verifier::authenticate`] reads the token and checks everything that holds for ever: form, signature,
//!   issuer, audience, the presence of required claims. It yields [`Claims`].
//! - [`Verifier::admit`] checks what depends on the moment and on the request: expiry, not-before, path.
//!
//! ```
//! use std::time::{Duration, SystemTime};
//! use edgepack_token::{Claims, KeySet, Rules, SigningKey, VerifyingKey, Verifier, mint};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let secret = [7u8; 32];
//! let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
//! let claims = Claims {
//!     expires_at: Some(now + Duration::from_secs(3600)),
//!     paths: Some(vec!["/vod/film".parse()?]),
//!     ..Claims::default()
//! };
//! let random = ring::rand::SystemRandom::new();
//! let token = mint(&SigningKey::hs256(Some("k1"), &secret)?, &claims, &random)?;
//!
//! let mut keys = KeySet::new();
//! keys.add(VerifyingKey::hs256(Some("k1"), &secret)?)?;
//! let verifier = Verifier::new(keys, Rules::default());
//! assert!(verifier.verify(&token, "/vod/film/clear/index.m3u8", now).is_ok());
//! assert!(verifier.verify(&token, "/vod/filmography/index.m3u8", now).is_err());
//! # Ok(())
//! # }
//! ```
#![forbid(unsafe_code)]

mod claims;
mod error;
mod json;
mod jwt;
mod key;
mod signing;
mod spki;
mod verifier;

pub use claims::{Claims, PathPrefix, PathPrefixError};
pub use error::{Malformed, TokenError};
pub use jwt::Unverified;
pub use key::{Algorithm, KeyError, KeySet, MAX_KEY_ID_BYTES, MAX_KEYS, VerifyingKey};
pub use signing::{MintError, SigningKey, mint};
pub use verifier::{DEFAULT_MAX_BYTES, Rules, Verifier};

use std::fmt;

/// A token as it arrived: told apart by its format and taken to pieces, believed in nothing yet.
///
/// Each format is a module of its own behind this type; what they all end in is [`Claims`].
pub struct Token<'a>(Format<'a>);

enum Format<'a> {
    Jwt(jwt::Compact<'a>),
}

impl<'a> Token<'a> {
    /// Takes `text` to pieces. At most `max_bytes` long.
    pub fn parse(text: &'a str, max_bytes: usize) -> Result<Self, TokenError> {
        if text.is_empty() {
            return Err(TokenError::Missing);
        }
        if text.len() > max_bytes {
            return Err(Malformed::TooLong {
                length: text.len(),
                limit: max_bytes,
            }
            .into());
        }
        jwt::Compact::parse(text).map(|jwt| Self(Format::Jwt(jwt)))
    }

    /// Checks the signature, then, and only then, reads the claims.
    pub fn authenticate(&self, keys: &KeySet) -> Result<Claims, TokenError> {
        match &self.0 {
            Format::Jwt(jwt) => {
                jwt.verify_signature(keys)?;
                jwt.claims()
            }
        }
    }

    /// What the token says of itself, signature unchecked: for people to read, never to decide on.
    pub fn show_unverified(&self) -> Result<Unverified, TokenError> {
        match &self.0 {
            Format::Jwt(jwt) => jwt.show_unverified(),
        }
    }
}

impl fmt::Debug for Token<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Format::Jwt(_) => f.write_str("Token(JWT)"),
        }
    }
}
