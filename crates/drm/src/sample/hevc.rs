//! HEVC samples (ISO/IEC 14496-15, 8.3.2) under common encryption (ISO/IEC 23001-7, 9.5.2 and 10).
//!
//! Every VCL NAL unit (types 0 to 31) is a subsample: length field, NAL unit header and slice segment header clear, slice
//! segment data protected. All other NAL units stay clear: parameter sets, SEI, delimiters, filler, and the unspecified
//! ones (48 to 63), Dolby Vision's metadata (62) among them.
//!
//! The slices of further layers (`nuh_layer_id` above 0: the second view of MV-HEVC, alpha) are VCL NAL units like any
//! other and lie in the same samples (ISO/IEC 14496-15, 9.5.3): left clear they would show the picture. Their headers
//! depend on the VPS. Dolby Vision's enhancement layer inside one track (type 63) is no VCL NAL unit.
use super::Parse;
use super::nal::{self as nal_units, Lengths};
use super::protector::Protector;
use crate::Result;
use edgepack_isobmff::codec::HevcConfig;
use params::ParameterSets;

mod params;
mod pps;
mod ref_pic_set;
mod references;
mod slice_header;
mod sps;
mod syntax;
mod vps;

/// Bytes of a NAL unit's header.
const HEADER: usize = 2;

/// NAL unit types (ITU-T H.265, table 7-1).
mod nal {
    pub(super) const RASL_R: u8 = 9;
    pub(super) const BLA_W_LP: u8 = 16;
    pub(super) const IDR_W_RADL: u8 = 19;
    pub(super) const IDR_N_LP: u8 = 20;
    pub(super) const CRA: u8 = 21;
    pub(super) const RSV_IRAP_VCL23: u8 = 23;
    pub(super) const LAST_VCL: u8 = 31;
    pub(super) const VPS: u8 = 32;
    pub(super) const SPS: u8 = 33;
    pub(super) const PPS: u8 = 34;
}

#[derive(Debug)]
pub(super) struct Hevc {
    lengths: Lengths,
    sets: ParameterSets,
}

/// A NAL unit's header (7.3.1.2).
#[derive(Debug, Clone, Copy)]
struct UnitHeader {
    kind: u8,
    /// nuh_layer_id.
    layer: u8,
    temporal_id: u8,
}

impl Hevc {
    pub(super) fn new(config: &HevcConfig) -> Result<Self> {
        let lengths = Lengths::new(config.nal_length_size)?;
        let mut sets = ParameterSets::default();
        for (name, units) in [
            ("VPS", &config.vps),
            ("SPS", &config.sps),
            ("PPS", &config.pps),
            ("parameter set of a further layer", &config.layer_sets),
        ] {
            nal_units::learn(name, units, |unit| {
                sets.learn(UnitHeader::parse(unit)?, unit)
            })?;
        }
        Ok(Self { lengths, sets })
    }

    pub(super) fn protect(&mut self, sample: &mut Protector<'_>) -> Parse<()> {
        nal_units::protect(sample, self.lengths, |unit| self.clear_bytes(unit))
    }

    /// How many of the unit's bytes precede protected ones. All, when nothing of it is protected.
    fn clear_bytes(&mut self, unit: &[u8]) -> Parse<usize> {
        let header = UnitHeader::parse(unit)?;
        match header.kind {
            0..=nal::RASL_R | nal::BLA_W_LP..=nal::CRA => {
                slice_header::parse(header, unit, &self.sets)
            }
            // Reserved: no decoder reads them, and no header of theirs is known.
            0..=nal::LAST_VCL => Ok(HEADER),
            nal::VPS | nal::SPS | nal::PPS => {
                self.sets.learn(header, unit)?;
                Ok(unit.len())
            }
            _ => Ok(unit.len()),
        }
    }
}

impl UnitHeader {
    fn parse(unit: &[u8]) -> Parse<Self> {
        let [first, second] = *unit
            .first_chunk::<HEADER>()
            .ok_or("shorter than its header")?;
        Ok(Self {
            kind: first >> 1 & 63,
            layer: first << 5 & 32 | second >> 3,
            temporal_id: (second & 7)
                .checked_sub(1)
                .ok_or("nuh_temporal_id_plus1 is 0")?,
        })
    }

    fn is_irap(self) -> bool {
        (nal::BLA_W_LP..=nal::RSV_IRAP_VCL23).contains(&self.kind)
    }

    fn is_idr(self) -> bool {
        matches!(self.kind, nal::IDR_W_RADL | nal::IDR_N_LP)
    }
}
