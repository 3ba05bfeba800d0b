//! What frame headers need of sequence headers (AV1 Bitstream & Decoding Process Specification, 5.5).
use crate::sample::Parse;
use crate::sample::bits::BitReader;

/// sRGB in RGB: BT.709 primaries, sRGB transfer, identity matrix.
const SRGB: u32 = 0x01_0d_00;

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Sequence {
    pub(super) reduced_still_picture_header: bool,
    /// Of a decoder model; none when frames have no times of their own.
    pub(super) frame_presentation_time_bits: Option<u32>,
    pub(super) decoder_model: Option<DecoderModel>,
    pub(super) frame_width_bits: u32,
    pub(super) frame_height_bits: u32,
    pub(super) max_frame_width: u32,
    pub(super) max_frame_height: u32,
    pub(super) frame_ids: Option<FrameIds>,
    pub(super) use_128x128_superblock: bool,
    pub(super) enable_warped_motion: bool,
    pub(super) enable_order_hint: bool,
    pub(super) order_hint_bits: u32,
    pub(super) enable_ref_frame_mvs: bool,
    /// None: each frame says it.
    pub(super) force_screen_content_tools: Option<bool>,
    pub(super) force_integer_mv: Option<bool>,
    pub(super) enable_superres: bool,
    pub(super) enable_cdef: bool,
    pub(super) enable_restoration: bool,
    pub(super) monochrome: bool,
    pub(super) subsampling_x: bool,
    pub(super) subsampling_y: bool,
    pub(super) separate_uv_delta_q: bool,
    pub(super) film_grain_params_present: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct DecoderModel {
    buffer_delay_bits: u32,
    pub(super) buffer_removal_time_bits: u32,
    /// operating_point_idc of those that have a model.
    pub(super) operating_points: Vec<u32>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct FrameIds {
    /// idLen.
    pub(super) bits: u32,
    pub(super) delta_bits: u32,
}

impl Sequence {
    pub(super) fn parse(payload: &[u8]) -> Parse<Self> {
        let r = &mut BitReader::new(payload);
        let profile = r.f(3)?;
        let _still_picture = r.flag()?;
        let mut sequence = Self {
            reduced_still_picture_header: r.flag()?,
            ..Self::default()
        };
        if sequence.reduced_still_picture_header {
            let _seq_level_idx = r.f(5)?;
        } else {
            sequence.parse_operating_points(r)?;
        }
        sequence.frame_width_bits = 1 + r.f(4)?;
        sequence.frame_height_bits = 1 + r.f(4)?;
        sequence.max_frame_width = 1 + r.f(sequence.frame_width_bits)?;
        sequence.max_frame_height = 1 + r.f(sequence.frame_height_bits)?;
        if !sequence.reduced_still_picture_header && r.flag()? {
            let delta_bits = 2 + r.f(4)?;
            sequence.frame_ids = Some(FrameIds {
                bits: delta_bits + r.f(3)? + 1,
                delta_bits,
            });
        }
        sequence.use_128x128_superblock = r.flag()?;
        let _filter_intra_and_intra_edge_filter = r.f(2)?;
        if !sequence.reduced_still_picture_header {
            sequence.parse_tools(r)?;
        }
        sequence.enable_superres = r.flag()?;
        sequence.enable_cdef = r.flag()?;
        sequence.enable_restoration = r.flag()?;
        sequence.parse_color_config(r, profile)?;
        sequence.film_grain_params_present = r.flag()?;
        Ok(sequence)
    }

    fn parse_operating_points(&mut self, r: &mut BitReader<'_>) -> Parse<()> {
        if r.flag()? {
            let _num_units_in_display_tick = r.f(32)?;
            let _time_scale = r.f(32)?;
            let equal_picture_interval = r.flag()?;
            if equal_picture_interval {
                skip_uvlc(r)?;
            }
            if r.flag()? {
                let buffer_delay_bits = 1 + r.f(5)?;
                let _num_units_in_decoding_tick = r.f(32)?;
                self.decoder_model = Some(DecoderModel {
                    buffer_delay_bits,
                    buffer_removal_time_bits: 1 + r.f(5)?,
                    operating_points: Vec::new(),
                });
                let frame_presentation_time_bits = 1 + r.f(5)?;
                self.frame_presentation_time_bits =
                    (!equal_picture_interval).then_some(frame_presentation_time_bits);
            }
        }
        let initial_display_delay_present = r.flag()?;
        for _ in 0..=r.f(5)? {
            let operating_point_idc = r.f(12)?;
            if r.f(5)? > 7 {
                let _seq_tier = r.flag()?;
            }
            if let Some(model) = &mut self.decoder_model
                && r.flag()?
            {
                for _ in 0..2 {
                    let _buffer_delay = r.f(model.buffer_delay_bits)?;
                }
                let _low_delay_mode = r.flag()?;
                model.operating_points.push(operating_point_idc);
            }
            if initial_display_delay_present && r.flag()? {
                let _initial_display_delay_minus_1 = r.f(4)?;
            }
        }
        Ok(())
    }

    fn parse_tools(&mut self, r: &mut BitReader<'_>) -> Parse<()> {
        let _interintra_and_masked_compound = r.f(2)?;
        self.enable_warped_motion = r.flag()?;
        let _dual_filter = r.flag()?;
        self.enable_order_hint = r.flag()?;
        if self.enable_order_hint {
            let _jnt_comp = r.flag()?;
            self.enable_ref_frame_mvs = r.flag()?;
        }
        if !r.flag()? {
            self.force_screen_content_tools = Some(r.flag()?);
        }
        if self.force_screen_content_tools != Some(false) && !r.flag()? {
            self.force_integer_mv = Some(r.flag()?);
        }
        if self.enable_order_hint {
            self.order_hint_bits = 1 + r.f(3)?;
        }
        Ok(())
    }

    fn parse_color_config(&mut self, r: &mut BitReader<'_>, profile: u32) -> Parse<()> {
        let high_bitdepth = r.flag()?;
        let twelve_bit = profile == 2 && high_bitdepth && r.flag()?;
        self.monochrome = profile != 1 && r.flag()?;
        let described = if r.flag()? { Some(r.f(24)?) } else { None };
        if self.monochrome {
            let _color_range = r.flag()?;
            (self.subsampling_x, self.subsampling_y) = (true, true);
            return Ok(());
        }
        if described != Some(SRGB) {
            let _color_range = r.flag()?;
            (self.subsampling_x, self.subsampling_y) = match profile {
                0 => (true, true),
                1 => (false, false),
                _ if twelve_bit => {
                    let x = r.flag()?;
                    (x, x && r.flag()?)
                }
                _ => (true, false),
            };
            if self.subsampling_x && self.subsampling_y {
                let _chroma_sample_position = r.f(2)?;
            }
        }
        self.separate_uv_delta_q = r.flag()?;
        Ok(())
    }
}

/// 4.10.3.
fn skip_uvlc(r: &mut BitReader<'_>) -> Parse<()> {
    let mut leading_zeros = 0;
    while !r.flag()? {
        leading_zeros += 1;
    }
    if leading_zeros < 32 {
        let _value = r.f(leading_zeros)?;
    }
    Ok(())
}
