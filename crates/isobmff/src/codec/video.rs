//! What a picture looks like.
use super::DolbyVision;
use crate::FourCc;

/// colour_primaries, transfer_characteristics, matrix_coefficients (ITU-T H.273), full_range.
pub type Colour = (u8, u8, u8, bool);

/// What a sample entry says of its pictures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VideoInfo {
    /// Coded size after cropping, pixels.
    pub width: u32,
    pub height: u32,
    /// Sample aspect ratio (`pasp` wins over VUI); (1,1) when unsaid.
    pub pixel_aspect: (u32, u32),
    /// colour_primaries, transfer_characteristics, matrix_coefficients, full_range (`colr` wins over VUI).
    pub colour: Option<Colour>,
    /// Of luma; 8 when the entry does not say.
    pub bit_depth: u8,
    /// 4:2:0 when the entry does not say.
    pub chroma: Chroma,
    /// transfer_characteristics that players who know it should prefer (H.265, alternative_transfer_characteristics).
    pub preferred_transfer: Option<u8>,
    pub dolby_vision: Option<DolbyVision>,
    /// Two views: MV-HEVC (`lhvC`), or so said in `vexu`.
    pub stereo: bool,
}

impl Default for VideoInfo {
    fn default() -> Self {
        Self {
            width: 0,
            height: 0,
            pixel_aspect: (1, 1),
            colour: None,
            bit_depth: 8,
            chroma: Chroma::Yuv420,
            preferred_transfer: None,
            dolby_vision: None,
            stereo: false,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Chroma {
    Monochrome,
    Yuv420,
    Yuv422,
    /// Or RGB.
    Yuv444,
}

impl Chroma {
    /// chroma_format_idc of H.264 and H.265; above 3 as 3.
    pub(super) fn from_idc(idc: u8) -> Self {
        match idc {
            0 => Self::Monochrome,
            1 => Self::Yuv420,
            2 => Self::Yuv422,
            _ => Self::Yuv444,
        }
    }
}

/// VIDEO-RANGE of HLS (RFC 8216bis, 4.4.6.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum VideoRange {
    #[default]
    Sdr,
    /// SMPTE ST 2084: HDR10, Dolby Vision 5.
    Pq,
    /// ARIB STD-B67.
    Hlg,
}

impl VideoRange {
    /// `SDR`, `PQ` or `HLG`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sdr => "SDR",
            Self::Pq => "PQ",
            Self::Hlg => "HLG",
        }
    }

    fn of_transfer(transfer: u8) -> Option<Self> {
        match transfer {
            // Reserved, unspecified.
            0 | 2 | 3 => None,
            16 => Some(Self::Pq),
            18 => Some(Self::Hlg),
            _ => Some(Self::Sdr),
        }
    }
}

impl VideoInfo {
    /// By transfer characteristics; where they are unspecified by what Dolby Vision says of its base layer.
    pub fn video_range(&self) -> VideoRange {
        let dolby = self.dolby_vision.and_then(DolbyVision::video_range);
        // The base layer of a profile without compatibility is no picture by itself: its VUI says nothing of use.
        if let Some(range) = dolby.filter(|_| !self.is_compatible()) {
            return range;
        }
        let transfer = self.colour.map(|(_, transfer, _, _)| transfer);
        self.preferred_transfer
            .or(transfer)
            .and_then(VideoRange::of_transfer)
            .or(dolby)
            .unwrap_or_default()
    }

    fn is_compatible(&self) -> bool {
        self.dolby_vision
            .is_none_or(|dolby| dolby.compatibility_id != 0)
    }

    pub(super) fn supplemental_rfc6381(&self, format: FourCc) -> Option<String> {
        let transfer = self.colour.map(|(_, transfer, _, _)| transfer);
        self.dolby_vision?.supplemental(format, transfer)
    }
}
