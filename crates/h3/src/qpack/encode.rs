//! Writing a field section (RFC 9204, 4.5): static index, static name, or literal.
use bytes::BufMut;

use super::{huffman, integer, static_table};

/// The prefix of a section without dynamic references: Required Insert Count 0, Base 0 (4.5.1).
pub fn write_prefix(out: &mut impl BufMut) {
    out.put_slice(&[0, 0]);
}

/// Writes one field line in the shortest form there is. `name` is lower-case; `never_indexed` asks that
/// nobody on the way stores the value in a compression table (7.1.3).
pub fn write_field(name: &str, value: &[u8], never_indexed: bool, out: &mut impl BufMut) {
    match static_table::find(name, value) {
        Some((_, Some(index))) if !never_indexed => {
            integer::encode(0xc0, 6, u64::from(index), out);
        }
        Some((index, _)) => {
            let flags = if never_indexed { 0x70 } else { 0x50 };
            integer::encode(flags, 4, u64::from(index), out);
            write_string(0, 7, value, out);
        }
        None => {
            let flags = if never_indexed { 0x30 } else { 0x20 };
            write_string(flags, 3, name.as_bytes(), out);
            write_string(0, 7, value, out);
        }
    }
}

/// Huffman code when it is shorter, with its flag just above the length's prefix (4.1.2).
fn write_string(flags: u8, bits: u32, text: &[u8], out: &mut impl BufMut) {
    let coded = huffman::encoded_len(text);
    if coded < text.len() {
        integer::encode(flags | 1 << bits, bits, coded as u64, out);
        huffman::encode(text, out);
    } else {
        integer::encode(flags, bits, text.len() as u64, out);
        out.put_slice(text);
    }
}
