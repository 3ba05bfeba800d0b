//! A bit reader over bytes as they are, highest bit first: VP9 and AV1 headers.
use super::Parse;

#[derive(Debug, Clone)]
pub(super) struct BitReader<'a> {
    bytes: &'a [u8],
    /// Bits read.
    at: usize,
}

impl<'a> BitReader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// Bytes that anything was read of.
    pub(super) fn bytes_read(&self) -> usize {
        self.at.div_ceil(8)
    }

    pub(super) fn flag(&mut self) -> Parse<bool> {
        let byte = self.bytes.get(self.at / 8).ok_or("header ends too early")?;
        let bit = byte >> (7 - self.at % 8) & 1;
        self.at += 1;
        Ok(bit == 1)
    }

    /// f(n), n ≤ 32.
    pub(super) fn f(&mut self, bits: u32) -> Parse<u32> {
        let mut value = 0;
        for _ in 0..bits {
            value = value << 1 | u32::from(self.flag()?);
        }
        Ok(value)
    }

    /// Bits left of a byte begun.
    pub(super) fn to_byte_end(&self) -> u32 {
        (self.at.next_multiple_of(8) - self.at) as u32
    }
}
