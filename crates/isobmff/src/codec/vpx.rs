//! VP9 and VP8: `vpcC` (VP Codec ISO Media File Format Binding, 1.0).
use super::bits::BitReader;
use super::visual::{Coded, VisualEntry, Vui};
use super::{Chroma, Colour, VideoInfo};
use crate::{FourCc, Result};

/// `vpcC`.
#[derive(Debug, Clone)]
pub struct VpxConfig {
    /// `vp09` or `vp08`.
    pub format: FourCc,
    pub profile: u8,
    /// 31 for level 3.1.
    pub level: u8,
    pub bit_depth: u8,
    /// 0 4:2:0 with chroma between luma rows, 1 4:2:0 with chroma on luma samples, 2 4:2:2, 3 4:4:4.
    pub chroma_subsampling: u8,
    /// As `vpcC` says it; 2 for what is unspecified.
    pub colour: Colour,
    pub video: VideoInfo,
}

/// What an absent tail of the codec string means.
const DEFAULT_TAIL: (u8, Colour) = (1, (1, 1, 1, false));

impl VpxConfig {
    /// `vp09.00.31.08`, followed by chroma subsampling and colour when they are not 4:2:0 on luma samples and BT.709.
    pub fn rfc6381(&self) -> String {
        let Self {
            format,
            profile,
            level,
            bit_depth,
            chroma_subsampling: chroma,
            ..
        } = self;
        let mut string = format!("{format}.{profile:02}.{level:02}.{bit_depth:02}");
        let (primaries, transfer, matrix, full_range) = self.colour;
        if (*chroma, self.colour) != DEFAULT_TAIL {
            let full_range = u8::from(full_range);
            string.push_str(&format!(
                ".{chroma:02}.{primaries:02}.{transfer:02}.{matrix:02}.{full_range:02}"
            ));
        }
        string
    }

    pub(super) fn family(&self) -> &'static str {
        if self.format.0 == *b"vp08" {
            "vp8"
        } else {
            "vp9"
        }
    }
}

/// A `vp09` or `vp08` sample entry.
pub(super) fn parse(entry: &crate::boxes::Node<'_>) -> Result<VpxConfig> {
    let visual = VisualEntry::parse(entry, b"vpcC")?;
    let vpcc = &visual.config()?;
    let mut fields = vpcc.fields();
    let (version, _) = fields.version_and_flags()?;
    if version != 1 {
        return Err(vpcc.malformed(format!("version {version} is not defined")));
    }
    let content = fields.array::<6>()?;
    let read = || {
        let reader = &mut BitReader::new(&content);
        let (profile, level) = (reader.byte(8)?, reader.byte(8)?);
        let (bit_depth, chroma, full_range) = (reader.byte(4)?, reader.byte(3)?, reader.flag()?);
        let colour = (
            reader.byte(8)?,
            reader.byte(8)?,
            reader.byte(8)?,
            full_range,
        );
        Ok((profile, level, bit_depth, chroma, colour))
    };
    let (profile, level, bit_depth, chroma_subsampling, colour) =
        read().map_err(|error: super::bits::BitsError| vpcc.malformed(error.to_string()))?;
    if !matches!(bit_depth, 8 | 10 | 12) {
        return Err(vpcc.malformed(format!("a bit depth of {bit_depth}")));
    }
    let chroma = match chroma_subsampling {
        0 | 1 => Chroma::Yuv420,
        2 => Chroma::Yuv422,
        3 => Chroma::Yuv444,
        other => return Err(vpcc.malformed(format!("chroma subsampling {other} is not defined"))),
    };
    let unspecified = colour == (2, 2, 2, false);
    let coded = Coded {
        width: visual.width,
        height: visual.height,
        bit_depth,
        chroma,
        vui: Vui {
            pixel_aspect: None,
            colour: (!unspecified).then_some(colour),
        },
    };
    Ok(VpxConfig {
        format: entry.kind(),
        profile,
        level,
        bit_depth,
        chroma_subsampling,
        colour,
        video: visual.info(Some(coded)),
    })
}

#[cfg(test)]
mod tests;
