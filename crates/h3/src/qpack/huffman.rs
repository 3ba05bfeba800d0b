//! The Huffman code for strings (RFC 7541, 5.2 and Appendix B).
//!
//! The code is canonical: within one length, codes count up in symbol order, and each length goes on
//! where the one before ended. So the lengths alone define it, and all tables are made from them when
//! the crate is compiled.
use bytes::BufMut;

use super::DecodeError;

const SYMBOLS: usize = 257;
const END_OF_STRING: u16 = 256;
const LONGEST: usize = 30;
/// Codes up to this length are found with one look; they cover all that usual field values are made of.
const FAST_BITS: usize = 9;

/// Bits per symbol, 0 to 255 and the end of string.
#[rustfmt::skip]
const LENGTHS: [u8; SYMBOLS] = [
    13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28,
    28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 28,
    6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6,
    5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10,
    13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,
    7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6,
    15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5,
    6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28,
    20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23,
    24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24,
    22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23,
    21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23,
    26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25,
    19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27,
    20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23,
    26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26,
    30,
];

static TABLES: Tables = Tables::new();

/// Bytes that `text` takes in Huffman code, padding included.
pub fn encoded_len(text: &[u8]) -> usize {
    let bits: usize = text.iter().map(|byte| length_of(*byte)).sum();
    bits.div_ceil(8)
}

/// Writes `text` in Huffman code, padded with ones to a full byte (RFC 7541, 5.2).
pub fn encode(text: &[u8], out: &mut impl BufMut) {
    // At most 7 bits wait when up to 30 come: 37 of 64.
    let mut pending = 0u64;
    let mut bits = 0usize;
    for byte in text {
        let length = length_of(*byte);
        pending = pending << length | u64::from(TABLES.codes[usize::from(*byte)]);
        bits += length;
        while bits >= 8 {
            bits -= 8;
            out.put_u8((pending >> bits) as u8);
        }
    }
    if bits > 0 {
        out.put_u8((pending << (8 - bits)) as u8 | (0xff >> bits));
    }
}

/// Appends what `code` stands for to `out`, at most `max_len` bytes of it.
///
/// # Errors
/// The end-of-string symbol, padding longer than 7 bits or of other bits than ones (RFC 7541, 5.2), and
/// `SectionTooLarge` when the text is longer than `max_len`.
pub fn decode(code: &[u8], max_len: usize, out: &mut Vec<u8>) -> Result<(), DecodeError> {
    let limit = out.len().saturating_add(max_len);
    let mut rest = code.iter();
    // The next bit to read is the highest one; below the `available` ones there are zeros.
    let mut window = 0u64;
    let mut available = 0usize;
    loop {
        while available <= 56
            && let Some(byte) = rest.next()
        {
            window |= u64::from(*byte) << (56 - available);
            available += 8;
        }
        if available == 0 {
            return Ok(());
        }
        let Some((symbol, length)) = TABLES
            .next_symbol(window)
            .filter(|(_, length)| *length <= available)
        else {
            // Fewer bits than any code that begins so: this must be padding.
            let padding_is_ones = window == !(u64::MAX >> available);
            return if available < 8 && padding_is_ones {
                Ok(())
            } else {
                Err(DecodeError::HuffmanPadding)
            };
        };
        if symbol == END_OF_STRING {
            return Err(DecodeError::HuffmanEndOfString);
        }
        if out.len() == limit {
            return Err(DecodeError::SectionTooLarge);
        }
        out.push(symbol as u8);
        window <<= length;
        available -= length;
    }
}

fn length_of(byte: u8) -> usize {
    usize::from(LENGTHS[usize::from(byte)])
}

struct Tables {
    codes: [u32; SYMBOLS],
    /// Symbol and length for the next `FAST_BITS` bits; length 0: a longer code.
    fast: [(u16, u8); 1 << FAST_BITS],
    /// Per length, the first code, left-aligned to 32 bits, that is longer than this length.
    ceilings: [u32; LONGEST + 1],
    /// Per length, its first code and where its symbols begin in `sorted`.
    firsts: [(u32, usize); LONGEST + 1],
    /// All symbols in code order.
    sorted: [u16; SYMBOLS],
}

impl Tables {
    /// The symbol whose code the left-aligned `window` begins with, and the code's length.
    fn next_symbol(&self, window: u64) -> Option<(u16, usize)> {
        let (symbol, length) = self.fast[(window >> (64 - FAST_BITS)) as usize];
        if length > 0 {
            return Some((symbol, usize::from(length)));
        }
        let aligned = (window >> 32) as u32;
        for length in FAST_BITS + 1..LONGEST {
            if aligned < self.ceilings[length] {
                return self.symbol_of_length(aligned, length);
            }
        }
        // The longest codes end with all ones: nothing lies above them.
        self.symbol_of_length(aligned, LONGEST)
    }

    fn symbol_of_length(&self, aligned: u32, length: usize) -> Option<(u16, usize)> {
        let (first_code, first_place) = self.firsts[length];
        let offset = (aligned >> (32 - length)).checked_sub(first_code)?;
        let symbol = self.sorted.get(first_place + offset as usize)?;
        Some((*symbol, length))
    }

    const fn new() -> Self {
        let mut tables = Self {
            codes: [0; SYMBOLS],
            fast: [(0, 0); 1 << FAST_BITS],
            ceilings: [0; LONGEST + 1],
            firsts: [(0, 0); LONGEST + 1],
            sorted: [0; SYMBOLS],
        };
        let mut code = 0u64;
        let mut place = 0;
        let mut length = 1;
        while length <= LONGEST {
            code <<= 1;
            tables.firsts[length] = (code as u32, place);
            let mut symbol = 0;
            while symbol < SYMBOLS {
                if LENGTHS[symbol] as usize == length {
                    tables.codes[symbol] = code as u32;
                    tables.sorted[place] = symbol as u16;
                    place += 1;
                    if length <= FAST_BITS {
                        let spare = FAST_BITS - length;
                        let mut tail = 0;
                        while tail < 1 << spare {
                            tables.fast[((code as usize) << spare) | tail] =
                                (symbol as u16, length as u8);
                            tail += 1;
                        }
                    }
                    code += 1;
                }
                symbol += 1;
            }
            // 2^32 after the last length; unused there.
            tables.ceilings[length] = (code << (32 - length)) as u32;
            length += 1;
        }
        tables
    }
}

#[cfg(test)]
mod tests;
