//! AAC: `esds` (ISO/IEC 14496-14, 5.6) and its AudioSpecificConfig.
use bytes::Bytes;

use super::{AacConfig, CodecConfig};
use crate::boxes::Node;
use crate::{FourCc, Result};

mod asc;

pub use asc::AudioSpecificConfig;

/// Fields of an AudioSampleEntry before its child boxes (ISO/IEC 14496-12, 12.2.3).
const AUDIO_FIELDS: usize = 28;

const MPEG4_AUDIO: u8 = 0x40;

impl AacConfig {
    /// `mp4a.40.2`; `mp4a.67` for MPEG-2 AAC (RFC 6381, 3.3).
    pub fn rfc6381(&self) -> String {
        match self.object_type_indication {
            MPEG4_AUDIO => format!("mp4a.40.{}", self.audio_object_type),
            other => format!("mp4a.{other:02x}"),
        }
    }
}

/// An `mp4a` sample entry.
pub(super) fn parse(entry: &Node<'_>) -> Result<CodecConfig> {
    let mut fields = entry.fields();
    fields.skip(8)?;
    if fields.u16()? != 0 {
        return Err(entry.unsupported("a QuickTime sound description"));
    }
    let mut esds = None;
    for child in entry.children(AUDIO_FIELDS) {
        let child = child?;
        if child.kind().0 == *b"esds" {
            child.once(&mut esds)?;
        }
    }
    let esds = entry.require(esds, b"esds")?;
    let decoder = parse_esds(&esds)?;
    let object_type_indication = decoder.object_type_indication;
    match object_type_indication {
        MPEG4_AUDIO | 0x66..=0x68 => {}
        0x69 | 0x6b => return Ok(CodecConfig::Unsupported(FourCc(*b".mp3"))),
        _ => return Ok(CodecConfig::Unsupported(entry.kind())),
    }
    let Some(bytes) = decoder.specific_info else {
        return Err(esds.malformed("no AudioSpecificConfig"));
    };
    let malformed = |error| esds.malformed(format!("AudioSpecificConfig: {error}"));
    let Some(config) = AudioSpecificConfig::parse(&bytes).map_err(malformed)? else {
        return Ok(CodecConfig::Unsupported(entry.kind()));
    };
    Ok(CodecConfig::Aac(AacConfig {
        object_type_indication,
        audio_object_type: config.audio_object_type(),
        sample_rate: config.output_sample_rate(),
        channels: config.output_channels(),
        core_object_type: config.object_type,
        core_sample_rate: config.sample_rate,
        frame_length: config.frame_length,
        audio_specific_config: bytes,
    }))
}

struct DecoderConfig {
    object_type_indication: u8,
    specific_info: Option<Bytes>,
}

const ES_DESCRIPTOR: u8 = 3;
const DECODER_CONFIG: u8 = 4;
const DECODER_SPECIFIC_INFO: u8 = 5;

/// The descriptors inside `esds` (ISO/IEC 14496-1, 7.2.6).
fn parse_esds(esds: &Node<'_>) -> Result<DecoderConfig> {
    let malformed = |reason: &str| esds.malformed(reason);
    let mut fields = esds.fields();
    fields.version_and_flags()?;
    let content = fields.rest();
    let es = descriptor(&content, ES_DESCRIPTOR)
        .ok_or_else(|| malformed("no complete ES descriptor"))?;
    let flags = *es
        .get(2)
        .ok_or_else(|| malformed("the ES descriptor is too short"))?;
    let mut skip = 3;
    if flags & 0x80 != 0 {
        skip += 2;
    }
    if flags & 0x40 != 0 {
        skip += 1 + usize::from(es.get(skip).copied().unwrap_or(0));
    }
    if flags & 0x20 != 0 {
        skip += 2;
    }
    let inner = es
        .get(skip..)
        .ok_or_else(|| malformed("the ES descriptor is too short"))?;
    let config = descriptor(inner, DECODER_CONFIG)
        .ok_or_else(|| malformed("no complete decoder configuration"))?;
    // objectTypeIndication, then stream type, buffer size and two bit rates.
    let (Some(object_type_indication), Some(inner)) = (config.first().copied(), config.get(13..))
    else {
        return Err(malformed("the decoder configuration is too short"));
    };
    let specific_info =
        descriptor(inner, DECODER_SPECIFIC_INFO).map(|info| content.slice_ref(info));
    Ok(DecoderConfig {
        object_type_indication,
        specific_info,
    })
}

/// The content of the first descriptor with `tag` in a row of descriptors.
fn descriptor(mut data: &[u8], tag: u8) -> Option<&[u8]> {
    loop {
        let (found, rest) = data.split_first()?;
        let (len, rest) = descriptor_length(rest)?;
        let content = rest.get(..len)?;
        if *found == tag {
            return Some(content);
        }
        data = &rest[len..];
    }
}

/// Seven bits a byte, four bytes at most (ISO/IEC 14496-1, 8.3.3).
fn descriptor_length(mut data: &[u8]) -> Option<(usize, &[u8])> {
    let mut len = 0;
    for _ in 0..4 {
        let (byte, rest) = data.split_first()?;
        data = rest;
        len = len << 7 | usize::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            return Some((len, data));
        }
    }
    None
}

#[cfg(test)]
mod tests;
