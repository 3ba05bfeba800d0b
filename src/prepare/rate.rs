//! Frame rates as exact fractions, and groups of pictures of a fixed length.
use std::fmt;

/// Frames per second; both parts positive, the fraction reduced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    pub frames: u32,
    pub seconds: u32,
}

/// What pictures are shot in; sources of changing rate become the nearest one.
const STANDARD: [Rate; 9] = [
    Rate::of(24_000, 1001),
    Rate::of(24, 1),
    Rate::of(25, 1),
    Rate::of(30_000, 1001),
    Rate::of(30, 1),
    Rate::of(48, 1),
    Rate::of(50, 1),
    Rate::of(60_000, 1001),
    Rate::of(60, 1),
];
/// 24 and 23.976 are 0.1 % apart: closer than half of that is the same rate, badly measured.
const SAME: f64 = 0.0004;
/// With fewer of its frames there, a grid is the container's, not the camera's.
const MOST_OF_GRID: f64 = 0.6;
const GOP_SECONDS: u32 = 2;

impl Rate {
    const fn of(frames: u32, seconds: u32) -> Self {
        Self { frames, seconds }
    }

    /// As ffprobe writes it: `30000/1001`. None for `0/0` and what is no rate.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (frames, seconds) = text.split_once('/')?;
        let (frames, seconds): (u32, u32) = (frames.parse().ok()?, seconds.parse().ok()?);
        if frames == 0 || seconds == 0 {
            return None;
        }
        let divisor = greatest_common_divisor(frames, seconds);
        Some(Self::of(frames / divisor, seconds / divisor))
    }

    pub fn per_second(self) -> f64 {
        f64::from(self.frames) / f64::from(self.seconds)
    }

    /// But for how exactly containers count.
    pub(super) fn is_about(self, other: Self) -> bool {
        (self.per_second() / other.per_second() - 1.0).abs() < SAME
    }

    fn nearest_standard(self) -> Self {
        let distance = |rate: &Self| (rate.per_second() - self.per_second()).abs();
        STANDARD
            .into_iter()
            .min_by(|one, other| distance(one).total_cmp(&distance(other)))
            .unwrap_or(self)
    }

    /// Every second frame.
    fn half(self) -> Self {
        if self.frames.is_multiple_of(2) {
            Self::of(self.frames / 2, self.seconds)
        } else {
            Self::of(self.frames, self.seconds * 2)
        }
    }

    /// Frames in `seconds`, at least one.
    pub(super) fn frames_in(self, seconds: f64) -> u64 {
        (seconds * self.per_second()).round().max(1.0) as u64
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.frames, self.seconds)
    }
}

/// The constant rate for a source: its own when it is constant and 60 or less, exact. When frames come unevenly, that of
/// the even grid on which they lie, or else the nearest standard one. `real` is the rate of the grid, as ffprobe guesses
/// it, `average` counts frames.
pub(super) fn constant(average: Option<Rate>, real: Option<Rate>) -> Option<Rate> {
    let average = average.or(real)?;
    // Of interlaced pictures the grid may be that of the fields.
    let is_even = real.is_some_and(|real| real.is_about(average) || real.half().is_about(average));
    let standard = |wanted: Rate| STANDARD.into_iter().find(|rate| rate.is_about(wanted));
    let grid = real
        .filter(|real| average.per_second() >= real.per_second() * MOST_OF_GRID)
        .and_then(standard);
    let mut rate = match standard(average).or(grid) {
        Some(standard) => standard,
        None if is_even && matches!(average.seconds, 1 | 2 | 1001) => average,
        // Halved first: 120 is two times 60, and no neighbour of it.
        None if average.per_second() > 60.0 => average,
        None => average.nearest_standard(),
    };
    while rate.per_second() > 60.5 {
        rate = rate.half();
    }
    let plain = matches!(rate.seconds, 1 | 2 | 1001);
    Some(if plain { rate } else { rate.nearest_standard() })
}

/// How the pictures of a ladder follow one another: all rungs share the moments at which groups begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cadence {
    full: Rate,
}

impl Cadence {
    pub(super) fn new(full: Rate) -> Self {
        Self { full }
    }

    /// More than 30 frames a second are wasted on small pictures.
    pub(super) fn rate(self, small: bool) -> Rate {
        if small && self.can_halve() {
            self.full.half()
        } else {
            self.full
        }
    }

    /// Frames per group of pictures: about two seconds, to the frame the same on every rung.
    pub(super) fn gop(self, small: bool) -> u32 {
        let whole = if self.can_halve() {
            // Even, so that the halved rungs have whole groups as well.
            let per_second = self.full.per_second().round() as u32;
            GOP_SECONDS * per_second
        } else {
            (f64::from(GOP_SECONDS) * self.full.per_second()).round() as u32
        };
        if small && self.can_halve() {
            whole / 2
        } else {
            whole.max(1)
        }
    }

    /// Ticks per second in which every frame of every rung is a whole number, 10 000 or more.
    pub(super) fn timescale(self) -> u32 {
        let mut timescale = self.full.frames;
        while timescale < 10_000 {
            timescale *= 2;
        }
        timescale
    }

    fn can_halve(self) -> bool {
        self.full.per_second() > 30.5
    }
}

fn greatest_common_divisor(mut one: u32, mut other: u32) -> u32 {
    while other != 0 {
        (one, other) = (other, one % other);
    }
    one
}

#[cfg(test)]
mod tests;
