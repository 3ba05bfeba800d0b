//! Numbers go on from one load of an MPD to the next: `@startNumber` need not follow a window that moves, and begins
//! anew with each period.
use super::Mpd;
use crate::presentation::{Segment, Source};

/// Starts of one segment in two MPDs, seconds.
const SAME: f64 = 0.001;
/// Segments that are looked for in the list before: it may have been cut off at any of them.
const TRIED: usize = 8;

pub(super) fn go_on(mpd: &mut Mpd, previous: &Mpd) {
    let before = |track: usize, rung: usize, id: &str| {
        if let Some(at) = previous.known(id) {
            return previous.media.get(at);
        }
        // Or that of the same place: ids may be others in each period.
        let track = previous.presentation.tracks.get(track)?;
        match track.rungs.get(rung)?.source {
            Source::Known(at) => previous.media.get(at),
            Source::Playlist(_) => None,
        }
    };
    let tracks = mpd.presentation.tracks.iter().enumerate();
    let all = tracks.flat_map(|(track, of)| {
        let rungs = of.rungs.iter().enumerate();
        rungs.map(move |(rung, of)| (track, rung, of))
    });
    for (track, rung, of) in all {
        let (Source::Known(at), Some(before)) = (&of.source, before(track, rung, &of.name)) else {
            continue;
        };
        let Some(media) = mpd.media.get_mut(*at) else {
            continue;
        };
        let Some(first) = first_number(&before.segments, &media.segments) else {
            continue;
        };
        for (segment, number) in media.segments.iter_mut().zip(first..) {
            segment.number = number;
        }
    }
}

fn first_number(before: &[Segment], segments: &[Segment]) -> Option<u64> {
    for (nth, segment) in segments.iter().take(TRIED).enumerate() {
        let at = before.partition_point(|other| other.start < segment.start - SAME);
        let same = before
            .get(at)
            .filter(|same| same.start < segment.start + SAME);
        if let Some(same) = same {
            return same.number.checked_sub(nth as u64);
        }
    }
    // All of it is newer.
    let last = before.last()?;
    let first = segments.first()?;
    (first.start > last.start).then(|| last.number + 1)
}
