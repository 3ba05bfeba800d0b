//! The rules of draft-pantos-hls-rfc8216bis.
use super::{Findings, MAX_VIOLATIONS, Violation, rules};
use crate::hls::{MediaPlaylist, Multivariant};
use crate::presentation::{Container, Segment};

mod live;
mod parts;
mod reload;

pub use live::{blocking, on_time, promised, renditions, reported, skipping};
pub use reload::{delta, reload};

/// What writers round durations to.
const ROUNDING: f64 = 0.002;

/// Of a multivariant playlist alone.
pub fn multivariant(playlist: &Multivariant) -> Vec<Violation> {
    let mut found = told(&playlist.faults);
    versions(&mut found, playlist.version, &playlist.needs);
    found.0
}

/// Of a media playlist alone.
pub fn media(playlist: &MediaPlaylist) -> Vec<Violation> {
    let mut found = told(&playlist.faults);
    versions(&mut found, playlist.version, &playlist.needs);
    control(&mut found, playlist);
    let mut before: Option<&Segment> = None;
    for segment in &playlist.media.segments {
        segment_alone(&mut found, playlist, segment);
        if let Some(before) = before {
            date(&mut found, before, segment);
        }
        before = Some(segment);
    }
    parts::judge(&mut found, playlist);
    found.0
}

fn told(faults: &[Violation]) -> Findings {
    Findings(faults.iter().take(MAX_VIOLATIONS).cloned().collect())
}

fn versions(
    found: &mut Findings,
    version: u32,
    needs: &std::collections::BTreeMap<&'static str, (u32, usize)>,
) {
    for (tag, (needed, line)) in needs {
        if *needed > version {
            let what = format!("line {line}: {tag} needs version {needed}, told is {version}");
            found.add(rules::HLS_VERSION, what);
        }
    }
}

fn control(found: &mut Findings, playlist: &MediaPlaylist) {
    let target = playlist.target_duration;
    let control = playlist.control;
    let mut least = |name: &str, value: Option<f64>, least: f64| {
        if let Some(value) = value.filter(|value| *value < least - ROUNDING) {
            let what = format!("{name} is {value} s, at least {least} s is asked for");
            found.add(rules::HLS_CONTROL, what);
        }
    };
    least("HOLD-BACK", control.hold_back, 3.0 * target);
    least("CAN-SKIP-UNTIL", control.skip_until, 6.0 * target);
    if let Some(part_target) = playlist.part_target {
        least("PART-HOLD-BACK", control.part_hold_back, 2.0 * part_target);
        if control.part_hold_back.is_none() {
            found.add(rules::HLS_CONTROL, "parts without PART-HOLD-BACK");
        }
    }
}

fn segment_alone(found: &mut Findings, playlist: &MediaPlaylist, segment: &Segment) {
    let number = segment.number;
    let target = playlist.target_duration;
    if segment.complete && segment.duration.round() > target {
        let duration = segment.duration;
        let what = format!("segment {number} lasts {duration} s, the target is {target} s");
        found.add(rules::HLS_TARGET_DURATION, what);
    }
    if segment.container == Container::Fragment && segment.header.is_none() && !segment.gap {
        let what = format!("segment {number} has no EXT-X-MAP");
        found.add(rules::HLS_MAP, what);
    }
}

/// Dates name one segment each; clocks that drift may make them overlap by less than a second, and never whole
/// segments (6.2.1). Dates that were not told were reckoned from the one before, so that any that overlaps was told.
fn date(found: &mut Findings, before: &Segment, segment: &Segment) {
    if before.discontinuity != segment.discontinuity {
        return;
    }
    let dates = before.wall_clock.zip(segment.wall_clock);
    let Some((begun, date)) = dates else { return };
    let over = begun + before.duration - date;
    if over >= 1.0 || date <= begun && before.duration > 0.0 {
        let what = format!(
            "segment {} is dated {over:.3} s before the end of the one before",
            segment.number
        );
        found.add(rules::HLS_DATE, what);
    }
}
