//! EXT-X-STREAM-INF and its kin: what a player must know of a rung before it loads anything of it.
use edgepack_packager::{Kind, Media};

use super::Container;
use super::bandwidth::Rates;
use crate::follow::Line;
use crate::outline::Entry;
use crate::text::{push_fixed, push_number, push_path_element, push_quoted};

/// `BANDWIDTH=…,AVERAGE-BANDWIDTH=…`, what every kind of stream begins with.
pub(super) fn push_rates(out: &mut String, rates: Rates) {
    out.push_str("BANDWIDTH=");
    push_number(out, rates.peak.max(1));
    out.push_str(",AVERAGE-BANDWIDTH=");
    push_number(out, rates.average.max(1));
}

/// CODECS of all that may play together, each format once.
pub(super) fn push_codecs<'l, 'a: 'l>(
    out: &mut String,
    lines: impl Iterator<Item = &'l Line<'l, 'a>>,
    text: Option<&'a str>,
) {
    let mut codecs: Vec<&str> = Vec::with_capacity(4);
    for line in lines {
        line.codecs(&mut codecs);
    }
    codecs.extend(text.filter(|text| !codecs.contains(text)));
    out.push_str(",CODECS=\"");
    for (index, codec) in codecs.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        push_quoted(out, in_hls(codec));
    }
    out.push('"');
}

/// HLS players know MP3 as the MPEG-4 audio object type 34 (ISO/IEC 14496-3, table 1.17), not by its MP4 object type.
fn in_hls(codec: &str) -> &str {
    match codec {
        "mp4a.6B" | "mp4a.69" => "mp4a.40.34",
        other => other,
    }
}

/// SUPPLEMENTAL-CODECS, where every part of the line has the same.
pub(super) fn push_supplemental(out: &mut String, line: &Line<'_, '_>) {
    let Some(supplemental) = &line.lead.rendition.supplemental_codecs else {
        return;
    };
    let everywhere = line
        .present()
        .all(|(_, part)| part.rendition.supplemental_codecs.as_ref() == Some(supplemental));
    if everywhere {
        out.push_str(",SUPPLEMENTAL-CODECS=\"");
        push_quoted(out, supplemental);
        out.push('"');
    }
}

/// RESOLUTION, FRAME-RATE where the stream has one, VIDEO-RANGE, REQ-VIDEO-LAYOUT.
pub(super) fn push_picture(out: &mut String, video: &Entry<'_>, with_frame_rate: bool) {
    let Media::Video {
        width,
        height,
        frame_rate,
        pixel_aspect,
        range,
        ..
    } = &video.rendition.media
    else {
        return;
    };
    out.push_str(",RESOLUTION=");
    push_number(out, shown_width(*width, *pixel_aspect));
    out.push('x');
    push_number(out, u64::from(*height));
    if with_frame_rate && frame_rate.0 > 0 && frame_rate.1 > 0 {
        out.push_str(",FRAME-RATE=");
        let (frames, seconds) = (u64::from(frame_rate.0), u64::from(frame_rate.1));
        push_fixed(out, (frames * 1000 + seconds / 2) / seconds, 3);
    }
    // Silence means SDR (4.4.6.2); rungs of other ranges beside it are why it is said.
    out.push_str(",VIDEO-RANGE=");
    out.push_str(range.as_str());
    if video.is_stereoscopic() {
        out.push_str(",REQ-VIDEO-LAYOUT=\"CH-STEREO\"");
    }
}

/// The size to display at (4.4.6.2), so with square pixels. Rungs such as 854x480 carry a pixel aspect that only makes
/// up for their rounded width.
fn shown_width(width: u32, pixel_aspect: (u32, u32)) -> u64 {
    let (across, down) = (u64::from(pixel_aspect.0), u64::from(pixel_aspect.1));
    let width = u64::from(width);
    let square = (width * across + down / 2)
        .checked_div(down)
        .unwrap_or(width);
    if across == 0 || square.abs_diff(width) <= 1 {
        width
    } else {
        square
    }
}

/// The URI line of a variant.
pub(super) fn push_playlist(
    out: &mut String,
    entry: &Entry<'_>,
    muxed: Option<&Entry<'_>>,
    container: Container,
) {
    push_path_element(out, &entry.url_name);
    if let Some(audio) = muxed {
        out.push('+');
        push_path_element(out, &audio.url_name);
    }
    out.push_str(match container {
        Container::Cmaf => "/index.m3u8",
        Container::OnDemand => "/ondemand.m3u8",
        Container::TransportStream if entry.rendition.kind() == Kind::Audio => "/index-packed.m3u8",
        Container::TransportStream => "/index-ts.m3u8",
    });
    out.push_str(&entry.query);
    out.push('\n');
}
