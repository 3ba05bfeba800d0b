//! Variable-length integers of QUIC (RFC 9000, 16): 1, 2, 4 or 8 bytes, the length in the top two bits.
use bytes::BufMut;

/// The largest value there is: 2^62 − 1.
pub const MAX: u64 = (1 << 62) - 1;

/// The value at the front of `input` and the bytes it takes; `None` when more bytes are needed.
pub fn decode(input: &[u8]) -> Option<(u64, usize)> {
    let first = *input.first()?;
    let length = 1usize << (first >> 6);
    let rest = input.get(1..length)?;
    let value = rest.iter().fold(u64::from(first & 0x3f), |value, byte| {
        value << 8 | u64::from(*byte)
    });
    Some((value, length))
}

/// Writes `value` in its shortest form. Values above [`MAX`] are written as [`MAX`].
pub fn encode(value: u64, out: &mut impl BufMut) {
    match value {
        0..0x40 => out.put_u8(value as u8),
        0x40..0x4000 => out.put_u16(0x4000 | value as u16),
        0x4000..0x4000_0000 => out.put_u32(0x8000_0000 | value as u32),
        _ => out.put_u64(0xc000_0000_0000_0000 | value.min(MAX)),
    }
}

#[cfg(test)]
mod tests;
