//! PlayReady objects (Microsoft, PlayReady Header Specification, 2): records around a rights management header.
//!
//! All numbers are little-endian.
use crate::{Error, KeyId, Result};

mod header;
#[cfg(test)]
mod tests;

pub use header::{Algorithm, Header, HeaderKey, HeaderVersion};

/// Bytes of an object that [`object`] makes: the most that the specification recommends (2).
pub const MAX_OBJECT_BYTES: usize = 15 * 1024;
/// Bytes of an object that [`records`] reads.
pub const MAX_READ_BYTES: usize = 256 * 1024;
/// Records of an object that [`records`] reads.
pub const MAX_RECORDS: usize = 8;

/// A record's type (2.1) whose value is a header as UTF-16.
pub const RECORD_HEADER: u16 = 1;

/// The object with one record, the header.
///
/// # Errors
/// [`Error::PlayReady`] when the header's version cannot say what the header holds, or the object would be longer than
/// [`MAX_OBJECT_BYTES`].
pub fn object(header: &Header) -> Result<Vec<u8>> {
    let text = header.to_xml()?;
    let value: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let too_long = || Error::PlayReady(format!("an object of more than {MAX_OBJECT_BYTES} bytes"));
    let record = u16::try_from(value.len()).map_err(|_| too_long())?;
    let length = 10 + u32::from(record);
    if length as usize > MAX_OBJECT_BYTES {
        return Err(too_long());
    }
    let mut out = Vec::with_capacity(length as usize);
    out.extend(length.to_le_bytes());
    out.extend(1_u16.to_le_bytes());
    out.extend(RECORD_HEADER.to_le_bytes());
    out.extend(record.to_le_bytes());
    out.extend(value);
    Ok(out)
}

/// One record of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Record<'a> {
    /// 1: header, 3: embedded licence store.
    pub kind: u16,
    pub value: &'a [u8],
}

/// Reads the records of an object.
///
/// # Errors
/// [`Error::PlayReady`]: sizes that do not add up, more than [`MAX_RECORDS`] records or [`MAX_READ_BYTES`] bytes.
pub fn records(object: &[u8]) -> Result<Vec<Record<'_>>> {
    let fault = |reason: &str| Error::PlayReady(format!("object: {reason}"));
    let short = || fault("ends too early");
    if object.len() > MAX_READ_BYTES {
        return Err(fault("too long"));
    }
    let (length, rest) = object.split_first_chunk::<4>().ok_or_else(short)?;
    if u32::from_le_bytes(*length) as usize != object.len() {
        return Err(fault("its length is another"));
    }
    let (count, mut rest) = take_u16(rest).ok_or_else(short)?;
    if usize::from(count) > MAX_RECORDS {
        return Err(fault("too many records"));
    }
    let mut records = Vec::new();
    for _ in 0..count {
        let (kind, after) = take_u16(rest).ok_or_else(short)?;
        let (length, after) = take_u16(after).ok_or_else(short)?;
        let (value, after) = after.split_at_checked(length.into()).ok_or_else(short)?;
        records.push(Record { kind, value });
        rest = after;
    }
    if !rest.is_empty() {
        return Err(fault("bytes behind the last record"));
    }
    Ok(records)
}

/// The text of an object's header.
///
/// # Errors
/// [`Error::PlayReady`]: no header, or one that is not UTF-16.
pub fn header_text(object: &[u8]) -> Result<String> {
    let fault = |reason: &str| Error::PlayReady(format!("object: {reason}"));
    let records = records(object)?;
    let header = records
        .iter()
        .find(|record| record.kind == RECORD_HEADER)
        .ok_or_else(|| fault("no header"))?;
    let (units, rest) = header.value.as_chunks::<2>();
    if !rest.is_empty() {
        return Err(fault("a header of an odd number of bytes"));
    }
    let units = units.iter().map(|&unit| u16::from_le_bytes(unit));
    let text: String = char::decode_utf16(units)
        .collect::<std::result::Result<_, _>>()
        .map_err(|_| fault("a header that is not UTF-16"))?;
    // A byte order mark stands before the header that some tools write.
    Ok(text
        .strip_prefix('\u{feff}')
        .map_or(text.clone(), str::to_owned))
}

/// The bytes of a GUID in memory: three little-endian numbers, then eight bytes. Its own inverse.
pub(crate) fn guid(uuid: [u8; 16]) -> [u8; 16] {
    let mut guid = uuid;
    guid[..4].reverse();
    guid[4..6].reverse();
    guid[6..8].reverse();
    guid
}

/// The first half of what the key makes of its id's GUID in AES-ECB (5).
fn checksum(kid: KeyId, key: &[u8; 16]) -> [u8; 8] {
    use aes::cipher::{BlockCipherEncrypt, KeyInit};
    let mut block = guid(kid.0).into();
    aes::Aes128Enc::new(key.into()).encrypt_block(&mut block);
    let mut checksum = [0; 8];
    checksum.copy_from_slice(&block[..8]);
    checksum
}

fn take_u16(bytes: &[u8]) -> Option<(u16, &[u8])> {
    let (value, rest) = bytes.split_first_chunk::<2>()?;
    Some((u16::from_le_bytes(*value), rest))
}
