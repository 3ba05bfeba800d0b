//! Opus: `dOps` (Encapsulation of Opus in ISO Base Media File Format, 4.3.2).
use bytes::Bytes;

use super::sound::SoundEntry;
use super::{AudioInfo, ChannelLayout};
use crate::Result;

/// Decoders put out nothing else (RFC 7845, 4).
const SAMPLE_RATE: u32 = 48_000;

/// `dOps`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpusConfig {
    pub channels: u8,
    /// Samples of 48 kHz that a decoder drops at the start.
    pub pre_skip: u16,
    /// Of what was encoded, Hz; 0 when unknown.
    pub input_sample_rate: u32,
    /// 7.8 dB.
    pub output_gain: i16,
    /// 0 mono or stereo, 1 surround in the order of Vorbis (RFC 7845, 5.1.1).
    pub mapping_family: u8,
    /// Stream counts and channel mapping; empty in family 0.
    pub mapping: Bytes,
}

impl OpusConfig {
    pub(super) fn audio(&self) -> AudioInfo {
        let channels = u16::from(self.channels);
        AudioInfo {
            sample_rate: SAMPLE_RATE,
            channels,
            layout: match self.mapping_family {
                0 | 1 => ChannelLayout::of_vorbis_order(channels),
                _ => ChannelLayout::default(),
            },
            // Any from 2.5 to 120 ms, packet by packet.
            frame_length: None,
        }
    }
}

pub(super) fn parse(sound: &SoundEntry<'_>) -> Result<OpusConfig> {
    let dops = sound.require(b"dOps")?;
    let mut fields = dops.fields();
    let version = fields.u8()?;
    if version != 0 {
        return Err(dops.malformed(format!("version {version} is not defined")));
    }
    let config = OpusConfig {
        channels: fields.u8()?,
        pre_skip: fields.u16()?,
        input_sample_rate: fields.u32()?,
        output_gain: fields.array().map(i16::from_be_bytes)?,
        mapping_family: fields.u8()?,
        mapping: fields.rest(),
    };
    let mapping_len = match config.mapping_family {
        0 => 0,
        _ => 2 + usize::from(config.channels),
    };
    if config.channels == 0 {
        return Err(dops.malformed("no channels"));
    }
    if config.mapping.len() < mapping_len {
        return Err(dops.malformed("the channel mapping is too short"));
    }
    Ok(OpusConfig {
        mapping: config.mapping.slice(..mapping_len),
        ..config
    })
}

#[cfg(test)]
mod tests;
