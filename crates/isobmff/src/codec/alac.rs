//! Apple Lossless: `alac` (ALACMagicCookieDescription, ALACSpecificConfig).
use bytes::Bytes;

use super::sound::SoundEntry;
use super::{AudioInfo, ChannelLayout};
use crate::Result;

/// ALACSpecificConfig.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlacConfig {
    /// Samples.
    pub frame_length: u32,
    pub bit_depth: u8,
    pub channels: u8,
    /// Bits per second; 0 when unknown.
    pub bit_rate: u32,
    /// Hz.
    pub sample_rate: u32,
    /// What a decoder is set up with: the content of the box after version and flags.
    pub cookie: Bytes,
}

impl AlacConfig {
    pub(super) fn audio(&self) -> AudioInfo {
        // The order of channels that the encoder uses, C L R Ls Rs …, by their number.
        const CODES: [u8; 9] = [0, 1, 2, 3, 4, 5, 6, 11, 7];
        let code = CODES.get(usize::from(self.channels)).copied().unwrap_or(0);
        AudioInfo {
            sample_rate: self.sample_rate,
            channels: u16::from(self.channels),
            layout: ChannelLayout::of_cicp(code),
            frame_length: Some(self.frame_length),
        }
    }
}

pub(super) fn parse(sound: &SoundEntry<'_>) -> Result<AlacConfig> {
    let alac = sound.require(b"alac")?;
    let mut fields = alac.fields();
    fields.version_and_flags()?;
    let cookie = fields.rest();
    let mut fields = alac.fields();
    fields.skip(4)?;
    let frame_length = fields.u32()?;
    let [_version, bit_depth, _, _, _, channels] = fields.array()?;
    // maxRun, maxFrameBytes
    fields.skip(2 + 4)?;
    let (bit_rate, sample_rate) = (fields.u32()?, fields.u32()?);
    if channels == 0 || sample_rate == 0 || frame_length == 0 {
        return Err(alac.malformed("no channels, no sample rate or empty frames"));
    }
    Ok(AlacConfig {
        frame_length,
        bit_depth,
        channels,
        bit_rate,
        sample_rate,
        cookie,
    })
}

#[cfg(test)]
mod tests;
