//! One Representation: what a rung or a sound is.
use edgepack_packager::Media;

use super::addressing::Addressing;
use super::period::prefix;
use super::sets::Set;
use super::slices::Member;
use crate::outline::Entry;
use crate::text::{
    push_attribute, push_attribute_number, push_attribute_pair, push_number, push_path_element,
};

/// Subtitles are made on the request, so that their sizes are not known here. Dense ones take a tenth of this.
const TEXT_BANDWIDTH: u64 = 16_000;

/// `name`: the entry whose URL name is the id.
pub(super) fn push(
    out: &mut String,
    addressing: Addressing<'_>,
    member: &Member<'_, '_>,
    name: &Entry<'_>,
    set: &Set<'_, '_>,
) {
    let entry = member.entry;
    out.push_str("      <Representation id=\"");
    push_path_element(out, &name.url_name);
    out.push('"');
    push_attribute_number(out, "bandwidth", bandwidth(entry));
    push_codecs(out, entry);
    push_media(out, entry);
    let has_template = !matches!(addressing, Addressing::OnDemand(_));
    let own_template = !set.shared_timeline && has_template;
    let own_base = set.connection.is_some() && has_template;
    if has_template && !own_template && !own_base && !addressing.has_references() {
        out.push_str("/>\n");
        return;
    }
    out.push_str(">\n");
    addressing.push_reference(out, entry);
    if own_base {
        out.push_str("        <BaseURL>");
        push_path_element(out, &entry.url_name);
        out.push_str("/</BaseURL>\n");
    }
    if own_template {
        addressing.push_template(out, "        ", member, prefix(set));
    }
    addressing.push_base(out, entry);
    out.push_str("      </Representation>\n");
}

/// Bits per second.
fn bandwidth(entry: &Entry<'_>) -> u64 {
    match entry.rendition.media {
        Media::Text { .. } => entry.rendition.peak_bandwidth.max(TEXT_BANDWIDTH),
        _ => entry.rendition.peak_bandwidth.max(1),
    }
}

/// What a decoder of the base layer needs, and what one that knows more makes of it (SCTE 214-1): `dvh1.08.07/db4h`
/// is a codec and the brand of its base layer.
pub(super) fn push_codecs(out: &mut String, entry: &Entry<'_>) {
    push_attribute(out, "codecs", &entry.rendition.codecs);
    if let Some(supplemental) = &entry.rendition.supplemental_codecs {
        let (codecs, profile) = supplemental
            .split_once('/')
            .map_or((supplemental.as_str(), None), |(a, b)| (a, Some(b)));
        push_attribute(out, "scte214:supplementalCodecs", codecs);
        if let Some(profile) = profile {
            push_attribute(out, "scte214:supplementalProfiles", profile);
        }
    }
}

fn push_media(out: &mut String, entry: &Entry<'_>) {
    match entry.rendition.media {
        Media::Video { frame_rate, .. } => {
            push_size(out, entry);
            if frame_rate.0 > 0 && frame_rate.1 > 0 {
                push_frame_rate(out, frame_rate);
            }
            push_sample_aspect(out, entry);
        }
        Media::Audio { sample_rate, .. } => {
            push_attribute_number(out, "audioSamplingRate", u64::from(sample_rate));
        }
        Media::Text { .. } => {}
        Media::Image { .. } => push_size(out, entry),
    }
}

pub(super) fn push_size(out: &mut String, entry: &Entry<'_>) {
    if let Media::Video { width, height, .. } | Media::Image { width, height, .. } =
        entry.rendition.media
    {
        push_attribute_number(out, "width", u64::from(width));
        push_attribute_number(out, "height", u64::from(height));
    }
}

pub(super) fn push_sample_aspect(out: &mut String, entry: &Entry<'_>) {
    if let Media::Video { pixel_aspect, .. } = entry.rendition.media {
        let pair = (u64::from(pixel_aspect.0), u64::from(pixel_aspect.1));
        push_attribute_pair(out, "sar", pair, ':');
    }
}

/// `30000/1001`, whole ones without a denominator.
fn push_frame_rate(out: &mut String, (frames, seconds): (u32, u32)) {
    if seconds == 1 {
        push_attribute_number(out, "frameRate", u64::from(frames));
    } else {
        out.push_str(" frameRate=\"");
        push_number(out, u64::from(frames));
        out.push('/');
        push_number(out, u64::from(seconds));
        out.push('"');
    }
}
