//! What slice headers need of sequence parameter sets (ITU-T H.265, 7.3.2.2 and F.7.3.2.2).
use super::HEADER;
use super::ref_pic_set::RefPicSet;
use super::syntax::{
    four_offsets, profile_tier_level, scaling_list_data, sub_layer_ordering_info, vui_parameters,
};
use crate::sample::Parse;
use crate::sample::nal::bits::BitReader;

const MAX_SPS_ID: u32 = 15;
/// Far above level 6.2, whose longest side is 8444 × √8.
const MAX_SIDE: u32 = 1 << 17;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sps {
    pub(super) id: u32,
    pub(super) vps_id: u32,
    pub(super) format: PictureFormat,
    pub(super) ctb_log2_size: u32,
    pub(super) pic_order_cnt_lsb_bits: u32,
    pub(super) sample_adaptive_offset_enabled: bool,
    pub(super) short_term_ref_pic_sets: Vec<RefPicSet>,
    pub(super) long_term_ref_pics_present: bool,
    /// used_by_curr_pic_lt_sps_flag of each long-term picture that slices choose by index.
    pub(super) long_term_used_by_curr: Vec<bool>,
    pub(super) temporal_mvp_enabled: bool,
    /// motion_vector_resolution_control_idc 2: each slice says whether its motion vectors are integers.
    pub(super) integer_mv_by_slice: bool,
}

/// Size and chroma, or where the VPS has them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PictureFormat {
    Said(RepFormat),
    /// Of a further layer: rep_format with this index, or the layer's own.
    OfVps(Option<u32>),
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct RepFormat {
    pub(super) chroma_format_idc: u32,
    pub(super) separate_colour_plane: bool,
    pub(super) width: u32,
    pub(super) height: u32,
}

impl RepFormat {
    /// ChromaArrayType is not 0.
    pub(super) fn has_chroma(self) -> bool {
        self.chroma_format_idc != 0 && !self.separate_colour_plane
    }

    /// PicSizeInCtbsY.
    pub(super) fn ctbs(self, ctb_log2_size: u32) -> u64 {
        let ctbs = |side: u32| u64::from(side).div_ceil(1 << ctb_log2_size);
        ctbs(self.width) * ctbs(self.height)
    }
}

impl Sps {
    /// `layer`: nuh_layer_id of the parameter set itself.
    pub(super) fn parse(unit: &[u8], layer: u8) -> Parse<Self> {
        let r = &mut BitReader::new(unit, HEADER);
        let vps_id = r.u(4)?;
        let max_sub_layers_minus1 = r.u(3)?;
        // sps_ext_or_max_sub_layers_minus1 of 7: MultiLayerExtSpsFlag.
        let of_vps = layer > 0 && max_sub_layers_minus1 == 7;
        let mut screen_content = false;
        if !of_vps {
            let _temporal_id_nesting = r.flag()?;
            screen_content =
                profile_tier_level(r, true, max_sub_layers_minus1)?.has_screen_content();
        }
        let id = r.ue_max(MAX_SPS_ID, "sps_seq_parameter_set_id")?;
        let mut palette_bits = [8; 3];
        let format = if of_vps {
            PictureFormat::OfVps(if r.flag()? { Some(r.u(8)?) } else { None })
        } else {
            PictureFormat::Said(parse_format(r, &mut palette_bits)?)
        };
        let pic_order_cnt_lsb_bits = 4 + r.ue_max(12, "log2_max_pic_order_cnt_lsb_minus4")?;
        if !of_vps {
            sub_layer_ordering_info(r, max_sub_layers_minus1)?;
        }
        let log2_min_cb_size = 3 + r.ue_max(3, "log2_min_luma_coding_block_size_minus3")?;
        let ctb_log2_size =
            log2_min_cb_size + r.ue_max(3, "log2_diff_max_min_luma_coding_block_size")?;
        for _ in 0..4 {
            let _transform_block_sizes_and_depths = r.ue()?;
        }
        if r.flag()? {
            if of_vps && r.flag()? {
                let _sps_scaling_list_ref_layer_id = r.u(6)?;
            } else if r.flag()? {
                scaling_list_data(r)?;
            }
        }
        let _amp_enabled = r.flag()?;
        let sample_adaptive_offset_enabled = r.flag()?;
        if r.flag()? {
            let _pcm_bit_depths = r.u(8)?;
            let _log2_min_pcm_size_minus3 = r.ue()?;
            let _log2_diff_max_min_pcm_size = r.ue()?;
            let _pcm_loop_filter_disabled = r.flag()?;
        }
        let mut short_term_ref_pic_sets = Vec::new();
        for _ in 0..r.ue_max(64, "num_short_term_ref_pic_sets")? {
            let set = RefPicSet::parse(r, &short_term_ref_pic_sets, false)?;
            short_term_ref_pic_sets.push(set);
        }
        let long_term_ref_pics_present = r.flag()?;
        let mut long_term_used_by_curr = Vec::new();
        if long_term_ref_pics_present {
            for _ in 0..r.ue_max(32, "num_long_term_ref_pics_sps")? {
                let _lt_ref_pic_poc_lsb_sps = r.u(pic_order_cnt_lsb_bits)?;
                long_term_used_by_curr.push(r.flag()?);
            }
        }
        let temporal_mvp_enabled = r.flag()?;
        let _strong_intra_smoothing_enabled = r.flag()?;
        // What follows is read for the sake of the screen content extension alone.
        let mut integer_mv_by_slice = false;
        if screen_content {
            if r.flag()? {
                vui_parameters(r, max_sub_layers_minus1)?;
            }
            integer_mv_by_slice = parse_extensions(r, format, palette_bits)?;
        }
        Ok(Self {
            id,
            vps_id,
            format,
            ctb_log2_size,
            pic_order_cnt_lsb_bits,
            sample_adaptive_offset_enabled,
            short_term_ref_pic_sets,
            long_term_ref_pics_present,
            long_term_used_by_curr,
            temporal_mvp_enabled,
            integer_mv_by_slice,
        })
    }
}

fn parse_format(r: &mut BitReader<'_>, palette_bits: &mut [u32; 3]) -> Parse<RepFormat> {
    let chroma_format_idc = r.ue_max(3, "chroma_format_idc")?;
    let separate_colour_plane = chroma_format_idc == 3 && r.flag()?;
    let width = r.ue_max(MAX_SIDE, "pic_width_in_luma_samples")?;
    let height = r.ue_max(MAX_SIDE, "pic_height_in_luma_samples")?;
    if r.flag()? {
        four_offsets(r)?;
    }
    let luma = 8 + r.ue_max(8, "bit_depth_luma_minus8")?;
    let chroma = 8 + r.ue_max(8, "bit_depth_chroma_minus8")?;
    *palette_bits = [luma, chroma, chroma];
    Ok(RepFormat {
        chroma_format_idc,
        separate_colour_plane,
        width,
        height,
    })
}

/// Whether slices say that their motion vectors are integers (7.3.2.2.3).
fn parse_extensions(
    r: &mut BitReader<'_>,
    format: PictureFormat,
    palette_bits: [u32; 3],
) -> Parse<bool> {
    if !r.flag()? {
        return Ok(false);
    }
    let (range, multilayer, three_d, screen_content) = (r.flag()?, r.flag()?, r.flag()?, r.flag()?);
    let _sps_extension_4bits = r.u(4)?;
    if !screen_content {
        return Ok(false);
    }
    if range {
        r.skip(9)?;
    }
    if multilayer {
        let _inter_view_mv_vert_constraint = r.flag()?;
    }
    if three_d {
        return Err("3D extension before the screen content extension".into());
    }
    let _curr_pic_ref_enabled = r.flag()?;
    if r.flag()? {
        let _palette_max_size = r.ue()?;
        let _delta_palette_max_predictor_size = r.ue()?;
        if r.flag()? {
            let monochrome =
                matches!(format, PictureFormat::Said(format) if format.chroma_format_idc == 0);
            let entries = 1 + r.ue_max(0xffff, "sps_num_palette_predictor_initializers_minus1")?;
            for bits in &palette_bits[..if monochrome { 1 } else { 3 }] {
                for _ in 0..entries {
                    r.skip(*bits)?;
                }
            }
        }
    }
    Ok(r.u(2)? == 2)
}
