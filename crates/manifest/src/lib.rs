//! HLS and DASH writers: pure functions of a [`Presentation`], its protection and a viewer's filter.
//!
//! Every URI written here is relative to the manifest it stands in, so that a token riding as a path prefix, or a CDN
//! in front, needs no rewriting.
#![forbid(unsafe_code)]

mod codec;
pub mod dash;
mod error;
pub mod filter;
mod follow;
pub mod hls;
mod language;
mod media;
mod outline;
#[cfg(test)]
mod sample;
mod text;

use edgepack_drm::{Scheme, TrackEncryption};
use edgepack_packager::ondemand::Layout;
use edgepack_packager::{Presentation, TrickPlay};

pub use error::{Error, Result};
pub use filter::{Filter, FilterError};

/// What a manifest is written from.
#[derive(Debug, Clone, Copy)]
pub struct View<'a> {
    pub presentation: &'a Presentation,
    pub protection: Option<&'a Protection>,
    /// Of multivariant playlists and MPDs; media playlists are the same whatever the filter.
    pub filter: &'a Filter,
    /// The sync samples of each of `Presentation::renditions`, same order; what is missing has no trick play.
    pub trick_play: &'a [Option<TrickPlay>],
}

impl<'a> View<'a> {
    /// Clear, unfiltered, without trick play.
    pub fn new(presentation: &'a Presentation) -> Self {
        Self {
            presentation,
            protection: None,
            filter: Filter::everything(),
            trick_play: &[],
        }
    }
}

/// How renditions are protected and where players find keys.
#[derive(Debug, Clone)]
pub struct Protection {
    pub scheme: Scheme,
    /// One per `Presentation::renditions`, same order. None: text and images, which stay clear; audio and video
    /// without one are left out of every manifest: a protected view never names media as clear.
    pub tracks: Vec<Option<TrackEncryption>>,
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
