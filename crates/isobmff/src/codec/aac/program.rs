//! `program_config_element` (ISO/IEC 14496-3, 4.4.1.1): channels laid out freely.
use crate::codec::bits::{BitReader, BitsError};

/// How many channels stand where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Program {
    front: Elements,
    side: Elements,
    back: Elements,
    low_frequency: u8,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Elements {
    single: u8,
    pairs: u8,
}

impl Program {
    pub(super) fn parse(reader: &mut BitReader<'_>) -> Result<Self, BitsError> {
        // element_instance_tag, object_type, sampling_frequency_index
        reader.skip(4 + 2 + 4)?;
        let (front, side, back) = (reader.byte(4)?, reader.byte(4)?, reader.byte(4)?);
        let low_frequency = reader.byte(2)?;
        let (data, coupling) = (reader.byte(3)?, reader.byte(4)?);
        for mixdown_bits in [4, 4, 3] {
            if reader.flag()? {
                reader.skip(mixdown_bits)?;
            }
        }
        let program = Self {
            front: elements(reader, front)?,
            side: elements(reader, side)?,
            back: elements(reader, back)?,
            low_frequency,
        };
        reader.skip(4 * usize::from(low_frequency + data) + 5 * usize::from(coupling))?;
        // byte_alignment counts from the start of the AudioSpecificConfig.
        reader.skip(reader.left() % 8)?;
        let comment_bytes = usize::from(reader.byte(8)?);
        reader.skip(8 * comment_bytes)?;
        if program.channels() == 0 {
            Err(BitsError("a program configuration without channels"))
        } else {
            Ok(program)
        }
    }

    pub(super) fn channels(&self) -> u16 {
        let elements = [self.front, self.side, self.back];
        let spoken = elements.map(|e| u16::from(e.single) + 2 * u16::from(e.pairs));
        spoken.iter().sum::<u16>() + u16::from(self.low_frequency)
    }

    /// The ChannelConfiguration (ISO/IEC 23091-3) with the same channels; 0 when there is none.
    pub(super) fn configuration(&self) -> u8 {
        let count = |e: Elements| (e.single, e.pairs);
        // Two surround channels stand at the side for one writer and in the back for the other.
        let surround = (
            self.side.single + self.back.single,
            self.side.pairs + self.back.pairs,
        );
        match (count(self.front), surround, self.low_frequency) {
            ((1, 0), (0, 0), 0) => 1,
            ((0, 1), (0, 0), 0) => 2,
            ((1, 1), (0, 0), 0) => 3,
            ((1, 1), (1, 0), 0) => 4,
            ((1, 1), (0, 1), 0) => 5,
            ((1, 1), (0, 1), 1) => 6,
            ((1, 2), (0, 1), 1) => 7,
            ((0, 1), (1, 0), 0) => 9,
            ((0, 1), (0, 1), 0) => 10,
            ((1, 1), (1, 1), 1) => 11,
            ((1, 1), (0, 2), 1) => 12,
            _ => 0,
        }
    }
}

fn elements(reader: &mut BitReader<'_>, count: u8) -> Result<Elements, BitsError> {
    let mut elements = Elements {
        single: 0,
        pairs: 0,
    };
    for _ in 0..count {
        if reader.flag()? {
            elements.pairs += 1;
        } else {
            elements.single += 1;
        }
        // element_tag_select
        reader.skip(4)?;
    }
    Ok(elements)
}
