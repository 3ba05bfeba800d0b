//! `seq_parameter_set_rbsp` (ITU-T H.265, 7.3.2.2.1) as far as size, shape and colour of the picture.
use crate::codec::Chroma;
use crate::codec::bits::{BitReader, BitsError, unescape};
use crate::codec::visual::{Coded, Vui, parse_vui};

/// What a sequence parameter set of the base layer says of the picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sps {
    /// 0 monochrome, 1 4:2:0, 2 4:2:2, 3 4:4:4.
    pub chroma_format_idc: u8,
    pub bit_depth_luma: u8,
    /// After cropping to the conformance window, pixels.
    pub width: u32,
    pub height: u32,
    /// Of samples; none when unsaid.
    pub pixel_aspect: Option<(u32, u32)>,
    /// colour_primaries, transfer_characteristics, matrix_coefficients, full_range; none when unsaid.
    pub colour: Option<(u8, u8, u8, bool)>,
}

impl Sps {
    /// `nal`: the NAL unit, header included, emulation prevention still inside.
    ///
    /// # Errors
    /// When it ends early, or a value is out of its range.
    pub fn parse(nal: &[u8]) -> Result<Self, BitsError> {
        let rbsp = unescape(nal);
        let reader = &mut BitReader::new(&rbsp);
        // NAL unit header, sps_video_parameter_set_id
        reader.skip(16 + 4)?;
        let max_sub_layers_minus1 = reader.bits(3)?;
        reader.skip(1)?;
        profile_tier_level(reader, max_sub_layers_minus1)?;
        reader.ue_to(15)?;
        let chroma_format_idc = reader.ue_to(3)?.to_le_bytes()[0];
        if chroma_format_idc == 3 {
            // separate_colour_plane_flag
            reader.skip(1)?;
        }
        let (width, height) = size(reader, chroma_format_idc)?;
        let bit_depth_luma = 8 + reader.ue_to(8)?.to_le_bytes()[0];
        reader.ue_to(8)?;
        let log2_max_poc_lsb = reader.ue_to(12)? + 4;
        let first = if reader.flag()? {
            0
        } else {
            max_sub_layers_minus1
        };
        for _ in first..=max_sub_layers_minus1 {
            // sps_max_dec_pic_buffering_minus1, sps_max_num_reorder_pics, sps_max_latency_increase_plus1
            for _ in 0..3 {
                reader.ue()?;
            }
        }
        coding_tools(reader)?;
        reference_pictures(reader, log2_max_poc_lsb)?;
        // sps_temporal_mvp_enabled_flag, strong_intra_smoothing_enabled_flag
        reader.skip(2)?;
        let vui = if reader.flag()? {
            parse_vui(reader)?
        } else {
            Vui::default()
        };
        Ok(Self {
            chroma_format_idc,
            bit_depth_luma,
            width,
            height,
            pixel_aspect: vui.pixel_aspect,
            colour: vui.colour,
        })
    }

    pub(super) fn coded(&self) -> Coded {
        Coded {
            width: self.width,
            height: self.height,
            bit_depth: self.bit_depth_luma,
            chroma: Chroma::from_idc(self.chroma_format_idc),
            vui: Vui {
                pixel_aspect: self.pixel_aspect,
                colour: self.colour,
            },
        }
    }
}

/// 7.3.3
fn profile_tier_level(
    reader: &mut BitReader<'_>,
    max_sub_layers_minus1: u32,
) -> Result<(), BitsError> {
    const PROFILE: usize = 2 + 1 + 5 + 32 + 4 + 43 + 1;
    const LEVEL: usize = 8;
    reader.skip(PROFILE + LEVEL)?;
    let mut sub_layers = 0;
    for _ in 0..max_sub_layers_minus1 {
        let (profile_present, level_present) = (reader.flag()?, reader.flag()?);
        sub_layers +=
            if profile_present { PROFILE } else { 0 } + if level_present { LEVEL } else { 0 };
    }
    if max_sub_layers_minus1 > 0 {
        // reserved_zero_2bits, to eight sub-layers
        reader.skip(2 * (8 - max_sub_layers_minus1 as usize))?;
    }
    reader.skip(sub_layers)
}

/// Far above what any level allows.
const MAX_SIZE: u32 = 65_536;

/// Width and height, cropped.
fn size(reader: &mut BitReader<'_>, chroma_format_idc: u8) -> Result<(u32, u32), BitsError> {
    let (mut width, mut height) = (reader.ue_to(MAX_SIZE)?, reader.ue_to(MAX_SIZE)?);
    if reader.flag()? {
        let (unit_x, unit_y) = match chroma_format_idc {
            1 => (2, 2),
            2 => (2, 1),
            _ => (1, 1),
        };
        let (left, right) = (reader.ue_to(MAX_SIZE)?, reader.ue_to(MAX_SIZE)?);
        let (top, bottom) = (reader.ue_to(MAX_SIZE)?, reader.ue_to(MAX_SIZE)?);
        width = width.saturating_sub((left + right) * unit_x);
        height = height.saturating_sub((top + bottom) * unit_y);
    }
    if width == 0 || height == 0 {
        Err(BitsError("the picture has no pixels"))
    } else {
        Ok((width, height))
    }
}

/// From log2_min_luma_coding_block_size_minus3 to the PCM fields.
fn coding_tools(reader: &mut BitReader<'_>) -> Result<(), BitsError> {
    // Two coding block sizes, two transform block sizes, two hierarchy depths.
    for _ in 0..6 {
        reader.ue()?;
    }
    let scaling_lists_enabled = reader.flag()?;
    if scaling_lists_enabled && reader.flag()? {
        scaling_lists(reader)?;
    }
    // amp_enabled_flag, sample_adaptive_offset_enabled_flag
    reader.skip(2)?;
    if reader.flag()? {
        // Two bit depths, two sizes, a filter flag.
        reader.skip(8)?;
        reader.ue()?;
        reader.ue()?;
        reader.skip(1)?;
    }
    Ok(())
}

/// 7.3.4
fn scaling_lists(reader: &mut BitReader<'_>) -> Result<(), BitsError> {
    for size_id in 0..4_u32 {
        let step = if size_id == 3 { 3 } else { 1 };
        for _ in (0..6).step_by(step) {
            if !reader.flag()? {
                // scaling_list_pred_matrix_id_delta
                reader.ue()?;
                continue;
            }
            if size_id > 1 {
                reader.se()?;
            }
            for _ in 0..64.min(1 << (4 + (size_id << 1))) {
                reader.se()?;
            }
        }
    }
    Ok(())
}

/// Short-term and long-term reference picture sets.
fn reference_pictures(reader: &mut BitReader<'_>, log2_max_poc_lsb: u32) -> Result<(), BitsError> {
    let sets = reader.ue_to(64)?;
    let mut previous = 0;
    for index in 0..sets {
        previous = short_term_set(reader, index, previous)?;
    }
    if reader.flag()? {
        for _ in 0..reader.ue_to(32)? {
            // lt_ref_pic_poc_lsb_sps, used_by_curr_pic_lt_sps_flag
            reader.bits(log2_max_poc_lsb)?;
            reader.skip(1)?;
        }
    }
    Ok(())
}

/// 7.3.7, for a set in a sequence parameter set; `previous`: NumDeltaPocs of the set before. Its own is the answer.
fn short_term_set(reader: &mut BitReader<'_>, index: u32, previous: u32) -> Result<u32, BitsError> {
    const MAX_PICTURES: u32 = 16;
    let predicted = index != 0 && reader.flag()?;
    if predicted {
        // delta_rps_sign, abs_delta_rps_minus1
        reader.skip(1)?;
        reader.ue()?;
        let mut pictures = 0;
        for _ in 0..=previous {
            let used_by_current = reader.flag()?;
            // use_delta_flag is there, and can be 0, only for a picture that the current one does not use.
            if used_by_current || reader.flag()? {
                pictures += 1;
            }
        }
        return if pictures > 2 * MAX_PICTURES {
            Err(BitsError("a value is out of its range"))
        } else {
            Ok(pictures)
        };
    }
    let pictures = reader.ue_to(MAX_PICTURES)? + reader.ue_to(MAX_PICTURES)?;
    for _ in 0..pictures {
        // delta_poc_minus1, used_by_curr_pic_flag
        reader.ue()?;
        reader.skip(1)?;
    }
    Ok(pictures)
}
