//! Rules of parts (4.4.4.9).
use super::{Findings, ROUNDING, rules};
use crate::hls::MediaPlaylist;
use crate::presentation::Segment;

/// Of the part target, what a part must last unless something excuses it.
const LEAST: f64 = 0.85;

pub(super) fn judge(found: &mut Findings, playlist: &MediaPlaylist) {
    let segments = &playlist.media.segments;
    let Some(first) = segments.iter().find(|segment| !segment.parts.is_empty()) else {
        return;
    };
    if playlist.iframes_only {
        let what = format!("segment {} of an I-frame playlist has parts", first.number);
        found.add(rules::HLS_PART_PLACE, what);
    }
    let Some(target) = playlist.part_target else {
        found.add(rules::HLS_PART, "EXT-X-PART without EXT-X-PART-INF");
        return;
    };
    for segment in segments {
        lengths(found, segment, target);
        sum(found, segment);
    }
    // Their removal is a SHOULD, for which one segment more is granted.
    let behind = |segment: &Segment| segment.start + segment.duration;
    let end = segments.last().map(behind).unwrap_or_default();
    let oldest = behind(first);
    if end - oldest > 4.0 * playlist.target_duration + ROUNDING && !playlist.ended {
        let what = format!(
            "segment {} has parts, and ends {:.3} s before the end of the playlist",
            first.number,
            end - oldest
        );
        found.add(rules::HLS_PART_PLACE, what);
    }
}

fn lengths(found: &mut Findings, segment: &Segment, target: f64) {
    for (index, part) in segment.parts.iter().enumerate() {
        let place = || format!("part {index} of segment {}", segment.number);
        let duration = part.duration;
        if duration > target + ROUNDING {
            let what = format!("{} lasts {duration} s, PART-TARGET is {target} s", place());
            found.add(rules::HLS_PART, what);
        }
        // Shorter may be: what is independent, a gap and what is before one, the last of a segment. Of a segment that
        // grows nobody knows the last yet.
        let next = segment.parts.get(index + 1);
        let excused = part.independent || part.gap || next.is_none_or(|next| next.gap);
        if duration < LEAST * target - ROUNDING && !excused {
            let what = format!("{} lasts {duration} s of {target} s", place());
            found.add(rules::HLS_PART, what);
        }
    }
}

fn sum(found: &mut Findings, segment: &Segment) {
    let sum: f64 = segment.parts.iter().map(|part| part.duration).sum();
    let tolerance = ROUNDING * (1 + segment.parts.len()) as f64;
    if segment.complete && sum > segment.duration + tolerance {
        let what = format!(
            "the parts of segment {} last {sum:.3} s, the segment {} s",
            segment.number, segment.duration
        );
        found.add(rules::HLS_PART_SUM, what);
    }
}
