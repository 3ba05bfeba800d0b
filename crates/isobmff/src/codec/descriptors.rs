//! `esds`: the descriptors of MPEG-4 systems (ISO/IEC 14496-1, 7.2.6; ISO/IEC 14496-14, 5.6).
use crate::boxes::Node;
use crate::{BoxWriter, Result};

/// DecoderConfigDescriptor.
pub(super) struct DecoderConfig<'a> {
    /// objectTypeIndication (mp4ra.org): 0x40 MPEG-4 audio, 0x6c JPEG.
    pub(super) object_type: u8,
    /// DecoderSpecificInfo.
    pub(super) specific_info: Option<&'a [u8]>,
}

const ES_DESCRIPTOR: u8 = 3;
const DECODER_CONFIG: u8 = 4;
const DECODER_SPECIFIC_INFO: u8 = 5;
const SL_CONFIG: u8 = 6;

/// `content`: of an `esds`, version and flags included.
pub(super) fn parse_esds<'a>(esds: &Node<'_>, content: &'a [u8]) -> Result<DecoderConfig<'a>> {
    let malformed = |reason: &str| esds.malformed(reason);
    let descriptors = content.get(4..).unwrap_or(&[]);
    let es = descriptor(descriptors, ES_DESCRIPTOR)
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
    content_of_config(config).ok_or_else(|| malformed("the decoder configuration is too short"))
}

/// A DecoderConfigDescriptor by itself; none when it is cut short.
pub(super) fn decoder_config(data: &[u8]) -> Option<DecoderConfig<'_>> {
    content_of_config(descriptor(data, DECODER_CONFIG)?)
}

fn content_of_config(config: &[u8]) -> Option<DecoderConfig<'_>> {
    // objectTypeIndication, then stream type, buffer size and two bit rates.
    let (object_type, inner) = (*config.first()?, config.get(13..)?);
    Some(DecoderConfig {
        object_type,
        specific_info: descriptor(inner, DECODER_SPECIFIC_INFO),
    })
}

/// An `esds` of audio without DecoderSpecificInfo.
pub(super) fn write_esds(writer: &mut BoxWriter, object_type: u8) {
    const AUDIO_STREAM: u8 = 5 << 2 | 1;
    writer.full_box(b"esds", 0, 0, |w| {
        // ES_ID 0, no options; buffer size and bit rates unknown; SL configuration for MP4.
        w.bytes(&[ES_DESCRIPTOR, 21, 0, 0, 0]);
        w.bytes(&[DECODER_CONFIG, 13, object_type, AUDIO_STREAM]);
        w.bytes(&[0; 11]);
        w.bytes(&[SL_CONFIG, 1, 2]);
    });
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
