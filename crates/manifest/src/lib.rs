//! HLS and DASH writers: pure functions of a [`Presentation`] and its protection.
//!
//! Every URI written here is relative to the manifest it stands in, so that a token riding as a
//! path prefix, or a CDN in front, needs no rewriting.
#![forbid(unsafe_code)]

pub mod dash;
pub mod hls;
mod outline;
#[cfg(test)]
mod sample;
mod text;

use edgepack_drm::{Scheme, TrackEncryption};
use edgepack_packager::Presentation;

/// What a manifest is written from.
#[derive(Debug, Clone, Copy)]
pub struct View<'a> {
    pub presentation: &'a Presentation,
    pub protection: Option<&'a Protection>,
}

/// How renditions are protected and where players find keys.
#[derive(Debug, Clone)]
pub struct Protection {
    pub scheme: Scheme,
    /// One per `Presentation::renditions`, same order. A rendition without one is left out of
    /// every manifest: a protected view never names media as clear.
    pub tracks: Vec<TrackEncryption>,
    pub systems: Vec<System>,
}

/// One DRM system as both manifests signal it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum System {
    /// W3C common `pssh` (`cenc:pssh` in DASH, a `data:` URI in HLS), made for each set's KIDs by
    /// the writer.
    W3cCommon,
    /// DASH: `dashif:Laurl` with this absolute URL. HLS: KEYFORMAT `org.w3.clearkey` with the same
    /// URL, and KEYFORMAT `identity` with URI `../{kid}.key` relative to the media playlist (that
    /// is, beside the multivariant playlist; 32 lower-case hex digits).
    ClearKey { licence_url: String },
}
