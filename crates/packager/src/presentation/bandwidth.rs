//! Bandwidths, measured from the samples.
use super::Segment;

/// What one segment takes on the wire.
#[derive(Debug, Clone, Copy)]
pub(super) struct Weight {
    /// Without protection.
    pub(super) clear: u64,
    /// The most that protection adds.
    pub(super) protection: u64,
}

/// Segments that count together at most, so that a file of one long segment and many tiny ones costs no more than others.
const MAX_RUN: usize = 64;

/// Bits per second: (average, peak), rounded up.
///
/// The peak is that of the heaviest run of neighbouring segments which lasts between 0.5 and 1.5 times as long as the
/// longest segment (RFC 8216bis, 4.4.6.2): a last segment of one key frame is no peak that a player has to sustain.
pub(super) fn bandwidths(segments: &[Segment], weights: &[Weight], timescale: u32) -> (u64, u64) {
    let total: u64 = weights.iter().map(|weight| weight.clear).sum();
    let duration: u64 = segments.iter().map(|segment| segment.duration).sum();
    let average = bits_per_second(total, duration, timescale);
    let longest = segments
        .iter()
        .map(|segment| segment.duration)
        .max()
        .unwrap_or(0);
    let mut peak = 0;
    for first in 0..segments.len() {
        let (mut bytes, mut duration) = (0, 0);
        let run = segments.iter().zip(weights).skip(first).take(MAX_RUN);
        for (length, (segment, weight)) in run.enumerate() {
            bytes += weight.clear + weight.protection;
            duration += segment.duration;
            if length > 0 && duration * 2 > longest * 3 {
                break;
            }
            if duration * 2 >= longest || length + 1 == MAX_RUN {
                peak = peak.max(bits_per_second(bytes, duration, timescale));
            }
        }
    }
    (average, peak.max(average))
}

fn bits_per_second(bytes: u64, duration: u64, timescale: u32) -> u64 {
    let bits = u128::from(bytes) * 8 * u128::from(timescale);
    u64::try_from(bits.div_ceil(u128::from(duration.max(1)))).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
