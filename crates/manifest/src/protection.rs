//! How a view is protected: what both writers signal.
use std::collections::BTreeMap;

use edgepack_drm::{KeyId, Signal};
use edgepack_packager::TrackProtection;

/// The URL's protection, other than clear.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Method {
    /// Samples in CMAF in counter mode (ISO/IEC 23001-7, 10.1).
    Cenc,
    /// Samples in CMAF in CBC mode with a pattern (ISO/IEC 23001-7, 10.4).
    Cbcs,
    /// Segments as a whole, in CMAF, MPEG-TS and packed audio: HLS only.
    Aes128,
    /// Frames and slices in MPEG-TS and packed audio: HLS only.
    SampleAes,
}

/// How renditions are protected and where players find keys.
#[derive(Debug, Clone)]
pub struct Protection {
    pub method: Method,
    /// One per `Presentation::renditions`, same order. None: text and images, which stay clear; audio and video
    /// without one are left out of every manifest: a protected view never names media as clear.
    pub tracks: Vec<Option<TrackProtection>>,
    /// What DRM systems say of each key, in the order they are written.
    pub signals: BTreeMap<KeyId, Vec<Signal>>,
    /// The node answers ClearKey licence requests.
    pub clear_key: Option<ClearKey>,
    /// Where raw keys are, `{kid}` standing for 32 lower-case hex digits. None: `../{kid}.key`, relative to the media
    /// playlist. Written as KEYFORMAT `identity`: for AES-128 and SAMPLE-AES always, for `cenc` and `cbcs` where there
    /// is a `clear_key`.
    pub key_uri: Option<String>,
}

/// DASH: `dashif:Laurl`; HLS: KEYFORMAT `org.w3.clearkey`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClearKey {
    /// Absolute.
    pub licence_url: String,
}

impl Protection {
    /// Of a key, in the order they are written.
    pub(crate) fn signals(&self, kid: KeyId) -> &[Signal] {
        self.signals.get(&kid).map_or(&[], Vec::as_slice)
    }

    /// Common encryption of CMAF, which DASH knows as well.
    pub(crate) fn is_common(&self) -> bool {
        matches!(self.method, Method::Cenc | Method::Cbcs)
    }
}
