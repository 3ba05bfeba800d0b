//! What can go wrong, and in whose bytes. No variant ever carries key material.
use crate::{Scheme, System};

pub type Result<T> = std::result::Result<T, Error>;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The source's codec: nothing of it may be served protected, and so nothing of it may be served.
    #[error("codec {0} cannot be protected with {1:?}")]
    UnsupportedCodec(String, Scheme),
    /// The source's media: one sample cannot be taken apart as its codec demands.
    #[error("sample {sample}: {reason}")]
    Sample { sample: u32, reason: String },
    /// The source's codec configuration.
    #[error("codec configuration: {0}")]
    CodecConfig(String),
    /// The source's sample entry.
    #[error("sample entry: {0}")]
    SampleEntry(String),
    /// The caller put the samples of two tracks into one [`SegmentAux`](crate::SegmentAux).
    #[error("auxiliary information of samples protected in different ways in one segment")]
    MixedAux,
    /// The caller's buffer is too short for the segment and its padding ([`aes128`](crate::aes128)).
    #[error("no room to pad {len} bytes in a buffer of {got}")]
    PaddingRoom { len: usize, got: usize },
    /// The configuration's or a requester's key identifier.
    #[error("a key id is a UUID (8-4-4-4-12) or 32 hexadecimal digits")]
    KeyId,
    /// The configuration's content key. Says nothing of what was given.
    #[error("a content key is 32 hexadecimal digits")]
    ContentKey,
    /// Whoever made the `pssh` boxes.
    #[error("pssh at {offset}: {reason}")]
    Pssh { offset: usize, reason: &'static str },
    /// Whoever made the data of a Widevine box.
    #[error("Widevine data at {offset}: {reason}")]
    Widevine { offset: usize, reason: &'static str },
    /// Whoever made the PlayReady object, or the configuration that a header is to be made of.
    #[error("PlayReady: {0}")]
    PlayReady(String),
    /// The configuration's or a key server's XML.
    #[error("XML: {0}")]
    Fragment(String),
    /// The key server's lines for a playlist.
    #[error("HLS signalling: {0}")]
    HlsLines(String),
    /// The configuration's template.
    #[error("template {template:?}: {reason}")]
    Template { template: String, reason: String },
    /// The key server: what it dictates for a DRM system cannot be sent on.
    #[error("the key server's {what} for {system}: {reason}")]
    Said {
        system: System,
        what: &'static str,
        reason: String,
    },
    /// The player that asks for a licence.
    #[error("licence request: {0}")]
    LicenceRequest(String),
}
