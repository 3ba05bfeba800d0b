//! What slice headers need of sequence and picture parameter sets (ISO/IEC 14496-10, 7.3.2.1 and 7.3.2.2).
//!
//! Both are read only as far as that: what follows (VUI, transform and scaling matrices of the picture) may be anything.
use super::{HEADER, nal};
use crate::sample::Parse;
use crate::sample::nal::bits::BitReader;

const MAX_SPS_ID: u32 = 31;
const MAX_PPS_ID: u32 = 255;
/// Far above level 6.2, so that the product of both fits 32 bits.
const MAX_SIDE_IN_MBS: u32 = 0xffff;

/// The sets in force, by id. Few, so that a scan finds them; at most 32 and 256, as ids are unique.
#[derive(Debug, Default)]
pub(super) struct ParameterSets {
    sps: Vec<Sps>,
    pps: Vec<Pps>,
}

/// A slice's parameter sets.
#[derive(Debug, Clone, Copy)]
pub(super) struct SliceContext {
    pub(super) sps: Sps,
    pub(super) pps: Pps,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sps {
    id: u32,
    pub(super) separate_colour_plane: bool,
    /// ChromaArrayType: 0 without chroma, or when its planes are coded separately.
    pub(super) chroma_array_type: u32,
    pub(super) frame_num_bits: u32,
    pub(super) pic_order_cnt: PicOrderCnt,
    pub(super) frame_mbs_only: bool,
    /// PicSizeInMapUnits.
    pub(super) map_units: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PicOrderCnt {
    Lsb { bits: u32 },
    Delta { always_zero: bool },
    FromFrameNum,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Pps {
    id: u32,
    sps_id: u32,
    pub(super) entropy_coding_mode: bool,
    pub(super) bottom_field_pic_order_in_frame_present: bool,
    /// SliceGroupChangeRate, for the slice group map types that change from picture to picture (3 to 5).
    pub(super) slice_group_change_rate: Option<u32>,
    pub(super) num_ref_idx_default: [u32; 2],
    pub(super) weighted_pred: bool,
    pub(super) weighted_bipred_idc: u32,
    pub(super) deblocking_filter_control_present: bool,
    pub(super) redundant_pic_cnt_present: bool,
}

impl ParameterSets {
    /// Takes in a parameter set, in place of one with the same id. Other NAL units are passed over: an `avcC` lists subset
    /// SPS (15), which have ids of their own, among the SPS.
    pub(super) fn learn(&mut self, unit: &[u8]) -> Parse<()> {
        match unit.first().ok_or("is empty")? & 0x1f {
            nal::SPS => {
                let sps = Sps::parse(unit)?;
                replace(&mut self.sps, sps, |set| set.id);
            }
            nal::PPS => {
                let pps = Pps::parse(unit)?;
                replace(&mut self.pps, pps, |set| set.id);
            }
            _ => {}
        }
        Ok(())
    }

    pub(super) fn context(&self, pps_id: u32) -> Parse<SliceContext> {
        let missing = |kind, id| format!("{kind} {id} is unknown");
        let pps = *self
            .pps
            .iter()
            .find(|set| set.id == pps_id)
            .ok_or_else(|| missing("PPS", pps_id))?;
        let sps = *self
            .sps
            .iter()
            .find(|set| set.id == pps.sps_id)
            .ok_or_else(|| missing("SPS", pps.sps_id))?;
        Ok(SliceContext { sps, pps })
    }
}

fn replace<T>(sets: &mut Vec<T>, set: T, id: impl Fn(&T) -> u32) {
    match sets.iter_mut().find(|other| id(other) == id(&set)) {
        Some(other) => *other = set,
        None => sets.push(set),
    }
}

impl Sps {
    fn parse(unit: &[u8]) -> Parse<Self> {
        let mut r = BitReader::new(unit, HEADER);
        let profile_idc = r.u(8)?;
        let _constraints_and_level = r.u(16)?;
        let id = r.ue_max(MAX_SPS_ID, "seq_parameter_set_id")?;
        let mut chroma_format_idc = 1;
        let mut separate_colour_plane = false;
        if has_chroma_format(profile_idc) {
            chroma_format_idc = r.ue_max(3, "chroma_format_idc")?;
            if chroma_format_idc == 3 {
                separate_colour_plane = r.flag()?;
            }
            let _bit_depth_luma_minus8 = r.ue_max(6, "bit_depth_luma_minus8")?;
            let _bit_depth_chroma_minus8 = r.ue_max(6, "bit_depth_chroma_minus8")?;
            let _qpprime_y_zero_transform_bypass = r.flag()?;
            if r.flag()? {
                skip_scaling_lists(&mut r, chroma_format_idc)?;
            }
        }
        let frame_num_bits = 4 + r.ue_max(12, "log2_max_frame_num_minus4")?;
        let pic_order_cnt = match r.ue_max(2, "pic_order_cnt_type")? {
            0 => PicOrderCnt::Lsb {
                bits: 4 + r.ue_max(12, "log2_max_pic_order_cnt_lsb_minus4")?,
            },
            1 => {
                let always_zero = r.flag()?;
                let _offset_for_non_ref_pic = r.se()?;
                let _offset_for_top_to_bottom_field = r.se()?;
                for _ in 0..r.ue_max(255, "num_ref_frames_in_pic_order_cnt_cycle")? {
                    let _offset_for_ref_frame = r.se()?;
                }
                PicOrderCnt::Delta { always_zero }
            }
            _ => PicOrderCnt::FromFrameNum,
        };
        let _max_num_ref_frames = r.ue()?;
        let _gaps_in_frame_num_value_allowed = r.flag()?;
        let width = 1 + r.ue_max(MAX_SIDE_IN_MBS - 1, "pic_width_in_mbs_minus1")?;
        let height = 1 + r.ue_max(MAX_SIDE_IN_MBS - 1, "pic_height_in_map_units_minus1")?;
        let frame_mbs_only = r.flag()?;
        Ok(Self {
            id,
            separate_colour_plane,
            chroma_array_type: if separate_colour_plane {
                0
            } else {
                chroma_format_idc
            },
            frame_num_bits,
            pic_order_cnt,
            frame_mbs_only,
            map_units: width * height,
        })
    }
}

impl Pps {
    fn parse(unit: &[u8]) -> Parse<Self> {
        let mut r = BitReader::new(unit, HEADER);
        let id = r.ue_max(MAX_PPS_ID, "pic_parameter_set_id")?;
        let sps_id = r.ue_max(MAX_SPS_ID, "seq_parameter_set_id")?;
        let entropy_coding_mode = r.flag()?;
        let bottom_field_pic_order_in_frame_present = r.flag()?;
        let num_slice_groups_minus1 = r.ue_max(7, "num_slice_groups_minus1")?;
        let slice_group_change_rate = if num_slice_groups_minus1 > 0 {
            parse_slice_groups(&mut r, num_slice_groups_minus1)?
        } else {
            None
        };
        let num_ref_idx_default = [
            1 + r.ue_max(31, "num_ref_idx_l0_default_active_minus1")?,
            1 + r.ue_max(31, "num_ref_idx_l1_default_active_minus1")?,
        ];
        let weighted_pred = r.flag()?;
        let weighted_bipred_idc = r.u(2)?;
        let _pic_init_qp_minus26 = r.se()?;
        let _pic_init_qs_minus26 = r.se()?;
        let _chroma_qp_index_offset = r.se()?;
        let deblocking_filter_control_present = r.flag()?;
        let _constrained_intra_pred = r.flag()?;
        let redundant_pic_cnt_present = r.flag()?;
        Ok(Self {
            id,
            sps_id,
            entropy_coding_mode,
            bottom_field_pic_order_in_frame_present,
            slice_group_change_rate,
            num_ref_idx_default,
            weighted_pred,
            weighted_bipred_idc,
            deblocking_filter_control_present,
            redundant_pic_cnt_present,
        })
    }
}

/// The profiles whose SPS says its chroma format (7.3.2.1.1).
fn has_chroma_format(profile_idc: u32) -> bool {
    matches!(
        profile_idc,
        44 | 83 | 86 | 100 | 110 | 118 | 122 | 128 | 134 | 135 | 138 | 139 | 244
    )
}

/// 7.3.2.1.1.1.
fn skip_scaling_lists(r: &mut BitReader<'_>, chroma_format_idc: u32) -> Parse<()> {
    let lists = if chroma_format_idc == 3 { 12 } else { 8 };
    for list in 0..lists {
        if !r.flag()? {
            continue;
        }
        let size = if list < 6 { 16 } else { 64 };
        let mut last = 8;
        for _ in 0..size {
            // delta_scale is −128 to 127; whatever else stands there wraps as modulo 256 does.
            let next = (last + r.se()?.rem_euclid(256)) % 256;
            if next == 0 {
                break;
            }
            last = next;
        }
    }
    Ok(())
}

/// SliceGroupChangeRate, for the map types that have one.
fn parse_slice_groups(r: &mut BitReader<'_>, num_slice_groups_minus1: u32) -> Parse<Option<u32>> {
    match r.ue_max(6, "slice_group_map_type")? {
        0 => {
            for _ in 0..=num_slice_groups_minus1 {
                let _run_length_minus1 = r.ue()?;
            }
        }
        2 => {
            for _ in 0..num_slice_groups_minus1 {
                let _top_left = r.ue()?;
                let _bottom_right = r.ue()?;
            }
        }
        3..=5 => {
            let _slice_group_change_direction = r.flag()?;
            let rate_minus1 = r.ue_max(
                MAX_SIDE_IN_MBS * MAX_SIDE_IN_MBS - 1,
                "slice_group_change_rate_minus1",
            )?;
            return Ok(Some(1 + rate_minus1));
        }
        6 => {
            // slice_group_id: Ceil(Log2(num_slice_groups_minus1 + 1)) bits per map unit; ends with the unit at the latest.
            let bits = u32::BITS - num_slice_groups_minus1.leading_zeros();
            for _ in 0..=r.ue()? {
                let _slice_group_id = r.u(bits)?;
            }
        }
        _ => {}
    }
    Ok(None)
}
