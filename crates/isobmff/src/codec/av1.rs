//! AV1: `av1C` (AV1 Codec ISO Media File Format Binding, 2.3) and the sequence header in it.
use bytes::Bytes;

use super::bits::{BitReader, BitsError};
use super::visual::{Coded, VisualEntry, Vui};
use super::{Chroma, Colour, VideoInfo};
use crate::boxes::Node;
use crate::{FourCc, Result};

mod sequence;

pub use sequence::SequenceHeader;

/// `av1C`.
#[derive(Debug, Clone)]
pub struct Av1Config {
    /// `av01`; `dav1` with Dolby Vision alone.
    pub format: FourCc,
    /// seq_profile: 0 Main, 1 High, 2 Professional.
    pub profile: u8,
    /// seq_level_idx of the first operating point: 8 for level 4.0; 31 for none.
    pub level: u8,
    /// seq_tier of the first operating point: High instead of Main.
    pub high_tier: bool,
    pub bit_depth: u8,
    pub monochrome: bool,
    pub subsampling_x: bool,
    pub subsampling_y: bool,
    /// 0 unknown, 1 vertical, 2 colocated.
    pub chroma_sample_position: u8,
    /// As the codecs parameter states it: BT.709 where nobody says anything else.
    pub codecs_colour: Colour,
    /// Sequence header and metadata, in the low-overhead format; may be empty.
    pub config_obus: Bytes,
    pub video: VideoInfo,
}

const BT709: Colour = (1, 1, 1, false);

impl Av1Config {
    /// `av01.0.04M.10`, followed by monochrome, chroma subsampling and colour when they are not `.0.110.01.01.01.0`;
    /// `dav1.10.09` for Dolby Vision alone.
    pub fn rfc6381(&self) -> String {
        if let (b"dav1", Some(dolby)) = (&self.format.0, self.video.dolby_vision) {
            return dolby.rfc6381(self.format);
        }
        let (profile, level, depth) = (self.profile, self.level, self.bit_depth);
        let tier = if self.high_tier { 'H' } else { 'M' };
        let head = format!("av01.{profile}.{level:02}{tier}.{depth:02}");
        let (x, y) = (u8::from(self.subsampling_x), u8::from(self.subsampling_y));
        let position = if (x, y) == (1, 1) {
            self.chroma_sample_position
        } else {
            0
        };
        if !self.monochrome && (x, y, position) == (1, 1, 0) && self.codecs_colour == BT709 {
            return head;
        }
        let (primaries, transfer, matrix, full_range) = self.codecs_colour;
        let (monochrome, full_range) = (u8::from(self.monochrome), u8::from(full_range));
        format!(
            "{head}.{monochrome}.{x}{y}{position}.{primaries:02}.{transfer:02}.{matrix:02}.{full_range}"
        )
    }
}

/// An `av01` or `dav1` sample entry.
pub(super) fn parse(entry: &Node<'_>) -> Result<Av1Config> {
    let visual = VisualEntry::parse(entry, b"av1C")?;
    if entry.kind().0 == *b"dav1" {
        visual.require_dolby_vision()?;
    }
    let av1c = &visual.config()?;
    let mut fields = av1c.fields();
    let content = fields.array::<4>()?;
    let config_obus = fields.rest();
    let malformed = |error: BitsError| av1c.malformed(error.to_string());
    let mut config = read(&content).map_err(malformed)?;
    let header = SequenceHeader::find(&config_obus).map_err(malformed)?;
    let said = header.as_ref().and_then(|header| header.colour);
    let full_range = header.as_ref().is_some_and(|header| header.full_range);
    let sequence_colour = match said {
        Some((primaries, transfer, matrix)) => Some((primaries, transfer, matrix, full_range)),
        None => full_range.then_some((2, 2, 2, true)),
    };
    config.format = entry.kind();
    config.config_obus = config_obus;
    config.video = visual.info(Some(Coded {
        width: header.as_ref().map_or(visual.width, |header| header.width),
        height: header
            .as_ref()
            .map_or(visual.height, |header| header.height),
        bit_depth: config.bit_depth,
        chroma: config.chroma(),
        vui: Vui {
            pixel_aspect: None,
            colour: sequence_colour,
        },
    }));
    // `colr` first, the sequence header second, then the defaults (5, Codecs Parameter String).
    config.codecs_colour = match (visual.colour(), said) {
        (Some(colour), _) => colour,
        (None, Some((primaries, transfer, matrix))) => (primaries, transfer, matrix, full_range),
        (None, None) => (1, 1, 1, full_range),
    };
    Ok(config)
}

/// The four bytes before the OBUs.
fn read(content: &[u8]) -> std::result::Result<Av1Config, BitsError> {
    let reader = &mut BitReader::new(content);
    let marker = reader.flag()?;
    if !marker || reader.byte(7)? != 1 {
        return Err(BitsError("marker or version is not 1"));
    }
    let (profile, level) = (reader.byte(3)?, reader.byte(5)?);
    let high_tier = reader.flag()?;
    let (high_bitdepth, twelve_bit) = (reader.flag()?, reader.flag()?);
    Ok(Av1Config {
        format: FourCc(*b"av01"),
        profile,
        level,
        high_tier,
        bit_depth: match (high_bitdepth, twelve_bit) {
            (false, _) => 8,
            (true, false) => 10,
            (true, true) => 12,
        },
        monochrome: reader.flag()?,
        subsampling_x: reader.flag()?,
        subsampling_y: reader.flag()?,
        chroma_sample_position: reader.byte(2)?,
        codecs_colour: BT709,
        config_obus: Bytes::new(),
        video: VideoInfo::default(),
    })
}

impl Av1Config {
    fn chroma(&self) -> Chroma {
        match (self.monochrome, self.subsampling_x, self.subsampling_y) {
            (true, _, _) => Chroma::Monochrome,
            (false, true, true) => Chroma::Yuv420,
            (false, true, false) => Chroma::Yuv422,
            (false, false, _) => Chroma::Yuv444,
        }
    }
}

#[cfg(test)]
mod tests;
