//! PES packets (ISO/IEC 13818-1, 2.4.3.6), as planned before they are written.
use std::ops::Range;

use crate::ts::clock::pes_timestamp;
use crate::ts::video::AccessUnit;

/// Bytes of a transport packet, and of what follows its header.
pub(super) const PACKET: usize = 188;
pub(super) const PACKET_ROOM: usize = 184;

/// Adaptation field with length and flags alone; with a program clock reference.
const FLAGS_LEN: usize = 2;
const CLOCK_LEN: usize = 8;

/// Start code, stream id, length, flags and header length; then timestamps.
const FIXED_LEN: usize = 9;
const TIMESTAMP_LEN: usize = 5;

/// One PES packet: an access unit of video, or some frames of audio.
#[derive(Debug)]
pub(super) struct Pes {
    /// Ticks.
    pub(super) pts: i64,
    pub(super) dts: i64,
    /// Which of the stream's samples.
    pub(super) samples: Range<usize>,
    /// Of video.
    pub(super) unit: Option<AccessUnit>,
    /// Bytes after the header.
    pub(super) payload_len: usize,
    pub(super) is_random_access: bool,
    /// The program clock that its first packet carries, ticks.
    pub(super) clock: Option<i64>,
    /// Stuffing bytes in the header.
    pub(super) stuffing: u8,
    /// Transport packets.
    pub(super) packets: usize,
    /// Its bytes go over more packets than they need.
    pub(super) is_spread: bool,
}

impl Pes {
    pub(super) fn header_len(&self) -> usize {
        let timestamps = if self.has_decode_time() { 2 } else { 1 };
        FIXED_LEN + timestamps * TIMESTAMP_LEN + usize::from(self.stuffing)
    }

    pub(super) fn len(&self) -> usize {
        self.header_len() + self.payload_len
    }

    /// Of the first packet; the others have one only for stuffing.
    pub(super) fn adaptation_len(&self) -> usize {
        match (self.clock.is_some(), self.is_random_access) {
            (true, _) => CLOCK_LEN,
            (false, true) => FLAGS_LEN,
            (false, false) => 0,
        }
    }

    /// The fewest packets that hold it.
    pub(super) fn least_packets(&self) -> usize {
        let first = PACKET_ROOM - self.adaptation_len();
        1 + self.len().saturating_sub(first).div_ceil(PACKET_ROOM)
    }

    fn has_decode_time(&self) -> bool {
        self.pts != self.dts
    }

    /// `stream_id`: table 2-22.
    pub(super) fn write_header(&self, stream_id: u8, put: &mut impl FnMut(&[u8])) {
        // Only video may leave its length open, which it does where 16 bits cannot say it.
        let [high, low] = u16::try_from(self.len() - 6).unwrap_or(0).to_be_bytes();
        let has_decode_time = self.has_decode_time();
        let [header_data_len, ..] = (self.header_len() - FIXED_LEN).to_le_bytes();
        // Not scrambled; the payload begins with an access unit.
        let flags = 0x84;
        let timestamps = if has_decode_time { 0xc0 } else { 0x80 };
        put(&[
            0,
            0,
            1,
            stream_id,
            high,
            low,
            flags,
            timestamps,
            header_data_len,
        ]);
        if has_decode_time {
            put(&pes_timestamp(0b0011, self.pts));
            put(&pes_timestamp(0b0001, self.dts));
        } else {
            put(&pes_timestamp(0b0010, self.pts));
        }
        for _ in 0..self.stuffing {
            put(&[0xff]);
        }
    }
}
