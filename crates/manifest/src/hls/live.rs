//! Live media playlists (draft-pantos-hls-rfc8216bis, protocol 13): pure functions of a [`Window`].
//!
//! Low latency is a matter of [`Control::part_target_ms`]: with it the playlist has EXT-X-PART, EXT-X-PRELOAD-HINT and
//! the segment that is still growing; without it, whole segments only. Either can be asked for with blocking reload
//! ([`Directives`]) and as a delta update ([`delta`]).
//!
//! # Names
//! Relative to the playlist, which is `{track}/index.m3u8`: see [`Names`].
mod control;
mod directives;
mod listing;
mod names;
mod report;
mod segments;

use edgepack_packager::live::Window;
use edgepack_packager::{TextForm, TrackProtection};

pub use super::date_range::{DateRange, DateRanges, RemovedDateRange, Value};
pub use crate::Nature;
pub use control::Control;
pub use directives::{Directives, Refused, Skip, Wait, longest_wait_ms};
pub use names::{Names, header_period};
pub use report::{Position, Report};

use super::{
    Container, INDEPENDENT, VERSION_CMAF, VERSION_SKIP, VERSION_SKIP_DATE_RANGES, is_in_cmaf,
    push_header,
};
use crate::error::Result;
use crate::outline::Outline;
use crate::text::{push_fixed, push_number};
use crate::{Protection, View};
use listing::Listing;

/// Bytes of a segment's lines with its parts, roughly.
const BYTES_PER_SEGMENT: usize = 160;
const BYTES_OF_HEADER: usize = 2048;

/// What a live media playlist is written from.
#[derive(Debug, Clone, Copy)]
pub struct LiveView<'a> {
    /// Of the track, or a stretch of it for start-over and catch-up. With `ended` set there, the playlist ends.
    pub window: &'a Window,
    /// The channel's present life, which what comes next is named after. What is there has its own:
    /// [`Segment::epoch`](edgepack_packager::live::Segment::epoch).
    pub epoch: u32,
    /// EXT-X-PLAYLIST-TYPE (8216bis, 4.4.3.5).
    pub nature: Nature,
    /// No segment needs another to be decoded: not with open groups of pictures.
    pub independent: bool,
    pub control: Control,
    /// Of the channel's other media playlists.
    pub reports: &'a [Report<'a>],
    pub date_ranges: DateRanges<'a>,
    /// None: clear.
    pub protection: Option<LiveProtection<'a>>,
    /// EXT-X-START: where players begin, milliseconds from the beginning, or from the end where negative.
    pub start_ms: Option<i64>,
}

/// Of a live line. Crypto periods begin at media sequence numbers: `CryptoPeriod::first_segment` is one, the first
/// period's is 0. `CryptoPeriod::number` stays what it is when earlier periods are dropped from the list, since headers
/// are named after it.
#[derive(Debug, Clone, Copy)]
pub struct LiveProtection<'a> {
    /// `tracks` is not looked at.
    pub protection: &'a Protection,
    pub track: &'a TrackProtection,
}

/// `{track}/index.m3u8`.
///
/// An empty window gives a playlist without segments, which players do not expect: answer 404 or 503 instead.
pub fn media(view: &LiveView<'_>) -> String {
    write(view, None)
}

/// The same as a delta update (8216bis, 6.2.5.1): EXT-X-SKIP stands for segments beyond the skip boundary, and for
/// their tags.
///
/// The EXT-X-KEY and EXT-X-MAP in force stand once more before the first segment that is left: hls.js takes the key,
/// and Shaka Player the header, from what an update itself says.
///
/// The whole playlist where there is nothing to skip, none may be skipped, or the playlist has ended.
pub fn delta(view: &LiveView<'_>, skip: Skip) -> String {
    write(view, Some(skip))
}

/// `index.m3u8` of a channel: as [`super::multivariant`] writes it, with tracks under their plain names
/// (`{name}/index.m3u8`), which stay the same when keys change, and without I-frame playlists.
///
/// The renditions need no segments: BANDWIDTH and AVERAGE-BANDWIDTH are their `peak_bandwidth` and `average_bandwidth`.
/// EXT-X-SESSION-KEY names the key of the first crypto period that each track lists. `query` is handed on to the media
/// playlists.
///
/// # Errors
/// Those of [`super::multivariant`].
pub fn multivariant(view: View<'_>, query: Option<&str>) -> Result<String> {
    is_in_cmaf(view)?;
    let view = View {
        trick_play: &[],
        ..view
    };
    let mut outline = Outline::new(view, TextForm::WebVtt)?;
    let entries = outline.entries.iter_mut().chain(&mut outline.whole);
    for entry in entries {
        entry.url_name.clone_from(&entry.rendition.name);
        entry.query = query.map(|query| format!("?{query}")).unwrap_or_default();
    }
    Ok(super::multivariant::write(&outline, Container::Cmaf))
}

impl LiveView<'_> {
    /// Nothing will be added.
    fn is_closed(&self) -> bool {
        self.window.ended || self.nature == Nature::Vod
    }
}

fn write(view: &LiveView<'_>, skip: Option<Skip>) -> String {
    let listing = Listing::of(view);
    // Directives are ignored where the playlist has ended (8216bis, 6.2.5.1).
    let skip = skip.filter(|_| !view.is_closed() && listing.skippable > 0);
    let bytes = BYTES_OF_HEADER + view.window.segments.len() * BYTES_PER_SEGMENT;
    let mut out = String::with_capacity(bytes);
    push_header(
        &mut out,
        match skip {
            None => VERSION_CMAF,
            Some(Skip::Segments) => VERSION_SKIP,
            Some(Skip::DateRanges) => VERSION_SKIP_DATE_RANGES,
        },
    );
    if view.independent {
        out.push_str(INDEPENDENT);
    }
    out.push_str("#EXT-X-TARGETDURATION:");
    push_number(&mut out, listing.figures.target);
    out.push('\n');
    listing.figures.push_control(&mut out, view);
    out.push_str("#EXT-X-MEDIA-SEQUENCE:");
    let first = view.window.segments.first();
    push_number(&mut out, first.map_or(0, |segment| segment.number));
    out.push_str("\n#EXT-X-DISCONTINUITY-SEQUENCE:");
    push_number(&mut out, view.window.discontinuities_gone);
    out.push('\n');
    out.push_str(match view.nature {
        Nature::Sliding => "",
        Nature::Event => "#EXT-X-PLAYLIST-TYPE:EVENT\n",
        Nature::Vod => "#EXT-X-PLAYLIST-TYPE:VOD\n",
    });
    if let Some(ms) = view.start_ms {
        out.push_str("#EXT-X-START:TIME-OFFSET=");
        if ms < 0 {
            out.push('-');
        }
        push_fixed(&mut out, ms.unsigned_abs(), 3);
        out.push('\n');
    }
    let skipped_ranges = (skip == Some(Skip::DateRanges)).then_some(listing.figures.skip_until_ms);
    let oldest = skipped_ranges
        .flatten()
        .map(|ms| view.date_ranges.now_ms.saturating_sub_unsigned(ms));
    view.date_ranges.push(&mut out, oldest);
    let skipped = if skip.is_some() { listing.skippable } else { 0 };
    if skipped > 0 {
        out.push_str("#EXT-X-SKIP:SKIPPED-SEGMENTS=");
        push_number(&mut out, skipped as u64);
        if let Some(oldest) = oldest {
            view.date_ranges.push_removed(&mut out, oldest);
        }
        out.push('\n');
    }
    segments::push(&mut out, view, &listing, skipped);
    if view.is_closed() {
        out.push_str("#EXT-X-ENDLIST\n");
    } else {
        for report in view.reports {
            report.push(&mut out, &view.control);
        }
    }
    out
}

#[cfg(test)]
mod tests;
