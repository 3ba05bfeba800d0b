//! What video sample entries share: size, `pasp`, `colr`; and the VUI fields that AVC and HEVC share.
use super::bits::{BitReader, BitsError};
use super::{Chroma, Colour, DolbyVision, VideoInfo};
use crate::boxes::{Fields, Node};
use crate::{FourCc, Result};

/// Fields of a VisualSampleEntry before its child boxes (ISO/IEC 14496-12, 12.1.3).
pub(super) const VISUAL_FIELDS: usize = 78;

/// A video sample entry taken apart.
pub(super) struct VisualEntry<'n> {
    entry: &'n Node<'n>,
    pub(super) width: u32,
    pub(super) height: u32,
    /// `avcC`, `hvcC`.
    config: Option<Node<'n>>,
    config_kind: &'static [u8; 4],
    pixel_aspect: Option<(u32, u32)>,
    colour: Option<Colour>,
    dolby_vision: Option<DolbyVision>,
    stereo: bool,
}

/// What the bit stream's own header says of its pictures.
pub(super) struct Coded {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) bit_depth: u8,
    pub(super) chroma: Chroma,
    pub(super) vui: Vui,
}

/// What a picture's parameter set says.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Vui {
    pub(super) pixel_aspect: Option<(u32, u32)>,
    pub(super) colour: Option<Colour>,
}

impl<'n> VisualEntry<'n> {
    pub(super) fn parse(entry: &'n Node<'_>, config_kind: &'static [u8; 4]) -> Result<Self> {
        let mut fields = entry.fields();
        fields.skip(24)?;
        let (width, height) = (u32::from(fields.u16()?), u32::from(fields.u16()?));
        fields.skip(VISUAL_FIELDS - 28)?;
        let mut parsed = Self {
            entry,
            width,
            height,
            config: None,
            config_kind,
            pixel_aspect: None,
            colour: None,
            dolby_vision: None,
            stereo: false,
        };
        for child in entry.children(VISUAL_FIELDS) {
            parsed.take(child?)?;
        }
        Ok(parsed)
    }

    fn take(&mut self, child: Node<'n>) -> Result<()> {
        match &child.kind().0 {
            kind if kind == self.config_kind => child.once(&mut self.config)?,
            b"pasp" => self.pixel_aspect = self.pixel_aspect.or(parse_pasp(&child)?),
            b"colr" => self.colour = self.colour.or(parse_colr(&child)?),
            b"dvcC" | b"dvvC" | b"dvwC" => self.dolby_vision = Some(DolbyVision::parse(&child)?),
            b"lhvC" => self.stereo = true,
            b"vexu" => self.stereo |= has_two_views(&child)?,
            _ => {}
        }
        Ok(())
    }

    /// The configuration box, without which the entry means nothing.
    pub(super) fn config(&self) -> Result<Node<'n>> {
        self.entry.require(self.config.clone(), self.config_kind)
    }

    /// `colr`.
    pub(super) fn colour(&self) -> Option<Colour> {
        self.colour
    }

    /// None for pictures that nothing but the entry describes.
    pub(super) fn info(&self, coded: Option<Coded>) -> VideoInfo {
        let coded = coded.unwrap_or(Coded {
            width: self.width,
            height: self.height,
            bit_depth: 8,
            chroma: Chroma::Yuv420,
            vui: Vui::default(),
        });
        let vui = coded.vui;
        VideoInfo {
            width: coded.width,
            height: coded.height,
            pixel_aspect: self.pixel_aspect.or(vui.pixel_aspect).unwrap_or((1, 1)),
            colour: self.colour.or(vui.colour),
            bit_depth: coded.bit_depth,
            chroma: coded.chroma,
            preferred_transfer: None,
            dolby_vision: self.dolby_vision,
            stereo: self.stereo,
        }
    }

    /// An entry whose format says Dolby Vision has its configuration.
    pub(super) fn require_dolby_vision(&self) -> Result<()> {
        match self.dolby_vision {
            Some(_) => Ok(()),
            None => Err(self.entry.malformed("has no dvcC, dvvC or dvwC box")),
        }
    }
}

/// `vexu` / `eyes` / `stri` (Apple HEVC Stereo Video, 1.3): a left and a right eye.
fn has_two_views(vexu: &Node<'_>) -> Result<bool> {
    for eyes in vexu.children(0) {
        let eyes = eyes?;
        if eyes.kind().0 != *b"eyes" {
            continue;
        }
        for stri in eyes.children(0) {
            let stri = stri?;
            if stri.kind().0 == *b"stri" {
                let mut fields = stri.fields();
                fields.version_and_flags()?;
                return Ok(fields.u8()? & 3 == 3);
            }
        }
    }
    Ok(false)
}

/// None for a ratio that says nothing.
fn parse_pasp(pasp: &Node<'_>) -> Result<Option<(u32, u32)>> {
    let mut fields = pasp.fields();
    let (horizontal, vertical) = (fields.u32()?, fields.u32()?);
    Ok((horizontal != 0 && vertical != 0).then_some((horizontal, vertical)))
}

/// None for ICC profiles, which say nothing that a manifest carries.
fn parse_colr(colr: &Node<'_>) -> Result<Option<Colour>> {
    let mut fields = colr.fields();
    let FourCc(kind) = fields.fourcc()?;
    if !matches!(&kind, b"nclx" | b"nclc") {
        return Ok(None);
    }
    let code = |fields: &mut Fields<'_>| {
        let code = fields.u16()?;
        u8::try_from(code).map_err(|_| colr.malformed(format!("colour code {code} is not defined")))
    };
    let (primaries, transfer, matrix) =
        (code(&mut fields)?, code(&mut fields)?, code(&mut fields)?);
    // QuickTime's form has no range bit.
    let full_range = kind == *b"nclx" && fields.u8()? & 0x80 != 0;
    Ok(Some((primaries, transfer, matrix, full_range)))
}

/// The NAL unit length size of `avcC` and `hvcC`: 1, 2 or 4 (ISO/IEC 14496-15, 5.3.3.1.2).
pub(super) fn nal_length_size(config: &Node<'_>, bits: u8) -> Result<u8> {
    match bits & 3 {
        2 => Err(config.malformed("a NAL unit length of 3 bytes is not defined")),
        minus_one => Ok(minus_one + 1),
    }
}

/// The start of `vui_parameters`, the same in ITU-T H.264 (E.1.1) and H.265 (E.2.1).
pub(super) fn parse_vui(reader: &mut BitReader<'_>) -> std::result::Result<Vui, BitsError> {
    let mut vui = Vui::default();
    if reader.flag()? {
        vui.pixel_aspect = match reader.byte(8)? {
            EXTENDED_SAR => {
                let (horizontal, vertical) = (reader.bits(16)?, reader.bits(16)?);
                (horizontal != 0 && vertical != 0).then_some((horizontal, vertical))
            }
            index => usize::from(index)
                .checked_sub(1)
                .and_then(|index| SAMPLE_ASPECT_RATIOS.get(index).copied()),
        };
    }
    let overscan_info_present = reader.flag()?;
    if overscan_info_present {
        reader.skip(1)?;
    }
    if reader.flag()? {
        reader.skip(3)?;
        let full_range = reader.flag()?;
        let described = reader.flag()?;
        // 2: unspecified.
        let (primaries, transfer, matrix) = if described {
            (reader.byte(8)?, reader.byte(8)?, reader.byte(8)?)
        } else {
            (2, 2, 2)
        };
        if described || full_range {
            vui.colour = Some((primaries, transfer, matrix, full_range));
        }
    }
    Ok(vui)
}

const EXTENDED_SAR: u8 = 255;

/// From index 1 on (ITU-T H.264, table E-1).
const SAMPLE_ASPECT_RATIOS: [(u32, u32); 16] = [
    (1, 1),
    (12, 11),
    (10, 11),
    (16, 11),
    (40, 33),
    (24, 11),
    (20, 11),
    (32, 11),
    (80, 33),
    (18, 11),
    (15, 11),
    (64, 33),
    (160, 99),
    (4, 3),
    (3, 2),
    (2, 1),
];
