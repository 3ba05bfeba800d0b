//! What a server owes those who follow a live playlist: in time, what was asked for, and alike in all renditions.
use std::time::Duration;

use super::{Findings, ROUNDING, Violation, rules};
use crate::hls::MediaPlaylist;
use crate::presentation::{Report, Segment};

/// What requests and clocks may add to the times of 6.2.1, seconds.
const PATIENCE: f64 = 0.25;

/// The answer to a blocking reload for segment `number`, or its part `part` (6.2.5.2).
pub fn blocking(number: u64, part: Option<u64>, answer: &MediaPlaylist) -> Vec<Violation> {
    let mut found = Findings::default();
    let last = answer.media.segments.last();
    let there = last.is_some_and(|last| {
        last.number > number
            || last.number == number
                && part.map_or(last.complete, |part| last.parts.len() as u64 > part)
    });
    if !there && !answer.ended {
        let place = match part {
            // Of a segment that ends without it, it is the first part of the next.
            Some(part) => format!("part {part} of segment {number}"),
            None => format!("segment {number}"),
        };
        let what = format!("{place} was asked for, the list ends {}", ends(answer));
        found.add(rules::HLS_BLOCKING, what);
    }
    found.0
}

fn ends(playlist: &MediaPlaylist) -> String {
    match playlist.media.segments.last() {
        None => "before its first segment".to_owned(),
        Some(last) if last.complete => format!("with segment {}", last.number),
        Some(last) => format!("with {} parts of segment {}", last.parts.len(), last.number),
    }
}

/// An answer to `_HLS_skip` (6.2.5.1): what lies before the skip boundary is left out.
pub fn skipping(answer: &MediaPlaylist) -> Vec<Violation> {
    let mut found = Findings::default();
    let Some(until) = answer.control.skip_until else {
        return found.0;
    };
    if answer.skipped.is_some() || answer.ended {
        return found.0;
    }
    let complete = answer.media.segments.iter().filter(|it| it.complete);
    let behind: f64 = complete.skip(1).map(|segment| segment.duration).sum();
    if behind > until + ROUNDING * answer.media.segments.len() as f64 {
        let what = format!(
            "a delta update was asked for and the whole came, whose first segment ends {behind:.3} s before its end; \
             CAN-SKIP-UNTIL is {until} s"
        );
        found.add(rules::HLS_DELTA, what);
    }
    found.0
}

/// A playlist to which for so long nothing was added: a segment in `segment`, a part in `part` (6.2.1).
pub fn on_time(playlist: &MediaPlaylist, segment: Duration, part: Duration) -> Vec<Violation> {
    let mut found = Findings::default();
    if playlist.media.live.is_none() {
        return found.0;
    }
    let mut judge = |what: &str, waited: Duration, most: f64| {
        let waited = waited.as_secs_f64();
        if waited > most + PATIENCE {
            let what = format!("no {what} came for {waited:.3} s, allowed are {most:.3} s");
            found.add(rules::HLS_LATE, what);
        }
    };
    judge("segment", segment, 1.5 * playlist.target_duration);
    let grows = playlist
        .media
        .segments
        .iter()
        .any(|it| !it.parts.is_empty());
    if let Some(target) = playlist.part_target.filter(|_| grows) {
        // Encoders take turns with the last part of a segment, which may be short.
        judge("part", part, 1.5 * target);
    }
    found.0
}

/// What a rendition report says of a playlist that was read before the report was asked for: a report is as up to date
/// as the playlist that has it (4.4.5.4). One part less is granted, as both are made at about one time.
pub fn reported(report: &Report, seen: &MediaPlaylist) -> Vec<Violation> {
    let mut found = Findings::default();
    let known = match report.part {
        Some(part) => (report.number, part + 1),
        None => (report.number + 1, 0),
    };
    let segments = &seen.media.segments;
    let missed: usize = segments
        .iter()
        .filter(|segment| segment.number >= report.number)
        .map(|segment| missing(segment, known))
        .sum();
    if missed > 1 {
        let what = format!(
            "the report of {} says {}, the list had ended {} before",
            report.playlist,
            told(report),
            ends(seen)
        );
        found.add(rules::HLS_REPORT, what);
    }
    found.0
}

/// How many parts, or segments without, come behind `known`.
fn missing(segment: &Segment, known: (u64, u64)) -> usize {
    let parts = segment.parts.len();
    if segment.number > known.0 {
        return parts.max(1);
    }
    usize::try_from(known.1).map_or(0, |known| parts.saturating_sub(known))
}

/// What a rendition report promised of a playlist that was asked for behind it.
pub fn promised(report: &Report, answer: &MediaPlaylist) -> Vec<Violation> {
    let mut found = Findings::default();
    let last = answer.media.segments.last();
    let there = last.is_some_and(|last| {
        let part = report.part.filter(|_| !last.complete);
        last.number > report.number
            || last.number == report.number
                && part.is_none_or(|part| (last.parts.len() as u64) > part)
    });
    if !there && !answer.ended {
        let what = format!(
            "was reported to reach {}, and ends {}",
            told(report),
            ends(answer)
        );
        found.add(rules::HLS_REPORT, what);
    }
    found.0
}

fn told(report: &Report) -> String {
    match report.part {
        Some(part) => format!("part {part} of segment {}", report.number),
        None => format!("segment {}", report.number),
    }
}

/// Two playlists of one presentation (6.2.4). Of subtitles and I-frames the target duration may differ.
pub fn renditions(one: &MediaPlaylist, other: &MediaPlaylist, subtitles: bool) -> Vec<Violation> {
    let mut found = Findings::default();
    let free = subtitles || one.iframes_only || other.iframes_only;
    if one.target_duration != other.target_duration && !free {
        let what = format!(
            "the target duration is {} s, that of another rendition {} s",
            one.target_duration, other.target_duration
        );
        found.add(rules::HLS_RENDITIONS, what);
    }
    if one.control != other.control {
        let what = "EXT-X-SERVER-CONTROL differs from that of another rendition";
        found.add(rules::HLS_RENDITIONS, what);
    }
    if one.kind != other.kind {
        let what = "EXT-X-PLAYLIST-TYPE differs from that of another rendition";
        found.add(rules::HLS_RENDITIONS, what);
    }
    let dated = |playlist: &MediaPlaylist| {
        let mut segments = playlist.media.segments.iter();
        segments.any(|segment| segment.wall_clock.is_some())
    };
    let empty = |playlist: &MediaPlaylist| playlist.media.segments.is_empty();
    if dated(one) != dated(other) && !empty(one) && !empty(other) {
        let what = "one of two renditions has EXT-X-PROGRAM-DATE-TIME, the other has not";
        found.add(rules::HLS_RENDITIONS, what);
    }
    found.0
}
