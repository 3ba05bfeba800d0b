//! WebVTT files and HLS segments (W3C WebVTT; RFC 8216, 3.5).
use std::fmt::Write;
use std::ops::Range;

use bytes::Bytes;

use super::{Cue, Track, milliseconds};

mod clean;
mod css;
mod cue_text;
mod read;
mod settings;
mod timestamp;

pub(super) use clean::{clean_block, clean_id, clean_payload, clean_settings};
pub(super) use css::{Declarations, StyleSheet};
pub(super) use cue_text::{Token, escape, has_timestamps, moved_timestamps, tokens};
pub use read::parse_webvtt;
pub(super) use settings::{Align, CueSettings, Line, LineAlign, Writing, percentage};
pub(super) use timestamp::{Timestamp, parse_timestamp};

/// The timestamps of MPEG-2 systems have 33 bits.
const MPEGTS_BITS: u64 = (1 << 33) - 1;

/// The whole track as one file.
pub fn webvtt_document(track: &Track) -> Bytes {
    let mut out = header(track, None);
    out.push('\n');
    track.cues().iter().for_each(|cue| write_cue(&mut out, cue));
    out.into()
}

/// The cues shown in `segment` (milliseconds), each with its whole interval: a cue that lasts longer than the segment
/// stands in every segment that it touches. `mpegts`: what the media's clock (90 kHz) says at presentation time 0; 0
/// for CMAF.
pub fn webvtt_segment(track: &Track, segment: Range<u64>, mpegts: u64) -> Bytes {
    let mut out = header(track, Some(mpegts & MPEGTS_BITS));
    out.push('\n');
    let micros = |ms: u64| ms.saturating_mul(1000);
    for (_, cue) in track.overlapping(micros(segment.start), micros(segment.end)) {
        write_cue(&mut out, cue);
    }
    out.into()
}

/// Everything before the cues, without the empty line that ends it: what `vttC` holds too.
pub(super) fn header(track: &Track, mpegts: Option<u64>) -> String {
    let mut out = String::from("WEBVTT\n");
    if let Some(mpegts) = mpegts {
        _ = writeln!(out, "X-TIMESTAMP-MAP=LOCAL:00:00:00.000,MPEGTS:{mpegts}");
    }
    for style in track.styles() {
        _ = write!(out, "\nSTYLE\n{style}\n");
    }
    for region in track.regions() {
        _ = write!(out, "\nREGION\n{region}\n");
    }
    out
}

fn write_cue(out: &mut String, cue: &Cue) {
    if !cue.id.is_empty() {
        _ = writeln!(out, "{}", cue.id);
    }
    let (start, end) = milliseconds(cue.start, cue.end);
    _ = write!(out, "{} --> {}", Timestamp(start), Timestamp(end));
    if !cue.settings.is_empty() {
        _ = write!(out, " {}", cue.settings);
    }
    out.push('\n');
    if !cue.payload.is_empty() {
        _ = writeln!(out, "{}", cue.payload);
    }
    out.push('\n');
}

#[cfg(test)]
mod tests;
