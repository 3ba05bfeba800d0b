//! HLS (RFC 8216 and draft-pantos-hls-rfc8216bis): multivariant and media playlists of VOD.
mod keys;
mod media;
mod multivariant;

use edgepack_packager::Rendition;

use crate::View;
use crate::outline::Outline;

/// EXT-X-MAP outside I-frame playlists needs 6, KEYFORMAT 5; 7 is what the field writes for
/// fragmented MP4.
const VERSION: u64 = 7;

/// The multivariant playlist: every video rung with every audio group; URIs are
/// `{url_name}/index.m3u8`.
pub fn multivariant(view: View<'_>) -> String {
    multivariant::write(&Outline::new(view))
}

/// The media playlist `{track}/index.m3u8` of a rendition of `view`: segment URIs are relative,
/// `init.mp4` and `{n}.m4s` with n from 1.
///
/// A rendition that a protected view has no protection for gets a playlist without segments.
pub fn media(view: View<'_>, rendition: &Rendition) -> String {
    let at = view
        .presentation
        .renditions
        .iter()
        .position(|other| other.name == rendition.name);
    let track = view
        .protection
        .map(|protection| at.and_then(|at| protection.tracks.get(at)));
    match track {
        None => media::write(rendition, None),
        Some(Some(track)) => media::write(rendition, view.protection.map(|p| (p, track))),
        Some(None) => media::write(
            &Rendition {
                segments: Vec::new(),
                ..rendition.clone()
            },
            None,
        ),
    }
}

fn push_header(out: &mut String) {
    out.push_str("#EXTM3U\n#EXT-X-VERSION:");
    crate::text::push_number(out, VERSION);
    out.push_str("\n#EXT-X-INDEPENDENT-SEGMENTS\n");
}

#[cfg(test)]
mod tests;
