//! DRM systems: what manifests say of a key, so that a player finds its licence.
use crate::KeyId;
use bytes::Bytes;
use std::fmt;

mod config;
mod fragment;
mod hls_lines;
pub mod playready;
mod signals;
mod template;
#[cfg(test)]
mod tests;
pub mod widevine;

pub use config::{FairPlay, PlayReady, Systems, Widevine};
pub use fragment::{KNOWN_PREFIXES, MAX_FRAGMENT_BYTES, check_fragment};
pub use hls_lines::{Playlist, check_hls_lines};
pub use playready::HeaderVersion;
pub use signals::signals;

/// A DRM system by its id, as DASH-IF registers them. ClearKey stands apart: its address depends on the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum System {
    Widevine,
    PlayReady,
    FairPlay,
    /// Key ids and nothing else (W3C "cenc" Initialization Data Format); no system of its own.
    W3cCommon,
    /// One that only a key server can speak of.
    Other([u8; 16]),
}

impl System {
    /// In the order of the UUID's text, as in `pssh`.
    pub const fn id(self) -> [u8; 16] {
        let uuid: u128 = match self {
            Self::Widevine => 0xedef8ba9_79d6_4ace_a3c8_27dcd51d21ed,
            Self::PlayReady => 0x9a04f079_9840_4286_ab92_e65be0885f95,
            Self::FairPlay => 0x94ce86fb_07ff_4f43_adb8_93d2fa968ca2,
            Self::W3cCommon => 0x1077efec_c0b2_4d02_ace3_3c1e52e2fb4b,
            Self::Other(id) => return id,
        };
        uuid.to_be_bytes()
    }

    pub fn from_id(id: [u8; 16]) -> Self {
        [
            Self::Widevine,
            Self::PlayReady,
            Self::FairPlay,
            Self::W3cCommon,
        ]
        .into_iter()
        .find(|system| system.id() == id)
        .unwrap_or(Self::Other(id))
    }
}

impl fmt::Display for System {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Widevine => f.write_str("Widevine"),
            Self::PlayReady => f.write_str("PlayReady"),
            Self::FairPlay => f.write_str("FairPlay"),
            Self::W3cCommon => f.write_str("W3C common"),
            // The text of a key id is that of any UUID.
            Self::Other(id) => KeyId(*id).fmt(f),
        }
    }
}

/// What manifests write of one DRM system for one key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signal {
    pub system: System,
    /// A whole box, for `cenc:pssh`.
    pub pssh: Option<Bytes>,
    /// PlayReady object, for `mspr:pro`.
    pub pro: Option<Bytes>,
    /// For `dashif:Laurl`. Plain text: the writer escapes it.
    pub licence_url: Option<String>,
    /// XML that a key server dictates: replaces all that would stand inside `ContentProtection`.
    pub content_protection: Option<String>,
    pub hls: Option<HlsKey>,
    /// Whole EXT-X-KEY lines that a key server dictates, each ended by a line feed: replace what `hls` would become in
    /// media playlists.
    pub hls_media: Option<String>,
    /// Whole EXT-X-SESSION-KEY lines, likewise, in the multivariant playlist.
    pub hls_multivariant: Option<String>,
}

/// Attributes of EXT-X-KEY and EXT-X-SESSION-KEY; METHOD follows from the scheme and the container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HlsKey {
    /// Without quotes, controls or line breaks: fit for a quoted string.
    pub uri: String,
    pub key_format: String,
    pub key_format_versions: String,
    /// Whether KEYID says the key id.
    pub key_id: bool,
    /// Whether IV says the constant IV.
    pub iv: bool,
}
