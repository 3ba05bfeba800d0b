//! DASH (ISO/IEC 23009-1): the static MPD.
mod protection;
mod representation;
mod sets;
mod timeline;

use crate::View;
use crate::outline::Outline;
use crate::text::{push_attribute, push_iso_duration, rescale};

const PROFILES: &str = "urn:mpeg:dash:profile:isoff-live:2011,urn:mpeg:dash:profile:cmaf:2019";
/// How much a player at exactly `@bandwidth` must hold before it starts (5.3.1.2). Bandwidths are
/// those of the heaviest segment, which leaves headroom everywhere else.
const MIN_BUFFER_MS: u64 = 2000;
/// `<S t="123456789" d="123456" r="12"/>` and its indent, rounded up.
const BYTES_PER_RUN: usize = 48;

/// The static MPD of a view: SegmentTemplate `$RepresentationID$/$Number$.m4s` with a
/// SegmentTimeline; `Representation@id` is the URL's track element.
///
/// `S@t` is presentation time: the encoder delay of audio is taken off by the edit list in the
/// header, which players apply before MPD time means anything, so no `presentationTimeOffset`.
pub fn mpd(view: View<'_>) -> String {
    write(&Outline::new(view))
}

fn write(outline: &Outline<'_>) -> String {
    let segments: usize = outline
        .entries
        .iter()
        .map(|entry| entry.rendition.segments.len())
        .sum();
    let mut out = String::with_capacity(4096 + segments * BYTES_PER_RUN);
    out.push_str("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    out.push_str("<MPD xmlns=\"urn:mpeg:dash:schema:mpd:2011\"");
    if outline.protection.is_some() {
        out.push_str(" xmlns:cenc=\"urn:mpeg:cenc:2013\" xmlns:dashif=\"https://dashif.org/CPS\"");
    }
    push_attribute(&mut out, "profiles", PROFILES);
    out.push_str(" type=\"static\" mediaPresentationDuration=\"");
    push_iso_duration(&mut out, outline.duration_ms);
    out.push_str("\" maxSegmentDuration=\"");
    push_iso_duration(&mut out, longest_segment_ms(outline));
    out.push_str("\" minBufferTime=\"");
    push_iso_duration(&mut out, MIN_BUFFER_MS);
    out.push_str("\">\n  <Period id=\"0\" start=\"PT0S\">\n");
    let sets = sets::of(outline);
    for set in &sets {
        sets::push(&mut out, outline.protection, set, &sets);
    }
    out.push_str("  </Period>\n</MPD>\n");
    out
}

fn longest_segment_ms(outline: &Outline<'_>) -> u64 {
    let longest = |entry: &crate::outline::Entry<'_>| {
        let units = entry
            .rendition
            .segments
            .iter()
            .map(|segment| segment.duration)
            .max();
        rescale(units.unwrap_or(0), entry.rendition.timescale, 1000)
    };
    outline.entries.iter().map(longest).max().unwrap_or(0)
}

#[cfg(test)]
mod tests;
