//! Where a track stands, and how exactly its times must agree.

/// The end of what came of one track.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Clock {
    /// Seconds; of a transport stream without its wraps.
    pub(super) next: f64,
    /// In units of `timescale`.
    pub(super) ticks: u64,
    pub(super) timescale: u32,
    /// Of the last sample, seconds.
    pub(super) sample: f64,
}

/// Writers round to milliseconds.
const LEAST: f64 = 0.002;

impl Clock {
    /// By how many seconds `ticks` differs from what follows, where that is more than rounding: a writer that must
    /// guess how long its last sample lasts may miss by half of it.
    pub(super) fn jump(&self, ticks: u64, timescale: u32) -> Option<f64> {
        let difference = if timescale == self.timescale {
            (i128::from(ticks) - i128::from(self.ticks)) as f64 / f64::from(timescale)
        } else {
            ticks as f64 / f64::from(timescale) - self.next
        };
        let tolerance = (self.sample / 2.0).clamp(LEAST, 0.1);
        (difference.abs() > tolerance).then_some(difference)
    }
}

/// Whether media of `actual` seconds may be announced as `announced`, `sample` being the longest sample: writers round
/// to samples and to milliseconds, and some tell presentation, others decoding.
pub(super) fn lasts(actual: f64, announced: f64, exact: bool, sample: f64) -> bool {
    let share = if exact { 0.1 } else { 0.5 };
    let tolerance = (announced * share).max((2.0 * sample).min(0.25)).max(0.1);
    (actual - announced).abs() <= tolerance
}
