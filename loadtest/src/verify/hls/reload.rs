//! From one load of a media playlist to the next (6.2.1, 6.2.2).
use super::{Findings, ROUNDING, Violation, rules};
use crate::hls::{MediaPlaylist, PlaylistType};
use crate::presentation::{Resource, Segment};

/// Between two loads of one media playlist.
pub fn reload(before: &MediaPlaylist, after: &MediaPlaylist) -> Vec<Violation> {
    let mut found = Findings::default();
    let (old, new) = (&before.media.segments, &after.media.segments);
    if after.target_duration != before.target_duration {
        let what = format!(
            "the target duration was {} s and is {} s",
            before.target_duration, after.target_duration
        );
        found.add(rules::HLS_TARGET_CHANGED, what);
    }
    if after.media_sequence < before.media_sequence {
        let what = format!(
            "EXT-X-MEDIA-SEQUENCE was {} and is {}",
            before.media_sequence, after.media_sequence
        );
        found.add(rules::HLS_BACKWARDS, what);
    }
    let end = |segments: &[Segment]| {
        let last = segments.last()?;
        let parts = match last.complete {
            true => usize::MAX,
            false => last.parts.len(),
        };
        Some((last.number, parts))
    };
    if end(new) < end(old) {
        let number = end(new).map(|(number, _)| number);
        let before = end(old).map_or(0, |(number, _)| number);
        let what = format!("the list ended in segment {before}, and ends in {number:?}");
        found.add(rules::HLS_BACKWARDS, what);
    }
    for (was, is) in common(old, new) {
        unchanged(&mut found, was, is);
    }
    counted(&mut found, old, new);
    hint(&mut found, before, after);
    parts_leave(&mut found, before, after);
    kinds(&mut found, before, after);
    window(&mut found, before, after);
    skip(&mut found, after);
    found.0
}

/// A playlist completed from a delta update, and the same in full, fetched right behind it: parts may have come.
pub fn delta(completed: &MediaPlaylist, full: &MediaPlaylist) -> Vec<Violation> {
    let mut found = Findings::default();
    for (was, is) in common(&completed.media.segments, &full.media.segments) {
        let mut here = Findings::default();
        unchanged(&mut here, was, is);
        for violation in here.0 {
            found.add(rules::HLS_DELTA, violation.detail);
        }
    }
    // The later of the two may have lost segments that the other has.
    let end = |playlist: &MediaPlaylist| {
        let last = playlist.media.segments.last();
        last.map(|last| (last.number, last.complete, last.parts.len()))
    };
    let (ours, theirs) = (completed.media_sequence, full.media_sequence);
    let same_end = end(completed) == end(full);
    if same_end && ours != theirs || ours > theirs {
        let what = format!(
            "begins at {} where the whole begins at {}",
            completed.media_sequence, full.media_sequence
        );
        found.add(rules::HLS_DELTA, what);
    }
    if completed.target_duration != full.target_duration {
        found.add(rules::HLS_DELTA, "another target duration");
    }
    found.0
}

/// Segments of one number.
fn common<'a>(
    old: &'a [Segment],
    new: &'a [Segment],
) -> impl Iterator<Item = (&'a Segment, &'a Segment)> {
    let first = |segments: &[Segment]| segments.first().map_or(0, |first| first.number);
    let from = first(old).max(first(new));
    let after = |segments: &'a [Segment]| {
        let at = segments.partition_point(|segment| segment.number < from);
        segments.get(at..).unwrap_or_default()
    };
    after(old).iter().zip(after(new))
}

fn unchanged(found: &mut Findings, was: &Segment, is: &Segment) {
    let number = was.number;
    if was.discontinuity != is.discontinuity {
        let what = format!(
            "segment {number} was behind {} discontinuities, and is behind {}",
            was.discontinuity, is.discontinuity
        );
        found.add(rules::HLS_DISCONTINUITY, what);
    }
    let mut changed = |what: &str| {
        let what = format!("segment {number}: {what} changed");
        found.add(rules::HLS_CHANGED, what);
    };
    if was.complete && is.complete {
        if was.resource != is.resource {
            changed("its URI or byte range");
        }
        if (was.duration - is.duration).abs() > ROUNDING {
            changed("its duration");
        }
        if was.gap != is.gap {
            changed("its EXT-X-GAP");
        }
    }
    if was.header != is.header {
        changed("its EXT-X-MAP");
    }
    if (was.protection, &was.key) != (is.protection, &is.key) {
        changed("its EXT-X-KEY");
    }
    let dates = was.wall_clock.zip(is.wall_clock);
    if dates.is_some_and(|(was, is)| (was - is).abs() > 1.0) {
        changed("its date");
    }
    // Parts are removed as a segment ages, the first of them first.
    let gone = was.parts.len().saturating_sub(is.parts.len());
    let left = was.parts.get(gone..).unwrap_or_default();
    if left.iter().zip(&is.parts).any(|(was, is)| was != is) {
        changed("a part of it");
    }
    if !is.complete && gone > 0 {
        changed("the number of its parts, backwards,");
    }
}

/// Where all that was known has left, numbers still go forward (6.2.2).
fn counted(found: &mut Findings, old: &[Segment], new: &[Segment]) {
    if let (Some(last), Some(first)) = (old.last(), new.first())
        && first.number > last.number
        && first.discontinuity < last.discontinuity
    {
        let what = format!(
            "segment {} was behind {} discontinuities, and segment {} behind {}",
            last.number, last.discontinuity, first.number, first.discontinuity
        );
        found.add(rules::HLS_DISCONTINUITY, what);
    }
}

/// What the list before announced is what comes next in the list after.
fn hint(found: &mut Findings, before: &MediaPlaylist, after: &MediaPlaylist) {
    let live = before.media.live.as_ref();
    let Some(hint) = live.and_then(|live| live.hint.as_ref()) else {
        return;
    };
    let Some(last) = before.media.segments.last() else {
        return;
    };
    let segment = |number: u64| {
        let mut segments = after.media.segments.iter();
        segments.find(|segment| segment.number == number)
    };
    let now = segment(last.number);
    if now.is_none_or(|now| now.parts.len() < last.parts.len()) {
        // Its parts have left meanwhile.
        return;
    }
    // The segment may have ended without another part: then it is the first of the next.
    let here = now.and_then(|now| now.parts.get(last.parts.len()));
    let (next, part) = match here.filter(|_| !last.complete) {
        Some(part) => (last.discontinuity, part),
        None => {
            let next = segment(last.number + 1);
            match next.and_then(|next| Some((next.discontinuity, next.parts.first()?))) {
                Some(next) => next,
                None => return,
            }
        }
    };
    let start = |resource: &Resource| resource.range.as_ref().map_or(0, |range| range.start);
    let is_it = hint.url == part.resource.url && start(hint) == start(&part.resource);
    if !is_it && next == last.discontinuity {
        let what = format!(
            "{} from byte {} was hinted at, {} from byte {} came",
            hint.url,
            start(hint),
            part.resource.url,
            start(&part.resource)
        );
        found.add(rules::HLS_HINT, what);
    }
}

/// Parts leave the list in their order, and not while they are at its end.
fn parts_leave(found: &mut Findings, before: &MediaPlaylist, after: &MediaPlaylist) {
    if after.ended {
        return;
    }
    let left = |was: &Segment, is: &Segment| is.parts.len() < was.parts.len();
    let all = || common(&before.media.segments, &after.media.segments);
    let Some((_, last)) = all().filter(|(was, is)| left(was, is)).last() else {
        return;
    };
    let older = |number: u64| move |(_, is): &(&Segment, &Segment)| is.number < number;
    if let Some((_, kept)) = all()
        .filter(older(last.number))
        .find(|(_, is)| !is.parts.is_empty())
    {
        let what = format!(
            "parts of segment {} were taken away, those of segment {} were not",
            last.number, kept.number
        );
        found.add(rules::HLS_PART_PLACE, what);
    }
    let end = after
        .media
        .segments
        .last()
        .map(|end| end.start + end.duration);
    let behind = end.unwrap_or_default() - (last.start + last.duration);
    let least = 3.0 * after.target_duration;
    if last.complete && behind < least - ROUNDING * after.media.segments.len() as f64 {
        let what = format!(
            "the parts of segment {} were taken away {behind:.3} s before the end, {least} s is the least",
            last.number
        );
        found.add(rules::HLS_PART_PLACE, what);
    }
}

fn kinds(found: &mut Findings, before: &MediaPlaylist, after: &MediaPlaylist) {
    let Some((old, new)) = before
        .media
        .segments
        .first()
        .zip(after.media.segments.first())
    else {
        return;
    };
    if before.kind != after.kind {
        found.add(rules::HLS_TYPE, "EXT-X-PLAYLIST-TYPE changed");
    }
    if before.kind.is_some() && new.number > old.number {
        let what = format!("segments up to {} were taken away", new.number);
        found.add(rules::HLS_TYPE, what);
    }
    let grew = before.media.segments.last().map(|last| last.number)
        < after.media.segments.last().map(|last| last.number);
    if before.ended && !after.ended {
        found.add(rules::HLS_TYPE, "EXT-X-ENDLIST is gone");
    } else if grew && (before.ended || before.kind == Some(PlaylistType::Vod)) {
        found.add(rules::HLS_TYPE, "segments were added behind the end");
    }
}

fn window(found: &mut Findings, before: &MediaPlaylist, after: &MediaPlaylist) {
    if after.media_sequence <= before.media_sequence || after.ended {
        return;
    }
    let segments = after.media.segments.iter().filter(|s| s.complete);
    let left: f64 = segments.map(|segment| segment.duration).sum();
    let least = 3.0 * after.target_duration;
    // A segment may be half a second shorter than the target it is rounded to.
    let rounding = 0.5 * after.media.segments.len() as f64;
    if left + rounding.min(1.5) < least {
        let what = format!("segments were taken away, and {left:.3} s are left of {least} s");
        found.add(rules::HLS_WINDOW, what);
    }
}

/// Skipped segments lie before the skip boundary.
fn skip(found: &mut Findings, after: &MediaPlaylist) {
    let Some(count) = after.skipped.and_then(|count| usize::try_from(count).ok()) else {
        return;
    };
    let Some(until) = after.control.skip_until else {
        let what = "EXT-X-SKIP in a playlist without CAN-SKIP-UNTIL";
        found.add(rules::HLS_SKIP, what);
        return;
    };
    let rest = after.media.segments.get(count..).unwrap_or_default();
    let left: f64 = rest.iter().map(|segment| segment.duration).sum();
    if count > 0 && left < until - ROUNDING * rest.len() as f64 {
        let what = format!("skipped up to {left:.3} s before the end, allowed is {until} s");
        found.add(rules::HLS_SKIP, what);
    }
}
