//! AVC samples (ISO/IEC 14496-15, 5.3.2) under common encryption (ISO/IEC 23001-7, 9.5.2 and 10).
//!
//! Every slice (NAL unit types 1 to 5) is a subsample: length field, NAL unit header and slice header clear, slice data
//! protected. All other NAL units stay clear: parameter sets, SEI, delimiters, filler, prefix units (14) and the slices
//! of non-base layers and views (20), which no decoder of `avc1` reads.
use super::Parse;
use super::nal::{self as nal_units, Lengths};
use super::protector::Protector;
use crate::Result;
use edgepack_isobmff::codec::AvcConfig;
use params::{ParameterSets, SliceContext};

mod params;
mod slice_header;

/// Bytes of a NAL unit's header.
const HEADER: usize = 1;

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
    lengths: Lengths,
    sets: ParameterSets,
}

impl Avc {
    pub(super) fn new(config: &AvcConfig) -> Result<Self> {
        let lengths = Lengths::new(config.nal_length_size)?;
        let mut sets = ParameterSets::default();
        for (name, units) in [("SPS", &config.sps), ("PPS", &config.pps)] {
            nal_units::learn(name, units, |unit| sets.learn(unit))?;
        }
        Ok(Self { lengths, sets })
    }

    pub(super) fn protect(&mut self, sample: &mut Protector<'_>) -> Parse<()> {
        let mut partition_a = None;
        nal_units::protect(sample, self.lengths, |unit| {
            self.clear_bytes(unit, &mut partition_a)
        })
    }

    /// How many of the unit's bytes precede protected ones. All, when nothing of it is protected.
    fn clear_bytes(&mut self, unit: &[u8], partition_a: &mut Option<SliceContext>) -> Parse<usize> {
        match unit.first().map_or(0, |header| header & 0x1f) {
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
