//! Splice information: what an encoder says of advertisements, programmes and chapters (ANSI/SCTE 35, clause 9).
//!
//! Read is what manifests need; the section itself goes on as it came.
use bytes::Bytes;
use edgepack_isobmff::codec::bits::{BitReader, BitsError};

use crate::ts::psi::crc32;

mod command;
mod segmentation;

pub use command::{BreakDuration, Command, SpliceInsert, SpliceTime};
pub use segmentation::{Segmentation, SegmentationKind};

const TABLE_ID: u8 = 0xfc;
/// `table_id` to `section_length`.
const BEFORE_LENGTH: usize = 3;
const CRC_LENGTH: usize = 4;
/// Presentation times count to 33 bits, in 90 kHz.
const PTS_MASK: u64 = (1 << 33) - 1;
const SEGMENTATION_DESCRIPTOR: u8 = 2;
const CUEI: &[u8] = b"CUEI";

/// A `splice_info_section` (9.6).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpliceInfo {
    /// The section as it came, without what stood behind it.
    pub section: Bytes,
    /// Added to every presentation time in it, 90 kHz.
    pub pts_adjustment: u64,
    pub command: Command,
    /// `segmentation_descriptor`s, in their order.
    pub segmentations: Vec<Segmentation>,
}

/// Why a message is no `splice_info_section`. The encoder is at fault.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SpliceError {
    #[error("a table {table_id:#04x} instead of a splice_info_section (0xfc)")]
    OtherTable { table_id: u8 },
    #[error("a section of {said} bytes in a message of {got}")]
    Length { said: usize, got: usize },
    #[error("the section's CRC is wrong")]
    Crc,
    #[error("protocol_version {version} is not defined")]
    Version { version: u8 },
    #[error("{place}: {reason}")]
    Malformed {
        place: &'static str,
        reason: &'static str,
    },
}

impl SpliceInfo {
    /// `message`: one section; bytes behind it (stuffing) are passed over. Of an encrypted one the command is
    /// [`Command::Encrypted`], and there are no descriptors.
    ///
    /// # Errors
    /// [`SpliceError`].
    pub fn parse(message: &Bytes) -> Result<Self, SpliceError> {
        let section = whole(message)?;
        let body = section
            .get(..section.len() - CRC_LENGTH)
            .and_then(|body| body.get(BEFORE_LENGTH..))
            .unwrap_or_default();
        let head = |error| at("splice_info_section", error);
        let mut bits = BitReader::new(body);
        let version = bits.byte(8).map_err(head)?;
        if version != 0 {
            return Err(SpliceError::Version { version });
        }
        let encrypted = bits.flag().map_err(head)?;
        bits.skip(6).map_err(head)?;
        let pts_adjustment = long(&mut bits, 33).map_err(head)?;
        // `cw_index`, `tier`.
        bits.skip(8 + 12).map_err(head)?;
        let length = bits.bits(12).map_err(head)?;
        if encrypted {
            return Ok(Self {
                section,
                pts_adjustment,
                command: Command::Encrypted,
                segmentations: Vec::new(),
            });
        }
        let kind = bits.byte(8).map_err(head)?;
        let command = command::parse(&mut bits, kind, length)?;
        let descriptors = body.get(body.len() - bits.left() / 8..);
        let segmentations = segmentations(descriptors.unwrap_or_default())?;
        Ok(Self {
            section,
            pts_adjustment,
            command,
            segmentations,
        })
    }

    /// Presentation time of the command, 90 kHz, adjusted; none where it says none.
    pub fn pts(&self) -> Option<u64> {
        let time = match &self.command {
            Command::Insert(insert) => insert.time.pts(),
            Command::TimeSignal(pts) => *pts,
            _ => None,
        };
        Some((time?.wrapping_add(self.pts_adjustment)) & PTS_MASK)
    }

    /// How long what begins here is planned to last, 90 kHz.
    pub fn duration(&self) -> Option<u64> {
        match &self.command {
            Command::Insert(insert) => insert.break_duration.map(|planned| planned.ticks),
            Command::TimeSignal(_) => self.segmentations.first()?.duration,
            _ => None,
        }
    }
}

/// The section, its length and CRC checked.
fn whole(message: &Bytes) -> Result<Bytes, SpliceError> {
    let got = message.len();
    let length = |said| SpliceError::Length { said, got };
    let [table_id, high, low] = *message.first_chunk().ok_or_else(|| length(BEFORE_LENGTH))?;
    if table_id != TABLE_ID {
        return Err(SpliceError::OtherTable { table_id });
    }
    let said = BEFORE_LENGTH + usize::from(u16::from_be_bytes([high & 0x0f, low]));
    if said > got || said < BEFORE_LENGTH + CRC_LENGTH {
        return Err(length(said));
    }
    let section = message.slice(..said);
    // A CRC over all, itself included, leaves nothing.
    match crc32(&section) {
        0 => Ok(section),
        _ => Err(SpliceError::Crc),
    }
}

/// Those of the descriptor loop that are segmentations. What stands behind the loop is stuffing.
fn segmentations(data: &[u8]) -> Result<Vec<Segmentation>, SpliceError> {
    let malformed = |reason| SpliceError::Malformed {
        place: "descriptor loop",
        reason,
    };
    let (length, rest) = data
        .split_first_chunk()
        .ok_or(malformed("it has no length"))?;
    let mut rest = rest
        .get(..usize::from(u16::from_be_bytes(*length)))
        .ok_or(malformed("it is longer than the section"))?;
    let mut found = Vec::new();
    while let Some((&[tag, length], behind)) = rest.split_first_chunk() {
        let (body, behind) = behind
            .split_at_checked(usize::from(length))
            .ok_or(malformed("a descriptor is longer than the loop"))?;
        rest = behind;
        if let (SEGMENTATION_DESCRIPTOR, Some(body)) = (tag, body.strip_prefix(CUEI)) {
            let parsed = segmentation::parse(body);
            found.push(parsed.map_err(|error| at("segmentation_descriptor", error))?);
        }
    }
    match rest {
        [] => Ok(found),
        _ => Err(malformed("it ends in the middle of a descriptor")),
    }
}

/// Up to 64 bits.
fn long(bits: &mut BitReader<'_>, count: u32) -> Result<u64, BitsError> {
    let high = bits.bits(count.saturating_sub(32))?;
    Ok(u64::from(high) << 32 | u64::from(bits.bits(count.min(32))?))
}

fn at(place: &'static str, BitsError(reason): BitsError) -> SpliceError {
    SpliceError::Malformed { place, reason }
}

#[cfg(test)]
mod tests;
