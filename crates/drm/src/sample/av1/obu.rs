//! Open bitstream units (AV1 Bitstream & Decoding Process Specification, 5.3).
use crate::sample::Parse;
use crate::sample::bits::BitReader;

pub(super) const SEQUENCE_HEADER: u32 = 1;
pub(super) const TEMPORAL_DELIMITER: u32 = 2;
pub(super) const FRAME_HEADER: u32 = 3;
pub(super) const TILE_GROUP: u32 = 4;
pub(super) const FRAME: u32 = 6;
pub(super) const REDUNDANT_FRAME_HEADER: u32 = 7;
pub(super) const TILE_LIST: u32 = 8;

#[derive(Debug, Clone, Copy)]
pub(super) struct Obu<'a> {
    pub(super) kind: u32,
    pub(super) temporal_id: u32,
    pub(super) spatial_id: u32,
    /// obu_size included.
    pub(super) header_len: usize,
    pub(super) payload: &'a [u8],
}

impl<'a> Obu<'a> {
    /// The unit at the start of `bytes`. One without obu_size, as a sample's last may be, goes to their end.
    pub(super) fn parse(bytes: &'a [u8]) -> Parse<Self> {
        let mut r = BitReader::new(bytes);
        if r.flag()? {
            return Err("obu_forbidden_bit is set".into());
        }
        let kind = r.f(4)?;
        let (extension, has_size, _reserved) = (r.flag()?, r.flag()?, r.flag()?);
        let (mut temporal_id, mut spatial_id) = (0, 0);
        if extension {
            (temporal_id, spatial_id) = (r.f(3)?, r.f(2)?);
            let _reserved = r.f(3)?;
        }
        let size = if has_size {
            Some(leb128(&mut r)?)
        } else {
            None
        };
        let header_len = r.bytes_read();
        let rest = &bytes[header_len..];
        let size = size.unwrap_or(rest.len());
        let payload = rest
            .get(..size)
            .ok_or_else(|| format!("size {size} where {} bytes are left", rest.len()))?;
        Ok(Self {
            kind,
            temporal_id,
            spatial_id,
            header_len,
            payload,
        })
    }
}

/// 4.10.5: at most 32 bits in at most 8 bytes.
fn leb128(r: &mut BitReader<'_>) -> Parse<usize> {
    let mut value = 0_u64;
    for i in 0..8 {
        let byte = r.f(8)?;
        value |= u64::from(byte & 0x7f) << (7 * i);
        if byte & 0x80 == 0 {
            return u32::try_from(value)
                .ok()
                .and_then(|value| usize::try_from(value).ok())
                .ok_or_else(|| "obu_size of more than 32 bits".into());
        }
    }
    Err("obu_size of more than 8 bytes".into())
}
