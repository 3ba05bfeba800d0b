//! Audio samples as elementary streams: AAC in ADTS, the others as they are.
use edgepack_isobmff::CodecConfig;

use super::error::{Error, Form};

mod adts;

use adts::Adts;

/// One sample description of an audio stream.
#[derive(Debug, Clone)]
pub(super) enum AudioStream {
    Aac(Adts),
}

impl AudioStream {
    pub(super) fn new(codec: &CodecConfig, form: Form) -> Result<Self, Error> {
        let fault = |reason| Error::Codec {
            codec: super::name(codec),
            form,
            reason: Some(reason),
        };
        match codec {
            CodecConfig::Aac(config) => Adts::new(config).map(Self::Aac).map_err(fault),
            other => Err(super::unsupported(other, form)),
        }
    }

    /// ISO/IEC 13818-1, table 2-34; the Dolby ones as ATSC A/53 and HLS have them.
    pub(super) fn stream_type(&self) -> u8 {
        match self {
            Self::Aac(_) => 0x0f,
        }
    }

    pub(super) fn registration(&self) -> Option<[u8; 4]> {
        match self {
            Self::Aac(_) => None,
        }
    }

    /// Of PES packets: a number of an audio stream, or `private_stream_1` for what MPEG does not know (2.4.3.7).
    pub(super) fn stream_id(&self) -> u8 {
        match self {
            Self::Aac(_) => 0xc0,
        }
    }

    /// Of the packed form.
    pub(super) fn extension(&self) -> &'static str {
        match self {
            Self::Aac(_) => "aac",
        }
    }

    /// How long a frame plays: a fraction of a second.
    pub(super) fn frame_duration(&self) -> (u32, u32) {
        match self {
            Self::Aac(adts) => adts.frame_duration(),
        }
    }

    /// Bytes of a frame in the elementary stream. `leads`: it is the first of a PES packet, or of a packed segment.
    pub(super) fn frame_len(&self, sample: &[u8], leads: bool) -> Result<usize, &'static str> {
        match self {
            Self::Aac(adts) => adts.frame_len(sample, leads),
        }
    }

    /// The same before the sample was read. None where it depends on its content.
    pub(super) fn foreseen_len(&self, sample_len: usize) -> Option<usize> {
        match self {
            Self::Aac(adts) => adts.foreseen_len(sample_len),
        }
    }

    pub(super) fn write(&self, sample: &[u8], leads: bool, put: &mut impl FnMut(&[u8])) {
        match self {
            Self::Aac(adts) => adts.write(sample, leads, put),
        }
    }
}
