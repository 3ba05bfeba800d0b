//! Loudness after EBU R 128: measured first, then one gain for the whole track, never so much that a true peak exceeds
//! the ceiling. No limiter and no compressor: what was loud stays as loud in relation.
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// True peak that no sample may exceed between two samples, dBTP: room for what lossy coding adds.
pub(super) const PEAK_CEILING: f64 = -1.0;
/// Nobody hears what would need more: a track of noise stays noise.
const MAX_GAIN: f64 = 24.0;
/// Below, R 128's gate lets nothing through (ITU-R BS.1770).
const SILENCE: f64 = -69.9;

/// Of a whole track, after it is mixed to the layout it is heard in.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(super) struct Measured {
    /// LUFS; none for silence.
    pub(super) integrated: Option<f64>,
    /// dBTP; none for silence.
    pub(super) true_peak: Option<f64>,
}

/// The filter that measures and prints; its own output is not used.
pub(super) const MEASURING: &str = "loudnorm=I=-16:TP=-1:LRA=11:print_format=json";

impl Measured {
    /// From what ffmpeg printed: the last object in braces.
    pub(super) fn parse(lines: &[String]) -> Option<Self> {
        let start = lines.iter().rposition(|line| line.trim() == "{")?;
        let length = lines[start..].iter().position(|line| line.trim() == "}")?;
        let object: Value = serde_json::from_str(&lines[start..=start + length].join("\n")).ok()?;
        let level = |key: &str| -> Option<f64> { object[key].as_str()?.trim().parse().ok() };
        let audible =
            |level: f64| Some(level).filter(|level| level.is_finite() && *level > SILENCE);
        Some(Self {
            integrated: audible(level("input_i")?),
            true_peak: audible(level("input_tp")?),
        })
    }

    /// Decibels to add for `target` LUFS, as far as peaks allow.
    pub(super) fn gain(self, target: f64) -> f64 {
        let (Some(integrated), Some(peak)) = (self.integrated, self.true_peak) else {
            return 0.0;
        };
        (target - integrated).min(PEAK_CEILING - peak).min(MAX_GAIN)
    }

    /// Whether peaks keep the track below `target`.
    pub(super) fn is_held_down(self, target: f64) -> bool {
        self.integrated
            .is_some_and(|integrated| self.gain(target) < target - integrated - 0.5)
    }
}

#[cfg(test)]
mod tests;
