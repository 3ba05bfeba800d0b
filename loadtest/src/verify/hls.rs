//! The rules of draft-pantos-hls-rfc8216bis.
use super::Violation;
use crate::hls::{MediaPlaylist, Multivariant};

/// Of a multivariant playlist alone.
pub fn multivariant(playlist: &Multivariant) -> Vec<Violation> {
    todo!()
}

/// Of a media playlist alone.
pub fn media(playlist: &MediaPlaylist) -> Vec<Violation> {
    todo!()
}

/// Between two loads of one media playlist.
pub fn reload(before: &MediaPlaylist, after: &MediaPlaylist) -> Vec<Violation> {
    todo!()
}

/// A playlist completed from a delta update, and the same in full, fetched at about the same time.
pub fn delta(completed: &MediaPlaylist, full: &MediaPlaylist) -> Vec<Violation> {
    todo!()
}
