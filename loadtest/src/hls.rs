//! HLS playlists of any server (draft-pantos-hls-rfc8216bis), low latency included, as a player reads them.
//!
//! Reading is tolerant: what a player can live with is read, and told in `faults`, which [`crate::verify::hls`] turns
//! into violations.
use std::collections::BTreeMap;

use url::Url;

use crate::presentation::{Kind, Media, Presentation, ReadError, Rung, Source, Track};
use crate::verify::Violation;

pub(crate) mod date;
mod groups;
mod keys;
mod list;
mod live;
mod master;
#[cfg(test)]
pub(crate) mod tests;
mod text;

/// Most of what one playlist may announce; each segment takes some hundred bytes.
pub const MAX_SEGMENTS: usize = 100_000;

/// A multivariant playlist.
#[derive(Clone, Debug, PartialEq)]
pub struct Multivariant {
    pub presentation: Presentation,
    /// `EXT-X-VERSION`, 1 without.
    pub version: u32,
    /// Lowest versions that its tags ask for, with the tag and its line.
    pub needs: BTreeMap<&'static str, (u32, usize)>,
    /// What is wrong with its text. Bounded.
    pub faults: Vec<Violation>,
    /// Of `EXT-X-DEFINE`, for media playlists that import them.
    pub variables: BTreeMap<String, String>,
}

/// A media playlist; of a delta update the whole that it stands for.
#[derive(Clone, Debug, PartialEq)]
pub struct MediaPlaylist {
    pub media: Media,
    pub version: u32,
    /// Lowest versions that its tags ask for, with the tag and its line.
    pub needs: BTreeMap<&'static str, (u32, usize)>,
    /// `EXT-X-TARGETDURATION`, seconds; the longest segment where it is missing.
    pub target_duration: f64,
    pub kind: Option<PlaylistType>,
    /// `EXT-X-ENDLIST`.
    pub ended: bool,
    /// `EXT-X-I-FRAMES-ONLY`.
    pub iframes_only: bool,
    /// `EXT-X-MEDIA-SEQUENCE`.
    pub media_sequence: u64,
    /// `PART-TARGET`.
    pub part_target: Option<f64>,
    /// `EXT-X-SERVER-CONTROL`, as told.
    pub control: Control,
    /// `SKIPPED-SEGMENTS`, where it came as a delta update.
    pub skipped: Option<u64>,
    /// What is wrong with its text. Bounded.
    pub faults: Vec<Violation>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlaylistType {
    Event,
    Vod,
}

/// `EXT-X-SERVER-CONTROL` (4.4.3.8), seconds.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Control {
    pub hold_back: Option<f64>,
    pub part_hold_back: Option<f64>,
    pub skip_until: Option<f64>,
    pub block_reload: bool,
}

/// Reads a multivariant playlist. Of a media playlist, `Err(ReadError::OtherPlaylist)`: its URL is all there is to
/// play, see [`single`].
pub fn multivariant(url: &Url, text: &str) -> Result<Multivariant, ReadError> {
    master::read(url, text)
}

/// The presentation of a media playlist that stands alone.
pub fn single(url: &Url) -> Presentation {
    Presentation {
        tracks: vec![Track {
            kind: Kind::Video,
            language: None,
            default: true,
            rungs: vec![Rung {
                name: "single".to_owned(),
                bandwidth: 0,
                height: None,
                codecs: String::new(),
                source: Source::Playlist(url.clone()),
            }],
        }],
        location: None,
        clocks: Vec::new(),
    }
}

/// Reads a media playlist at `url`, where it was got after redirects.
///
/// `previous` is what the same playlist was before: a delta update is completed from it. `variables` are those of the
/// multivariant playlist.
pub fn media(
    url: &Url,
    text: &str,
    variables: &BTreeMap<String, String>,
    previous: Option<&MediaPlaylist>,
) -> Result<MediaPlaylist, ReadError> {
    list::read(url, text, variables, previous)
}
