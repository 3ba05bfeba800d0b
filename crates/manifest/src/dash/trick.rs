//! Trick-mode sets (DASH-IF IOP 4.3, 3.2.9): the main set's sync samples, one to a segment.
use edgepack_packager::TrickPlay;

use super::sets::Set;
use super::{protection, representation, timeline};
use crate::outline::{Entry, Outline};
use crate::text::{push_attribute, push_attribute_number, push_number, push_path_element};

pub(super) fn push(out: &mut String, outline: &Outline<'_>, main: &Set<'_, '_>, id: u64) {
    let members: Vec<(&Entry<'_>, &Entry<'_>, &TrickPlay)> = main
        .named()
        .filter_map(|(entry, name)| Some((entry, name, entry.trick?)))
        .collect();
    let Some(&(first, _, of_first)) = members.first() else {
        return;
    };
    let shared = members.iter().all(|(entry, _, trick)| {
        let spans = trick.frames.iter().map(timeline::frame_span);
        entry.rendition.timescale == first.rendition.timescale
            && spans.eq(of_first.frames.iter().map(timeline::frame_span))
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
    if let (Some(protection), Some(track)) = (outline.protection, first.protection) {
        protection::push(out, protection, track);
    }
    out.push_str("      <EssentialProperty schemeIdUri=\"");
    out.push_str("http://dashif.org/guidelines/trickmode\"");
    push_attribute_number(out, "value", main.id);
    out.push_str("/>\n");
    if shared {
        out.push_str("      <SegmentTemplate");
        push_attribute_number(out, "timescale", u64::from(first.rendition.timescale));
        out.push_str(">\n");
        timeline::push(
            out,
            "      ",
            of_first.frames.iter().map(timeline::frame_span),
        );
        out.push_str("      </SegmentTemplate>\n");
    }
    for (entry, name, trick) in members {
        push_representation(out, entry, name, trick, shared);
    }
    out.push_str("    </AdaptationSet>\n");
}

/// How much faster than 1 a player can go when it shows every frame of the set at the rung's own frame rate: as many
/// times as there are frames between two sync samples.
fn playout_rate(members: &[(&Entry<'_>, &Entry<'_>, &TrickPlay)]) -> u64 {
    let rate = |(entry, _, trick): &(&Entry<'_>, &Entry<'_>, &TrickPlay)| {
        let samples = entry.rendition.segments.iter();
        let samples: u64 = samples.map(|segment| u64::from(segment.sample_count)).sum();
        samples / (trick.frames.len() as u64).max(1)
    };
    members.iter().map(rate).min().unwrap_or(1).max(1)
}

/// The id is the main one's with a suffix, for ids are unique in a period; so addresses are written out.
fn push_representation(
    out: &mut String,
    entry: &Entry<'_>,
    name: &Entry<'_>,
    trick: &TrickPlay,
    shared: bool,
) {
    out.push_str("      <Representation id=\"");
    push_path_element(out, &name.url_name);
    out.push_str("-trick\"");
    push_attribute_number(out, "bandwidth", trick.peak_bandwidth.max(1));
    representation::push_codecs(out, entry);
    representation::push_size(out, entry);
    representation::push_sample_aspect(out, entry);
    out.push_str(">\n        <SegmentTemplate");
    if !shared {
        push_attribute_number(out, "timescale", u64::from(entry.rendition.timescale));
    }
    out.push_str(" initialization=\"");
    push_path_element(out, &entry.url_name);
    out.push_str("/init.mp4\" media=\"");
    push_path_element(out, &entry.url_name);
    out.push_str("/i$Number$.m4s\" startNumber=\"");
    push_number(out, 1);
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
