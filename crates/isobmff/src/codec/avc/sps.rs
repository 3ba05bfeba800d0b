//! `seq_parameter_set_rbsp` (ITU-T H.264, 7.3.2.1.1) as far as size, shape and colour of the picture.
use crate::codec::Chroma;
use crate::codec::bits::{BitReader, BitsError, unescape};
use crate::codec::visual::{Coded, Vui, parse_vui};

/// What a sequence parameter set says of the picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sps {
    pub profile_idc: u8,
    pub level_idc: u8,
    /// 0 monochrome, 1 4:2:0, 2 4:2:2, 3 4:4:4.
    pub chroma_format_idc: u8,
    pub bit_depth_luma: u8,
    /// After cropping, pixels.
    pub width: u32,
    pub height: u32,
    /// Of samples; none when unsaid.
    pub pixel_aspect: Option<(u32, u32)>,
    /// colour_primaries, transfer_characteristics, matrix_coefficients, full_range; none when unsaid.
    pub colour: Option<(u8, u8, u8, bool)>,
}

impl Sps {
    /// `nal`: the NAL unit, header byte included, emulation prevention still inside.
    ///
    /// # Errors
    /// When it ends early, or a value is out of its range.
    pub fn parse(nal: &[u8]) -> Result<Self, BitsError> {
        let rbsp = unescape(nal);
        let reader = &mut BitReader::new(&rbsp);
        reader.skip(8)?;
        let profile_idc = reader.byte(8)?;
        reader.skip(8)?;
        let level_idc = reader.byte(8)?;
        reader.ue_to(31)?;
        let format = if has_chroma_format(profile_idc) {
            chroma_format(reader)?
        } else {
            ChromaFormat::default()
        };
        // log2_max_frame_num_minus4
        reader.ue_to(12)?;
        picture_order(reader)?;
        // max_num_ref_frames, gaps_in_frame_num_value_allowed_flag
        reader.ue()?;
        reader.skip(1)?;
        let width_in_mbs = reader.ue_to(MAX_MBS)? + 1;
        let height_in_map_units = reader.ue_to(MAX_MBS)? + 1;
        let frame_mbs_only = reader.flag()?;
        if !frame_mbs_only {
            reader.skip(1)?;
        }
        reader.skip(1)?;
        let fields_per_frame = if frame_mbs_only { 1 } else { 2 };
        let crop = if reader.flag()? {
            crop(reader, format, fields_per_frame)?
        } else {
            (0, 0)
        };
        let out_of_range = BitsError("the picture is cropped to nothing");
        let width = (width_in_mbs * 16)
            .checked_sub(crop.0)
            .filter(|width| *width > 0)
            .ok_or(out_of_range)?;
        let height = height_in_map_units * fields_per_frame * 16;
        let height = height
            .checked_sub(crop.1)
            .filter(|height| *height > 0)
            .ok_or(out_of_range)?;
        let vui = if reader.flag()? {
            parse_vui(reader)?
        } else {
            Vui::default()
        };
        Ok(Self {
            profile_idc,
            level_idc,
            chroma_format_idc: format.idc,
            bit_depth_luma: format.bit_depth_luma,
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

/// 65 536 pixels: far above what any level allows.
const MAX_MBS: u32 = 4095;

#[derive(Debug, Clone, Copy)]
struct ChromaFormat {
    idc: u8,
    bit_depth_luma: u8,
}

impl Default for ChromaFormat {
    fn default() -> Self {
        Self {
            idc: 1,
            bit_depth_luma: 8,
        }
    }
}

fn has_chroma_format(profile_idc: u8) -> bool {
    matches!(
        profile_idc,
        100 | 110 | 122 | 244 | 44 | 83 | 86 | 118 | 128 | 138 | 139 | 134 | 135
    )
}

fn chroma_format(reader: &mut BitReader<'_>) -> Result<ChromaFormat, BitsError> {
    let idc = reader.ue_to(3)?.to_le_bytes()[0];
    if idc == 3 {
        // separate_colour_plane_flag
        reader.skip(1)?;
    }
    let bit_depth_luma = 8 + reader.ue_to(6)?.to_le_bytes()[0];
    reader.ue_to(6)?;
    // qpprime_y_zero_transform_bypass_flag
    reader.skip(1)?;
    if reader.flag()? {
        let lists = if idc == 3 { 12 } else { 8 };
        for list in 0..lists {
            if reader.flag()? {
                scaling_list(reader, if list < 6 { 16 } else { 64 })?;
            }
        }
    }
    Ok(ChromaFormat {
        idc,
        bit_depth_luma,
    })
}

/// 7.3.2.1.1.1
fn scaling_list(reader: &mut BitReader<'_>, size: u32) -> Result<(), BitsError> {
    let (mut last, mut next) = (8, 8);
    for _ in 0..size {
        if next != 0 {
            let delta = reader.se()?;
            if !(-128..128).contains(&delta) {
                return Err(BitsError("a scaling list is out of its range"));
            }
            next = (last + delta + 256) % 256;
        }
        last = if next == 0 { last } else { next };
    }
    Ok(())
}

fn picture_order(reader: &mut BitReader<'_>) -> Result<(), BitsError> {
    match reader.ue_to(2)? {
        0 => {
            reader.ue_to(12)?;
        }
        1 => {
            reader.skip(1)?;
            reader.se()?;
            reader.se()?;
            for _ in 0..reader.ue_to(255)? {
                reader.se()?;
            }
        }
        _ => {}
    }
    Ok(())
}

/// How many pixels are cut from width and height (7.4.2.1.1, frame_cropping).
fn crop(
    reader: &mut BitReader<'_>,
    format: ChromaFormat,
    fields_per_frame: u32,
) -> Result<(u32, u32), BitsError> {
    let (unit_x, unit_y) = match format.idc {
        1 => (2, 2),
        2 => (2, 1),
        _ => (1, 1),
    };
    let max = 16 * (MAX_MBS + 1);
    let (left, right) = (reader.ue_to(max)?, reader.ue_to(max)?);
    let (top, bottom) = (reader.ue_to(max)?, reader.ue_to(max)?);
    Ok((
        (left + right) * unit_x,
        (top + bottom) * unit_y * fields_per_frame,
    ))
}
