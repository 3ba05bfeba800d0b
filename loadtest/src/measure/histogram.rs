//! Durations, counted.
use std::fmt;
use std::time::Duration;

use hdrhistogram::Histogram;

use crate::outcome::Quantiles;

/// What took longer counts as this.
const MAX: Duration = Duration::from_secs(3600);
/// Microseconds to a thousandth of themselves.
const DIGITS: u8 = 3;

/// A histogram of durations: microseconds, three digits. Takes memory with the first.
#[derive(Clone, Default)]
pub struct Times(Option<Box<Histogram<u64>>>);

impl Times {
    pub fn record(&mut self, took: Duration) {
        let micros = u64::try_from(took.min(MAX).as_micros()).unwrap_or(u64::MAX);
        if self.0.is_none() {
            self.0 = Histogram::new(DIGITS).ok().map(|mut histogram| {
                histogram.auto(true);
                Box::new(histogram)
            });
        }
        if let Some(histogram) = &mut self.0 {
            // Cannot fail: it grows as needed.
            let _ = histogram.record(micros.max(1));
        }
    }

    pub fn merge(&mut self, other: &Self) {
        match (&mut self.0, &other.0) {
            (_, None) => {}
            (Some(mine), Some(theirs)) => {
                // Cannot fail: it grows as needed.
                let _ = mine.add(theirs.as_ref());
            }
            (none, Some(theirs)) => *none = Some(theirs.clone()),
        }
    }

    pub fn count(&self) -> u64 {
        self.0.as_ref().map_or(0, |histogram| histogram.len())
    }

    pub fn quantile_ms(&self, quantile: f64) -> f64 {
        self.0.as_ref().map_or(0.0, |histogram| {
            histogram.value_at_quantile(quantile) as f64 / 1e3
        })
    }

    pub fn milliseconds(&self) -> Quantiles {
        self.quantiles(1e3)
    }

    pub fn seconds(&self) -> Quantiles {
        self.quantiles(1e6)
    }

    fn quantiles(&self, unit: f64) -> Quantiles {
        let Some(histogram) = &self.0 else {
            return Quantiles::default();
        };
        let at = |quantile| histogram.value_at_quantile(quantile) as f64 / unit;
        Quantiles {
            count: histogram.len(),
            mean: histogram.mean() / unit,
            p50: at(0.5),
            p90: at(0.9),
            p95: at(0.95),
            p99: at(0.99),
            p999: at(0.999),
            max: histogram.max() as f64 / unit,
        }
    }
}

impl fmt::Debug for Times {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Times({})", self.count())
    }
}
