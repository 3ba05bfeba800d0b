//! Reading a field section (RFC 9204, 4.5).
use super::static_table::STATIC_TABLE;
use super::{DecodeError, huffman, integer};
use crate::Limits;

/// What RFC 9114, 4.2.2 adds to each field's name and value.
const FIELD_OVERHEAD: u64 = 32;

/// One field line, valid until the next is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FieldLine<'a> {
    pub name: &'a [u8],
    pub value: &'a [u8],
    /// The sender asks that no compression ever stores the value (RFC 9204, 7.1.3): a secret.
    pub never_indexed: bool,
}

/// An encoded field section being read, line by line, within [`Limits`].
#[derive(Debug)]
pub struct FieldSection<'a> {
    input: &'a [u8],
    size_left: u64,
    fields_left: usize,
    name: Vec<u8>,
    value: Vec<u8>,
}

impl<'a> FieldSection<'a> {
    /// Reads the prefix of `section`, the payload of one HEADERS frame (RFC 9204, 4.5.1).
    ///
    /// # Errors
    /// A Required Insert Count other than 0, or a Base below it.
    pub fn new(section: &'a [u8], limits: &Limits) -> Result<Self, DecodeError> {
        let mut input = section;
        if integer::decode(8, &mut input)? != 0 {
            return Err(DecodeError::DynamicReference);
        }
        let sign = input.first().is_some_and(|byte| byte & 0x80 != 0);
        integer::decode(7, &mut input)?;
        if sign {
            return Err(DecodeError::NegativeBase);
        }
        Ok(Self {
            input,
            size_left: limits.max_field_section_size,
            fields_left: limits.max_fields,
            name: Vec::new(),
            value: Vec::new(),
        })
    }

    /// The next line; `None` after the last.
    ///
    /// # Errors
    /// [`DecodeError`]; the section cannot be read on after one.
    pub fn next_line(&mut self) -> Result<Option<FieldLine<'_>>, DecodeError> {
        let Some(first) = self.input.first().copied() else {
            return Ok(None);
        };
        self.fields_left = self
            .fields_left
            .checked_sub(1)
            .ok_or(DecodeError::TooManyFields)?;
        self.take_size(FIELD_OVERHEAD)?;
        let line = if first & 0x80 != 0 {
            self.indexed(first)
        } else if first & 0x40 != 0 {
            self.named_by_reference(first)
        } else if first & 0x20 != 0 {
            self.literal(first)
        } else {
            // 0001 and 0000: post-base forms, which only exist for the dynamic table.
            Err(DecodeError::DynamicReference)
        };
        line.map(Some)
    }

    /// `1 T index(6+)` (4.5.2)
    fn indexed(&mut self, first: u8) -> Result<FieldLine<'_>, DecodeError> {
        if first & 0x40 == 0 {
            return Err(DecodeError::DynamicReference);
        }
        let (name, value) = static_entry(integer::decode(6, &mut self.input)?)?;
        self.take_size((name.len() + value.len()) as u64)?;
        Ok(FieldLine {
            name: name.as_bytes(),
            value: value.as_bytes(),
            never_indexed: false,
        })
    }

    /// `01 N T index(4+)`, value (4.5.4)
    fn named_by_reference(&mut self, first: u8) -> Result<FieldLine<'_>, DecodeError> {
        if first & 0x10 == 0 {
            return Err(DecodeError::DynamicReference);
        }
        let (name, _) = static_entry(integer::decode(4, &mut self.input)?)?;
        self.take_size(name.len() as u64)?;
        let value = string(7, &mut self.input, &mut self.size_left, &mut self.value)?;
        Ok(FieldLine {
            name: name.as_bytes(),
            value,
            never_indexed: first & 0x20 != 0,
        })
    }

    /// `001 N H length(3+)`, name, value (4.5.6)
    fn literal(&mut self, first: u8) -> Result<FieldLine<'_>, DecodeError> {
        let name = string(3, &mut self.input, &mut self.size_left, &mut self.name)?;
        let value = string(7, &mut self.input, &mut self.size_left, &mut self.value)?;
        Ok(FieldLine {
            name,
            value,
            never_indexed: first & 0x10 != 0,
        })
    }

    fn take_size(&mut self, size: u64) -> Result<(), DecodeError> {
        take_size(&mut self.size_left, size)
    }
}

/// A string literal with a length of `bits` prefix bits, the Huffman flag just above them (4.1.2).
fn string<'i: 's, 's>(
    bits: u32,
    input: &mut &'i [u8],
    size_left: &mut u64,
    scratch: &'s mut Vec<u8>,
) -> Result<&'s [u8], DecodeError> {
    let available = input.len();
    let huffman_coded = input.first().is_some_and(|first| first & (1 << bits) != 0);
    let length = integer::decode(bits, input)?;
    let length = usize::try_from(length).map_err(|_| DecodeError::Truncated)?;
    let (encoded, rest) = input
        .split_at_checked(length)
        .ok_or(DecodeError::Truncated)?;
    *input = rest;
    let text = if huffman_coded {
        scratch.clear();
        // Room for whatever follows, too: no code is shorter than five bits.
        scratch.reserve(available * 8 / 5);
        let max_len = usize::try_from(*size_left).unwrap_or(usize::MAX);
        huffman::decode(encoded, max_len, scratch)?;
        scratch.as_slice()
    } else {
        encoded
    };
    take_size(size_left, text.len() as u64)?;
    Ok(text)
}

fn take_size(size_left: &mut u64, size: u64) -> Result<(), DecodeError> {
    *size_left = size_left
        .checked_sub(size)
        .ok_or(DecodeError::SectionTooLarge)?;
    Ok(())
}

fn static_entry(index: u64) -> Result<(&'static str, &'static str), DecodeError> {
    usize::try_from(index)
        .ok()
        .and_then(|index| STATIC_TABLE.get(index))
        .copied()
        .ok_or(DecodeError::StaticIndex(index))
}
