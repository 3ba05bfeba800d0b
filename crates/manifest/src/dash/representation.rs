//! One Representation: what a rung or a sound is.
use edgepack_packager::Media;

use super::timeline;
use crate::outline::Entry;
use crate::text::{
    push_attribute, push_attribute_number, push_attribute_pair, push_number, push_path_element,
};

pub(super) fn push(out: &mut String, entry: &Entry<'_>, own_timeline: bool) {
    let rendition = entry.rendition;
    out.push_str("      <Representation id=\"");
    push_path_element(out, &entry.url_name);
    out.push('"');
    push_attribute_number(out, "bandwidth", rendition.peak_bandwidth.max(1));
    push_attribute(out, "codecs", &rendition.codecs);
    match rendition.media {
        Media::Video {
            width,
            height,
            frame_rate,
            pixel_aspect,
            ..
        } => {
            push_attribute_number(out, "width", u64::from(width));
            push_attribute_number(out, "height", u64::from(height));
            if frame_rate.0 > 0 && frame_rate.1 > 0 {
                push_frame_rate(out, frame_rate);
            }
            let pair = (u64::from(pixel_aspect.0), u64::from(pixel_aspect.1));
            push_attribute_pair(out, "sar", pair, ':');
        }
        Media::Audio { sample_rate, .. } => {
            push_attribute_number(out, "audioSamplingRate", u64::from(sample_rate));
        }
        Media::Text { .. } | Media::Image { .. } => {}
    }
    if own_timeline {
        out.push_str(">\n");
        timeline::push_template(out, "        ", rendition);
        out.push_str("      </Representation>\n");
    } else {
        out.push_str("/>\n");
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
