//! Boxes that a push has and a channel's parts have not.
use bytes::Bytes;
use edgepack_isobmff::BoxWriter;

/// 1900 to 1970 (RFC 5905, figure 4), seconds.
const NTP_TO_UNIX_S: i64 = 2_208_988_800;
/// Clock and media time go together the same way throughout (ISO/IEC 14496-12, 8.16.5).
const CONSISTENT: u32 = 8;
/// Of the track in every header that the node writes.
const TRACK_ID: u32 = 1;

/// `prft`: `media_time` is at `unix_ms`. With it the next origin numbers and dates segments as this one does.
pub(super) fn producer_time(unix_ms: i64, media_time: u64) -> Bytes {
    let ms = unix_ms
        .saturating_add(NTP_TO_UNIX_S * 1000)
        .max(0)
        .unsigned_abs();
    // Seconds modulo the era of 2^32, and the fraction.
    let seconds = (ms / 1000) & u64::from(u32::MAX);
    let fraction = ((ms % 1000) << 32).div_ceil(1000);
    let mut w = BoxWriter::new();
    w.full_box(b"prft", 1, CONSISTENT, |w| {
        w.u32(TRACK_ID);
        w.u64(seconds << 32 | fraction);
        w.u64(media_time);
    });
    w.into_vec().into()
}

/// An empty `mfra` (ISO/IEC 14496-12, 8.8.9): nothing will follow.
pub(super) fn end() -> Bytes {
    const SIZE: u32 = 24;
    let mut w = BoxWriter::new();
    w.boxed(b"mfra", |w| {
        w.full_box(b"mfro", 0, 0, |w| w.u32(SIZE));
    });
    w.into_vec().into()
}

#[cfg(test)]
mod tests;
