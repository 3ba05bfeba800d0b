//! Protection system specific headers (ISO/IEC 23001-7, 8.1).
use crate::{Error, KeyId, Result, System};
use edgepack_isobmff::BoxWriter;

#[cfg(test)]
mod tests;

/// The W3C common system (cenc initialisation data format): key ids, nothing else.
pub const W3C_COMMON: [u8; 16] = System::W3cCommon.id();

/// Boxes that [`parse`] takes from one piece of initialisation data.
pub const MAX_BOXES: usize = 64;
/// Bytes of initialisation data that [`parse`] takes.
pub const MAX_BYTES: usize = 1 << 20;

/// A version 0 `pssh` box: the data alone names the keys.
pub fn pssh_v0(system_id: &[u8; 16], data: &[u8]) -> Vec<u8> {
    write(system_id, None, data)
}

/// A version 1 `pssh` box.
pub fn pssh_v1(system_id: &[u8; 16], kids: &[KeyId], data: &[u8]) -> Vec<u8> {
    write(system_id, Some(kids), data)
}

/// The W3C common one (cenc initialisation data format).
pub fn w3c_common(kids: &[KeyId]) -> Vec<u8> {
    pssh_v1(&W3C_COMMON, kids, &[])
}

/// One `pssh` box, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pssh<'a> {
    /// 0 or 1.
    pub version: u8,
    pub system_id: [u8; 16],
    /// Empty in version 0 boxes, whose data names the keys in the system's own way.
    pub kids: Vec<KeyId>,
    pub data: &'a [u8],
}

/// Reads the `pssh` boxes that `init_data` is a concatenation of.
///
/// # Errors
/// [`Error::Pssh`] with the offset of the box at fault: other boxes, versions above 1, sizes that do not add up, more
/// than [`MAX_BOXES`] boxes or [`MAX_BYTES`] bytes.
pub fn parse(init_data: &[u8]) -> Result<Vec<Pssh<'_>>> {
    let fault = |offset, reason| Error::Pssh { offset, reason };
    if init_data.len() > MAX_BYTES {
        return Err(fault(0, "too long"));
    }
    let mut boxes = Vec::new();
    let mut rest = init_data;
    while !rest.is_empty() {
        let offset = init_data.len() - rest.len();
        if boxes.len() == MAX_BOXES {
            return Err(fault(offset, "too many boxes"));
        }
        let (found, after) = parse_box(rest).map_err(|reason| fault(offset, reason))?;
        boxes.push(found);
        rest = after;
    }
    Ok(boxes)
}

fn write(system_id: &[u8; 16], kids: Option<&[KeyId]>, data: &[u8]) -> Vec<u8> {
    let mut w = BoxWriter::new();
    w.full_box(b"pssh", u8::from(kids.is_some()), 0, |w| {
        w.bytes(system_id);
        if let Some(kids) = kids {
            w.u32(len_u32(kids.len()));
            for kid in kids {
                w.bytes(&kid.0);
            }
        }
        w.u32(len_u32(data.len()));
        w.bytes(data);
    });
    w.into_vec()
}

fn parse_box(bytes: &[u8]) -> std::result::Result<(Pssh<'_>, &[u8]), &'static str> {
    const SHORT: &str = "ends too early";
    let (size, _) = take_u32(bytes).ok_or(SHORT)?;
    let (whole, after) = bytes.split_at_checked(size).ok_or("reaches past the end")?;
    let content = whole
        .get(4..)
        .and_then(|rest| rest.strip_prefix(b"pssh"))
        .ok_or("not a pssh box")?;
    let (&[version, ..], content) = content.split_first_chunk::<4>().ok_or(SHORT)?;
    let (&system_id, mut content) = content.split_first_chunk().ok_or(SHORT)?;
    let mut kids = Vec::new();
    match version {
        0 => {}
        1 => {
            let (count, list) = take_u32(content).ok_or(SHORT)?;
            let (list, rest) = count
                .checked_mul(16)
                .and_then(|len| list.split_at_checked(len))
                .ok_or(SHORT)?;
            kids.extend(list.as_chunks().0.iter().map(|&kid| KeyId(kid)));
            content = rest;
        }
        _ => return Err("version above 1"),
    }
    let (len, data) = take_u32(content).ok_or(SHORT)?;
    if len != data.len() {
        return Err("data size does not fill the box");
    }
    Ok((
        Pssh {
            version,
            system_id,
            kids,
            data,
        },
        after,
    ))
}

fn take_u32(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let (value, rest) = bytes.split_first_chunk::<4>()?;
    Some((usize::try_from(u32::from_be_bytes(*value)).ok()?, rest))
}

fn len_u32(len: usize) -> u32 {
    u32::try_from(len).unwrap_or(u32::MAX)
}
