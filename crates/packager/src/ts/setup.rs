//! What a stream of encrypted audio says of itself in the clear ("MPEG-2 Stream Encryption Format for HTTP Live
//! Streaming", here MSEF, 2.3.2 and 3): in the program map, and in the tag of packed audio.
use edgepack_isobmff::CodecConfig;
use edgepack_isobmff::codec::{AacConfig, Eac3Config};

use super::bits::BitWriter;
use super::error::{Error, Form};
use super::psi;

/// Setup data that leaves the program map in one packet, as MSEF 3 asks for, beside a stream of video.
const MAX_SETUP_DATA: usize = 100;
/// Of AC-3 the first bytes of a syncframe are the setup data (MSEF 2.3.2.2).
const AC3_SETUP_DATA: usize = 10;
/// `priming`, 0 for what the encoder did not say, and `version`.
const PRIMING_AND_VERSION: [u8; 3] = [0, 0, 1];

/// One sample description of audio under SAMPLE-AES.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct EncryptedAudio {
    pub(super) stream_type: u8,
    indicator: [u8; 4],
    audio_type: [u8; 4],
    setup_data: SetupData,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum SetupData {
    Configuration(Vec<u8>),
    FirstFrame,
}

impl EncryptedAudio {
    pub(super) fn new(codec: &CodecConfig, form: Form) -> Result<Self, Error> {
        let (stream_type, indicator, audio_type, setup_data) = match codec {
            CodecConfig::Aac(config) => {
                let configuration = config.audio_specific_config.to_vec();
                let data = SetupData::Configuration(configuration);
                (0xcf, *b"aacd", aac_type(config), data)
            }
            CodecConfig::Ac3(_) => (0xc1, *b"ac3d", *b"zac3", SetupData::FirstFrame),
            CodecConfig::Eac3(config) if config.independent_substreams > 1 => {
                return Err(Error::Codec {
                    codec: super::name(codec),
                    form,
                    reason: Some("several programmes in one stream"),
                });
            }
            CodecConfig::Eac3(config) => {
                let data = SetupData::Configuration(eac3_specific_box(config));
                (0xc2, *b"ec3d", *b"zec3", data)
            }
            other => return Err(super::unsupported(other, form)),
        };
        match &setup_data {
            SetupData::Configuration(data) if data.len() > MAX_SETUP_DATA => Err(Error::Codec {
                codec: super::name(codec),
                form,
                reason: Some("its configuration does not fit a program map"),
            }),
            _ => Ok(Self {
                stream_type,
                indicator,
                audio_type,
                setup_data,
            }),
        }
    }

    /// Descriptors that all descriptions of one stream share.
    pub(super) fn indicator(&self) -> Vec<u8> {
        psi::private_data_indicator(self.indicator)
    }

    /// The registration descriptor that carries [`information`](Self::information).
    pub(super) fn registration(&self, first_frame: &[u8]) -> Vec<u8> {
        psi::registration(*b"apad", &self.information(first_frame))
    }

    /// `audio_setup_information`. `first_frame`: of the segment.
    pub(super) fn information(&self, first_frame: &[u8]) -> Vec<u8> {
        let data = match &self.setup_data {
            SetupData::Configuration(data) => data,
            SetupData::FirstFrame => &first_frame[..first_frame.len().min(AC3_SETUP_DATA)],
        };
        let [length, ..] = data.len().to_le_bytes();
        [&self.audio_type[..], &PRIMING_AND_VERSION, &[length], data].concat()
    }

    /// Bytes of [`information`](Self::information), where the segment's first frame has `first_len`.
    pub(super) fn information_len(&self, first_len: usize) -> usize {
        let data = match &self.setup_data {
            SetupData::Configuration(data) => data.len(),
            SetupData::FirstFrame => first_len.min(AC3_SETUP_DATA),
        };
        self.audio_type.len() + PRIMING_AND_VERSION.len() + 1 + data
    }
}

/// LC, HE version 1, HE version 2.
fn aac_type(config: &AacConfig) -> [u8; 4] {
    match config.audio_object_type {
        29 => *b"zacp",
        5 => *b"zach",
        _ => *b"zaac",
    }
}

/// The fields of `dec3` for one programme (ETSI TS 102 366, F.6; ETSI TS 103 420, C.3).
fn eac3_specific_box(config: &Eac3Config) -> Vec<u8> {
    let mut bits = BitWriter::default();
    // One independent substream is written as 0.
    bits.put(13, (config.bit_rate / 1000).min(0x1fff));
    bits.put(3, 0);
    let rate_code = match config.sample_rate {
        48_000 => 0,
        44_100 => 1,
        32_000 => 2,
        // Half of these.
        _ => 3,
    };
    bits.put(2, rate_code);
    bits.put(5, config.bit_stream_identification.into());
    // reserved, asvc
    bits.put(2, 0);
    bits.put(3, config.bit_stream_mode.into());
    bits.put(3, config.channels.coding_mode.into());
    bits.put(1, config.channels.low_frequency.into());
    bits.put(3, 0);
    bits.put(4, config.dependent_substreams.into());
    if config.dependent_substreams > 0 {
        bits.put(9, config.channels.locations.into());
    } else {
        bits.put(1, 0);
    }
    if let Some(complexity) = config.joc_complexity {
        bits.put(7, 0);
        bits.put(1, 1);
        bits.put(8, complexity.into());
    }
    bits.bytes
}

#[cfg(test)]
mod tests;
