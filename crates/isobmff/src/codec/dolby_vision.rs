//! Dolby Vision (Dolby Vision Streams within the ISO Base Media File Format, 2.x): `dvcC`, `dvvC`, `dvwC`.
use super::VideoRange;
use crate::boxes::Node;
use crate::{FourCc, Result};

/// DOVIDecoderConfigurationRecord.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct DolbyVision {
    pub profile: u8,
    pub level: u8,
    /// The enhancement layer is in the same track.
    pub enhancement_layer: bool,
    /// The base layer is in the same track.
    pub base_layer: bool,
    /// What decoders without Dolby Vision see in the base layer: 0 nothing of use, 1 HDR10, 2 SDR, 4 HLG, 6 Blu-ray.
    pub compatibility_id: u8,
}

impl DolbyVision {
    pub(super) fn parse(config: &Node<'_>) -> Result<Self> {
        let mut fields = config.fields();
        let [_major, _minor] = fields.array()?;
        let packed = fields.u16()?;
        // Version 1.0 ended here.
        let compatibility = fields.u8().unwrap_or(0);
        let byte = |value: u16| value.to_le_bytes()[0];
        Ok(Self {
            profile: byte(packed >> 9),
            level: byte(packed >> 3 & 63),
            enhancement_layer: packed & 2 != 0,
            base_layer: packed & 1 != 0,
            compatibility_id: compatibility >> 4,
        })
    }

    /// `dvh1.05.06`, for a sample entry of this format.
    pub(super) fn rfc6381(self, format: FourCc) -> String {
        format!("{format}.{:02}.{:02}", self.profile, self.level)
    }

    /// What the base layer needs to be shown with, where the profile says it.
    pub(super) fn video_range(self) -> Option<VideoRange> {
        match (self.profile, self.compatibility_id) {
            (5, _) | (8.., 0) | (_, 1 | 6) => Some(VideoRange::Pq),
            (_, 2) => Some(VideoRange::Sdr),
            (_, 4) => Some(VideoRange::Hlg),
            _ => None,
        }
    }

    /// For a sample entry that names the base layer's codec: one whose enhancement comes as metadata.
    pub(super) fn supplemental(self, format: FourCc, transfer: Option<u8>) -> Option<String> {
        let brand = match self.compatibility_id {
            1 => "db1p",
            2 => "db2g",
            // By the transfer characteristics of the base layer: BT.2020 with an SEI message, or ARIB STD-B67.
            4 if transfer == Some(14) => "db4g",
            4 => "db4h",
            _ => return None,
        };
        let format = match &format.0 {
            b"hvc1" => b"dvh1",
            b"hev1" => b"dvhe",
            b"avc1" => b"dva1",
            b"avc3" => b"dvav",
            b"av01" => b"dav1",
            _ => return None,
        };
        (self.base_layer && !self.enhancement_layer)
            .then(|| format!("{}/{brand}", self.rfc6381(FourCc(*format))))
    }
}

#[cfg(test)]
mod tests;
