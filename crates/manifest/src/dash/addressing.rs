//! How segments are found: by template, or in one file by its index.
use std::ops::Range;

use super::slices::Member;
use super::{PROFILES_LIVE, PROFILES_ON_DEMAND, Template, live, timeline};
use crate::Layout;
use crate::outline::Entry;
use crate::text::{push_attribute_number, push_number, push_path_element};

#[derive(Debug, Clone, Copy)]
pub(super) enum Addressing<'l> {
    Template(Template),
    /// One layout per `Presentation::renditions`.
    OnDemand(&'l [Option<Layout>]),
    /// One Period of a channel.
    Live(&'l live::Lines<'l>),
}

impl Addressing<'_> {
    pub(super) fn profiles(&self) -> &'static str {
        match self {
            Self::Template(_) | Self::Live(_) => PROFILES_LIVE,
            Self::OnDemand(_) => PROFILES_ON_DEMAND,
        }
    }

    /// The SegmentTemplate of tracks that share a timeline. `prefix`: what stands before each file.
    pub(super) fn push_template(
        &self,
        out: &mut String,
        indent: &str,
        member: &Member<'_, '_>,
        prefix: &str,
    ) {
        let template = match self {
            Self::Template(template) => template,
            Self::Live(lines) => return lines.push_template(out, indent, member.entry, prefix),
            Self::OnDemand(_) => return,
        };
        out.push_str(indent);
        out.push_str("<SegmentTemplate");
        push_attribute_number(out, "timescale", u64::from(member.timescale()));
        push_offset(out, member);
        out.push_str(" initialization=\"");
        out.push_str(prefix);
        member.push_header_name(out);
        out.push_str("\" media=\"");
        out.push_str(prefix);
        match template {
            Template::Number => {
                out.push_str("$Number$.m4s\"");
                push_attribute_number(out, "startNumber", member.range.start as u64 + 1);
            }
            Template::Time => out.push_str("t$Time$.m4s\""),
        }
        out.push_str(">\n");
        timeline::push(out, indent, member.segments().iter().map(timeline::span));
        out.push_str(indent);
        out.push_str("</SegmentTemplate>\n");
    }

    /// Whether all boundaries coincide, whatever the timescales.
    pub(super) fn aligned(&self, a: &Member<'_, '_>, b: &Member<'_, '_>) -> bool {
        match self {
            Self::Template(_) | Self::OnDemand(_) => timeline::aligned(a, b),
            Self::Live(lines) => lines.aligned(a.entry, b.entry),
        }
    }

    /// Representations say how their time and the encoder's meet.
    pub(super) fn has_references(&self) -> bool {
        matches!(self, Self::Live(lines) if lines.low_latency)
    }

    pub(super) fn push_reference(&self, out: &mut String, entry: &Entry<'_>) {
        if let Self::Live(lines) = self {
            lines.push_reference(out, entry);
        }
    }

    /// Of every set: which events its segments may carry.
    pub(super) fn push_inband_events(&self, out: &mut String) {
        if let Self::Live(lines) = self {
            lines.push_inband_events(out);
        }
    }

    /// BaseURL and SegmentBase of a Representation (5.3.9.2).
    pub(super) fn push_base(&self, out: &mut String, entry: &Entry<'_>) {
        let Self::OnDemand(layouts) = self else {
            return;
        };
        let Some(layout) = layouts.get(entry.index).and_then(Option::as_ref) else {
            return;
        };
        out.push_str("        <BaseURL>");
        push_path_element(out, &entry.url_name);
        out.push_str("/media.mp4</BaseURL>\n        <SegmentBase");
        push_attribute_number(out, "timescale", u64::from(entry.rendition.timescale));
        out.push_str(" indexRange=\"");
        push_range(out, &layout.index());
        out.push_str("\" indexRangeExact=\"true\">\n          <Initialization range=\"");
        push_range(out, &layout.header());
        out.push_str("\"/>\n        </SegmentBase>\n");
    }
}

/// Where the Period begins on the member's time line, unless at its beginning.
pub(super) fn push_offset(out: &mut String, member: &Member<'_, '_>) {
    if member.offset > 0 {
        push_attribute_number(out, "presentationTimeOffset", member.offset);
    }
}

/// First and last byte.
fn push_range(out: &mut String, bytes: &Range<u64>) {
    push_number(out, bytes.start);
    out.push('-');
    push_number(out, bytes.end.saturating_sub(1));
}
