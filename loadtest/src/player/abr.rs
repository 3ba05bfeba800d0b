//! Which rung next: what the network gave lately, and what is buffered.
use crate::presentation::Rung;
use crate::scenario::{self, StartRung};

/// Half of what is known is this many seconds of loading old.
const FAST_HALF_LIFE: f64 = 2.0;
const SLOW_HALF_LIFE: f64 = 8.0;
/// Bodies smaller than this measure the round trip.
const MIN_SAMPLE_BYTES: u64 = 16 << 10;
/// Shares of the buffer target: below, no step up; further below, one step down at least.
const UP_FROM: f64 = 0.4;
const DOWN_BELOW: f64 = 0.15;

#[derive(Debug)]
pub(super) struct Abr {
    settings: scenario::Abr,
    fast: Average,
    slow: Average,
    current: Option<usize>,
    paced: Paced,
}

/// Bodies that a server sends as it makes them, until they are enough to measure by.
#[derive(Debug, Default)]
struct Paced {
    bytes: u64,
    busy: f64,
    over: f64,
}

impl Abr {
    pub(super) fn new(settings: &scenario::Abr) -> Self {
        Self {
            settings: settings.clone(),
            fast: Average::new(FAST_HALF_LIFE),
            slow: Average::new(SLOW_HALF_LIFE),
            current: None,
            paced: Paced::default(),
        }
    }

    /// `bytes` came within `seconds`.
    pub(super) fn sample(&mut self, bytes: u64, seconds: f64) {
        if bytes >= MIN_SAMPLE_BYTES && seconds > 0.0 {
            self.add(bytes as f64 * 8.0 / seconds, seconds);
        }
    }

    /// Of a body that took `over` seconds, of which the network was busy with `bytes` for `busy`: the rest of the time
    /// was the encoder's.
    pub(super) fn paced(&mut self, bytes: u64, busy: f64, over: f64) {
        self.paced.bytes += bytes;
        self.paced.busy += busy;
        self.paced.over += over.max(busy);
        if self.paced.bytes >= MIN_SAMPLE_BYTES && self.paced.busy > 0.0 {
            let Paced { bytes, busy, over } = std::mem::take(&mut self.paced);
            // What is known grows old by the clock, not by the little time that loading takes.
            self.add(bytes as f64 * 8.0 / busy, over);
        }
    }

    fn add(&mut self, rate: f64, seconds: f64) {
        self.fast.add(rate, seconds);
        self.slow.add(rate, seconds);
    }

    /// What to count on, bit/s.
    pub(super) fn throughput(&self) -> Option<f64> {
        Some(self.fast.value()?.min(self.slow.value()?))
    }

    /// A segment could not be had: the lowest rung is the next try.
    pub(super) fn failed(&mut self) {
        if self.settings.enabled {
            self.current = Some(0);
        }
    }

    /// `fill`: the buffer, as a share of its target. `rungs`: never empty, by rising rate.
    pub(super) fn choose(&mut self, rungs: &[Rung], fill: f64) -> usize {
        let highest = self.highest(rungs);
        let Some(current) = self.current else {
            let first = match self.settings.start {
                StartRung::Lowest => 0,
                StartRung::Middle => highest / 2,
                StartRung::Highest => highest,
            };
            self.current = Some(first);
            return first;
        };
        let mut next = current.min(highest);
        if self.settings.enabled
            && let Some(throughput) = self.throughput()
        {
            let budget = throughput * self.settings.safety;
            let affordable = rungs[..=highest]
                .iter()
                .rposition(|rung| rung.bandwidth as f64 <= budget)
                .unwrap_or(0);
            if affordable < next {
                // A full buffer rides out a short dip, but not one below half of what is needed.
                let deep = (rungs[next].bandwidth as f64) > 2.0 * budget;
                if fill < 0.8 || deep {
                    next = affordable;
                }
            } else if affordable > next && fill >= UP_FROM {
                next = affordable;
            }
            if fill < DOWN_BELOW && next >= current && affordable <= current {
                next = current.saturating_sub(1);
            }
        }
        self.current = Some(next);
        next
    }

    fn highest(&self, rungs: &[Rung]) -> usize {
        match self.settings.max_bandwidth {
            0 => rungs.len() - 1,
            limit => rungs
                .iter()
                .rposition(|rung| rung.bandwidth <= limit)
                .unwrap_or(0),
        }
    }
}

/// Exponentially weighted by loading time, without a bias towards its beginning.
#[derive(Debug)]
struct Average {
    half_life: f64,
    sum: f64,
    weight: f64,
}

impl Average {
    fn new(half_life: f64) -> Self {
        Self {
            half_life,
            sum: 0.0,
            weight: 0.0,
        }
    }

    fn add(&mut self, value: f64, seconds: f64) {
        let keep = 0.5f64.powf(seconds / self.half_life);
        self.sum = self.sum * keep + value * (1.0 - keep);
        self.weight = self.weight * keep + (1.0 - keep);
    }

    fn value(&self) -> Option<f64> {
        (self.weight > 0.0).then(|| self.sum / self.weight)
    }
}

#[cfg(test)]
mod tests;
