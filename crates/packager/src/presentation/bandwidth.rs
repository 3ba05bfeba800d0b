//! Bandwidths, measured from the samples.

/// One segment (or one frame of trick play): how long it lasts and what it takes on the wire.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stretch {
    pub(crate) duration: u64,
    /// Bytes without protection.
    pub(crate) clear: u64,
    /// The most that protection adds, bytes.
    pub(crate) protection: u64,
}

/// Segments that count together at most, so that a file of one long segment and many tiny ones costs no more than others.
const MAX_RUN: usize = 64;

/// Bits per second: (average, peak), rounded up.
///
/// The peak is that of the heaviest run of neighbouring segments which lasts between 0.5 and 1.5 times as long as the
/// longest segment (RFC 8216bis, 4.4.6.2): a last segment of one key frame is no peak that a player has to sustain.
pub(crate) fn bandwidths(stretches: &[Stretch], timescale: u32) -> (u64, u64) {
    let total: u64 = stretches.iter().map(|stretch| stretch.clear).sum();
    let duration: u64 = stretches.iter().map(|stretch| stretch.duration).sum();
    let average = bits_per_second(total, duration, timescale);
    let longest = stretches
        .iter()
        .map(|stretch| stretch.duration)
        .max()
        .unwrap_or(0);
    let mut peak = 0;
    for first in 0..stretches.len() {
        let (mut bytes, mut duration) = (0, 0);
        let run = stretches.iter().skip(first).take(MAX_RUN);
        for (length, stretch) in run.enumerate() {
            bytes += stretch.clear + stretch.protection;
            duration += stretch.duration;
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

pub(super) fn bits_per_second(bytes: u64, duration: u64, timescale: u32) -> u64 {
    let bits = u128::from(bytes) * 8 * u128::from(timescale);
    u64::try_from(bits.div_ceil(u128::from(duration.max(1)))).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
