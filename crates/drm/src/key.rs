//! Key identifiers and content keys. A key has no Debug and is wiped when dropped.
use crate::{Error, Result};
use bytes::Bytes;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use zeroize::Zeroizing;

#[cfg(test)]
mod tests;

/// 16 bytes, big-endian as in the UUID's text; never GUID-swapped.
///
/// Text is the lower-case UUID (8-4-4-4-12); [`FromStr`] takes any case, and 32 digits without hyphens.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KeyId(pub [u8; 16]);

impl KeyId {
    /// 32 lower-case digits without hyphens, as file names and query strings like it.
    pub fn to_hex(self) -> String {
        hex::encode(self.0)
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, byte) in self.0.iter().enumerate() {
            if matches!(i, 4 | 6 | 8 | 10) {
                f.write_str("-")?;
            }
            write!(f, "{byte:02x}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyId({self})")
    }
}

impl FromStr for KeyId {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let text = text.as_bytes();
        let mut digits = [0; 32];
        match text.len() {
            32 => digits.copy_from_slice(text),
            36 => {
                let mut at = 0;
                for (i, &character) in text.iter().enumerate() {
                    if matches!(i, 8 | 13 | 18 | 23) {
                        if character != b'-' {
                            return Err(Error::KeyId);
                        }
                    } else {
                        digits[at] = character;
                        at += 1;
                    }
                }
            }
            _ => return Err(Error::KeyId),
        }
        let mut id = [0; 16];
        hex::decode_to_slice(digits, &mut id).map_err(|_| Error::KeyId)?;
        Ok(Self(id))
    }
}

/// A content key and its id. Clone is cheap and shares the one copy of the key; Debug prints the id only.
#[derive(Clone)]
pub struct ContentKey {
    pub kid: KeyId,
    key: Arc<Zeroizing<[u8; 16]>>,
}

impl ContentKey {
    pub fn new(kid: KeyId, key: [u8; 16]) -> Self {
        Self {
            kid,
            key: Arc::new(Zeroizing::new(key)),
        }
    }

    /// From the text of a configuration: the id as [`KeyId`] reads it, the key as 32 hexadecimal digits.
    pub fn from_hex(kid: &str, key: &str) -> Result<Self> {
        let kid = kid.parse()?;
        let mut bytes = Zeroizing::new([0; 16]);
        hex::decode_to_slice(key, bytes.as_mut_slice()).map_err(|_| Error::ContentKey)?;
        Ok(Self {
            kid,
            key: Arc::new(bytes),
        })
    }

    /// The key itself, for a licence or a cipher. What it is copied into must be wiped as well.
    pub fn expose(&self) -> &[u8; 16] {
        &self.key
    }
}

impl fmt::Debug for ContentKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ContentKey")
            .field("kid", &self.kid)
            .finish_non_exhaustive()
    }
}

/// A content key with all that is said of it, as a key provider gave it.
#[derive(Debug, Clone)]
pub struct KeyRecord {
    pub key: ContentKey,
    /// The IV that the provider dictates; without one it is made from the source's identity.
    pub explicit_iv: Option<[u8; 16]>,
    /// At most one entry per DRM system counts: the first.
    pub said: Vec<Said>,
}

impl From<ContentKey> for KeyRecord {
    /// A key of which its provider says nothing more.
    fn from(key: ContentKey) -> Self {
        Self {
            key,
            explicit_iv: None,
            said: Vec::new(),
        }
    }
}

/// What a key server dictates for one DRM system: CPIX `DRMSystem`, or an entry of the `pssh` list of an HTTP provider.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Said {
    /// In the order of the UUID's text, as in `pssh`.
    pub system_id: [u8; 16],
    /// A whole `pssh` box (CPIX `PSSH`).
    pub pssh: Option<Bytes>,
    /// Child elements for the system's DASH `ContentProtection` (CPIX `ContentProtectionData`).
    pub content_protection: Option<String>,
    /// Lines with EXT-X-KEY for media playlists (CPIX `HLSSignalingData`, `playlist="media"`).
    pub hls_media: Option<String>,
    /// Lines with EXT-X-SESSION-KEY for the multivariant playlist (CPIX `HLSSignalingData`, `playlist="master"` or
    /// `"multiVariant"`).
    pub hls_multivariant: Option<String>,
    /// The URI for EXT-X-KEY (CPIX `URIExtXKey`).
    pub uri: Option<String>,
}
