//! Which sizes are made of a picture: those that do not enlarge it.

/// A size class, named as if the picture were 16:9.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rung {
    P360,
    P480,
    P720,
    P1080,
    P1440,
    P2160,
}

impl Rung {
    pub const ALL: [Self; 6] = [
        Self::P2160,
        Self::P1440,
        Self::P1080,
        Self::P720,
        Self::P480,
        Self::P360,
    ];

    pub fn height(self) -> u32 {
        match self {
            Self::P2160 => 2160,
            Self::P1440 => 1440,
            Self::P1080 => 1080,
            Self::P720 => 720,
            Self::P480 => 480,
            Self::P360 => 360,
        }
    }

    /// `1080p`, with or without the letter.
    pub fn parse(text: &str) -> Option<Self> {
        let height: u32 = text.trim_end_matches('p').parse().ok()?;
        Self::ALL.into_iter().find(|rung| rung.height() == height)
    }
}

/// One size of the ladder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Size {
    /// Height of a 16:9 picture of the same class: 1080 for 1920×800 and for 1080×1920, too.
    pub(super) class: u32,
    /// Even numbers of square pixels.
    pub(super) width: u32,
    pub(super) height: u32,
}

/// How much a rung may exceed the picture and still be taken as its own size: 1078 lines are 1080p.
const NEARLY: f64 = 0.97;
/// Pictures whose share of the largest rung below is more than this need no size of their own.
const CLOSE_BELOW: f64 = 1.12;

/// Sizes of a picture of `width` × `height` square pixels, largest first. Rungs above it are left out; where that leaves
/// it larger than the largest rung, its own size comes first. Never empty.
pub(super) fn sizes(width: u32, height: u32, rungs: &[Rung]) -> Vec<Size> {
    let (long, short) = (width.max(height), width.min(height));
    // The 16:9 frame that the picture fits into, lying or standing.
    let class = f64::from(short).max(f64::from(long) * 9.0 / 16.0);
    let scaled = |class_of_rung: u32, share: f64| Size {
        class: class_of_rung,
        width: even(f64::from(width) * share),
        height: even(f64::from(height) * share),
    };
    let mut rungs = rungs.to_vec();
    rungs.sort_unstable_by(|one, other| other.cmp(one));
    rungs.dedup();
    let fits = |rung: &Rung| class >= f64::from(rung.height()) * NEARLY;
    let above = rungs.iter().any(|rung| !fits(rung));
    let mut sizes: Vec<Size> = rungs
        .iter()
        .filter(|rung| fits(rung))
        .map(|rung| scaled(rung.height(), (f64::from(rung.height()) / class).min(1.0)))
        .collect();
    let largest = sizes.first().map_or(0.0, |size| f64::from(size.class));
    if sizes.is_empty() || (above && class > largest * CLOSE_BELOW) {
        sizes.insert(0, scaled(class.round() as u32, 1.0));
    }
    sizes
}

/// The nearest even number: 4:2:0 halves both sides.
fn even(length: f64) -> u32 {
    ((length / 2.0).round() as u32).max(1) * 2
}

#[cfg(test)]
mod tests;
