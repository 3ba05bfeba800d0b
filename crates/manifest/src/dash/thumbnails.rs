//! Sets of thumbnails (DASH-IF IOP 4.3, 6.2.6): sheets of tiles as images.
use edgepack_packager::Media;

use super::addressing::{Addressing, push_offset};
use super::sets::Set;
use super::slices::Member;
use super::timeline;
use crate::text::{
    push_attribute, push_attribute_number, push_attribute_pair, push_number, push_path_element,
};

/// Sheets are files of their own: an MPD of single files has none.
pub(super) fn push(out: &mut String, addressing: Addressing<'_>, set: &Set<'_, '_>) {
    if !matches!(addressing, Addressing::Template(_)) {
        return;
    }
    out.push_str("    <AdaptationSet");
    push_attribute_number(out, "id", set.id);
    out.push_str(" contentType=\"image\" mimeType=\"image/jpeg\">\n");
    for member in &set.members {
        push_representation(out, member);
    }
    out.push_str("    </AdaptationSet>\n");
}

fn push_representation(out: &mut String, member: &Member<'_, '_>) {
    let entry = member.entry;
    let Media::Image {
        width,
        height,
        tiles,
    } = entry.rendition.media
    else {
        return;
    };
    out.push_str("      <Representation id=\"");
    push_path_element(out, &entry.url_name);
    out.push('"');
    push_attribute_number(out, "bandwidth", entry.rendition.peak_bandwidth.max(1));
    push_attribute_number(out, "width", u64::from(width));
    push_attribute_number(out, "height", u64::from(height));
    out.push_str(">\n        <EssentialProperty");
    push_attribute(
        out,
        "schemeIdUri",
        "http://dashif.org/guidelines/thumbnail_tile",
    );
    let grid = (u64::from(tiles.columns), u64::from(tiles.rows));
    push_attribute_pair(out, "value", grid, 'x');
    out.push_str("/>\n        <SegmentTemplate");
    push_attribute_number(out, "timescale", u64::from(entry.rendition.timescale));
    match even(member) {
        // Players of thumbnails read @duration more widely than a timeline.
        Some(duration) => {
            push_attribute_number(out, "duration", duration);
            push_media(out, member);
            out.push_str("/>\n");
        }
        None => {
            push_offset(out, member);
            push_media(out, member);
            out.push_str(">\n");
            let spans = member.segments().iter().map(timeline::span);
            timeline::push(out, "        ", spans);
            out.push_str("        </SegmentTemplate>\n");
        }
    }
    out.push_str("      </Representation>\n");
}

fn push_media(out: &mut String, member: &Member<'_, '_>) {
    out.push_str(" media=\"$RepresentationID$/$Number$.jpg\" startNumber=\"");
    push_number(out, member.range.start as u64 + 1);
    out.push('"');
}

/// How long each sheet lasts, where all but the last last equally long, from the beginning of the Period on: segments
/// with `@duration` are counted from there.
fn even(member: &Member<'_, '_>) -> Option<u64> {
    let segments = member.segments();
    let first = segments.first()?;
    let (last, rest) = segments.split_last()?;
    let starts = (0..).map(|index: u64| member.offset + index * first.duration);
    let on_grid = starts
        .zip(segments)
        .all(|(start, segment)| segment.start == start);
    let equal = rest
        .iter()
        .all(|segment| segment.duration == first.duration);
    (on_grid && equal && last.duration <= first.duration).then_some(first.duration)
}
