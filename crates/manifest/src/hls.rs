//! HLS (RFC 8216 and draft-pantos-hls-rfc8216bis): multivariant and media playlists, of VOD and [`live`].
mod bandwidth;
mod cover;
mod date;
mod date_range;
mod groups;
mod images;
mod keys;
pub mod live;
mod media;
mod multivariant;
mod names;
mod playlist;
mod restrictions;
mod variant;

use edgepack_packager::{Kind, Rendition, TextForm};

pub use date_range::{DateRange, Dates, Value};

use crate::error::{Error, Result};
use crate::outline::Outline;
use crate::text::push_number;
use crate::{Layout, Method, View};

/// EXT-X-MAP outside I-frame playlists needs 6, KEYFORMAT 5; 7 is what the field writes for fragmented MP4.
const VERSION_CMAF: u64 = 7;
/// EXT-X-MEDIA needs 4; nothing else in MPEG-TS and packed audio needs more …
const VERSION_TS: u64 = 4;
/// … but KEYFORMAT.
const VERSION_KEY_FORMAT: u64 = 5;
/// INSTREAM-ID of CEA-708 (8216bis, 8).
const VERSION_SERVICE: u64 = 7;
/// EXT-X-SKIP (8216bis, 8) …
const VERSION_SKIP: u64 = 9;
/// … and where it stands for date ranges too.
const VERSION_SKIP_DATE_RANGES: u64 = 10;
/// Attributes whose names begin with REQ- (8216bis, 8).
const VERSION_REQUIRED_LAYOUT: u64 = 12;

/// Where no segment needs another to be decoded (8216bis, 4.4.2.1).
const INDEPENDENT: &str = "#EXT-X-INDEPENDENT-SEGMENTS\n";

/// What a presentation's segments are wrapped in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Container {
    Cmaf,
    /// CMAF in one file per track, addressed by byte ranges.
    OnDemand,
    /// Video with its default audio in MPEG-TS, other audio packed.
    TransportStream,
}

/// `index.m3u8`: every video rung with every audio group; URIs are `{track}/index.m3u8`, `{track}/iframes.m3u8`.
///
/// # Errors
/// [`Error::NothingLeft`] by the filter; [`Error::NothingToOffer`] under SAMPLE-AES, which is not for CMAF.
pub fn multivariant(view: View<'_>) -> Result<String> {
    is_in_cmaf(view)?;
    let outline = Outline::new(view, TextForm::WebVtt)?;
    Ok(multivariant::write(&outline, Container::Cmaf))
}

/// `ondemand.m3u8`: the same, URIs `{track}/ondemand.m3u8`; text and images stay segmented. `layouts`: one per
/// `Presentation::renditions`; video and audio without one are left out.
///
/// # Errors
/// [`Error::NothingLeft`] by the filter, [`Error::NothingToOffer`] where no video, or no audio, has a layout, and where
/// keys change, the beginning is clear, or the protection is not common encryption.
pub fn ondemand(view: View<'_>, layouts: &[Option<Layout>]) -> Result<String> {
    let outline = Outline::new(view, TextForm::WebVtt)?.for_single_files(layouts)?;
    Ok(multivariant::write(&outline, Container::OnDemand))
}

/// `index-ts.m3u8`: each rung muxed with the default audio of each group (`{video}+{audio}/index-ts.m3u8`), other
/// audio packed (`{audio}/index-packed.m3u8`), subtitles as WebVTT on the clock of the transport stream
/// (`{text}/index-ts.m3u8`).
///
/// # Errors
/// [`Error::NothingToOffer`] under common encryption, and where nothing has a form in MPEG-TS;
/// [`Error::NothingLeft`] by the filter.
pub fn multivariant_ts(view: View<'_>) -> Result<String> {
    let outline = Outline::new_for_transport_stream(view)?;
    Ok(multivariant::write(&outline, Container::TransportStream))
}

/// `{track}/index.m3u8`: `init.mp4` and `{n}.m4s` with n from 1; of WebVTT `{n}.vtt`, of thumbnails `{n}.jpg`.
///
/// It goes on through the other periods, with `../{other track}/…`.
///
/// # Errors
/// [`Error::Unprotected`]; [`Error::NothingToOffer`] of all but thumbnails under SAMPLE-AES.
pub fn media(view: View<'_>, rendition: &Rendition) -> Result<String> {
    if rendition.kind() != Kind::Image {
        is_in_cmaf(view)?;
    }
    let outline = Outline::whole(view);
    let entry = outline.find(rendition)?;
    if rendition.kind() == Kind::Image {
        return Ok(images::playlist(&outline, entry));
    }
    Ok(media::segments(&outline, entry))
}

/// `{track}/iframes.m3u8`: `i{n}.m4s`, one sync sample each.
///
/// # Errors
/// [`Error::NoSuchPlaylist`] of a track without trick play in the view; [`Error::Unprotected`];
/// [`Error::NothingToOffer`] under SAMPLE-AES.
pub fn iframes(view: View<'_>, rendition: &Rendition) -> Result<String> {
    is_in_cmaf(view)?;
    let outline = Outline::whole(view);
    media::iframes(&outline, outline.find(rendition)?)
}

/// `{track}/thumbnails.vtt`: a cue per thumbnail, `{n}.jpg#xywh=…`.
///
/// # Errors
/// [`Error::NoSuchPlaylist`] of a track that is no thumbnails.
pub fn thumbnails_vtt(view: View<'_>, rendition: &Rendition) -> Result<String> {
    let outline = Outline::whole(view);
    images::sprites(&outline, outline.find(rendition)?)
}

/// `{first}+{audio}/index-ts.m3u8`, or of video alone, or of subtitles: `{n}.ts`; subtitles `ts{n}.vtt`.
///
/// # Errors
/// [`Error::NoSuchPlaylist`] of tracks that do not go together in a transport stream, [`Error::NothingToOffer`] under
/// common encryption; [`Error::Unprotected`].
pub fn media_ts(view: View<'_>, first: &Rendition, audio: Option<&Rendition>) -> Result<String> {
    let outline = Outline::whole(view).for_transport_stream()?;
    media::transport_stream(&outline, first, audio)
}

/// `{audio}/index-packed.m3u8`: `{n}.aac`, `.ac3`, `.ec3` or `.mp3`.
///
/// # Errors
/// [`Error::NoSuchPlaylist`] of what cannot be packed, [`Error::NothingToOffer`] under common encryption;
/// [`Error::Unprotected`].
pub fn media_packed(view: View<'_>, rendition: &Rendition) -> Result<String> {
    let outline = Outline::whole(view).for_transport_stream()?;
    media::packed(&outline, rendition)
}

/// `{track}/ondemand.m3u8`: byte ranges of `media.mp4`. `layouts`: one per `Presentation::renditions`.
///
/// # Errors
/// [`Error::NoSuchPlaylist`] of a track without a layout; [`Error::NothingToOffer`] where no video, or no audio, has
/// one, and where keys change, the beginning is clear, or the protection is not common encryption;
/// [`Error::Unprotected`].
pub fn media_ondemand(
    view: View<'_>,
    rendition: &Rendition,
    layouts: &[Option<Layout>],
) -> Result<String> {
    let outline = Outline::whole(view).for_single_files(layouts)?;
    media::ranges(&outline, rendition, layouts)
}

fn no_such_playlist(rendition: &Rendition, wanted: &'static str) -> Error {
    Error::NoSuchPlaylist {
        rendition: rendition.name.clone(),
        wanted,
    }
}

/// # Errors
/// [`Error::NothingToOffer`] under SAMPLE-AES, which means other bytes in CMAF: those of `cbcs`.
fn is_in_cmaf(view: View<'_>) -> Result<()> {
    match view.protection.map(|protection| protection.method) {
        Some(Method::SampleAes) => Err(Error::NothingToOffer { form: "CMAF" }),
        _ => Ok(()),
    }
}

/// Of media playlists in MPEG-TS and packed audio.
fn version_ts(outline: &Outline<'_>) -> u64 {
    match outline.protection {
        Some(protection) if keys::name_formats(protection) => VERSION_KEY_FORMAT,
        _ => VERSION_TS,
    }
}

fn push_header(out: &mut String, version: u64) {
    out.push_str("#EXTM3U\n#EXT-X-VERSION:");
    push_number(out, version);
    out.push('\n');
}

#[cfg(test)]
mod tests;
