//! Records of an index file: all of one length, each with a checksum of its own, numbers big-endian.
//!
//! ```text
//!  0  "ERh1" the file's CMAF header · "ERs1" a segment
//!  4  flags: 1 discontinuity, 2 gap
//!  8  epoch        12  number of the CMAF header      16  timescale
//! 20  CRC-32 of the bytes
//! 24  number       32  decode time    40  duration    48  wall clock, ms
//! 56  number of the first sample      64  offset      72  length
//! 80  CRC-32 of all this
//! ```
use edgepack_packager::live::Segment;

pub(super) const RECORD_LEN: usize = 84;

const HEADER: [u8; 4] = *b"ERh1";
const SEGMENT: [u8; 4] = *b"ERs1";
const DISCONTINUITY: u32 = 1;
const GAP: u32 = 2;

/// What all segments of a file have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Common {
    pub(super) epoch: u32,
    /// Which of the track's CMAF headers in the epoch.
    pub(super) header: u32,
    pub(super) timescale: u32,
}

/// One segment of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Entry {
    pub(super) number: u64,
    /// Decode time of the first sample, timescale of the file.
    pub(super) start: u64,
    pub(super) duration: u64,
    pub(super) wall_clock_ms: i64,
    /// Number of the first sample in the epoch.
    pub(super) first_sample: u64,
    /// In the media file.
    pub(super) offset: u64,
    /// 0 in a gap.
    pub(super) length: u64,
    pub(super) crc: u32,
    pub(super) discontinuity: bool,
    pub(super) gap: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Record {
    /// The first of each file. The bytes are those that the media file begins with.
    Header {
        common: Common,
        length: u64,
        crc: u32,
    },
    Segment {
        common: Common,
        entry: Entry,
    },
}

impl Entry {
    /// A segment of which nothing is recorded, wherever it would have been.
    pub(super) fn gap(segment: &Segment) -> Self {
        Self {
            number: segment.number,
            start: segment.start,
            duration: segment.duration,
            wall_clock_ms: segment.wall_clock_ms,
            first_sample: segment.parts.first().map_or(0, |part| part.first_sample),
            discontinuity: segment.discontinuity,
            gap: true,
            ..Self::default()
        }
    }

    pub(super) fn end_ms(&self, timescale: u32) -> i64 {
        self.wall_clock_ms
            .saturating_add(millis(self.duration, timescale))
    }

    /// The bytes are not there, or not what they were.
    pub(super) fn lose(&mut self) {
        (self.gap, self.length, self.crc) = (true, 0, 0);
    }
}

pub(super) fn millis(ticks: u64, timescale: u32) -> i64 {
    let ms = u128::from(ticks) * 1000 / u128::from(timescale.max(1));
    i64::try_from(ms).unwrap_or(i64::MAX)
}

impl Record {
    pub(super) fn write(&self) -> [u8; RECORD_LEN] {
        let (kind, common, entry) = match *self {
            Self::Header {
                common,
                length,
                crc,
            } => {
                let entry = Entry {
                    length,
                    crc,
                    ..Entry::default()
                };
                (HEADER, common, entry)
            }
            Self::Segment { common, entry } => (SEGMENT, common, entry),
        };
        let flags = u32::from(entry.discontinuity) * DISCONTINUITY + u32::from(entry.gap) * GAP;
        let mut out = [0; RECORD_LEN];
        let mut at = 0;
        let mut put = |bytes: &[u8]| {
            out[at..at + bytes.len()].copy_from_slice(bytes);
            at += bytes.len();
        };
        put(&kind);
        for word in [
            flags,
            common.epoch,
            common.header,
            common.timescale,
            entry.crc,
        ] {
            put(&word.to_be_bytes());
        }
        for word in [entry.number, entry.start, entry.duration] {
            put(&word.to_be_bytes());
        }
        put(&entry.wall_clock_ms.to_be_bytes());
        for word in [entry.first_sample, entry.offset, entry.length] {
            put(&word.to_be_bytes());
        }
        let crc = crc32fast::hash(&out[..RECORD_LEN - 4]);
        out[RECORD_LEN - 4..].copy_from_slice(&crc.to_be_bytes());
        out
    }

    /// None for what is damaged.
    pub(super) fn read(bytes: &[u8; RECORD_LEN]) -> Option<Self> {
        let word = |at: usize| {
            bytes[at..]
                .first_chunk()
                .map(|word| u32::from_be_bytes(*word))
        };
        let long = |at: usize| {
            bytes[at..]
                .first_chunk()
                .map(|word| u64::from_be_bytes(*word))
        };
        if word(RECORD_LEN - 4)? != crc32fast::hash(&bytes[..RECORD_LEN - 4]) {
            return None;
        }
        let flags = word(4)?;
        let common = Common {
            epoch: word(8)?,
            header: word(12)?,
            timescale: word(16)?,
        };
        let entry = Entry {
            crc: word(20)?,
            number: long(24)?,
            start: long(32)?,
            duration: long(40)?,
            wall_clock_ms: long(48)?.cast_signed(),
            first_sample: long(56)?,
            offset: long(64)?,
            length: long(72)?,
            discontinuity: flags & DISCONTINUITY != 0,
            gap: flags & GAP != 0,
        };
        match bytes[..4].first_chunk::<4>()? {
            kind if *kind == HEADER => Some(Self::Header {
                common,
                length: entry.length,
                crc: entry.crc,
            }),
            kind if *kind == SEGMENT => Some(Self::Segment { common, entry }),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests;
