//! What slice headers need of picture parameter sets (ITU-T H.265, 7.3.2.3).
use super::HEADER;
use super::syntax::scaling_list_data;
use crate::sample::Parse;
use crate::sample::nal::bits::BitReader;

const MAX_PPS_ID: u32 = 63;
const MAX_SPS_ID: u32 = 15;
/// Far above level 6.2 (20 × 22).
const MAX_TILES_PER_SIDE: u32 = 0xffff;

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Pps {
    pub(super) id: u32,
    pub(super) sps_id: u32,
    pub(super) dependent_slice_segments_enabled: bool,
    pub(super) output_flag_present: bool,
    pub(super) num_extra_slice_header_bits: u32,
    pub(super) cabac_init_present: bool,
    pub(super) num_ref_idx_default: [u32; 2],
    pub(super) slice_chroma_qp_offsets_present: bool,
    pub(super) weighted_pred: bool,
    pub(super) weighted_bipred: bool,
    /// Tiles or wavefronts: slice data has entry points.
    pub(super) has_entry_points: bool,
    pub(super) loop_filter_across_slices_enabled: bool,
    pub(super) deblocking_filter_override_enabled: bool,
    pub(super) deblocking_filter_disabled: bool,
    pub(super) lists_modification_present: bool,
    pub(super) slice_segment_header_extension_present: bool,
    pub(super) chroma_qp_offset_list_enabled: bool,
    pub(super) curr_pic_ref_enabled: bool,
    pub(super) slice_act_qp_offsets_present: bool,
}

impl Pps {
    pub(super) fn parse(unit: &[u8]) -> Parse<Self> {
        let r = &mut BitReader::new(unit, HEADER);
        let mut pps = Self {
            id: r.ue_max(MAX_PPS_ID, "pps_pic_parameter_set_id")?,
            sps_id: r.ue_max(MAX_SPS_ID, "pps_seq_parameter_set_id")?,
            dependent_slice_segments_enabled: r.flag()?,
            output_flag_present: r.flag()?,
            num_extra_slice_header_bits: r.u(3)?,
            ..Self::default()
        };
        let _sign_data_hiding_enabled = r.flag()?;
        pps.cabac_init_present = r.flag()?;
        pps.num_ref_idx_default = [
            1 + r.ue_max(14, "num_ref_idx_l0_default_active_minus1")?,
            1 + r.ue_max(14, "num_ref_idx_l1_default_active_minus1")?,
        ];
        let _init_qp_minus26 = r.se()?;
        let _constrained_intra_pred = r.flag()?;
        let transform_skip_enabled = r.flag()?;
        if r.flag()? {
            let _diff_cu_qp_delta_depth = r.ue()?;
        }
        let _cb_qp_offset = r.se()?;
        let _cr_qp_offset = r.se()?;
        pps.slice_chroma_qp_offsets_present = r.flag()?;
        pps.weighted_pred = r.flag()?;
        pps.weighted_bipred = r.flag()?;
        let _transquant_bypass_enabled = r.flag()?;
        let tiles_enabled = r.flag()?;
        let entropy_coding_sync_enabled = r.flag()?;
        pps.has_entry_points = tiles_enabled || entropy_coding_sync_enabled;
        if tiles_enabled {
            skip_tiles(r)?;
        }
        pps.loop_filter_across_slices_enabled = r.flag()?;
        if r.flag()? {
            pps.deblocking_filter_override_enabled = r.flag()?;
            pps.deblocking_filter_disabled = r.flag()?;
            if !pps.deblocking_filter_disabled {
                let _beta_offset_div2 = r.se()?;
                let _tc_offset_div2 = r.se()?;
            }
        }
        if r.flag()? {
            scaling_list_data(r)?;
        }
        pps.lists_modification_present = r.flag()?;
        let _log2_parallel_merge_level_minus2 = r.ue()?;
        pps.slice_segment_header_extension_present = r.flag()?;
        if r.flag()? {
            pps.parse_extensions(r, transform_skip_enabled)?;
        }
        Ok(pps)
    }

    fn parse_extensions(&mut self, r: &mut BitReader<'_>, transform_skip: bool) -> Parse<()> {
        let (range, multilayer, three_d, screen_content) =
            (r.flag()?, r.flag()?, r.flag()?, r.flag()?);
        let _pps_extension_4bits = r.u(4)?;
        if range {
            self.parse_range_extension(r, transform_skip)?;
        }
        if !screen_content {
            return Ok(());
        }
        if multilayer {
            skip_multilayer_extension(r)?;
        }
        if three_d {
            return Err("depth look-up tables before the screen content extension".into());
        }
        // 7.3.2.3.3, up to the palettes.
        self.curr_pic_ref_enabled = r.flag()?;
        if r.flag()? {
            self.slice_act_qp_offsets_present = r.flag()?;
        }
        Ok(())
    }

    /// 7.3.2.3.2.
    fn parse_range_extension(&mut self, r: &mut BitReader<'_>, transform_skip: bool) -> Parse<()> {
        if transform_skip {
            let _log2_max_transform_skip_block_size_minus2 = r.ue()?;
        }
        let _cross_component_prediction_enabled = r.flag()?;
        self.chroma_qp_offset_list_enabled = r.flag()?;
        if self.chroma_qp_offset_list_enabled {
            let _diff_cu_chroma_qp_offset_depth = r.ue()?;
            for _ in 0..=r.ue_max(5, "chroma_qp_offset_list_len_minus1")? {
                let _cb_qp_offset_list = r.se()?;
                let _cr_qp_offset_list = r.se()?;
            }
        }
        let _log2_sao_offset_scale_luma = r.ue()?;
        let _log2_sao_offset_scale_chroma = r.ue()?;
        Ok(())
    }
}

fn skip_tiles(r: &mut BitReader<'_>) -> Parse<()> {
    let columns_minus1 = r.ue_max(MAX_TILES_PER_SIDE, "num_tile_columns_minus1")?;
    let rows_minus1 = r.ue_max(MAX_TILES_PER_SIDE, "num_tile_rows_minus1")?;
    let uniform_spacing = r.flag()?;
    if !uniform_spacing {
        for _ in 0..columns_minus1 + rows_minus1 {
            let _size_minus1 = r.ue()?;
        }
    }
    let _loop_filter_across_tiles_enabled = r.flag()?;
    Ok(())
}

/// F.7.3.2.3.4.
fn skip_multilayer_extension(r: &mut BitReader<'_>) -> Parse<()> {
    let _poc_reset_info_present = r.flag()?;
    if r.flag()? {
        let _scaling_list_ref_layer_id = r.u(6)?;
    }
    for _ in 0..r.ue_max(62, "num_ref_loc_offsets")? {
        let _ref_loc_offset_layer_id = r.u(6)?;
        for _ in 0..2 {
            if r.flag()? {
                for _ in 0..4 {
                    let _offset = r.se()?;
                }
            }
        }
        if r.flag()? {
            for _ in 0..4 {
                let _phase = r.ue()?;
            }
        }
    }
    if r.flag()? {
        return Err("colour mapping before the screen content extension".into());
    }
    Ok(())
}
