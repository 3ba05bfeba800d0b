//! Prefixed integers (RFC 7541, 5.1, as RFC 9204, 4.1.1 bounds them).
use bytes::BufMut;

use super::DecodeError;

/// RFC 9204, 4.1.1: values up to 62 bits must be readable; nothing larger has a use.
const MAX: u64 = crate::varint::MAX;

/// Takes an integer with a prefix of `bits` (1 to 8) bits off the front of `input`.
///
/// # Errors
/// `Truncated`, and `IntegerOverflow` for values above 62 bits, however padded.
pub fn decode(bits: u32, input: &mut &[u8]) -> Result<u64, DecodeError> {
    let (first, mut rest) = input.split_first().ok_or(DecodeError::Truncated)?;
    let mask = u64::from(u8::MAX >> (8 - bits.clamp(1, 8)));
    let mut value = u64::from(*first) & mask;
    if value == mask {
        let mut shift = 0u32;
        loop {
            let (byte, tail) = rest.split_first().ok_or(DecodeError::Truncated)?;
            rest = tail;
            // Nine groups of seven bits reach 63; a tenth could only be padding.
            if shift > 56 {
                return Err(DecodeError::IntegerOverflow);
            }
            value += u64::from(byte & 0x7f) << shift;
            if value > MAX {
                return Err(DecodeError::IntegerOverflow);
            }
            if byte & 0x80 == 0 {
                break;
            }
            shift += 7;
        }
    }
    *input = rest;
    Ok(value)
}

/// Writes `value` with a prefix of `bits` bits; `flags` fills the bits above the prefix.
pub fn encode(flags: u8, bits: u32, mut value: u64, out: &mut impl BufMut) {
    let mask = u8::MAX >> (8 - bits.clamp(1, 8));
    if value < u64::from(mask) {
        out.put_u8(flags | value as u8);
        return;
    }
    out.put_u8(flags | mask);
    value -= u64::from(mask);
    while value >= 0x80 {
        out.put_u8(value as u8 | 0x80);
        value >>= 7;
    }
    out.put_u8(value as u8);
}

#[cfg(test)]
mod tests;
