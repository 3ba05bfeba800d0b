//! Codec configurations, one file per codec.
use bytes::Bytes;

use crate::boxes::Node;
use crate::{FourCc, Handler, Result};

pub mod aac;
pub mod avc;
pub mod bits;
pub mod hevc;
mod visual;

/// What a sample entry says of its codec.
#[derive(Debug, Clone)]
pub enum CodecConfig {
    Avc(AvcConfig),
    Hevc(HevcConfig),
    Aac(AacConfig),
    /// A sample entry that this crate does not know: the asset can name it in its error.
    Unsupported(FourCc),
}

impl CodecConfig {
    /// RFC 6381 string (`avc1.64001f`, `hvc1.1.6.L93.B0`, `mp4a.40.2`); none for `Unsupported`.
    pub fn rfc6381(&self) -> Option<String> {
        match self {
            Self::Avc(config) => Some(config.rfc6381()),
            Self::Hevc(config) => Some(config.rfc6381()),
            Self::Aac(config) => Some(config.rfc6381()),
            Self::Unsupported(_) => None,
        }
    }

    /// Of a video codec.
    pub fn video(&self) -> Option<&VideoInfo> {
        match self {
            Self::Avc(config) => Some(&config.video),
            Self::Hevc(config) => Some(&config.video),
            Self::Aac(_) | Self::Unsupported(_) => None,
        }
    }
}

/// `avcC` (ISO/IEC 14496-15) and what the first SPS says.
#[derive(Debug, Clone)]
pub struct AvcConfig {
    /// `avc1` or `avc3`.
    pub format: FourCc,
    pub profile: u8,
    pub compatibility: u8,
    pub level: u8,
    /// 1, 2 or 4.
    pub nal_length_size: u8,
    /// NAL units, header byte included, emulation prevention still inside. Empty only in `avc3`.
    pub sps: Vec<Bytes>,
    pub pps: Vec<Bytes>,
    pub video: VideoInfo,
}

/// `hvcC`.
#[derive(Debug, Clone)]
pub struct HevcConfig {
    /// `hvc1` or `hev1`.
    pub format: FourCc,
    pub general_profile_space: u8,
    pub general_tier_flag: bool,
    pub general_profile_idc: u8,
    pub general_profile_compatibility_flags: u32,
    pub general_constraint_indicator_flags: [u8; 6],
    pub general_level_idc: u8,
    /// 1, 2 or 4.
    pub nal_length_size: u8,
    /// NAL units, header included, emulation prevention still inside. Empty only in `hev1`.
    pub vps: Vec<Bytes>,
    pub sps: Vec<Bytes>,
    pub pps: Vec<Bytes>,
    pub video: VideoInfo,
}

/// `esds` with an AudioSpecificConfig.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AacConfig {
    /// 0x40 for MPEG-4 audio, 0x66–0x68 for MPEG-2 AAC.
    pub object_type_indication: u8,
    /// What the whole stream is: 29 with parametric stereo, 5 with spectral band replication, else the core's.
    pub audio_object_type: u8,
    /// What a decoder puts out, Hz.
    pub sample_rate: u32,
    /// What a decoder puts out.
    pub channels: u16,
    /// Of the AAC layer below SBR and PS: 2 for LC.
    pub core_object_type: u8,
    /// Of the AAC layer, Hz.
    pub core_sample_rate: u32,
    /// Samples of the AAC layer in one access unit: 1024 or 960.
    pub frame_length: u16,
    /// AudioSpecificConfig, bit for bit.
    pub audio_specific_config: Bytes,
}

/// What a picture looks like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VideoInfo {
    /// Coded size after cropping, pixels.
    pub width: u32,
    pub height: u32,
    /// Sample aspect ratio (`pasp` wins over VUI); (1,1) when unsaid.
    pub pixel_aspect: (u32, u32),
    /// colour_primaries, transfer_characteristics, matrix_coefficients, full_range (`colr` wins over VUI).
    pub colour: Option<(u8, u8, u8, bool)>,
}

impl Default for VideoInfo {
    fn default() -> Self {
        Self {
            width: 0,
            height: 0,
            pixel_aspect: (1, 1),
            colour: None,
        }
    }
}

/// Reads the configuration in a sample entry.
pub(crate) fn parse_codec(entry: &Node<'_>, handler: Handler) -> Result<CodecConfig> {
    match (&entry.kind().0, handler) {
        (b"avc1" | b"avc3", Handler::Video) => avc::parse(entry).map(CodecConfig::Avc),
        (b"hvc1" | b"hev1", Handler::Video) => hevc::parse(entry).map(CodecConfig::Hevc),
        (b"mp4a", Handler::Audio) => aac::parse(entry),
        _ => Ok(CodecConfig::Unsupported(entry.kind())),
    }
}

#[cfg(test)]
mod tests;
