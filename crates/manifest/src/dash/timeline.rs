//! SegmentTimeline (ISO/IEC 23009-1, 5.3.9.6).
use edgepack_packager::{Segment, TrickFrame};

use super::slices::Member;
use crate::text::{push_attribute_number, push_number};

/// (start, duration).
pub(super) type Span = (u64, u64);

pub(super) fn span(segment: &Segment) -> Span {
    (segment.start, segment.duration)
}

pub(super) fn frame_span(frame: &TrickFrame) -> Span {
    (frame.start, frame.duration)
}

/// All boundaries coincide, whatever the timescales.
pub(super) fn aligned(a: &Member<'_, '_>, b: &Member<'_, '_>) -> bool {
    let at = |units: u64, timescale: u32| u128::from(units) * u128::from(timescale);
    let (of_a, of_b) = (a.timescale(), b.timescale());
    a.segments().len() == b.segments().len()
        && a.segments().iter().zip(b.segments()).all(|(x, y)| {
            at(x.start, of_b) == at(y.start, of_a)
                && at(x.start + x.duration, of_b) == at(y.start + y.duration, of_a)
        })
}

/// The same numbers in the same timescale, from the same segment on under headers of the same name.
pub(super) fn same(a: &Member<'_, '_>, b: &Member<'_, '_>) -> bool {
    a.timescale() == b.timescale()
        && (a.range.start, a.crypto) == (b.range.start, b.crypto)
        && a.segments()
            .iter()
            .map(span)
            .eq(b.segments().iter().map(span))
}

/// Equal durations in a row are one `S`; `t` stands on the first and after a jump.
pub(super) fn push(out: &mut String, indent: &str, spans: impl Iterator<Item = Span>) {
    out.push_str(indent);
    out.push_str("  <SegmentTimeline>\n");
    let mut spans = spans.peekable();
    let mut expected = None;
    while let Some((start, duration)) = spans.next() {
        let mut repeats = 0_u64;
        let mut end = start + duration;
        while spans.next_if(|next| *next == (end, duration)).is_some() {
            end += duration;
            repeats += 1;
        }
        out.push_str(indent);
        out.push_str("    <S");
        if expected != Some(start) {
            push_attribute_number(out, "t", start);
        }
        push_attribute_number(out, "d", duration);
        if repeats > 0 {
            out.push_str(" r=\"");
            push_number(out, repeats);
            out.push('"');
        }
        out.push_str("/>\n");
        expected = Some(end);
    }
    out.push_str(indent);
    out.push_str("  </SegmentTimeline>\n");
}
