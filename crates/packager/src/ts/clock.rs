//! The 90 kHz clock of timestamps (ISO/IEC 13818-1, 2.4.2.2 and 2.4.3.7).
//!
//! Inside this module a time is a signed count of ticks on the presentation's time line, so that it can lie before 0
//! and never wraps; it becomes a timestamp of 33 bits only when it is written.

/// Ticks per second.
pub const TICKS_PER_SECOND: u32 = 90_000;

/// The timestamp of presentation time 0: ten seconds, which leaves room for what is decoded before 0 (audio priming,
/// the delay of B-frames) and for the program clock, which runs ahead. `X-TIMESTAMP-MAP=MPEGTS:900000,LOCAL:00:00:00.000`.
pub const PRESENTATION_START: u64 = 900_000;

const WRAP: i64 = 1 << 33;

/// A time in ticks, to the nearest one. Rounded from the time itself, so that nothing adds up over a long title.
pub fn ticks(time: i64, timescale: u32) -> i64 {
    let timescale = i128::from(timescale.max(1));
    let doubled = 2 * i128::from(time) * i128::from(TICKS_PER_SECOND) + timescale;
    let ticks = doubled.div_euclid(2 * timescale);
    i64::try_from(ticks).unwrap_or(if time < 0 { i64::MIN } else { i64::MAX })
}

/// The timestamp of a time in ticks: 33 bits, which wrap after 26.5 hours.
pub fn timestamp(ticks: i64) -> u64 {
    let start = PRESENTATION_START.cast_signed();
    ticks.wrapping_add(start).rem_euclid(WRAP).cast_unsigned()
}

/// PTS or DTS as a PES header has it, after the four bits that say which (2.4.3.7).
pub(super) fn pes_timestamp(kind: u8, ticks: i64) -> [u8; 5] {
    let time = timestamp(ticks);
    let bits = |shift: u32, mask: u64| (time >> shift & mask).to_le_bytes()[0];
    [
        kind << 4 | bits(30, 0x07) << 1 | 1,
        bits(22, 0xff),
        bits(15, 0x7f) << 1 | 1,
        bits(7, 0xff),
        bits(0, 0x7f) << 1 | 1,
    ]
}

/// A program clock reference: 33 bits of 90 kHz, six reserved ones, and an extension of 0 (2.4.3.5).
pub(super) fn program_clock_reference(ticks: i64) -> [u8; 6] {
    let [_, _, a, b, c, d, e, f] = (timestamp(ticks) << 15 | 0x3f << 9).to_be_bytes();
    [a, b, c, d, e, f]
}

#[cfg(test)]
mod tests;
