//! `segmentation_descriptor` (ANSI/SCTE 35, 10.3.3): what begins or ends at a `time_signal`.
use bytes::Bytes;
use edgepack_isobmff::codec::bits::{BitReader, BitsError};

use super::long;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segmentation {
    pub event_id: u32,
    /// What was announced with this id will not be; all that follows means nothing.
    pub cancelled: bool,
    /// 90 kHz.
    pub duration: Option<u64>,
    /// What `upid` is (table 22); 0: nothing.
    pub upid_type: u8,
    /// As it is in the message.
    pub upid: Bytes,
    /// Table 23.
    pub type_id: u8,
    pub segment: u8,
    /// 0: not counted.
    pub segments_expected: u8,
    /// Number and count, for types that have them.
    pub sub_segment: Option<(u8, u8)>,
}

/// What a `segmentation_type_id` does to the programme (table 23).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SegmentationKind {
    /// An opportunity to leave it begins: breaks, advertisements, promotions, alternate content. `end` is the type that
    /// ends it.
    Out { end: u8 },
    /// It ends. `start` is the type that began it.
    In { start: u8 },
    /// Programmes, chapters, credits and others: nothing is spliced.
    Mark,
}

impl Segmentation {
    pub fn kind(&self) -> SegmentationKind {
        let type_id = self.type_id;
        let start = type_id & !1;
        let splices = matches!(start, 0x22 | 0x30..=0x3e | 0x42 | 0x44 | 0x46);
        match (splices, type_id == start) {
            (true, true) => SegmentationKind::Out { end: start | 1 },
            (true, false) => SegmentationKind::In { start },
            (false, _) => SegmentationKind::Mark,
        }
    }
}

/// `body`: behind the identifier.
pub(super) fn parse(body: &[u8]) -> Result<Segmentation, BitsError> {
    let mut bits = BitReader::new(body);
    let event_id = bits.bits(32)?;
    let cancelled = bits.flag()?;
    bits.skip(7)?;
    let mut found = Segmentation {
        event_id,
        cancelled,
        duration: None,
        upid_type: 0,
        upid: Bytes::new(),
        type_id: 0,
        segment: 0,
        segments_expected: 0,
        sub_segment: None,
    };
    if cancelled {
        return Ok(found);
    }
    let whole_program = bits.flag()?;
    let has_duration = bits.flag()?;
    // Where it may be delivered to.
    bits.skip(6)?;
    if !whole_program {
        for _ in 0..bits.byte(8)? {
            // `component_tag`, `pts_offset`.
            bits.skip(8 + 7 + 33)?;
        }
    }
    if has_duration {
        found.duration = Some(long(&mut bits, 40)?);
    }
    found.upid_type = bits.byte(8)?;
    let length = usize::from(bits.byte(8)?);
    let upid = body.get(body.len() - bits.left() / 8..);
    bits.skip(length * 8)?;
    let upid = upid.and_then(|upid| upid.get(..length));
    found.upid = Bytes::copy_from_slice(upid.unwrap_or_default());
    found.type_id = bits.byte(8)?;
    found.segment = bits.byte(8)?;
    found.segments_expected = bits.byte(8)?;
    // Encoders of before 2017 leave them out.
    let has_parts = matches!(
        found.type_id,
        0x30 | 0x32 | 0x34 | 0x36 | 0x38 | 0x3a | 0x44 | 0x46
    );
    if has_parts && bits.left() >= 16 {
        found.sub_segment = Some((bits.byte(8)?, bits.byte(8)?));
    }
    Ok(found)
}
