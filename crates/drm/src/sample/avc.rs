//! AVC samples (ISO/IEC 14496-15, 5.3.2) under common encryption (ISO/IEC 23001-7, 9.5.2 and 10).
//!
//! Every slice (NAL unit types 1 to 5) is a subsample: length field, NAL unit header and slice header clear, slice data
//! protected. All other NAL units stay clear: parameter sets, SEI, delimiters, filler, prefix units (14) and the slices
//! of non-base layers and views (20), which no decoder of `avc1` reads.
use super::protector::Protector;
use super::{Parse, Reason};
use crate::{Error, Result};
use edgepack_isobmff::codec::AvcConfig;
use params::{ParameterSets, SliceContext};

mod bits;
mod params;
mod slice_header;

/// NAL unit types (ISO/IEC 14496-10, table 7-1).
mod nal {
    pub(super) const SLICE: u8 = 1;
    pub(super) const PARTITION_A: u8 = 2;
    pub(super) const PARTITION_B: u8 = 3;
    pub(super) const PARTITION_C: u8 = 4;
    pub(super) const IDR_SLICE: u8 = 5;
    pub(super) const SPS: u8 = 7;
    pub(super) const PPS: u8 = 8;
}

#[derive(Debug)]
pub(super) struct Avc {
    nal_length_size: usize,
    sets: ParameterSets,
}

impl Avc {
    pub(super) fn new(config: &AvcConfig) -> Result<Self> {
        let nal_length_size = usize::from(config.nal_length_size);
        if !matches!(nal_length_size, 1 | 2 | 4) {
            return Err(Error::CodecConfig(format!(
                "NAL unit lengths of {nal_length_size} bytes"
            )));
        }
        let mut sets = ParameterSets::default();
        for (name, units) in [("SPS", &config.sps), ("PPS", &config.pps)] {
            for (i, unit) in units.iter().enumerate() {
                sets.learn(unit)
                    .map_err(|Reason(why)| Error::CodecConfig(format!("{name} {i}: {why}")))?;
            }
        }
        Ok(Self {
            nal_length_size,
            sets,
        })
    }

    pub(super) fn protect(&mut self, sample: &mut Protector<'_>) -> Parse<()> {
        let mut partition_a = None;
        while !sample.rest().is_empty() {
            let unit = self
                .next_unit(sample.rest())
                .map_err(|why| at(sample, why))?;
            let clear = self
                .clear_bytes(unit, &mut partition_a)
                .map_err(|why| at(sample, why))?;
            let protected = unit.len() - clear;
            sample.pass(self.nal_length_size + clear, protected)?;
        }
        Ok(())
    }

    /// The NAL unit after the length field at the start of `rest`.
    fn next_unit<'s>(&self, rest: &'s [u8]) -> Parse<&'s [u8]> {
        let (field, rest) = rest
            .split_at_checked(self.nal_length_size)
            .ok_or("bytes left after the last NAL unit")?;
        let len = field
            .iter()
            .fold(0, |len, &byte| len << 8 | usize::from(byte));
        rest.get(..len)
            .ok_or_else(|| format!("NAL unit of {len} bytes where {} are left", rest.len()).into())
    }

    /// How many of the unit's bytes precede protected ones. All, when nothing of it is protected.
    fn clear_bytes(&mut self, unit: &[u8], partition_a: &mut Option<SliceContext>) -> Parse<usize> {
        // Some multiplexers pad with units of length zero.
        let Some(&header) = unit.first() else {
            return Ok(0);
        };
        if header & 0x80 != 0 {
            return Err("forbidden_zero_bit is set".into());
        }
        match header & 0x1f {
            nal::SLICE | nal::IDR_SLICE => Ok(slice_header::parse(unit, &self.sets)?.len),
            nal::PARTITION_A => {
                let slice = slice_header::parse(unit, &self.sets)?;
                *partition_a = Some(slice.context);
                Ok(slice.len)
            }
            nal::PARTITION_B | nal::PARTITION_C => {
                let context = partition_a
                    .as_ref()
                    .ok_or("data partition without a partition A before it")?;
                slice_header::partition_len(unit, context)
            }
            nal::SPS | nal::PPS => {
                self.sets.learn(unit)?;
                Ok(unit.len())
            }
            _ => Ok(unit.len()),
        }
    }
}

fn at(sample: &Protector<'_>, Reason(why): Reason) -> Reason {
    format!("NAL unit at byte {}: {why}", sample.position()).into()
}
