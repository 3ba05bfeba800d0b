//! From values to places on an axis, with ticks at round numbers.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Linear,
    /// Of values above 0.
    Log,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Scale {
    kind: Kind,
    low: f64,
    high: f64,
    pub(super) ticks: Vec<f64>,
}

impl Scale {
    /// Covers the values and ends at ticks; a linear one begins at 0 where `from_zero`.
    pub(super) fn over(
        kind: Kind,
        values: impl Iterator<Item = f64>,
        from_zero: bool,
        wanted: usize,
    ) -> Self {
        let usable = values.filter(|v| v.is_finite() && (kind == Kind::Linear || *v > 0.0));
        let (low, high) = usable.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| {
            (low.min(v), high.max(v))
        });
        match kind {
            _ if low > high => Self::linear(0.0, 1.0, wanted),
            Kind::Linear => Self::linear(if from_zero { low.min(0.0) } else { low }, high, wanted),
            Kind::Log => Self::log(low, high, wanted),
        }
    }

    /// Exactly from `low` to `high`, whatever the ticks: for time.
    pub(super) fn spanning(low: f64, high: f64, wanted: usize) -> Self {
        let high = if high > low { high } else { low + 1.0 };
        let mut scale = Self::linear(low, high, wanted);
        scale.low = low;
        scale.high = high;
        scale.ticks.retain(|tick| (low..=high).contains(tick));
        scale
    }

    fn linear(low: f64, high: f64, wanted: usize) -> Self {
        let span = if high > low {
            high - low
        } else {
            high.abs().max(1.0)
        };
        let step = round_step(span / wanted as f64);
        let first = (low / step).floor();
        let last = ((high.max(low + span * 1e-9)) / step).ceil();
        // Multiples, not sums: 0.1 added ten times is not 1.
        let ticks: Vec<f64> = (0..=(last - first) as u64)
            .map(|n| (first + n as f64) * step)
            .collect();
        Self {
            kind: Kind::Linear,
            low: first * step,
            high: last * step,
            ticks,
        }
    }

    fn log(low: f64, high: f64, wanted: usize) -> Self {
        let first = low.log10().floor() as i32;
        let last = (high.log10().ceil() as i32).max(first + 1);
        let decades = (last - first) as usize;
        let within: &[f64] = if decades * 3 <= wanted + 2 {
            &[1.0, 2.0, 5.0]
        } else {
            &[1.0]
        };
        let every = decades.div_ceil(wanted).max(1) as i32;
        let mut ticks: Vec<f64> = (first..last)
            .filter(|exponent| (exponent - first) % every == 0)
            .flat_map(|exponent| within.iter().map(move |m| m * 10_f64.powi(exponent)))
            .collect();
        ticks.push(10_f64.powi(last));
        // From the last tick below to the first above.
        let low = ticks
            .iter()
            .copied()
            .filter(|tick| *tick <= low * 1.000_001)
            .fold(10_f64.powi(first), f64::max);
        let high = ticks
            .iter()
            .copied()
            .filter(|tick| *tick >= high * 0.999_999 && *tick > low)
            .fold(10_f64.powi(last), f64::min);
        ticks.retain(|tick| (low..=high).contains(tick));
        Self {
            kind: Kind::Log,
            low,
            high,
            ticks,
        }
    }

    /// 0 at the lower end, 1 at the upper; values beyond stay at the ends.
    pub(super) fn place(&self, value: f64) -> f64 {
        let share = match self.kind {
            Kind::Linear => (value - self.low) / (self.high - self.low),
            Kind::Log if value <= 0.0 => 0.0,
            Kind::Log => (value / self.low).ln() / (self.high / self.low).ln(),
        };
        if share.is_finite() {
            share.clamp(0.0, 1.0)
        } else {
            0.0
        }
    }
}

/// 1, 2 or 5 times a power of ten, not less than `least`.
fn round_step(least: f64) -> f64 {
    let power = 10_f64.powf(least.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0]
        .into_iter()
        .map(|m| m * power)
        .find(|step| *step >= least * 0.999_999);
    step.unwrap_or(10.0 * power)
}

#[cfg(test)]
mod tests;
