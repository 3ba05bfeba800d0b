//! The rules of ISO/IEC 23009-1.
use super::Violation;
use crate::dash::Mpd;

/// Of an MPD alone, got at `now`, seconds of the Unix epoch.
pub fn mpd(mpd: &Mpd, now: f64) -> Vec<Violation> {
    todo!()
}

/// Between two loads of one MPD.
pub fn update(before: &Mpd, after: &Mpd) -> Vec<Violation> {
    todo!()
}
