//! Whether a track's segments follow one another so evenly that players may compute their numbers (`@duration`).
use super::clocks::Piece;

/// How much later than its place a segment may begin, as a part of the duration. Availability is told as if all were
/// that late.
const LATE: u64 = 16;
/// How much earlier: players find less of the sound than they count on in a segment, and fetch the next one sooner.
const EARLY: u64 = 4;
/// How much of that a new grid leaves: sound is cut at frames, and begins now more, now less early.
const SPARE: u64 = 32;
/// Pieces that a new grid is judged by.
pub(super) const SAMPLE: usize = 4;

/// `startNumber` and `@duration`: segment `first + i` has its place at `origin + i × duration`, the track's timescale.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Grid {
    pub(super) origin: u64,
    pub(super) duration: u64,
    pub(super) first: u64,
}

impl Grid {
    /// The grid of this duration that `piece` lies on. None where it begins too far from a place, or would need
    /// numbers below 0.
    pub(super) fn through(origin: u64, duration: u64, piece: &Piece) -> Option<Self> {
        if duration == 0 {
            return None;
        }
        // Past a place by no more than LATE: that one; else ahead of the next.
        let late = duration / LATE;
        let from_origin = (piece.start + duration).checked_sub(origin)?;
        let index = from_origin.saturating_sub(late + 1) / duration;
        let first = piece.number.checked_sub(index)?;
        let grid = Self {
            origin,
            duration,
            first,
        };
        grid.takes(piece).then_some(grid)
    }

    /// The place of a number.
    pub(super) fn at(&self, number: u64) -> Option<u64> {
        let index = number.checked_sub(self.first)?;
        self.origin.checked_add(index.checked_mul(self.duration)?)
    }

    /// The number whose place ends at this moment, or next to it. None for moments before the first one ends.
    pub(super) fn last_before(&self, end: u64) -> Option<u64> {
        let lasts = end.checked_sub(self.origin)? + self.duration / 2;
        let count = lasts / self.duration;
        self.first
            .checked_add(count)?
            .checked_sub(1)
            .filter(|_| count > 0)
    }

    /// Whether a segment begins where players look for it.
    pub(super) fn takes(&self, piece: &Piece) -> bool {
        self.at(piece.number)
            .is_some_and(|place| self.is_near(piece.start, place))
    }

    /// Whether the first few begin, and end, where players look for them, and others may be somewhat earlier.
    pub(super) fn fits(&self, pieces: &[&Piece]) -> bool {
        let spare = self.duration / SPARE;
        let near = |moment: u64, number: u64| {
            self.at(number).is_some_and(|place| {
                self.is_near(moment, place) && self.is_near(moment.saturating_sub(spare), place)
            })
        };
        pieces.iter().take(SAMPLE).all(|piece| {
            let end = piece.start + piece.duration;
            let ends = near(end, piece.number.saturating_add(1));
            near(piece.start, piece.number) && (ends || !piece.complete)
        })
    }

    fn is_near(&self, moment: u64, place: u64) -> bool {
        moment <= place + self.slack() && moment + self.duration / EARLY >= place
    }

    /// How much a segment may begin after its place.
    pub(super) fn slack(&self) -> u64 {
        self.duration / LATE
    }
}
