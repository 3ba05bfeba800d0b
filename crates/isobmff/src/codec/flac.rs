//! FLAC: `dfLa` (Encapsulation of FLAC in ISO Base Media File Format, 3.3.2) and its STREAMINFO (RFC 9639, 8.2).
use bytes::Bytes;

use super::bits::{BitReader, BitsError};
use super::sound::SoundEntry;
use super::{AudioInfo, ChannelLayout};
use crate::Result;

const STREAM_INFO: u8 = 0;
const STREAM_INFO_LEN: usize = 34;

/// STREAMINFO.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FlacConfig {
    /// Samples.
    pub min_block_size: u16,
    pub max_block_size: u16,
    /// Hz.
    pub sample_rate: u32,
    /// 1 to 8.
    pub channels: u8,
    pub bits_per_sample: u8,
    /// The metadata blocks, as they follow `fLaC` in a FLAC file.
    pub metadata: Bytes,
}

impl FlacConfig {
    pub(super) fn audio(&self) -> AudioInfo {
        let channels = u16::from(self.channels);
        AudioInfo {
            sample_rate: self.sample_rate,
            channels,
            layout: ChannelLayout::of_vorbis_order(channels),
            frame_length: (self.min_block_size == self.max_block_size)
                .then_some(u32::from(self.max_block_size)),
        }
    }
}

pub(super) fn parse(sound: &SoundEntry<'_>) -> Result<FlacConfig> {
    let dfla = sound.require(b"dfLa")?;
    let mut fields = dfla.fields();
    let (version, _) = fields.version_and_flags()?;
    if version != 0 {
        return Err(dfla.malformed(format!("version {version} is not defined")));
    }
    let metadata = fields.rest();
    read(&metadata).map_err(|error| dfla.malformed(error.to_string()))
}

/// Of the blocks in a `dfLa`, or in the configuration of IAMF.
pub(super) fn read(metadata: &Bytes) -> std::result::Result<FlacConfig, BitsError> {
    let reader = &mut BitReader::new(metadata);
    // The last-block flag.
    reader.skip(1)?;
    let (kind, len) = (reader.byte(7)?, reader.bits(24)? as usize);
    if kind != STREAM_INFO || len != STREAM_INFO_LEN {
        return Err(BitsError("the first metadata block is no STREAMINFO"));
    }
    let (min_block_size, max_block_size) = (reader.bits(16)?, reader.bits(16)?);
    // Frame sizes.
    reader.skip(48)?;
    let sample_rate = reader.bits(20)?;
    let (channels, bits_per_sample) = (reader.byte(3)? + 1, reader.byte(5)? + 1);
    // Number of samples, MD5.
    reader.skip(36 + 128)?;
    if sample_rate == 0 {
        return Err(BitsError("a sample rate of 0"));
    }
    Ok(FlacConfig {
        min_block_size: min_block_size as u16,
        max_block_size: max_block_size as u16,
        sample_rate,
        channels,
        bits_per_sample,
        metadata: metadata.clone(),
    })
}

#[cfg(test)]
mod tests;
