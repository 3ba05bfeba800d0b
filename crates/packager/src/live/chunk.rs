//! What goes into a line, what it answers, and why it refuses.
use bytes::Bytes;

use super::Sample;
use crate::timing::MAX_MEDIA_TIME;

/// Of one chunk: at 240 frames/s more than four minutes.
const MAX_SAMPLES: usize = 65_536;

/// Sums and differences of times stay far inside 64 bits.
pub(super) const MAX_DECODE_TIME: u64 = MAX_MEDIA_TIME.unsigned_abs();

/// Samples of one `moof`, as the encoder sent them.
#[derive(Debug, Clone)]
pub struct Chunk {
    /// `tfdt`, in the encoder's timescale.
    pub base_media_decode_time: u64,
    /// Durations and composition offsets in the encoder's timescale.
    pub samples: Vec<Sample>,
    /// The samples' bytes one after the other. It is kept as long as any of its samples: no slice of something larger.
    pub media: Bytes,
    /// Whole boxes that came before the `moof`: `prft` and `emsg` are passed on, others are not.
    pub prefix: Bytes,
}

/// What a CMAF header says of its samples' times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Source {
    /// Units per second; not 0.
    pub timescale: u32,
    /// Added to every composition offset.
    pub composition_shift: i64,
    /// Added to every decode time.
    pub decode_shift: u64,
}

impl Source {
    /// A decode time in the line's timescale.
    pub(super) fn time(&self, time: u64, timescale: u32) -> u64 {
        let time = i128::from(time) + i128::from(self.decode_shift);
        u64::try_from(self.scaled(time, timescale)).unwrap_or(u64::MAX)
    }

    pub(super) fn composition(&self, sample: &Sample, timescale: u32) -> Option<i32> {
        let offset = i128::from(sample.composition_offset) + i128::from(self.composition_shift);
        i32::try_from(self.scaled(offset, timescale)).ok()
    }

    /// To the nearest tick.
    fn scaled(&self, time: i128, timescale: u32) -> i128 {
        if self.timescale == timescale {
            return time;
        }
        let from = i128::from(self.timescale.max(1));
        (time * i128::from(timescale) * 2 + from).div_euclid(2 * from)
    }
}

/// When, from whom, and what the sender's clock says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arrival {
    /// Unix time, milliseconds: what time lines are dated by.
    pub at_ms: i64,
    /// On a clock that is never set, milliseconds from any moment: what silence is measured by.
    pub steady_ms: i64,
    /// Tells redundant encoders apart; the same for all connections of one encoder.
    pub encoder: u64,
    /// Looked at where a time line begins. From `prft`, or else that of a line of the channel that has begun
    /// ([`Line::clock`](super::Line::clock)), so that all tracks get the same numbers.
    pub clock: Option<Clock>,
}

/// What time it is where a media time line is 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Clock {
    /// Unix time of media time 0, microseconds.
    pub zero_us: i64,
}

/// 1900 to 1970 (RFC 5905, figure 4).
const NTP_TO_UNIX_S: i128 = 2_208_988_800;

impl Clock {
    /// `media_time` is at `unix_ms`.
    pub fn at(media_time: u64, timescale: u32, unix_ms: i64) -> Self {
        Self::of_micros(i128::from(unix_ms) * 1000, media_time, timescale)
    }

    /// Of a `prft` (ISO/IEC 14496-12, 8.16.5). `media_time`: with the header's decode shift.
    pub fn of_ntp(ntp: u64, media_time: u64, timescale: u32) -> Self {
        let micros = (i128::from(ntp) * 1_000_000) >> 32;
        let micros = micros - NTP_TO_UNIX_S * 1_000_000;
        Self::of_micros(micros, media_time, timescale)
    }

    fn of_micros(unix_us: i128, media_time: u64, timescale: u32) -> Self {
        let zero = unix_us - micros(media_time, timescale);
        Self {
            zero_us: i64::try_from(zero).unwrap_or(0),
        }
    }

    /// Unix time of a media time, milliseconds.
    pub fn unix_ms(&self, media_time: u64, timescale: u32) -> i64 {
        let unix = i128::from(self.zero_us) + micros(media_time, timescale);
        i64::try_from(unix.div_euclid(1000)).unwrap_or(i64::MAX)
    }
}

fn micros(media_time: u64, timescale: u32) -> i128 {
    i128::from(media_time) * 1_000_000 / i128::from(timescale.max(1))
}

/// What became of a chunk, and of those that waited for it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Parts that became available.
    pub parts: u32,
    /// Segments that became whole.
    pub segments: u32,
    /// Gap segments that a hole is told with.
    pub gaps: u32,
    /// Segments begun with a discontinuity.
    pub discontinuities: u32,
    /// Samples dropped: their time is there already.
    pub duplicates: u32,
    /// Of those, samples that begin where none of the line does: encoders that are not in step.
    pub misaligned: u32,
    /// Samples dropped: what came after them has been told.
    pub late: u32,
    /// Samples dropped: nothing to decode them from.
    pub undecodable: u32,
    /// Event boxes dropped: more of them than a part may have.
    pub prefixes_dropped: u32,
    /// The chunk waits for what comes before it, or for its encoder's turn.
    pub held: bool,
    /// Another encoder's samples are taken from here on.
    pub takeover: bool,
    /// The clock was not believed.
    pub clock_refused: bool,
    /// Arrival − wall clock of the chunk's end, milliseconds: what encoder and network take, and how the encoder's clock
    /// drifts.
    pub lag_ms: Option<i64>,
}

impl Outcome {
    /// Whether the window is another one than before.
    pub fn changed(&self) -> bool {
        self.parts > 0 || self.segments > 0 || self.gaps > 0
    }
}

/// Nothing of the chunk was taken. The sender is at fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Rejected {
    #[error("the track has ended")]
    Ended,
    #[error("a fragment without samples")]
    Empty,
    #[error("samples of {samples} bytes in {media} bytes of media")]
    Sizes { samples: u64, media: u64 },
    #[error("a fragment of {count} samples: {MAX_SAMPLES} at most")]
    Samples { count: usize },
    #[error("a fragment of {bytes} bytes: {max} at most")]
    Bytes { bytes: u64, max: u64 },
    #[error("{bytes} bytes of events before a fragment: {max} at most")]
    Prefix { bytes: u64, max: u64 },
    #[error("a decode time of {time}: an absurd one")]
    Time { time: u64 },
    #[error("a composition offset that does not fit 32 bits once the edit list is applied")]
    Composition,
    /// Ahead, or behind (negative).
    #[error("{by_ms} ms off the time line of another encoder that is at work")]
    OutOfStep { by_ms: i64 },
}

impl Chunk {
    /// Of all samples, encoder's timescale.
    pub(super) fn duration(&self) -> u64 {
        let durations = self.samples.iter().map(|s| u64::from(s.duration));
        durations.sum()
    }

    pub(super) fn check(&self, max_bytes: u64, max_prefix: u64) -> Result<(), Rejected> {
        if self.samples.is_empty() {
            return Err(Rejected::Empty);
        }
        if self.samples.len() > MAX_SAMPLES {
            let count = self.samples.len();
            return Err(Rejected::Samples { count });
        }
        let sizes = self.samples.iter().map(|s| u64::from(s.size));
        let (samples, media) = (sizes.sum(), len(&self.media));
        if samples != media {
            return Err(Rejected::Sizes { samples, media });
        }
        if media > max_bytes {
            let max = max_bytes;
            return Err(Rejected::Bytes { bytes: media, max });
        }
        if len(&self.prefix) > max_prefix {
            return Err(Rejected::Prefix {
                bytes: len(&self.prefix),
                max: max_prefix,
            });
        }
        let time = self.base_media_decode_time;
        if time > MAX_DECODE_TIME {
            return Err(Rejected::Time { time });
        }
        Ok(())
    }
}

pub(super) fn len(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}
