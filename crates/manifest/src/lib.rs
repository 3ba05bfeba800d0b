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
mod nature;
mod outline;
#[cfg(test)]
mod outside;
mod protection;
#[cfg(test)]
mod sample;
mod text;

use edgepack_packager::ondemand::Layout;
use edgepack_packager::{Presentation, TrickPlay};

pub use error::{Error, Result};
pub use filter::{Filter, FilterError};
pub use nature::Nature;
pub use protection::{ClearKey, Method, Protection};

/// What a manifest is written from.
#[derive(Debug, Clone, Copy)]
pub struct View<'a> {
    pub presentation: &'a Presentation,
    pub protection: Option<&'a Protection>,
    /// Of multivariant playlists and MPDs; media playlists are the same whatever the filter.
    pub filter: &'a Filter,
    /// The sync samples of each of `Presentation::renditions`, same order; what is missing has no trick play.
    pub trick_play: &'a [Option<TrickPlay>],
    /// Of HLS media playlists. None: they have no dates.
    pub dates: Option<hls::Dates<'a>>,
}

impl<'a> View<'a> {
    /// Clear, unfiltered, without trick play.
    pub fn new(presentation: &'a Presentation) -> Self {
        Self {
            presentation,
            protection: None,
            filter: Filter::everything(),
            trick_play: &[],
            dates: None,
        }
    }
}
