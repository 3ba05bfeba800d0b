//! Trick-mode sets (DASH-IF IOP 4.3, 3.2.9): the main set's sync samples, one to a segment.
use edgepack_packager::TrickFrame;

use super::addressing::push_offset;
use super::sets::Set;
use super::slices::Member;
use super::{protection, representation, timeline};
use crate::outline::{Entry, Outline};
use crate::text::{push_attribute, push_attribute_number, push_number, push_path_element};

/// A member of the main set with its sync samples.
struct Trick<'s, 'o, 'a> {
    member: &'s Member<'o, 'a>,
    /// Names the Representation.
    name: &'o Entry<'a>,
    /// Sync samples of the rendition before these.
    before: usize,
    frames: &'o [TrickFrame],
}

pub(super) fn push(out: &mut String, outline: &Outline<'_>, main: &Set<'_, '_>, id: u64) {
    let members: Vec<Trick<'_, '_, '_>> = main
        .named()
        .filter_map(|(member, name)| {
            let (before, frames) = member.frames()?;
            Some(Trick {
                member,
                name,
                before,
                frames,
            })
        })
        .collect();
    let Some(first) = members.first() else {
        return;
    };
    let shared = members.iter().all(|trick| {
        let spans = trick.frames.iter().map(timeline::frame_span);
        trick.member.timescale() == first.member.timescale()
            && spans.eq(first.frames.iter().map(timeline::frame_span))
    });
    out.push_str("    <AdaptationSet");
    push_attribute_number(out, "id", id);
    out.push_str(" contentType=\"video\" mimeType=\"video/mp4\" codingDependency=\"false\"");
    push_attribute_number(out, "maxPlayoutRate", playout_rate(&members));
    push_attribute(
        out,
        "segmentAlignment",
        if shared { "true" } else { "false" },
    );
    push_attribute_number(out, "startWithSAP", 1);
    out.push_str(">\n");
    protection::push(out, outline, first.member);
    out.push_str("      <EssentialProperty schemeIdUri=\"");
    out.push_str("http://dashif.org/guidelines/trickmode\"");
    push_attribute_number(out, "value", main.id);
    out.push_str("/>\n");
    if shared {
        out.push_str("      <SegmentTemplate");
        push_attribute_number(out, "timescale", u64::from(first.member.timescale()));
        push_offset(out, first.member);
        out.push_str(">\n");
        timeline::push(out, "      ", first.frames.iter().map(timeline::frame_span));
        out.push_str("      </SegmentTemplate>\n");
    }
    for trick in &members {
        push_representation(out, trick, shared);
    }
    out.push_str("    </AdaptationSet>\n");
}

/// How much faster than 1 a player can go when it shows every frame of the set at the rung's own frame rate: as many
/// times as there are frames between two sync samples.
fn playout_rate(members: &[Trick<'_, '_, '_>]) -> u64 {
    let rate = |trick: &Trick<'_, '_, '_>| {
        let samples = trick.member.segments().iter();
        let samples: u64 = samples.map(|segment| u64::from(segment.sample_count)).sum();
        samples / (trick.frames.len() as u64).max(1)
    };
    members.iter().map(rate).min().unwrap_or(1).max(1)
}

/// The id is the main one's with a suffix, for ids are unique in a period; so addresses are written out.
fn push_representation(out: &mut String, trick: &Trick<'_, '_, '_>, shared: bool) {
    let entry = trick.member.entry;
    out.push_str("      <Representation id=\"");
    push_path_element(out, &trick.name.url_name);
    out.push_str("-trick\"");
    let peak = entry.trick.map_or(0, |trick| trick.peak_bandwidth);
    push_attribute_number(out, "bandwidth", peak.max(1));
    representation::push_codecs(out, entry);
    representation::push_size(out, entry);
    representation::push_sample_aspect(out, entry);
    out.push_str(">\n        <SegmentTemplate");
    if !shared {
        push_attribute_number(out, "timescale", u64::from(entry.rendition.timescale));
        push_offset(out, trick.member);
    }
    out.push_str(" initialization=\"");
    push_path_element(out, &entry.url_name);
    out.push('/');
    trick.member.push_header_name(out);
    out.push_str("\" media=\"");
    push_path_element(out, &entry.url_name);
    out.push_str("/i$Number$.m4s\" startNumber=\"");
    push_number(out, trick.before as u64 + 1);
    if shared {
        out.push_str("\"/>\n");
    } else {
        out.push_str("\">\n");
        timeline::push(
            out,
            "        ",
            trick.frames.iter().map(timeline::frame_span),
        );
        out.push_str("        </SegmentTemplate>\n");
    }
    out.push_str("      </Representation>\n");
}
