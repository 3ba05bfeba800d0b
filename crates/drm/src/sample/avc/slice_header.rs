//! Where the slice header ends (ISO/IEC 14496-10, 7.3.3) and, with it, the clear bytes of a slice.
use super::params::{ParameterSets, PicOrderCnt, SliceContext};
use super::{HEADER, nal};
use crate::sample::Parse;
use crate::sample::nal::bits::BitReader;

#[cfg(test)]
mod tests;

/// num_ref_idx_active of a field; a frame's is at most 16.
const MAX_REFERENCES: u32 = 32;
/// More than the decoded picture buffer can hold twice over, for either field.
const MAX_MARKING_OPERATIONS: usize = 66;

#[derive(Debug)]
pub(super) struct SliceHeader {
    /// Bytes of the NAL unit up to the first one that holds slice data only, emulation prevention bytes included.
    pub(super) len: usize,
    pub(super) context: SliceContext,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum SliceType {
    P,
    B,
    I,
    SwitchingP,
    SwitchingI,
}

/// Reads the header of a slice (NAL unit types 1 and 5) or of a data partition A (2).
pub(super) fn parse(unit: &[u8], sets: &ParameterSets) -> Parse<SliceHeader> {
    let (nal_ref_idc, nal_unit_type) = unit
        .first()
        .map_or((0, 0), |byte| (byte >> 5 & 3, byte & 0x1f));
    let idr = nal_unit_type == nal::IDR_SLICE;
    let mut r = BitReader::new(unit, HEADER);
    let _first_mb_in_slice = r.ue()?;
    let slice_type = SliceType::new(r.ue_max(9, "slice_type")?);
    let context = sets.context(r.ue()?)?;
    let SliceContext { sps, pps } = &context;
    if sps.separate_colour_plane {
        let _colour_plane_id = r.u(2)?;
    }
    let _frame_num = r.u(sps.frame_num_bits)?;
    let mut field = false;
    if !sps.frame_mbs_only {
        field = r.flag()?;
        if field {
            let _bottom_field = r.flag()?;
        }
    }
    if idr {
        let _idr_pic_id = r.ue()?;
    }
    skip_pic_order_cnt(&mut r, &context, field)?;
    if pps.redundant_pic_cnt_present {
        let _redundant_pic_cnt = r.ue_max(127, "redundant_pic_cnt")?;
    }
    if slice_type == SliceType::B {
        let _direct_spatial_mv_pred = r.flag()?;
    }
    let references = parse_references(&mut r, &context, slice_type)?;
    for _ in &references[..slice_type.lists()] {
        skip_ref_pic_list_modification(&mut r)?;
    }
    let weighted = match slice_type {
        SliceType::P | SliceType::SwitchingP => pps.weighted_pred,
        SliceType::B => pps.weighted_bipred_idc == 1,
        SliceType::I | SliceType::SwitchingI => false,
    };
    if weighted {
        skip_pred_weight_table(
            &mut r,
            sps.chroma_array_type,
            &references[..slice_type.lists()],
        )?;
    }
    if nal_ref_idc != 0 {
        skip_dec_ref_pic_marking(&mut r, idr)?;
    }
    if pps.entropy_coding_mode && slice_type.lists() > 0 {
        let _cabac_init_idc = r.ue_max(2, "cabac_init_idc")?;
    }
    let _slice_qp_delta = r.se()?;
    if matches!(slice_type, SliceType::SwitchingP | SliceType::SwitchingI) {
        if slice_type == SliceType::SwitchingP {
            let _sp_for_switch = r.flag()?;
        }
        let _slice_qs_delta = r.se()?;
    }
    if pps.deblocking_filter_control_present && r.ue_max(2, "disable_deblocking_filter_idc")? != 1 {
        let _slice_alpha_c0_offset_div2 = r.se()?;
        let _slice_beta_offset_div2 = r.se()?;
    }
    if let Some(rate) = pps.slice_group_change_rate {
        let _slice_group_change_cycle = r.u(slice_group_change_cycle_bits(sps.map_units, rate))?;
    }
    if nal_unit_type == nal::PARTITION_A {
        // 7.3.2.9.1: between the header and the slice data.
        let _slice_id = r.ue()?;
    }
    Ok(SliceHeader {
        len: r.bytes_read(),
        context,
    })
}

/// Bytes before the slice data of data partitions B and C (7.3.2.9.2), which have no header of their own.
/// `context`: that of the partition A they belong to.
pub(super) fn partition_len(unit: &[u8], context: &SliceContext) -> Parse<usize> {
    let mut r = BitReader::new(unit, HEADER);
    let _slice_id = r.ue()?;
    if context.sps.separate_colour_plane {
        let _colour_plane_id = r.u(2)?;
    }
    if context.pps.redundant_pic_cnt_present {
        let _redundant_pic_cnt = r.ue_max(127, "redundant_pic_cnt")?;
    }
    Ok(r.bytes_read())
}

impl SliceType {
    /// Table 7-6: 5 to 9 promise that all slices of the picture are alike.
    fn new(value: u32) -> Self {
        match value % 5 {
            0 => Self::P,
            1 => Self::B,
            2 => Self::I,
            3 => Self::SwitchingP,
            _ => Self::SwitchingI,
        }
    }

    /// Reference picture lists.
    fn lists(self) -> usize {
        match self {
            Self::I | Self::SwitchingI => 0,
            Self::P | Self::SwitchingP => 1,
            Self::B => 2,
        }
    }
}

fn skip_pic_order_cnt(r: &mut BitReader<'_>, context: &SliceContext, field: bool) -> Parse<()> {
    let bottom = context.pps.bottom_field_pic_order_in_frame_present && !field;
    match context.sps.pic_order_cnt {
        PicOrderCnt::Lsb { bits } => {
            let _pic_order_cnt_lsb = r.u(bits)?;
            if bottom {
                let _delta_pic_order_cnt_bottom = r.se()?;
            }
        }
        PicOrderCnt::Delta { always_zero: false } => {
            let _delta_pic_order_cnt = r.se()?;
            if bottom {
                let _delta_pic_order_cnt = r.se()?;
            }
        }
        PicOrderCnt::Delta { always_zero: true } | PicOrderCnt::FromFrameNum => {}
    }
    Ok(())
}

/// Lengths of both lists; only the slice type's count.
fn parse_references(
    r: &mut BitReader<'_>,
    context: &SliceContext,
    slice_type: SliceType,
) -> Parse<[u32; 2]> {
    let mut references = context.pps.num_ref_idx_default;
    if slice_type.lists() > 0 && r.flag()? {
        for count in &mut references[..slice_type.lists()] {
            *count = 1 + r.ue_max(MAX_REFERENCES - 1, "num_ref_idx_active_minus1")?;
        }
    }
    Ok(references)
}

/// One list's share of 7.3.3.1.
fn skip_ref_pic_list_modification(r: &mut BitReader<'_>) -> Parse<()> {
    if !r.flag()? {
        return Ok(());
    }
    for _ in 0..=MAX_REFERENCES {
        // 0 and 1: abs_diff_pic_num_minus1. 2: long_term_pic_num. 3: the end.
        if r.ue_max(3, "modification_of_pic_nums_idc")? == 3 {
            return Ok(());
        }
        let _operand = r.ue()?;
    }
    Err("more list modifications than references".into())
}

/// 7.3.3.2.
fn skip_pred_weight_table(
    r: &mut BitReader<'_>,
    chroma_array_type: u32,
    lists: &[u32],
) -> Parse<()> {
    let has_chroma = chroma_array_type != 0;
    let _luma_log2_weight_denom = r.ue_max(7, "luma_log2_weight_denom")?;
    if has_chroma {
        let _chroma_log2_weight_denom = r.ue_max(7, "chroma_log2_weight_denom")?;
    }
    for &references in lists {
        for _ in 0..references {
            if r.flag()? {
                let _luma_weight = r.se()?;
                let _luma_offset = r.se()?;
            }
            if has_chroma && r.flag()? {
                for _ in 0..2 {
                    let _chroma_weight = r.se()?;
                    let _chroma_offset = r.se()?;
                }
            }
        }
    }
    Ok(())
}

/// 7.3.3.3.
fn skip_dec_ref_pic_marking(r: &mut BitReader<'_>, idr: bool) -> Parse<()> {
    if idr {
        let _no_output_of_prior_pics = r.flag()?;
        let _long_term_reference = r.flag()?;
        return Ok(());
    }
    if !r.flag()? {
        return Ok(());
    }
    for _ in 0..MAX_MARKING_OPERATIONS {
        let operands = match r.ue_max(6, "memory_management_control_operation")? {
            0 => return Ok(()),
            // difference_of_pic_nums_minus1 and long_term_frame_idx.
            3 => 2,
            5 => 0,
            _ => 1,
        };
        for _ in 0..operands {
            let _operand = r.ue()?;
        }
    }
    Err("reference marking does not end".into())
}

/// Ceil(Log2(PicSizeInMapUnits ÷ SliceGroupChangeRate + 1)), ÷ without rounding (7.4.3).
fn slice_group_change_cycle_bits(map_units: u32, rate: u32) -> u32 {
    let (map_units, rate) = (u64::from(map_units), u64::from(rate));
    (0..u32::BITS)
        .find(|&bits| ((1_u64 << bits) - 1).saturating_mul(rate) >= map_units)
        .unwrap_or(u32::BITS)
}
