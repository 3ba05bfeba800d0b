//! Adaptation sets: which representations a player may switch between on its own.
use edgepack_packager::Media;

use super::{protection, representation, timeline};
use crate::Protection;
use crate::outline::{Entry, Outline, UNDETERMINED};
use crate::text::{
    push_attribute, push_attribute_number, push_attribute_pair, push_number, reduce,
};

/// CICP values (ISO/IEC 23091-2): 2 is "unspecified"; the ones below mean a wider gamut or range
/// than every screen shows.
const UNSPECIFIED: u8 = 2;
const PRIMARIES_BT2020: u8 = 9;
const TRANSFERS_HDR: [u8; 2] = [16, 18];

#[derive(Debug)]
pub(super) struct Set<'o, 'a> {
    id: u64,
    members: Vec<&'o Entry<'a>>,
    /// All boundaries of all members coincide in time.
    aligned: bool,
    /// Members also share the timescale: one timeline serves all.
    shared_timeline: bool,
}

pub(super) fn of<'o, 'a>(outline: &'o Outline<'a>) -> Vec<Set<'o, 'a>> {
    let mut sets: Vec<Set<'o, 'a>> = Vec::new();
    for entry in outline.video().chain(outline.audio()) {
        match sets.iter_mut().find(|set| belongs(entry, set.members[0])) {
            Some(set) => set.members.push(entry),
            None => sets.push(Set {
                id: sets.len() as u64,
                members: vec![entry],
                aligned: true,
                shared_timeline: true,
            }),
        }
    }
    for set in &mut sets {
        let (first, rest) = (set.members[0].rendition, &set.members[1..]);
        set.aligned = rest
            .iter()
            .all(|other| timeline::aligned(first, other.rendition));
        set.shared_timeline = rest
            .iter()
            .all(|other| timeline::same(first, other.rendition));
    }
    sets
}

/// One key per set (DASH-IF IOP, content protection), one look per video set, one sound per
/// audio set.
fn belongs(entry: &Entry<'_>, first: &Entry<'_>) -> bool {
    let same_key = entry.encryption.map(|track| track.default_kid)
        == first.encryption.map(|track| track.default_kid);
    same_key && same_content(entry, first)
}

fn same_content(entry: &Entry<'_>, first: &Entry<'_>) -> bool {
    match (&entry.rendition.media, &first.rendition.media) {
        (Media::Video { .. }, Media::Video { .. }) => {
            entry.codec_family() == first.codec_family() && entry.colour() == first.colour()
        }
        (Media::Audio { .. }, Media::Audio { .. }) => {
            entry.rendition.codecs == first.rendition.codecs
                && entry.channels() == first.channels()
                && entry.rendition.language == first.rendition.language
        }
        _ => false,
    }
}

pub(super) fn push(
    out: &mut String,
    protection: Option<&Protection>,
    set: &Set<'_, '_>,
    all: &[Set<'_, '_>],
) {
    let first = set.members[0];
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
        Media::Text { .. } | Media::Image { .. } => {}
    }
    out.push_str(" segmentAlignment=\"");
    out.push_str(if set.aligned { "true" } else { "false" });
    // Every segment starts with a sync sample: SAP type 1.
    out.push_str("\" startWithSAP=\"1\">\n");
    // Children in the schema's order.
    if let Media::Audio { channels, .. } = first.rendition.media {
        push_channels(out, channels);
    }
    if let (Some(protection), Some(track)) = (protection, first.encryption) {
        protection::push(out, protection, track);
    }
    push_colour(out, first.colour());
    push_switching(out, set, all);
    out.push_str("      <Role schemeIdUri=\"urn:mpeg:dash:role:2011\" value=\"main\"/>\n");
    if set.shared_timeline {
        timeline::push_template(out, "      ", first.rendition);
    }
    for entry in &set.members {
        representation::push(out, entry, !set.shared_timeline);
    }
    out.push_str("    </AdaptationSet>\n");
}

fn push_picture_bounds(out: &mut String, set: &Set<'_, '_>) {
    let (mut max_width, mut max_height) = (0, 0);
    let mut shapes = Vec::with_capacity(set.members.len());
    for entry in &set.members {
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

/// The value is the number of channels: what the field writes and players read here.
fn push_channels(out: &mut String, channels: u16) {
    out.push_str("      <AudioChannelConfiguration schemeIdUri=\"");
    out.push_str("urn:mpeg:dash:23003:3:audio_channel_configuration:2011\"");
    push_attribute_number(out, "value", u64::from(channels));
    out.push_str("/>\n");
}

/// Essential where a player that ignores it would show wrong colours.
fn push_colour(out: &mut String, colour: Option<(u8, u8, u8, bool)>) {
    let Some((primaries, transfer, matrix, full_range)) = colour else {
        return;
    };
    let wide = primaries == PRIMARIES_BT2020 || TRANSFERS_HDR.contains(&transfer);
    let element = if wide {
        "EssentialProperty"
    } else {
        "SupplementalProperty"
    };
    for (name, value) in [
        ("ColourPrimaries", primaries),
        ("TransferCharacteristics", transfer),
        ("MatrixCoefficients", matrix),
    ] {
        if value != UNSPECIFIED {
            push_cicp(out, element, name, value);
        }
    }
    if full_range {
        push_cicp(out, element, "VideoFullRangeFlag", 1);
    }
}

fn push_cicp(out: &mut String, element: &str, name: &str, value: u8) {
    out.push_str("      <");
    out.push_str(element);
    out.push_str(" schemeIdUri=\"urn:mpeg:mpegB:cicp:");
    out.push_str(name);
    out.push('"');
    push_attribute_number(out, "value", u64::from(value));
    out.push_str("/>\n");
}

/// Video sets that differ by key alone are still one ladder (DASH-IF IOP 4.3, 3.8).
fn push_switching(out: &mut String, set: &Set<'_, '_>, all: &[Set<'_, '_>]) {
    let first = set.members[0];
    if !matches!(first.rendition.media, Media::Video { .. }) || !set.aligned {
        return;
    }
    let mut peers = all.iter().filter(|other| {
        other.id != set.id
            && other.aligned
            && same_content(other.members[0], first)
            && timeline::aligned(other.members[0].rendition, first.rendition)
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
