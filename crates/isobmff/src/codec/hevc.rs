//! HEVC (ITU-T H.265): `hvcC` and sequence parameter sets.
use bytes::Bytes;

use super::VideoInfo;
use super::visual::{VISUAL_FIELDS, VisualEntry, nal_length_size};
use crate::boxes::Node;
use crate::{FourCc, Result};

mod sei;
mod sps;

pub use sps::Sps;

const NAL_VPS: u8 = 32;
const NAL_SPS: u8 = 33;
const NAL_PPS: u8 = 34;
const NAL_PREFIX_SEI: u8 = 39;

/// Of each kind; the standard has identifiers for 16, 16 and 64.
const MAX_PARAMETER_SETS: usize = 256;

/// `hvcC`, of the base layer.
#[derive(Debug, Clone)]
pub struct HevcConfig {
    /// `hvc1` or `hev1`; `dvh1` or `dvhe` with Dolby Vision.
    pub format: FourCc,
    pub general_profile_space: u8,
    pub general_tier_flag: bool,
    pub general_profile_idc: u8,
    pub general_profile_compatibility_flags: u32,
    pub general_constraint_indicator_flags: [u8; 6],
    pub general_level_idc: u8,
    /// 1, 2 or 4.
    pub nal_length_size: u8,
    /// NAL units, header included, emulation prevention still inside. Empty only in `hev1` and `dvhe`.
    pub vps: Vec<Bytes>,
    pub sps: Vec<Bytes>,
    pub pps: Vec<Bytes>,
    /// Parameter sets of further layers (`lhvC`; ISO/IEC 14496-15, 9.6.3), of all kinds, in their order.
    pub layer_sets: Vec<Bytes>,
    pub video: VideoInfo,
}

impl HevcConfig {
    /// `hvc1.1.6.L93.B0` (ISO/IEC 14496-15, annex E.3); `dvh1.05.06` for Dolby Vision.
    pub fn rfc6381(&self) -> String {
        if let (b"dvh1" | b"dvhe", Some(dolby)) = (&self.format.0, self.video.dolby_vision) {
            return dolby.rfc6381(self.format);
        }
        let space = match self.general_profile_space {
            0 => "",
            1 => "A",
            2 => "B",
            _ => "C",
        };
        let compatibility = self.general_profile_compatibility_flags.reverse_bits();
        let tier = if self.general_tier_flag { 'H' } else { 'L' };
        let Self {
            format,
            general_profile_idc: profile,
            general_level_idc: level,
            ..
        } = self;
        let mut string = format!("{format}.{space}{profile}.{compatibility:X}.{tier}{level}");
        let constraints = self.general_constraint_indicator_flags;
        let said = constraints
            .iter()
            .rposition(|byte| *byte != 0)
            .map_or(0, |last| last + 1);
        for byte in &constraints[..said] {
            string.push_str(&format!(".{byte:X}"));
        }
        string
    }
}

/// An `hvc1`, `hev1`, `dvh1` or `dvhe` sample entry (ISO/IEC 14496-15, 8.3.3 and 8.4.1).
pub(super) fn parse(entry: &Node<'_>) -> Result<HevcConfig> {
    let visual = VisualEntry::parse(entry, b"hvcC")?;
    let in_entry = matches!(&entry.kind().0, b"hvc1" | b"dvh1");
    if matches!(&entry.kind().0, b"dvh1" | b"dvhe") {
        visual.require_dolby_vision()?;
    }
    let hvcc = &visual.config()?;
    let mut fields = hvcc.fields();
    let [version, profile] = fields.array()?;
    // Writers from before the final standard said 0; the layout is the same.
    if version > 1 {
        return Err(hvcc.malformed(format!("version {version} is not defined")));
    }
    let general_profile_compatibility_flags = fields.u32()?;
    let general_constraint_indicator_flags = fields.array()?;
    let general_level_idc = fields.u8()?;
    // min_spatial_segmentation_idc to avgFrameRate
    fields.skip(8)?;
    let nal_length_size = nal_length_size(hvcc, fields.u8()?)?;
    let mut preferred_transfer = None;
    let (mut vps, mut sps, mut pps) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..fields.u8()? {
        let nal_type = fields.u8()? & 63;
        for _ in 0..fields.u16()? {
            let len = usize::from(fields.u16()?);
            let unit = fields.bytes(len)?;
            let list: &mut Vec<Bytes> = match nal_type {
                NAL_VPS => &mut vps,
                NAL_SPS => &mut sps,
                NAL_PPS => &mut pps,
                NAL_PREFIX_SEI => {
                    preferred_transfer = preferred_transfer.or(sei::preferred_transfer(&unit));
                    continue;
                }
                _ => continue,
            };
            if unit
                .first()
                .is_none_or(|header| header >> 1 & 63 != nal_type)
            {
                return Err(hvcc
                    .malformed("a NAL unit of another type stands where a parameter set should"));
            }
            if list.len() >= MAX_PARAMETER_SETS {
                return Err(hvcc.limit("parameter sets of one kind", MAX_PARAMETER_SETS as u64));
            }
            list.push(unit);
        }
    }
    let first = match sps.iter().find(|nal| base_layer(nal)) {
        Some(nal) => Some(
            Sps::parse(nal)
                .map_err(|error| hvcc.malformed(format!("sequence parameter set: {error}")))?,
        ),
        None if in_entry => {
            return Err(hvcc.malformed("no sequence parameter set"));
        }
        None => None,
    };
    Ok(HevcConfig {
        format: entry.kind(),
        general_profile_space: profile >> 6,
        general_tier_flag: profile & 0x20 != 0,
        general_profile_idc: profile & 31,
        general_profile_compatibility_flags,
        general_constraint_indicator_flags,
        general_level_idc,
        nal_length_size,
        vps,
        sps,
        pps,
        layer_sets: layer_sets(entry).unwrap_or_default(),
        video: VideoInfo {
            preferred_transfer,
            ..visual.info(first.map(|sps| sps.coded()))
        },
    })
}

/// Parameter sets in `lhvC`. Players of the base layer pass over the box, so one that cannot be read has none.
fn layer_sets(entry: &Node<'_>) -> Option<Vec<Bytes>> {
    let lhvc = entry
        .children(VISUAL_FIELDS)
        .filter_map(Result::ok)
        .find(|child| child.kind().0 == *b"lhvC")?;
    let mut fields = lhvc.fields();
    // configurationVersion to lengthSizeMinusOne
    fields.skip(5).ok()?;
    let mut sets = Vec::new();
    for _ in 0..fields.u8().ok()? {
        let nal_type = fields.u8().ok()? & 63;
        for _ in 0..fields.u16().ok()? {
            let len = usize::from(fields.u16().ok()?);
            let unit = fields.bytes(len).ok()?;
            if matches!(nal_type, NAL_VPS | NAL_SPS | NAL_PPS) && sets.len() < MAX_PARAMETER_SETS {
                sets.push(unit);
            }
        }
    }
    Some(sets)
}

/// `nuh_layer_id` 0: the others belong to further views or qualities.
fn base_layer(nal: &[u8]) -> bool {
    nal.first_chunk::<2>()
        .is_some_and(|[first, second]| first & 1 == 0 && second >> 3 == 0)
}

#[cfg(test)]
mod tests;
