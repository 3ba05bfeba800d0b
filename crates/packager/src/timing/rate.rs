//! Frame rates, from sample durations.

/// Different sample durations counted; a table with more is taken as having a variable rate.
const MAX_DURATIONS: usize = 16;

/// How long samples are, counted.
#[derive(Debug, Clone, Default)]
pub(crate) struct SampleRate {
    /// (duration, samples), in the order met.
    counts: Vec<(u32, u64)>,
    samples: u64,
    total: u64,
    /// The latest sample's: left out of `counts` until another follows, since the last of a track is often odd.
    last: Option<u32>,
    /// Samples with the duration `last` in a row, that one left out: not counted yet.
    run: u64,
}

impl SampleRate {
    /// `count` samples (at least one) of the same duration.
    #[inline]
    pub(crate) fn add(&mut self, duration: u32, count: u64) {
        if self.last == Some(duration) {
            self.run += count;
            return;
        }
        // What was the last one is not any longer.
        self.run += 1;
        self.flush();
        self.last = Some(duration);
        self.run = count - 1;
    }

    /// No sample follows.
    pub(crate) fn finish(&mut self) {
        self.flush();
    }

    fn flush(&mut self) {
        let run = std::mem::take(&mut self.run);
        let Some(duration) = self.last.filter(|_| run > 0) else {
            return;
        };
        self.samples += run;
        self.total += u64::from(duration) * run;
        match self.counts.iter().position(|(known, _)| *known == duration) {
            Some(at) => self.counts[at].1 += run,
            None if self.counts.len() < MAX_DURATIONS => self.counts.push((duration, run)),
            None => {}
        }
    }

    /// The most common sample duration, media timescale.
    pub(crate) fn common(&self) -> u32 {
        let most = self
            .counts
            .iter()
            .filter(|(duration, _)| *duration > 0)
            .max_by_key(|(_, count)| *count);
        most.map_or(self.last.unwrap_or(0), |(duration, _)| *duration)
    }

    /// Frames ÷ seconds, reduced.
    ///
    /// The exact fraction of the most common duration where nearly all samples have it. Otherwise the mean: where it
    /// lies within 0.1 % of a standard rate (a coarse timescale makes durations jump between 33 and 34 ms) that rate,
    /// and in thousandths where it does not (variable rates).
    pub(crate) fn frame_rate(&self, timescale: u32) -> (u32, u32) {
        let common = self.common();
        let of_common = self.counts.iter().find(|(duration, _)| *duration == common);
        let odd = self.samples - of_common.map_or(0, |(_, count)| *count);
        if odd * 20 <= self.samples || self.total == 0 {
            return reduce(u64::from(timescale), u64::from(common.max(1)));
        }
        let frames = u128::from(self.samples) * u128::from(timescale);
        // 24 and 24000/1001 are only 0.1 % apart: the nearest one counts, not the first within reach.
        let deviation = |(numerator, denominator): &(u32, u32)| {
            let expected = u128::from(self.total) * u128::from(*numerator);
            (frames * u128::from(*denominator)).abs_diff(expected) * 1_000_000_000 / expected
        };
        let nearest = STANDARD_RATES.into_iter().min_by_key(deviation);
        if let Some(standard) = nearest.filter(|rate| deviation(rate) <= 1_000_000) {
            return standard;
        }
        let total = u128::from(self.total);
        let thousandths = (frames * 1000 + total / 2) / total;
        reduce(u64::try_from(thousandths).unwrap_or(u64::MAX), 1000)
    }
}

/// Frames ÷ seconds that cameras and encoders are set to.
const STANDARD_RATES: [(u32, u32); 16] = [
    (10, 1),
    (12, 1),
    (15, 1),
    (24000, 1001),
    (24, 1),
    (25, 1),
    (30000, 1001),
    (30, 1),
    (48000, 1001),
    (48, 1),
    (50, 1),
    (60000, 1001),
    (60, 1),
    (100, 1),
    (120_000, 1001),
    (120, 1),
];

/// In lowest terms; in thousandths where those do not fit.
fn reduce(numerator: u64, denominator: u64) -> (u32, u32) {
    let (mut a, mut b) = (numerator, denominator);
    while b > 0 {
        (a, b) = (b, a % b);
    }
    let divisor = a.max(1);
    match (
        u32::try_from(numerator / divisor),
        u32::try_from(denominator / divisor),
    ) {
        (Ok(numerator), Ok(denominator)) => (numerator, denominator),
        _ => {
            let thousandths = u128::from(numerator) * 1000 / u128::from(denominator.max(1));
            (u32::try_from(thousandths).unwrap_or(u32::MAX), 1000)
        }
    }
}
