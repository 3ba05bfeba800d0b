//! One Period and its adaptation sets.
use edgepack_packager::{Kind, Media};

use super::addressing::Addressing;
use super::sets::{PeriodSets, Set, same_content};
use super::{descriptors, protection, representation, thumbnails, trick};
use crate::outline::{Entry, Outline, UNDETERMINED};
use crate::text::{
    push_attribute, push_attribute_number, push_attribute_pair, push_iso_duration, push_number,
    push_xml, reduce,
};

/// `selectionPriority` of what plays where nobody chose; 1 is the default of all others (5.3.7.2).
const PREFERRED: u64 = 2;

pub(super) fn push(
    out: &mut String,
    outline: &Outline<'_>,
    addressing: Addressing<'_>,
    period: &PeriodSets<'_, '_>,
    all: &[PeriodSets<'_, '_>],
) {
    let Some((start, end)) = period.slice.span(outline) else {
        return;
    };
    out.push_str("  <Period");
    push_attribute(out, "id", &period.id);
    out.push_str(" start=\"");
    push_iso_duration(out, start);
    out.push('"');
    // The last one ends with the presentation.
    if all.last().is_some_and(|last| last.id != period.id) {
        out.push_str(" duration=\"");
        push_iso_duration(out, end.saturating_sub(start));
        out.push('"');
    }
    out.push_str(">\n");
    push_sets(out, outline, addressing, &period.sets);
    if let Addressing::Template(_) = addressing {
        for set in &period.sets {
            trick::push(out, outline, set, set.id + period.ids);
        }
    }
    out.push_str("  </Period>\n");
}

/// The main sets of a Period.
pub(super) fn push_sets(
    out: &mut String,
    outline: &Outline<'_>,
    addressing: Addressing<'_>,
    sets: &[Set<'_, '_>],
) {
    let preferred = preferred(outline, sets);
    for set in sets {
        if set.kind() == Kind::Image {
            thumbnails::push(out, addressing, set);
        } else {
            push_set(out, outline, addressing, set, sets, preferred);
        }
    }
}

/// The audio that plays where nobody chose.
fn preferred<'o, 'a>(outline: &Outline<'_>, sets: &[Set<'o, 'a>]) -> Option<&'o Entry<'a>> {
    let audio: Vec<&Entry<'a>> = sets
        .iter()
        .filter(|set| set.kind() == Kind::Audio)
        .map(Set::first)
        .collect();
    audio.get(outline.default_audio(&audio)).copied()
}

fn push_set(
    out: &mut String,
    outline: &Outline<'_>,
    addressing: Addressing<'_>,
    set: &Set<'_, '_>,
    all: &[Set<'_, '_>],
    preferred: Option<&Entry<'_>>,
) {
    let first = set.first();
    let is_preferred = match set.kind() {
        Kind::Audio => preferred.is_some_and(|entry| entry.says_the_same(first)),
        Kind::Text => first.rendition.settings.default == Some(true),
        Kind::Video | Kind::Image => false,
    };
    out.push_str("    <AdaptationSet");
    push_attribute_number(out, "id", set.id);
    match first.rendition.media {
        Media::Video { .. } => {
            out.push_str(" contentType=\"video\" mimeType=\"video/mp4\"");
            push_picture_bounds(out, set);
        }
        Media::Audio { .. } => {
            out.push_str(" contentType=\"audio\" mimeType=\"audio/mp4\"");
            push_attribute(out, "lang", language_tag(&first.rendition.language));
        }
        Media::Text { .. } => {
            out.push_str(" contentType=\"text\" mimeType=\"application/mp4\"");
            push_attribute(out, "lang", language_tag(&first.rendition.language));
        }
        Media::Image { .. } => return,
    }
    if is_preferred {
        push_attribute_number(out, "selectionPriority", PREFERRED);
    }
    push_alignment(out, addressing, set);
    out.push_str(">\n");
    // Children in the schema's order.
    descriptors::push_channels(out, first);
    protection::push(out, outline, &set.members[0]);
    descriptors::push_colour(out, first.colour());
    descriptors::push_joint_objects(out, first);
    push_switching(out, addressing, set, all);
    push_continuation(out, set);
    addressing.push_inband_events(out);
    if let Some(name) = &first.rendition.settings.name {
        out.push_str("      <Label>");
        push_xml(out, name);
        out.push_str("</Label>\n");
    }
    descriptors::push_accessibility(out, first, &outline.presentation.closed_captions);
    let is_main = is_preferred || set.kind() == Kind::Video;
    descriptors::push_roles(out, first, is_main);
    let prefix = prefix(set);
    if set.shared_timeline {
        addressing.push_template(out, "      ", &set.members[0], prefix);
    }
    for (member, name) in set.named() {
        representation::push(out, addressing, member, name, set);
    }
    out.push_str("    </AdaptationSet>\n");
}

/// What a decoder goes on with from an earlier Period as it is (5.3.2.4). A new key has a new header, and with it
/// neither holds: initialization segments have to do the same.
fn push_continuation(out: &mut String, set: &Set<'_, '_>) {
    let (scheme, period) = match (&set.continues, &set.connection) {
        (Some(period), _) => ("period-continuity", period),
        (None, Some(connection)) => ("period-connectivity", &connection.period),
        (None, None) => return,
    };
    out.push_str("      <SupplementalProperty schemeIdUri=\"urn:mpeg:dash:");
    out.push_str(scheme);
    out.push_str(":2015\"");
    push_attribute(out, "value", period);
    out.push_str("/>\n");
}

/// Before the file names in a template. Connected sets have another period's ids, and base addresses of their own.
pub(super) fn prefix(set: &Set<'_, '_>) -> &'static str {
    if set.connection.is_some() {
        ""
    } else {
        "$RepresentationID$/"
    }
}

/// Every segment starts with a sync sample, of the worst type among the members.
fn push_alignment(out: &mut String, addressing: Addressing<'_>, set: &Set<'_, '_>) {
    let (alignment, start) = match addressing {
        Addressing::Template(_) | Addressing::Live(_) => ("segmentAlignment", "startWithSAP"),
        Addressing::OnDemand(_) => ("subsegmentAlignment", "subsegmentStartsWithSAP"),
    };
    push_attribute(out, alignment, if set.aligned { "true" } else { "false" });
    let types = set.entries().map(|entry| entry.rendition.sap_type);
    push_attribute_number(out, start, u64::from(types.max().unwrap_or(1).max(1)));
}

fn push_picture_bounds(out: &mut String, set: &Set<'_, '_>) {
    let (mut max_width, mut max_height) = (0, 0);
    let mut shapes = Vec::with_capacity(set.members.len());
    for entry in set.entries() {
        if let Media::Video {
            width,
            height,
            pixel_aspect,
            ..
        } = entry.rendition.media
        {
            max_width = max_width.max(width);
            max_height = max_height.max(height);
            shapes.push(reduce(
                u64::from(width) * u64::from(pixel_aspect.0),
                u64::from(height) * u64::from(pixel_aspect.1),
            ));
        }
    }
    push_attribute_number(out, "maxWidth", u64::from(max_width));
    push_attribute_number(out, "maxHeight", u64::from(max_height));
    if let Some(&shape) = shapes
        .first()
        .filter(|first| shapes.iter().all(|s| alike(**first, *s)))
    {
        push_attribute_pair(out, "par", shape, ':');
    }
}

/// Within a hundredth: rungs such as 854x480 miss the shape by a rounded pixel.
fn alike(a: (u64, u64), b: (u64, u64)) -> bool {
    let cross = |x: u64, y: u64| u128::from(x) * u128::from(y);
    let (left, right) = (cross(a.0, b.1), cross(a.1, b.0));
    left.abs_diff(right) <= right / 100
}

/// `xs:language`; what is not of that form is undetermined.
fn language_tag(language: &str) -> &str {
    let fits = |(index, part): (usize, &str)| {
        (1..=8).contains(&part.len())
            && part.bytes().all(|b| {
                if index == 0 {
                    b.is_ascii_alphabetic()
                } else {
                    b.is_ascii_alphanumeric()
                }
            })
    };
    if language.split('-').enumerate().all(fits) {
        language
    } else {
        UNDETERMINED
    }
}

/// Video sets that differ by key alone are still one ladder (DASH-IF IOP 4.3, 3.8).
fn push_switching(
    out: &mut String,
    addressing: Addressing<'_>,
    set: &Set<'_, '_>,
    all: &[Set<'_, '_>],
) {
    let first = set.first();
    if set.kind() != Kind::Video || !set.aligned {
        return;
    }
    let mut peers = all.iter().filter(|other| {
        other.id != set.id
            && other.aligned
            && other.kind() == Kind::Video
            && same_content(other.first(), first)
            && addressing.aligned(&other.members[0], &set.members[0])
    });
    let Some(peer) = peers.next() else { return };
    out.push_str("      <SupplementalProperty schemeIdUri=\"");
    out.push_str("urn:mpeg:dash:adaptation-set-switching:2016\" value=\"");
    push_number(out, peer.id);
    for peer in peers {
        out.push(',');
        push_number(out, peer.id);
    }
    out.push_str("\"/>\n");
}
