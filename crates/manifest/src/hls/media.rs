//! The media playlist of one rendition.
use edgepack_drm::TrackEncryption;
use edgepack_packager::Rendition;

use super::{keys, push_header};
use crate::Protection;
use crate::text::{MICROS, push_fixed, push_number, rescale};

/// `#EXTINF:4.004000,\n1234.m4s\n`, rounded up.
const BYTES_PER_SEGMENT: usize = 32;
const BYTES_OF_HEADER: usize = 1024;

pub(super) fn write(
    rendition: &Rendition,
    protection: Option<(&Protection, &TrackEncryption)>,
) -> String {
    let segments = &rendition.segments;
    let mut out = String::with_capacity(BYTES_OF_HEADER + segments.len() * BYTES_PER_SEGMENT);
    push_header(&mut out);
    // The rounded EXTINF must not exceed it (4.4.3.1).
    let longest = segments
        .iter()
        .map(|segment| segment.duration)
        .max()
        .unwrap_or(0);
    out.push_str("#EXT-X-TARGETDURATION:");
    push_number(&mut out, rescale(longest, rendition.timescale, 1).max(1));
    // Segment numbers in URLs start at 1, and so does the sequence.
    out.push_str("\n#EXT-X-MEDIA-SEQUENCE:1\n#EXT-X-PLAYLIST-TYPE:VOD\n");
    if let Some((protection, track)) = protection {
        keys::push_keys(&mut out, protection, track);
    }
    if !segments.is_empty() {
        out.push_str("#EXT-X-MAP:URI=\"init.mp4\"\n");
    }
    for (index, segment) in segments.iter().enumerate() {
        // Differences of rounded ends, so that the rounding never adds up along the timeline.
        let start = rescale(segment.start, rendition.timescale, MICROS);
        let end = rescale(
            segment.start + segment.duration,
            rendition.timescale,
            MICROS,
        );
        out.push_str("#EXTINF:");
        push_fixed(&mut out, end.saturating_sub(start), 6);
        out.push_str(",\n");
        push_number(&mut out, index as u64 + 1);
        out.push_str(".m4s\n");
    }
    out.push_str("#EXT-X-ENDLIST\n");
    out
}
