//! Parts that parameter sets share, passed over (ITU-T H.265, 7.3.3, 7.3.4, annex E).
use crate::sample::Parse;
use crate::sample::nal::bits::BitReader;

/// Profile and its flags in profile_tier_level, without the level.
const PROFILE_BITS: u32 = 88;

/// Which profiles a bitstream says it conforms to: general_profile_idc and the compatibility flags, bit n for profile n.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Profiles(u32);

impl Profiles {
    /// The screen content coding profiles (9 and 11), the only ones whose parameter sets may have that extension.
    pub(super) fn has_screen_content(self) -> bool {
        self.0 & (1 << 9 | 1 << 11) != 0
    }
}

/// 7.3.3.
pub(super) fn profile_tier_level(
    r: &mut BitReader<'_>,
    profile_present: bool,
    max_sub_layers_minus1: u32,
) -> Parse<Profiles> {
    let mut profiles = Profiles::default();
    if profile_present {
        let _space_and_tier = r.u(3)?;
        let general_profile_idc = r.u(5)?;
        profiles.0 = r.u(32)?.reverse_bits() | 1 << general_profile_idc;
        r.skip(PROFILE_BITS - 40)?;
    }
    let _general_level_idc = r.u(8)?;
    let mut present = [(false, false); 8];
    let sub_layers = &mut present[..(max_sub_layers_minus1 as usize).min(8)];
    for (profile, level) in sub_layers.iter_mut() {
        (*profile, *level) = (r.flag()?, r.flag()?);
    }
    if max_sub_layers_minus1 > 0 {
        r.skip(2 * (8 - max_sub_layers_minus1.min(8)))?;
    }
    for &mut (profile, level) in sub_layers {
        r.skip(if profile { PROFILE_BITS } else { 0 } + if level { 8 } else { 0 })?;
    }
    Ok(profiles)
}

/// Buffering, reordering and latency of each sub-layer, or of the highest alone.
pub(super) fn sub_layer_ordering_info(
    r: &mut BitReader<'_>,
    max_sub_layers_minus1: u32,
) -> Parse<()> {
    let all = r.flag()?;
    for _ in if all { 0 } else { max_sub_layers_minus1 }..=max_sub_layers_minus1 {
        let _max_dec_pic_buffering_minus1 = r.ue()?;
        let _max_num_reorder_pics = r.ue()?;
        let _max_latency_increase_plus1 = r.ue()?;
    }
    Ok(())
}

/// 7.3.4.
pub(super) fn scaling_list_data(r: &mut BitReader<'_>) -> Parse<()> {
    for size in 0_u32..4 {
        for _matrix in (0..6).step_by(if size == 3 { 3 } else { 1 }) {
            if !r.flag()? {
                let _scaling_list_pred_matrix_id_delta = r.ue()?;
                continue;
            }
            if size > 1 {
                let _scaling_list_dc_coef_minus8 = r.se()?;
            }
            for _ in 0..64.min(16 << (2 * size)) {
                let _scaling_list_delta_coef = r.se()?;
            }
        }
    }
    Ok(())
}

/// What hrd_parameters() says once for the structures after it that leave it out.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct HrdCommon {
    nal: bool,
    vcl: bool,
    sub_pic: bool,
}

/// E.2.2. `common`: taken from the bitstream, when it is there, or as it is.
pub(super) fn hrd_parameters(
    r: &mut BitReader<'_>,
    common_present: bool,
    common: &mut HrdCommon,
    max_sub_layers_minus1: u32,
) -> Parse<()> {
    if common_present {
        *common = HrdCommon {
            nal: r.flag()?,
            vcl: r.flag()?,
            sub_pic: false,
        };
        if common.nal || common.vcl {
            common.sub_pic = r.flag()?;
            if common.sub_pic {
                r.skip(8 + 5 + 1 + 5)?;
            }
            let _bit_rate_and_cpb_size_scale = r.u(8)?;
            if common.sub_pic {
                let _cpb_size_du_scale = r.u(4)?;
            }
            let _lengths = r.u(15)?;
        }
    }
    for _ in 0..=max_sub_layers_minus1 {
        let fixed_pic_rate_general = r.flag()?;
        let fixed_pic_rate_within_cvs = fixed_pic_rate_general || r.flag()?;
        let mut low_delay = false;
        if fixed_pic_rate_within_cvs {
            let _elemental_duration_in_tc_minus1 = r.ue()?;
        } else {
            low_delay = r.flag()?;
        }
        let cpb_cnt_minus1 = if low_delay {
            0
        } else {
            r.ue_max(31, "cpb_cnt_minus1")?
        };
        for _ in 0..u32::from(common.nal) + u32::from(common.vcl) {
            for _ in 0..=cpb_cnt_minus1 {
                for _ in 0..if common.sub_pic { 4 } else { 2 } {
                    let _rate_or_size = r.ue()?;
                }
                let _cbr = r.flag()?;
            }
        }
    }
    Ok(())
}

/// E.2.1.
pub(super) fn vui_parameters(r: &mut BitReader<'_>, max_sub_layers_minus1: u32) -> Parse<()> {
    const EXTENDED_SAR: u32 = 255;
    if r.flag()? && r.u(8)? == EXTENDED_SAR {
        let _sar = r.u(32)?;
    }
    if r.flag()? {
        let _overscan_appropriate = r.flag()?;
    }
    if r.flag()? {
        let _video_format_and_range = r.u(4)?;
        if r.flag()? {
            let _colour = r.u(24)?;
        }
    }
    if r.flag()? {
        let _chroma_sample_loc_type_top = r.ue()?;
        let _chroma_sample_loc_type_bottom = r.ue()?;
    }
    let _neutral_chroma_field_seq_frame_field_info = r.u(3)?;
    if r.flag()? {
        four_offsets(r)?;
    }
    if r.flag()? {
        let _num_units_in_tick = r.u(32)?;
        let _time_scale = r.u(32)?;
        if r.flag()? {
            let _num_ticks_poc_diff_one_minus1 = r.ue()?;
        }
        if r.flag()? {
            hrd_parameters(r, true, &mut HrdCommon::default(), max_sub_layers_minus1)?;
        }
    }
    if r.flag()? {
        let _flags = r.u(3)?;
        for _ in 0..5 {
            let _restriction = r.ue()?;
        }
    }
    Ok(())
}

/// A window: left, right, top, bottom.
pub(super) fn four_offsets(r: &mut BitReader<'_>) -> Parse<()> {
    for _ in 0..4 {
        let _offset = r.ue()?;
    }
    Ok(())
}

/// Ceil(Log2(count)).
pub(super) fn index_bits(count: u64) -> u32 {
    u64::BITS - count.saturating_sub(1).leading_zeros()
}
