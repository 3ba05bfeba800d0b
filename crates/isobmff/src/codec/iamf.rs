//! Immersive audio (IAMF 1.1, 3 and 6): `iacb` and the descriptors in it.
use bytes::Bytes;

use super::aac::AudioSpecificConfig;
use super::descriptors::decoder_config;
use super::obu::leb128;
use super::sound::SoundEntry;
use super::{AudioInfo, ChannelLayout, CodecConfig, flac};
use crate::{FourCc, Result};

mod element;

/// `iacb`, as far as a codec string and an output need it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IamfConfig {
    /// 0 simple, 1 base, 2 base enhanced.
    pub primary_profile: u8,
    pub additional_profile: u8,
    /// Of the substreams: `Opus`, `mp4a`, `fLaC` or `ipcm`.
    pub codec: FourCc,
    /// Hz.
    pub sample_rate: u32,
    /// Of the widest audio element.
    pub channels: u16,
    /// ChannelConfiguration (ISO/IEC 23091-3) of the widest audio element; none for ambisonics.
    pub cicp: Option<u8>,
    /// Samples.
    pub frame_length: u32,
    /// The descriptors, as they begin an IAMF file.
    pub config_obus: Bytes,
}

impl IamfConfig {
    /// `iamf.001.001.Opus`, `iamf.000.000.mp4a.40.2` (IAMF 1.1, 6.3).
    pub fn rfc6381(&self) -> String {
        let (primary, additional) = (self.primary_profile, self.additional_profile);
        let codec = if self.codec.0 == *b"mp4a" {
            // Nothing but AAC-LC is allowed (3.11.2).
            "mp4a.40.2".to_owned()
        } else {
            self.codec.to_string()
        };
        format!("iamf.{primary:03}.{additional:03}.{codec}")
    }

    pub(super) fn audio(&self) -> AudioInfo {
        AudioInfo {
            sample_rate: self.sample_rate,
            channels: self.channels,
            layout: ChannelLayout::of_cicp(self.cicp.unwrap_or(0)),
            frame_length: Some(self.frame_length),
        }
    }
}

/// An `iamf` sample entry.
pub(super) fn parse(sound: &SoundEntry<'_>) -> Result<CodecConfig> {
    let iacb = sound.require(b"iacb")?;
    let mut fields = iacb.fields();
    let version = fields.u8()?;
    if version != 1 {
        return Err(iacb.malformed(format!("version {version} is not defined")));
    }
    let content = fields.rest();
    let obus = leb128(&content).and_then(|(len, rest)| rest.get(..len));
    let obus = obus.ok_or_else(|| iacb.malformed("the descriptors are cut short"))?;
    let config = read(obus)
        .ok_or_else(|| iacb.malformed("the descriptors make no sense, or lack some of them"))?;
    Ok(CodecConfig::Iamf(IamfConfig {
        config_obus: content.slice_ref(obus),
        ..config
    }))
}

const OBU_CODEC_CONFIG: u8 = 0;
const OBU_AUDIO_ELEMENT: u8 = 1;
const OBU_SEQUENCE_HEADER: u8 = 31;

fn read(mut obus: &[u8]) -> Option<IamfConfig> {
    let (mut profiles, mut codec) = (None, None);
    let (mut channels, mut cicp) = (0, None);
    while !obus.is_empty() {
        let (kind, payload, rest) = obu(obus)?;
        obus = rest;
        match kind {
            OBU_SEQUENCE_HEADER => {
                let (code, rest) = payload.split_first_chunk::<4>()?;
                if code != b"iamf" {
                    return None;
                }
                profiles = rest.first_chunk::<2>().copied();
            }
            OBU_CODEC_CONFIG if codec.is_none() => codec = Some(codec_config(payload)?),
            OBU_AUDIO_ELEMENT => {
                let element = element::output(payload)?;
                if element.0 > channels {
                    (channels, cicp) = element;
                }
            }
            _ => {}
        }
    }
    let [primary_profile, additional_profile] = profiles?;
    let Codec {
        codec,
        frame_length,
        sample_rate,
    } = codec?;
    Some(IamfConfig {
        primary_profile,
        additional_profile,
        codec,
        sample_rate,
        channels,
        cicp,
        frame_length,
        config_obus: Bytes::new(),
    })
}

/// Type, payload and what is behind (3.2).
fn obu(data: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&header, rest) = data.split_first()?;
    let (has_trimming, has_extension) = (header & 2 != 0, header & 1 != 0);
    let (len, rest) = leb128(rest)?;
    let (mut payload, after) = rest.split_at_checked(len)?;
    if has_trimming {
        payload = leb128(payload)?.1;
        payload = leb128(payload)?.1;
    }
    if has_extension {
        let (len, rest) = leb128(payload)?;
        payload = rest.get(len..)?;
    }
    Some((header >> 3, payload, after))
}

struct Codec {
    codec: FourCc,
    frame_length: u32,
    sample_rate: u32,
}

/// 3.5
fn codec_config(payload: &[u8]) -> Option<Codec> {
    let (_id, rest) = leb128(payload)?;
    let (codec, rest) = rest.split_first_chunk::<4>()?;
    let (frame_length, rest) = leb128(rest)?;
    // audio_roll_distance
    let decoder = rest.get(2..)?;
    let sample_rate = match codec {
        b"Opus" => 48_000,
        b"fLaC" => {
            flac::read(&Bytes::copy_from_slice(decoder))
                .ok()?
                .sample_rate
        }
        b"mp4a" => {
            let config = decoder_config(decoder)?.specific_info?;
            AudioSpecificConfig::parse(config)
                .ok()??
                .output_sample_rate()
        }
        // sample_format_flags, sample_size, sample_rate
        b"ipcm" => u32::from_be_bytes(*decoder.get(2..)?.first_chunk()?),
        _ => return None,
    };
    Some(Codec {
        codec: FourCc(*codec),
        frame_length: u32::try_from(frame_length).ok()?,
        sample_rate,
    })
}

#[cfg(test)]
mod tests;
