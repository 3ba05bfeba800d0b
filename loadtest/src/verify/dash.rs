//! The rules of ISO/IEC 23009-1.
use super::{Findings, MAX_VIOLATIONS, Violation, rules};
use crate::dash::Mpd;
use crate::presentation::{Segment, Source};

/// Writers round times to milliseconds, and clocks of server and client differ by what the round trip hides.
const CLOCKS: f64 = 0.5;
const ROUNDING: f64 = 0.002;

/// Of an MPD alone, got at `now`, seconds of the Unix epoch by the server's clock.
pub fn mpd(mpd: &Mpd, now: f64) -> Vec<Violation> {
    let mut found = Findings(mpd.faults.iter().take(MAX_VIOLATIONS).cloned().collect());
    if mpd.dynamic {
        let dates = [
            ("publishTime", mpd.publish_time),
            ("availabilityStartTime", mpd.availability_start),
        ];
        for (name, date) in dates {
            // What begins later may be announced; it was not published later.
            let ahead = date.map_or(0.0, |date| date - now);
            if ahead > CLOCKS + 1.0 && name == "publishTime" {
                let what = format!("{name} is {ahead:.3} s ahead");
                found.add(rules::DASH_PUBLISH, what);
            }
        }
    }
    for (name, segments) in named(mpd) {
        if mpd.dynamic {
            stale(&mut found, mpd, name, segments, now);
        }
        for segment in segments {
            alone(&mut found, mpd, name, segment);
        }
        for pair in segments.windows(2) {
            let [before, segment] = pair else { continue };
            let end = before.start + before.duration;
            if segment.start < end - tolerance(before) && before.exact {
                let what = format!(
                    "{name}: segment {} begins at {:.3} s, the one before ends at {end:.3} s",
                    segment.number, segment.start
                );
                found.add(rules::DASH_TIMELINE, what);
            }
        }
    }
    found.0
}

/// Across periods, media may reach over the end of theirs.
fn tolerance(before: &Segment) -> f64 {
    before.duration.mul_add(0.5, ROUNDING)
}

fn named(mpd: &Mpd) -> impl Iterator<Item = (&str, &[Segment])> {
    let rungs = mpd.presentation.tracks.iter().flat_map(|t| &t.rungs);
    rungs.filter_map(|rung| match rung.source {
        Source::Known(at) => {
            let media = mpd.media.get(at)?;
            Some((rung.name.as_str(), media.segments.as_slice()))
        }
        Source::Playlist(_) => None,
    })
}

fn alone(found: &mut Findings, mpd: &Mpd, name: &str, segment: &Segment) {
    let number = segment.number;
    // Writers round it to tenths of a second.
    let longest = mpd.max_segment_duration;
    if let Some(longest) = longest.filter(|longest| segment.duration > longest + 0.1) {
        let duration = segment.duration;
        let what = format!("{name}: segment {number} lasts {duration} s, told are {longest} s");
        found.add(rules::DASH_MAX_DURATION, what);
    }
}

/// A time line that is told follows the clock: what can be had is listed, the period of updates later at most.
fn stale(found: &mut Findings, mpd: &Mpd, name: &str, segments: &[Segment], now: f64) {
    let (Some(last), Some(begun)) = (segments.last(), mpd.availability_start) else {
        return;
    };
    let end = last.start + last.duration;
    if !last.exact || mpd.end.is_some_and(|all| end > all - last.duration) {
        return;
    }
    let longest = mpd.max_segment_duration.unwrap_or(0.0).max(last.duration);
    let update = mpd.minimum_update_period.unwrap_or_default();
    let late = now - (begun + end) - longest - update.as_secs_f64();
    if late > 2.0 * CLOCKS {
        let what = format!("{name}: what ended {late:.3} s ago should be listed, and is not");
        found.add(rules::DASH_LATE, what);
    }
}

/// Between two loads of one MPD, the later got at `now`, seconds of the Unix epoch by the server's clock.
pub fn update(before: &Mpd, after: &Mpd, now: f64) -> Vec<Violation> {
    let mut found = Findings::default();
    if !before.dynamic && after.dynamic {
        found.add(rules::DASH_START, "a static MPD became dynamic");
    }
    if after.dynamic && before.availability_start != after.availability_start {
        found.add(rules::DASH_START, "availabilityStartTime changed");
    }
    let published = before.publish_time.zip(after.publish_time);
    if published.is_some_and(|(before, after)| after < before) {
        found.add(rules::DASH_PUBLISH, "publishTime went back");
    }
    let mut grew = false;
    for (name, old) in named(before) {
        let Some((_, new)) = named(after).find(|(other, _)| *other == name) else {
            continue;
        };
        grew |= common(&mut found, name, old, new);
        window(&mut found, after, name, (old, new), now);
    }
    // Lists that are reckoned grow without the MPD being changed.
    let told = after.media.iter().flat_map(|media| &media.segments);
    let told = told.take(1).all(|segment| segment.exact);
    if grew && told && published.is_some_and(|(before, after)| after == before) {
        let what = "segments were added and publishTime stayed";
        found.add(rules::DASH_PUBLISH, what);
    }
    found.0
}

/// Segments stay for the time shift buffer.
fn window(found: &mut Findings, mpd: &Mpd, name: &str, lists: (&[Segment], &[Segment]), now: f64) {
    let (old, new) = lists;
    let (Some(depth), Some(begun)) = (mpd.time_shift, mpd.availability_start) else {
        return;
    };
    let Some(first) = new.first().filter(|first| first.exact) else {
        return;
    };
    // The last that was taken away.
    let gone = old
        .iter()
        .rev()
        .find(|old| old.start < first.start - ROUNDING);
    let Some(gone) = gone.filter(|_| mpd.dynamic) else {
        return;
    };
    let age = now - (begun + gone.start + gone.duration);
    if age < depth - CLOCKS {
        let what = format!(
            "{name}: segment {} was taken away {age:.3} s after its end, timeShiftBufferDepth is {depth} s",
            gone.number
        );
        found.add(rules::DASH_TIME_SHIFT, what);
    }
}

/// Whether the later list has more; segments are the same by their start.
fn common(found: &mut Findings, name: &str, old: &[Segment], new: &[Segment]) -> bool {
    let (Some(first), Some(last)) = (new.first(), new.last()) else {
        if !old.is_empty() {
            found.add(
                rules::DASH_CHANGED,
                format!("{name}: all segments are gone"),
            );
        }
        return false;
    };
    let mut new_segments = new.iter().peekable();
    for was in old.iter().filter(|was| was.start > first.start - ROUNDING) {
        while new_segments
            .next_if(|is| is.start < was.start - ROUNDING)
            .is_some()
        {}
        let number = was.number;
        let same = new_segments
            .peek()
            .filter(|is| is.start < was.start + ROUNDING);
        let Some(is) = same else {
            let what = format!("{name}: segment {number}, at {:.3} s, is gone", was.start);
            found.add(rules::DASH_CHANGED, what);
            continue;
        };
        if is.resource != was.resource || is.header != was.header {
            let what = format!("{name}: segment {number} has another URL");
            found.add(rules::DASH_CHANGED, what);
        }
        if was.exact && is.exact && (is.duration - was.duration).abs() > ROUNDING {
            let what = format!(
                "{name}: segment {number} lasted {} s and lasts {} s",
                was.duration, is.duration
            );
            found.add(rules::DASH_CHANGED, what);
        }
    }
    if let Some(ended) = old
        .last()
        .filter(|ended| ended.start > last.start + ROUNDING)
    {
        let what = format!(
            "{name}: the list reached to {:.3} s, and reaches to {:.3} s",
            ended.start, last.start
        );
        found.add(rules::DASH_CHANGED, what);
    }
    old.last()
        .is_some_and(|ended| last.start > ended.start + ROUNDING)
}
