//! How a source track's media times become presentation times: edit lists, and what a first walk over the
//! sample table finds.
//!
//! ISO/IEC 14496-12, 8.6.6: an edit list is zero or more empty edits, which delay the track, and here one edit
//! (or several that follow each other without a gap) that says from which media time on it is shown. A sample's
//! presentation time is `decode_time + composition_offset + delay − media_time`.
use edgepack_isobmff::{Sample, TimingRun};

mod edits;
mod rate;
mod survey;
#[cfg(test)]
mod tests;

pub(crate) use edits::EditMap;
pub(crate) use rate::SampleRate;
pub(crate) use survey::{Preroll, Survey};

/// Media times beyond this are refused, so that sums and cross products of times stay inside `i64` and `i128`.
pub(crate) const MAX_MEDIA_TIME: i64 = 1 << 56;

/// A sync sample and its composition time (media timescale; presentation time once a shift was added).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SyncPoint {
    pub(crate) sample: u32,
    pub(crate) time: i64,
}

pub(crate) fn composition_time(sample: &Sample) -> i64 {
    signed(sample.decode_time) + i64::from(sample.composition_offset)
}

/// Of the run's first sample.
#[inline]
pub(crate) fn run_time(run: &TimingRun) -> i64 {
    signed(run.decode_time) + i64::from(run.composition_offset)
}

/// Saturating: [`Survey`] has refused what lies beyond [`MAX_MEDIA_TIME`].
#[inline]
fn signed(decode_time: u64) -> i64 {
    i64::try_from(decode_time)
        .unwrap_or(MAX_MEDIA_TIME)
        .min(MAX_MEDIA_TIME)
}
