//! Sequence header OBU (AV1 Bitstream & Decoding Process, 5.5).
use crate::codec::bits::{BitReader, BitsError};
use crate::codec::obu::leb128;

/// What a sequence header says of the pictures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SequenceHeader {
    pub profile: u8,
    /// Largest size of a frame, pixels.
    pub width: u32,
    pub height: u32,
    pub bit_depth: u8,
    pub monochrome: bool,
    pub subsampling_x: bool,
    pub subsampling_y: bool,
    /// colour_primaries, transfer_characteristics, matrix_coefficients; none without color_description_present_flag.
    pub colour: Option<(u8, u8, u8)>,
    pub full_range: bool,
}

const OBU_SEQUENCE_HEADER: u8 = 1;
const SRGB: (u8, u8, u8) = (1, 13, 0);

impl SequenceHeader {
    /// The first sequence header in a row of OBUs; none when there is none.
    ///
    /// # Errors
    /// When an OBU is cut short, or the header is.
    pub fn find(mut obus: &[u8]) -> Result<Option<Self>, BitsError> {
        let cut = BitsError("an OBU is cut short");
        while let Some((&header, rest)) = obus.split_first() {
            let (kind, has_extension, has_size) =
                (header >> 3 & 15, header & 4 != 0, header & 2 != 0);
            let rest = rest.get(usize::from(has_extension)..).ok_or(cut)?;
            let (len, rest) = if has_size {
                leb128(rest).ok_or(cut)?
            } else {
                (rest.len(), rest)
            };
            let (payload, after) = rest.split_at_checked(len).ok_or(cut)?;
            if kind == OBU_SEQUENCE_HEADER {
                return Self::parse(payload).map(Some);
            }
            obus = after;
        }
        Ok(None)
    }

    /// `payload`: after the OBU's header and size.
    ///
    /// # Errors
    /// When it ends early.
    pub fn parse(payload: &[u8]) -> Result<Self, BitsError> {
        let reader = &mut BitReader::new(payload);
        let profile = reader.byte(3)?;
        // still_picture
        reader.skip(1)?;
        let reduced = reader.flag()?;
        if reduced {
            reader.skip(5)?;
        } else {
            operating_points(reader)?;
        }
        let (width_bits, height_bits) = (reader.bits(4)? + 1, reader.bits(4)? + 1);
        let (width, height) = (reader.bits(width_bits)? + 1, reader.bits(height_bits)? + 1);
        let frame_ids = !reduced && reader.flag()?;
        if frame_ids {
            reader.skip(4 + 3)?;
        }
        // use_128x128_superblock, enable_filter_intra, enable_intra_edge_filter
        reader.skip(3)?;
        if !reduced {
            inter_tools(reader)?;
        }
        // enable_superres, enable_cdef, enable_restoration
        reader.skip(3)?;
        let mut sequence = Self {
            profile,
            width,
            height,
            bit_depth: 8,
            monochrome: false,
            subsampling_x: true,
            subsampling_y: true,
            colour: None,
            full_range: false,
        };
        sequence.color_config(reader)?;
        Ok(sequence)
    }

    /// 5.5.2
    fn color_config(&mut self, reader: &mut BitReader<'_>) -> Result<(), BitsError> {
        let high_bitdepth = reader.flag()?;
        let twelve_bit = self.profile == 2 && high_bitdepth && reader.flag()?;
        self.bit_depth = match (high_bitdepth, twelve_bit) {
            (false, _) => 8,
            (true, false) => 10,
            (true, true) => 12,
        };
        self.monochrome = self.profile != 1 && reader.flag()?;
        if reader.flag()? {
            self.colour = Some((reader.byte(8)?, reader.byte(8)?, reader.byte(8)?));
        }
        if self.monochrome {
            self.full_range = reader.flag()?;
            return Ok(());
        }
        if self.colour == Some(SRGB) {
            self.full_range = true;
            (self.subsampling_x, self.subsampling_y) = (false, false);
            return Ok(());
        }
        self.full_range = reader.flag()?;
        (self.subsampling_x, self.subsampling_y) = match self.profile {
            0 => (true, true),
            1 => (false, false),
            _ if twelve_bit => {
                let x = reader.flag()?;
                (x, x && reader.flag()?)
            }
            _ => (true, false),
        };
        Ok(())
    }
}

/// From timing_info_present_flag to the last operating point.
fn operating_points(reader: &mut BitReader<'_>) -> Result<(), BitsError> {
    let mut buffer_delay_bits = None;
    if reader.flag()? {
        // num_units_in_display_tick, time_scale
        reader.skip(64)?;
        let equal_picture_interval = reader.flag()?;
        if equal_picture_interval {
            uvlc(reader)?;
        }
        if reader.flag()? {
            buffer_delay_bits = Some(usize::from(reader.byte(5)?) + 1);
            // num_units_in_decoding_tick, two lengths
            reader.skip(32 + 5 + 5)?;
        }
    }
    let initial_display_delay_present = reader.flag()?;
    for _ in 0..=reader.byte(5)? {
        // operating_point_idc
        reader.skip(12)?;
        let level = reader.byte(5)?;
        if level > 7 {
            reader.skip(1)?;
        }
        if let Some(bits) = buffer_delay_bits
            && reader.flag()?
        {
            // decoder_buffer_delay, encoder_buffer_delay, low_delay_mode_flag
            reader.skip(bits + bits + 1)?;
        }
        if initial_display_delay_present && reader.flag()? {
            reader.skip(4)?;
        }
    }
    Ok(())
}

/// From enable_interintra_compound to order_hint_bits_minus_1.
fn inter_tools(reader: &mut BitReader<'_>) -> Result<(), BitsError> {
    // interintra, masked, warped, dual filter
    reader.skip(4)?;
    let order_hint = reader.flag()?;
    if order_hint {
        // enable_jnt_comp, enable_ref_frame_mvs
        reader.skip(2)?;
    }
    let choose_screen_content_tools = reader.flag()?;
    if choose_screen_content_tools || reader.flag()? {
        let choose_integer_mv = reader.flag()?;
        if !choose_integer_mv {
            reader.skip(1)?;
        }
    }
    if order_hint {
        reader.skip(3)?;
    }
    Ok(())
}

/// 4.10.3: the value does not matter.
fn uvlc(reader: &mut BitReader<'_>) -> Result<(), BitsError> {
    let mut zeros = 0;
    while !reader.flag()? {
        zeros += 1;
    }
    if zeros < 32 {
        reader.skip(zeros)?;
    }
    Ok(())
}
