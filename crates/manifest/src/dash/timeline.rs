//! SegmentTemplate with SegmentTimeline (ISO/IEC 23009-1, 5.3.9.4 and 5.3.9.6).
use edgepack_packager::Rendition;

use crate::text::{push_attribute_number, push_number};

/// All boundaries coincide, whatever the timescales.
pub(super) fn aligned(a: &Rendition, b: &Rendition) -> bool {
    let at = |units: u64, timescale: u32| u128::from(units) * u128::from(timescale);
    a.segments.len() == b.segments.len()
        && a.segments.iter().zip(&b.segments).all(|(x, y)| {
            at(x.start, b.timescale) == at(y.start, a.timescale)
                && at(x.start + x.duration, b.timescale) == at(y.start + y.duration, a.timescale)
        })
}

/// The same numbers in the same timescale.
pub(super) fn same(a: &Rendition, b: &Rendition) -> bool {
    a.timescale == b.timescale
        && a.segments.len() == b.segments.len()
        && a.segments
            .iter()
            .zip(&b.segments)
            .all(|(x, y)| (x.start, x.duration) == (y.start, y.duration))
}

pub(super) fn push_template(out: &mut String, indent: &str, rendition: &Rendition) {
    out.push_str(indent);
    out.push_str("<SegmentTemplate");
    push_attribute_number(out, "timescale", u64::from(rendition.timescale));
    out.push_str(" initialization=\"$RepresentationID$/init.mp4\"");
    out.push_str(" media=\"$RepresentationID$/$Number$.m4s\" startNumber=\"1\">\n");
    out.push_str(indent);
    out.push_str("  <SegmentTimeline>\n");
    push_runs(out, indent, rendition);
    out.push_str(indent);
    out.push_str("  </SegmentTimeline>\n");
    out.push_str(indent);
    out.push_str("</SegmentTemplate>\n");
}

/// Equal durations in a row are one `S`; `t` stands on the first and after a jump.
fn push_runs(out: &mut String, indent: &str, rendition: &Rendition) {
    let segments = &rendition.segments;
    let mut expected = None;
    let mut at = 0;
    while at < segments.len() {
        let first = segments[at];
        let mut repeats = 0_u64;
        let mut end = first.start + first.duration;
        while let Some(next) = segments.get(at + 1)
            && next.duration == first.duration
            && next.start == end
        {
            end += next.duration;
            repeats += 1;
            at += 1;
        }
        at += 1;
        out.push_str(indent);
        out.push_str("    <S");
        if expected != Some(first.start) {
            push_attribute_number(out, "t", first.start);
        }
        push_attribute_number(out, "d", first.duration);
        if repeats > 0 {
            out.push_str(" r=\"");
            push_number(out, repeats);
            out.push('"');
        }
        out.push_str("/>\n");
        expected = Some(end);
    }
}
