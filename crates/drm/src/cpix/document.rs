//! A CPIX document as values, in its own order.
use super::{AudioFilter, BitrateFilter, DateTime, Limits, Result, VideoFilter, read};
use crate::KeyId;
use bytes::Bytes;
use std::fmt;
use zeroize::Zeroizing;

/// A request or an answer. What CPIX allows beyond these fields is read over; of known elements nothing is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Document {
    pub content_id: Option<String>,
    /// `2.3`, `2.4`; documents before CPIX 2.3 have none.
    pub version: Option<String>,
    pub deliveries: Vec<Delivery>,
    pub keys: Vec<Key>,
    pub systems: Vec<DrmSystem>,
    pub periods: Vec<Period>,
    pub rules: Vec<UsageRule>,
    /// `Signature` elements, whether looked at or not.
    pub signatures: usize,
}

/// `ContentKey`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    pub kid: KeyId,
    pub explicit_iv: Option<[u8; 16]>,
    /// `commonEncryptionScheme` as it stands: `cenc`, `cbcs`, or one that only others know.
    pub scheme: Option<String>,
    /// `HDCPData`'s `HLSHDCPLevel`.
    pub hdcp_level: Option<String>,
    /// None in a request.
    pub secret: Option<Secret>,
}

/// A key on its way. Debug says which of the two it is, and no more.
#[derive(Clone, PartialEq, Eq)]
pub enum Secret {
    /// `PlainValue`.
    Plain(Zeroizing<Vec<u8>>),
    /// `EncryptedValue`.
    Encrypted(Encrypted),
}

#[derive(Clone, PartialEq, Eq)]
pub struct Encrypted {
    /// URI of `EncryptionMethod`.
    pub algorithm: String,
    /// AES-256-CBC: IV, then ciphertext. RSA: ciphertext.
    pub value: Vec<u8>,
    /// `ValueMAC`.
    pub mac: Option<Vec<u8>>,
}

/// `DeliveryData`: how one recipient gets at encrypted keys.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Delivery {
    pub id: Option<String>,
    /// The recipient's certificates in `DeliveryKey`, DER.
    pub certificates: Vec<Bytes>,
    pub document_keys: Vec<DocumentKey>,
    pub mac: Option<MacMethod>,
}

/// `DocumentKey`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentKey {
    pub secret: Secret,
    /// `encryptsKey`; empty for all keys of the document.
    pub encrypts: Vec<KeyId>,
}

/// `MACMethod`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MacMethod {
    pub algorithm: String,
    pub key: Secret,
}

/// `DRMSystem`. An element that is there and empty asks for its content: `Some` of nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DrmSystem {
    /// In the order of the UUID's text, as in `pssh`.
    pub system_id: [u8; 16],
    pub kid: KeyId,
    pub name: Option<String>,
    /// `HLSAllowedCPC`.
    pub allowed_cpc: Option<String>,
    pub pssh: Option<Bytes>,
    pub content_protection: Option<String>,
    /// `HLSSignalingData` with `playlist="media"` or without `playlist`.
    pub hls_media: Option<String>,
    /// `playlist="master"` (2.3) or `"multiVariant"` (2.4).
    pub hls_multivariant: Option<String>,
    /// `SmoothStreamingProtectionHeaderData`.
    pub smooth: Option<String>,
    /// `URIExtXKey` of versions before 2.3.
    pub uri: Option<String>,
}

/// `ContentKeyPeriod`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Period {
    /// An XML name, unique in its document. [`Request`](super::Request) makes `period-{index}` of an empty one.
    pub id: String,
    pub index: Option<u32>,
    /// Wall clock, live only (CPIX 2.4).
    pub start: Option<DateTime>,
    pub end: Option<DateTime>,
}

/// `ContentKeyUsageRule`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsageRule {
    pub kid: KeyId,
    pub track_type: Option<String>,
    /// `periodId` of each `KeyPeriodFilter`.
    pub periods: Vec<String>,
    pub labels: Vec<String>,
    pub video: Vec<VideoFilter>,
    pub audio: Vec<AudioFilter>,
    pub bitrate: Vec<BitrateFilter>,
    /// There is a filter of a type unknown: the rule cannot be used.
    pub unusable: bool,
}

impl Document {
    /// Reads a document. Signatures are counted, not checked.
    ///
    /// # Errors
    /// [`Error::Limit`](super::Error::Limit), [`Error::Xml`](super::Error::Xml),
    /// [`Error::Element`](super::Error::Element), [`Error::Duplicate`](super::Error::Duplicate),
    /// [`Error::Key`](super::Error::Key): all of them the server's fault.
    pub fn parse(bytes: &[u8], limits: &Limits) -> Result<Self> {
        read::parse(bytes, limits)
    }
}

impl Key {
    /// As a request asks for it.
    pub fn new(kid: KeyId) -> Self {
        Self {
            kid,
            explicit_iv: None,
            scheme: None,
            hdcp_level: None,
            secret: None,
        }
    }
}

impl DrmSystem {
    pub fn new(system_id: [u8; 16], kid: KeyId) -> Self {
        Self {
            system_id,
            kid,
            name: None,
            allowed_cpc: None,
            pssh: None,
            content_protection: None,
            hls_media: None,
            hls_multivariant: None,
            smooth: None,
            uri: None,
        }
    }
}

impl UsageRule {
    pub fn new(kid: KeyId) -> Self {
        Self {
            kid,
            track_type: None,
            periods: Vec::new(),
            labels: Vec::new(),
            video: Vec::new(),
            audio: Vec::new(),
            bitrate: Vec::new(),
            unusable: false,
        }
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Plain(_) => f.write_str("Plain(..)"),
            Self::Encrypted(encrypted) => encrypted.fmt(f),
        }
    }
}

impl fmt::Debug for Encrypted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Encrypted")
            .field("bytes", &self.value.len())
            .field("mac", &self.mac.is_some())
            .finish_non_exhaustive()
    }
}
