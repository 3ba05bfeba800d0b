//! MPEG audio layer III (ISO/IEC 11172-3, 13818-3) in `mp4a` and in QuickTime's `.mp3`.
use super::sound::SoundEntry;
use super::{AudioInfo, ChannelLayout};
use crate::Result;

/// objectTypeIndication of ISO/IEC 13818-3: half sample rates.
pub(super) const MPEG2_AUDIO: u8 = 0x69;
/// objectTypeIndication of ISO/IEC 11172-3.
pub(super) const MPEG1_AUDIO: u8 = 0x6b;

/// Hz.
const MPEG1_MIN_RATE: u32 = 32_000;

/// What the sample entry says: there is no configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mp3Config {
    /// 0x69 or 0x6b.
    pub object_type_indication: u8,
    /// Hz.
    pub sample_rate: u32,
    /// Of the sample entry: many writers say 2 of mono, too.
    pub channels: u16,
}

impl Mp3Config {
    /// `mp4a.6B` or `mp4a.69`: in capitals, as the registration authority writes it and browsers compare it.
    pub fn rfc6381(&self) -> String {
        format!("mp4a.{:02X}", self.object_type_indication)
    }

    pub(super) fn audio(&self) -> AudioInfo {
        AudioInfo {
            sample_rate: self.sample_rate,
            channels: self.channels,
            layout: ChannelLayout::of_vorbis_order(self.channels.min(2)),
            frame_length: Some(if self.sample_rate < MPEG1_MIN_RATE {
                576
            } else {
                1152
            }),
        }
    }
}

/// An `mp4a` entry with this objectTypeIndication.
pub(super) fn of_entry(sound: &SoundEntry<'_>, object_type_indication: u8) -> Result<Mp3Config> {
    Ok(Mp3Config {
        object_type_indication,
        sample_rate: sound.rate()?,
        channels: sound.channels,
    })
}

/// The one that the sample rate belongs to.
pub(super) fn object_type(sample_rate: u32) -> u8 {
    if sample_rate < MPEG1_MIN_RATE {
        MPEG2_AUDIO
    } else {
        MPEG1_AUDIO
    }
}
