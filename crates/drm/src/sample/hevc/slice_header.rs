//! Where the slice segment header ends (ITU-T H.265, 7.3.6.1 and F.7.3.6.1) and, with it, the clear bytes of a slice.
use super::params::{ParameterSets, SliceContext};
use super::references::References;
use super::syntax::index_bits;
use super::{HEADER, UnitHeader};
use crate::sample::Parse;
use crate::sample::nal::bits::BitReader;

#[cfg(test)]
mod tests;

/// slice_segment_header_extension_length.
const MAX_EXTENSION: u32 = 256;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum SliceType {
    B,
    P,
    I,
}

/// Bytes of the NAL unit up to the first one of slice segment data, emulation prevention bytes included.
pub(super) fn parse(header: UnitHeader, unit: &[u8], sets: &ParameterSets) -> Parse<usize> {
    let r = &mut BitReader::new(unit, HEADER);
    let first_slice_segment_in_pic = r.flag()?;
    if header.is_irap() {
        let _no_output_of_prior_pics = r.flag()?;
    }
    let context = &sets.context(header, r.ue()?)?;
    let pps = context.pps;
    let mut dependent = false;
    if !first_slice_segment_in_pic {
        dependent = pps.dependent_slice_segments_enabled && r.flag()?;
        let ctbs = context.format.ctbs(context.sps.ctb_log2_size);
        let _slice_segment_address = r.u(index_bits(ctbs).min(u32::BITS))?;
    }
    if !dependent {
        skip_independent_part(r, header, context)?;
    }
    if pps.has_entry_points {
        // The unit's length bounds the count.
        let count = r.ue()?;
        if count > 0 {
            let bits = 1 + r.ue_max(31, "offset_len_minus1")?;
            for _ in 0..count {
                let _entry_point_offset_minus1 = r.u(bits)?;
            }
        }
    }
    if pps.slice_segment_header_extension_present {
        let len = r.ue_max(MAX_EXTENSION, "slice_segment_header_extension_length")?;
        r.skip(8 * len)?;
    }
    // A byte of its own after a header of whole bytes.
    r.byte_alignment()?;
    Ok(r.bytes_read())
}

/// What dependent slice segments take from the slice before.
fn skip_independent_part(
    r: &mut BitReader<'_>,
    header: UnitHeader,
    context: &SliceContext<'_>,
) -> Parse<()> {
    let SliceContext { pps, sps, .. } = context;
    let has_chroma = context.format.has_chroma();
    r.skip(pps.num_extra_slice_header_bits)?;
    let slice_type = match r.ue_max(2, "slice_type")? {
        0 => SliceType::B,
        1 => SliceType::P,
        _ => SliceType::I,
    };
    if pps.output_flag_present {
        let _pic_output = r.flag()?;
    }
    if context.format.separate_colour_plane {
        let _colour_plane_id = r.u(2)?;
    }
    let inter_layer = context.inter_layer.as_ref();
    if !header.is_idr() || inter_layer.is_some_and(|inter| !inter.layer.poc_lsb_not_present) {
        let _slice_pic_order_cnt_lsb = r.u(sps.pic_order_cnt_lsb_bits)?;
    }
    let mut references = References::default();
    if !header.is_idr() {
        references.parse_sets(r, context)?;
    }
    if let Some(inter_layer) = inter_layer {
        references.parse_inter_layer(r, inter_layer)?;
    }
    let mut sample_adaptive_offset = false;
    if sps.sample_adaptive_offset_enabled {
        sample_adaptive_offset = r.flag()?;
        if has_chroma {
            sample_adaptive_offset |= r.flag()?;
        }
    }
    if slice_type != SliceType::I {
        skip_prediction(r, context, &mut references, slice_type)?;
    }
    let _slice_qp_delta = r.se()?;
    let chroma_offsets = if pps.slice_chroma_qp_offsets_present {
        2
    } else {
        0
    };
    let transform_offsets = if pps.slice_act_qp_offsets_present {
        3
    } else {
        0
    };
    for _ in 0..chroma_offsets + transform_offsets {
        let _qp_offset = r.se()?;
    }
    if pps.chroma_qp_offset_list_enabled {
        let _cu_chroma_qp_offset_enabled = r.flag()?;
    }
    let mut deblocking_filter_disabled = pps.deblocking_filter_disabled;
    if pps.deblocking_filter_override_enabled && r.flag()? {
        deblocking_filter_disabled = r.flag()?;
        if !deblocking_filter_disabled {
            let _beta_offset_div2 = r.se()?;
            let _tc_offset_div2 = r.se()?;
        }
    }
    if pps.loop_filter_across_slices_enabled
        && (sample_adaptive_offset || !deblocking_filter_disabled)
    {
        let _loop_filter_across_slices_enabled = r.flag()?;
    }
    Ok(())
}

/// What P and B slices say of their prediction.
fn skip_prediction(
    r: &mut BitReader<'_>,
    context: &SliceContext<'_>,
    references: &mut References,
    slice_type: SliceType,
) -> Parse<()> {
    let SliceContext { pps, sps, .. } = context;
    let bidirectional = slice_type == SliceType::B;
    let lists = if bidirectional { 2 } else { 1 };
    references.parse_lists(r, context, lists)?;
    if bidirectional {
        let _mvd_l1_zero = r.flag()?;
    }
    if pps.cabac_init_present {
        let _cabac_init = r.flag()?;
    }
    if references.temporal_mvp {
        // collocated_from_l0_flag is inferred to be 1.
        let from_list_0 = !bidirectional || r.flag()?;
        if references.active[usize::from(!from_list_0)] > 1 {
            let _collocated_ref_idx = r.ue()?;
        }
    }
    if if bidirectional {
        pps.weighted_bipred
    } else {
        pps.weighted_pred
    } {
        references.skip_weights(r, context.format.has_chroma(), lists)?;
    }
    let _five_minus_max_num_merge_cand = r.ue()?;
    if sps.integer_mv_by_slice {
        let _use_integer_mv = r.flag()?;
    }
    Ok(())
}
