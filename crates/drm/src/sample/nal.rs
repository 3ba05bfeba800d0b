//! What samples made of NAL units have in common (ISO/IEC 14496-15, 4.3.3): a length field before each unit.
use super::protector::Protector;
use super::{Parse, Reason};
use crate::{Error, Result};
use bytes::Bytes;

pub(super) mod bits;
#[cfg(test)]
pub(super) mod written;

/// Bytes of the length fields.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lengths(usize);

impl Lengths {
    pub(super) fn new(nal_length_size: u8) -> Result<Self> {
        if !matches!(nal_length_size, 1 | 2 | 4) {
            return Err(Error::CodecConfig(format!(
                "NAL unit lengths of {nal_length_size} bytes"
            )));
        }
        Ok(Self(usize::from(nal_length_size)))
    }

    /// The NAL unit after the length field at the start of `rest`.
    fn next_unit(self, rest: &[u8]) -> Parse<&[u8]> {
        let (field, rest) = rest
            .split_at_checked(self.0)
            .ok_or("bytes left after the last NAL unit")?;
        let len = field
            .iter()
            .fold(0, |len, &byte| len << 8 | usize::from(byte));
        let unit = rest
            .get(..len)
            .ok_or_else(|| format!("NAL unit of {len} bytes where {} are left", rest.len()))?;
        match unit.first() {
            Some(header) if header & 0x80 != 0 => Err("forbidden_zero_bit is set".into()),
            _ => Ok(unit),
        }
    }
}

/// Takes in the parameter sets of a sample entry; `name` says which they are.
pub(super) fn learn(
    name: &str,
    units: &[Bytes],
    mut learn: impl FnMut(&[u8]) -> Parse<()>,
) -> Result<()> {
    for (i, unit) in units.iter().enumerate() {
        learn(unit).map_err(|Reason(why)| Error::CodecConfig(format!("{name} {i}: {why}")))?;
    }
    Ok(())
}

/// Walks over the units. `clear_bytes` says how many of a unit's bytes precede protected ones: all, when nothing of it
/// is protected.
pub(super) fn protect(
    sample: &mut Protector<'_>,
    lengths: Lengths,
    mut clear_bytes: impl FnMut(&[u8]) -> Parse<usize>,
) -> Parse<()> {
    while !sample.rest().is_empty() {
        let at = sample.position();
        let place = |Reason(why): Reason| Reason::from(format!("NAL unit at byte {at}: {why}"));
        let unit = lengths.next_unit(sample.rest()).map_err(place)?;
        // Some multiplexers pad with units of length zero.
        let clear = if unit.is_empty() {
            0
        } else {
            clear_bytes(unit).map_err(place)?
        };
        let protected = unit
            .len()
            .checked_sub(clear)
            .ok_or("slice header past the end")?;
        sample.pass(lengths.0 + clear, protected)?;
    }
    Ok(())
}
