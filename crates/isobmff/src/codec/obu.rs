//! What the open bit stream units of AV1 and IAMF share.

/// leb128 (AV1, 4.10.5): little-endian groups of seven bits, eight bytes at most. The value and what is behind it.
pub(super) fn leb128(data: &[u8]) -> Option<(usize, &[u8])> {
    let mut value: u64 = 0;
    for (index, byte) in data.iter().take(8).enumerate() {
        value |= u64::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            return Some((usize::try_from(value).ok()?, data.get(index + 1..)?));
        }
    }
    None
}
