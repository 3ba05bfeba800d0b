//! Cuts segments at sync samples.
//!
//! The grid rule: a segment begins at the first sync sample whose presentation time falls into another multiple
//! of the target duration than the beginning of the segment before it. So segments last the target duration on
//! average however the sync samples lie, and the same sample always begins the same segment, whatever came before.
use std::cmp::Ordering;

use crate::timing::SyncPoint;

mod audio;
mod video;

pub(crate) use audio::{AudioCutter, Frames};
pub(crate) use video::{Boundaries, VideoTrack, boundaries, last_common_before};

/// A point on the presentation timeline: `value / timescale` seconds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Moment {
    pub(crate) value: i64,
    pub(crate) timescale: u32,
}

impl Moment {
    pub(crate) fn new(value: i64, timescale: u32) -> Self {
        Self {
            value,
            timescale: timescale.max(1),
        }
    }

    /// Which multiple of the target duration the moment falls into.
    pub(crate) fn grid_index(self, target_ms: u32) -> i64 {
        let index = (i128::from(self.value) * 1000)
            .div_euclid(i128::from(self.timescale) * i128::from(target_ms.max(1)));
        i64::try_from(index).unwrap_or(i64::MAX)
    }

    /// The first tick whose [`Moment::grid_index`] is `index`, or the first behind where none has it.
    pub(crate) fn first_of_grid(index: i64, timescale: u32, target_ms: u32) -> i64 {
        let target = i128::from(timescale) * i128::from(target_ms.max(1));
        ceil_div(i128::from(index) * target, 1000)
    }

    /// The first tick of another timescale that is not before this moment.
    pub(crate) fn first_tick_in(self, timescale: u32) -> i64 {
        let scaled = i128::from(self.value) * i128::from(timescale);
        ceil_div(scaled, i128::from(self.timescale))
    }

    /// A microsecond's moment.
    pub(crate) fn micros(value: i64) -> Self {
        Self::new(value, 1_000_000)
    }

    pub(crate) fn millis(self) -> i64 {
        i64::try_from(i128::from(self.value) * 1000 / i128::from(self.timescale))
            .unwrap_or(i64::MAX)
    }

    /// In units of another timescale, rounded down.
    pub(crate) fn in_timescale(self, timescale: u32) -> i64 {
        let value =
            (i128::from(self.value) * i128::from(timescale)).div_euclid(i128::from(self.timescale));
        i64::try_from(value).unwrap_or(i64::MAX)
    }

    /// To the nearest unit of another timescale.
    pub(crate) fn nearest_in(self, timescale: u32) -> i64 {
        let scaled = i128::from(self.value) * i128::from(timescale) * 2;
        let rounded =
            (scaled + i128::from(self.timescale)).div_euclid(2 * i128::from(self.timescale));
        i64::try_from(rounded).unwrap_or(i64::MAX)
    }

    /// Whether the two lie at most `distance` apart.
    pub(crate) fn within(self, other: Self, distance: Self) -> bool {
        self.apart_at_most(other, distance, 1)
    }

    /// Whether the two lie at most half of `frame` apart.
    pub(crate) fn within_half(self, other: Self, frame: Self) -> bool {
        self.apart_at_most(other, frame, 2)
    }

    /// |self − other| ≤ distance ÷ divisor. Times are below 2^58, so that no product leaves `i128`.
    fn apart_at_most(self, other: Self, distance: Self, divisor: i128) -> bool {
        let (a, b) = (i128::from(self.timescale), i128::from(other.timescale));
        let apart = (i128::from(self.value) * b - i128::from(other.value) * a).abs();
        apart.saturating_mul(divisor * i128::from(distance.timescale))
            <= (a * b).saturating_mul(i128::from(distance.value))
    }
}

/// Rounded up; `divisor` is above 0.
fn ceil_div(value: i128, divisor: i128) -> i64 {
    i64::try_from(-(-value).div_euclid(divisor)).unwrap_or(i64::MAX)
}

impl PartialEq for Moment {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}
impl Eq for Moment {}
impl PartialOrd for Moment {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Moment {
    fn cmp(&self, other: &Self) -> Ordering {
        let (a, b) = (i128::from(self.timescale), i128::from(other.timescale));
        (i128::from(self.value) * b).cmp(&(i128::from(other.value) * a))
    }
}

/// Where one rendition is cut: the first sample of each segment, and its start on the presentation timeline
/// (media timescale). The first is at 0, whatever its first sample's time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cuts(pub(crate) Vec<SyncPoint>);

impl Cuts {
    fn starting_at(sample: u32) -> Self {
        Self(vec![SyncPoint { sample, time: 0 }])
    }

    /// Adds a segment, unless it would leave the one before without samples or time.
    fn push(&mut self, point: SyncPoint) {
        let last = self.0.last();
        if last.is_none_or(|last| last.sample < point.sample && last.time < point.time) {
            self.0.push(point);
        }
    }
}

#[cfg(test)]
mod tests;
