//! What is foreseen to come next.
use edgepack_packager::live::{Segment, Window};

/// Media sequence number and part index of what follows, as EXT-X-PRELOAD-HINT names it.
///
/// A segment that has come to the end of its multiple of the segment target takes no part more, where the one before
/// did not go on beyond its own. It is complete when the next one begins.
pub fn next(window: &Window, segment_target_ms: u32) -> (u64, usize) {
    match window.segments.as_slice() {
        [.., before, last] if is_full(before, last, window.timescale, segment_target_ms) => {
            (last.number.saturating_add(1), 0)
        }
        _ => window.next(),
    }
}

fn is_full(before: &Segment, last: &Segment, timescale: u32, segment_target_ms: u32) -> bool {
    let target = u128::from(timescale) * u128::from(segment_target_ms.max(1));
    let slot = |time: u64| u128::from(time) * 1000 / target.max(1);
    let Some(part) = last.parts.last() else {
        return false;
    };
    let own = slot(last.start);
    let is_regular = !before.gap
        && !last.discontinuity
        && before.epoch == last.epoch
        && slot(before.start) + 1 == own;
    let ends = slot(part.start) == own && slot(part.start.saturating_add(part.duration)) > own;
    is_regular && ends && !last.complete && !last.gap
}
