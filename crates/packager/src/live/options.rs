//! What a line is told, and the same in its own ticks.
use crate::{Error, Result};

/// Segments shorter than this are no segments any more; parts likewise.
const MIN_TARGET_MS: u32 = 10;
/// Of either target.
const MAX_TARGET_MS: u32 = 600_000;
/// HLS keeps three target durations in a playlist (RFC 8216bis, 6.2.2).
const MIN_WINDOW_TARGETS: u64 = 3;
/// A hole is never told in more segments than this.
pub(super) const MAX_GAP_SEGMENTS: u64 = 128;

/// How a track is cut and what is kept of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LineOptions {
    /// Units per second of everything that comes out.
    pub timescale: u32,
    /// Every sample is one to begin with, whatever flags say (audio).
    pub all_sync: bool,
    pub segment_target_ms: u32,
    pub part_target_ms: u32,
    /// What segments say of the channel's life that they are of ([`Segment::epoch`](super::Segment::epoch)).
    pub epoch: u32,
    /// How much of the past is listed; at least three segments.
    pub window_ms: u64,
    /// A longer hole is a discontinuity, a shorter one gaps.
    pub max_gap_ms: u32,
    /// What window and retired segments may take in memory together. The window gives way to it.
    pub max_bytes: u64,
    /// Added to every composition offset, in the encoder's timescale ([`Header::time`](super::Header::time)).
    pub composition_shift: i64,
    /// Added to every decode time, in the encoder's timescale.
    pub decode_shift: u64,
    /// A chunk that begins so much after the end of the one before follows it without a hole.
    pub tolerance_ms: u32,
    /// So long without a sample (and twice as long as a chunk lasts), and another encoder takes over in the middle of a
    /// segment, or a hole is taken for one.
    pub takeover_ms: u32,
    /// A segment without a sync sample for so long is given up.
    pub max_segment_ms: u32,
    /// An encoder's clock that differs more from that of the arrival is not believed.
    pub clock_tolerance_ms: u32,
}

impl LineOptions {
    /// Two-second segments, half-second parts, a window of a minute.
    pub fn new(timescale: u32, all_sync: bool) -> Self {
        Self {
            timescale,
            all_sync,
            segment_target_ms: 2000,
            part_target_ms: 500,
            epoch: 0,
            window_ms: 60_000,
            max_gap_ms: 30_000,
            max_bytes: 256 << 20,
            composition_shift: 0,
            decode_shift: 0,
            tolerance_ms: 100,
            takeover_ms: 1000,
            max_segment_ms: 30_000,
            clock_tolerance_ms: 10_000,
        }
    }

    pub(super) fn check(&self) -> Result<()> {
        let targets = MIN_TARGET_MS..=MAX_TARGET_MS;
        let fault = |reason: String| Err(Error::LineOptions { reason });
        if self.timescale == 0 {
            return fault("a timescale of 0".to_owned());
        }
        for (name, target) in [
            ("segment", self.segment_target_ms),
            ("part", self.part_target_ms),
        ] {
            if !targets.contains(&target) {
                return fault(format!(
                    "a {name} target of {target} ms: it must be between {MIN_TARGET_MS} and {MAX_TARGET_MS} ms"
                ));
            }
        }
        let segment = u64::from(self.segment_target_ms);
        if self.part_target_ms > self.segment_target_ms {
            return fault(format!(
                "parts of {} ms in segments of {segment} ms",
                self.part_target_ms
            ));
        }
        if self.window_ms < MIN_WINDOW_TARGETS * segment {
            return fault(format!(
                "a window of {} ms: it holds {MIN_WINDOW_TARGETS} segments of {segment} ms at least",
                self.window_ms
            ));
        }
        if u64::from(self.max_gap_ms) > MAX_GAP_SEGMENTS * segment {
            return fault(format!(
                "holes of {} ms: {MAX_GAP_SEGMENTS} segments of {segment} ms at most",
                self.max_gap_ms
            ));
        }
        if self.max_segment_ms < self.segment_target_ms {
            return fault(format!(
                "segments of {segment} ms, and none longer than {} ms",
                self.max_segment_ms
            ));
        }
        Ok(())
    }
}

/// The options in ticks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Grid {
    timescale: u64,
    segment_target_ms: u64,
    /// Rounded down: no part is longer.
    pub(super) part: u64,
    pub(super) segment: u64,
    pub(super) window: u64,
    pub(super) max_gap: u64,
    pub(super) tolerance: u64,
    pub(super) max_segment: u64,
}

impl Grid {
    pub(super) fn new(options: &LineOptions) -> Self {
        let timescale = u64::from(options.timescale);
        let ticks = |ms: u64| ticks(ms, timescale);
        let part = ticks(u64::from(options.part_target_ms)).max(1);
        Self {
            timescale,
            segment_target_ms: u64::from(options.segment_target_ms),
            part,
            segment: ticks(u64::from(options.segment_target_ms)).max(1),
            window: ticks(options.window_ms),
            max_gap: ticks(u64::from(options.max_gap_ms)),
            tolerance: ticks(u64::from(options.tolerance_ms)).min(part / 2),
            max_segment: ticks(u64::from(options.max_segment_ms)),
        }
    }

    /// Which multiple of the segment target a time lies in.
    pub(super) fn slot(&self, time: u64) -> u64 {
        let target = u128::from(self.timescale) * u128::from(self.segment_target_ms);
        u64::try_from(u128::from(time) * 1000 / target).unwrap_or(u64::MAX)
    }

    /// The first tick of a slot.
    pub(super) fn slot_start(&self, slot: u64) -> u64 {
        let ms = u128::from(slot) * u128::from(self.segment_target_ms);
        u64::try_from((ms * u128::from(self.timescale)).div_ceil(1000)).unwrap_or(u64::MAX)
    }

    /// The media sequence number of a first segment: the same in all tracks that share time line and clock, wherever in
    /// the slot their first samples lie.
    pub(super) fn number(&self, slot: u64, zero_us: i64) -> u64 {
        let target_us = i128::from(self.segment_target_ms) * 1000;
        let number = i128::from(slot) + i128::from(zero_us).div_euclid(target_us);
        u64::try_from(number.max(0)).unwrap_or(u64::MAX / 2)
    }

    /// How much later than the end of what was before a sample may begin and yet follow it.
    pub(super) fn slack(&self, duration: u32) -> u64 {
        self.tolerance.max(self.rounding(duration))
    }

    /// How far apart two samples may begin that are the same one, to two encoders.
    pub(super) fn rounding(&self, duration: u32) -> u64 {
        u64::from(duration / 2).min(self.part / 2)
    }

    /// What is told of a hole between `end` and `resumed`, behind a segment that began at `last`: so many segments that the
    /// next number is the one it has in a track without the hole.
    pub(super) fn gaps(
        &self,
        last: u64,
        end: u64,
        resumed: u64,
        stride: Option<u64>,
    ) -> Vec<(u64, u64)> {
        // Segments longer than the target are told by their own length.
        let stride = stride.filter(|stride| stride * 2 > self.segment * 3);
        let mut gaps = Vec::new();
        if let Some(stride) = stride {
            let count = ((resumed - last) + stride / 2) / stride;
            for left in (1..count.min(MAX_GAP_SEGMENTS)).rev() {
                gaps.push((resumed.saturating_sub(left * stride), stride));
            }
            for gap in &mut gaps {
                *gap = (gap.0.max(end), (gap.0 + gap.1).min(resumed));
            }
        } else {
            for slot in (self.slot(last) + 1..self.slot(resumed))
                .take(usize::try_from(MAX_GAP_SEGMENTS).unwrap_or(0))
            {
                let until = self.slot_start(slot + 1).min(resumed);
                gaps.push((self.slot_start(slot).max(end), until));
            }
        }
        gaps.retain(|(from, until)| from < until);
        gaps
    }

    pub(super) fn millis(&self, ticks: u64) -> u64 {
        let ms = u128::from(ticks) * 1000 / u128::from(self.timescale);
        u64::try_from(ms).unwrap_or(u64::MAX)
    }
}

fn ticks(ms: u64, timescale: u64) -> u64 {
    u64::try_from(u128::from(ms) * u128::from(timescale) / 1000).unwrap_or(u64::MAX)
}
