//! AAC: `esds` (ISO/IEC 14496-14, 5.6) and its AudioSpecificConfig.
use bytes::Bytes;

use super::descriptors::parse_esds;
use super::mp3::{self, MPEG1_AUDIO, MPEG2_AUDIO};
use super::sound::SoundEntry;
use super::{AudioInfo, ChannelLayout, CodecConfig};
use crate::Result;

mod asc;
mod program;
mod usac;

pub use asc::AudioSpecificConfig;

/// `esds` with an AudioSpecificConfig.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AacConfig {
    /// 0x40 for MPEG-4 audio, 0x66–0x68 for MPEG-2 AAC.
    pub object_type_indication: u8,
    /// What the whole stream is: 29 with parametric stereo, 5 with spectral band replication, 42 for xHE-AAC, else the
    /// core's.
    pub audio_object_type: u8,
    /// What a decoder puts out, Hz.
    pub sample_rate: u32,
    /// What a decoder puts out.
    pub channels: u16,
    pub layout: ChannelLayout,
    /// Of the AAC layer below SBR and PS: 2 for LC; 42 for xHE-AAC.
    pub core_object_type: u8,
    /// Of the AAC layer, Hz; of the output of xHE-AAC.
    pub core_sample_rate: u32,
    /// Samples at `core_sample_rate` in one access unit: 1024 or 960; 768 to 4096 for xHE-AAC.
    pub frame_length: u16,
    /// AudioSpecificConfig, bit for bit.
    pub audio_specific_config: Bytes,
}

const MPEG4_AUDIO: u8 = 0x40;

impl AacConfig {
    /// `mp4a.40.2`; `mp4a.67` for MPEG-2 AAC (RFC 6381, 3.3).
    pub fn rfc6381(&self) -> String {
        match self.object_type_indication {
            MPEG4_AUDIO => format!("mp4a.40.{}", self.audio_object_type),
            other => format!("mp4a.{other:02x}"),
        }
    }

    pub(super) fn audio(&self) -> AudioInfo {
        let output = u64::from(self.frame_length) * u64::from(self.sample_rate)
            / u64::from(self.core_sample_rate.max(1));
        AudioInfo {
            sample_rate: self.sample_rate,
            channels: self.channels,
            layout: self.layout,
            frame_length: u32::try_from(output).ok(),
        }
    }
}

/// An `mp4a` sample entry.
pub(super) fn parse(sound: &SoundEntry<'_>) -> Result<CodecConfig> {
    let unsupported = CodecConfig::Unsupported(sound.entry.kind());
    let esds = sound.require(b"esds")?;
    let content = esds.fields().rest();
    let decoder = parse_esds(&esds, &content)?;
    let object_type_indication = decoder.object_type;
    match object_type_indication {
        MPEG4_AUDIO | 0x66..=0x68 => {}
        MPEG1_AUDIO | MPEG2_AUDIO => {
            return mp3::of_entry(sound, object_type_indication).map(CodecConfig::Mp3);
        }
        _ => return Ok(unsupported),
    }
    let Some(bytes) = decoder.specific_info else {
        return Err(esds.malformed("no AudioSpecificConfig"));
    };
    let malformed = |error| esds.malformed(format!("AudioSpecificConfig: {error}"));
    let Some(config) = AudioSpecificConfig::parse(bytes).map_err(malformed)? else {
        return Ok(unsupported);
    };
    Ok(CodecConfig::Aac(AacConfig {
        object_type_indication,
        audio_object_type: config.audio_object_type(),
        sample_rate: config.output_sample_rate(),
        channels: config.output_channels(),
        layout: ChannelLayout::of_cicp(config.output_configuration()),
        core_object_type: config.object_type,
        core_sample_rate: config.sample_rate,
        frame_length: config.frame_length,
        audio_specific_config: content.slice_ref(bytes),
    }))
}

#[cfg(test)]
mod tests;
