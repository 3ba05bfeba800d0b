//! Audio samples as elementary streams: AAC in ADTS, the others as they are.
use edgepack_isobmff::CodecConfig;

use super::error::{Error, Form};
use super::psi;

mod adts;

use adts::Adts;

/// Below this rate MPEG audio is that of MPEG-2 (ISO/IEC 13818-3).
const MPEG1_MIN_RATE: u32 = 32_000;

/// One sample description of an audio stream.
#[derive(Debug, Clone)]
pub(super) enum AudioStream {
    Aac(Adts),
    /// Samples are frames with headers of their own.
    Framed {
        syntax: Syntax,
        frame_duration: (u32, u32),
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Syntax {
    Ac3,
    Eac3,
    Mpeg1,
    Mpeg2,
}

impl AudioStream {
    pub(super) fn new(codec: &CodecConfig, form: Form) -> Result<Self, Error> {
        let fault = |reason| Error::Codec {
            codec: super::name(codec),
            form,
            reason: Some(reason),
        };
        let syntax = match codec {
            CodecConfig::Aac(config) => {
                return Adts::new(config).map(Self::Aac).map_err(fault);
            }
            CodecConfig::Ac3(_) => Syntax::Ac3,
            CodecConfig::Eac3(_) => Syntax::Eac3,
            CodecConfig::Mp3(config) if config.sample_rate < MPEG1_MIN_RATE => Syntax::Mpeg2,
            CodecConfig::Mp3(_) => Syntax::Mpeg1,
            other => return Err(super::unsupported(other, form)),
        };
        let audio = codec
            .audio()
            .and_then(|audio| Some((audio.frame_length?, audio.sample_rate)));
        let frame_duration = audio.filter(|(length, rate)| *length > 0 && *rate > 0);
        Ok(Self::Framed {
            syntax,
            frame_duration: frame_duration.ok_or_else(|| fault("frames of unknown duration"))?,
        })
    }

    /// ISO/IEC 13818-1, table 2-34; of the Dolby codecs, those of ATSC A/53, as HLS has them.
    pub(super) fn stream_type(&self) -> u8 {
        match self {
            Self::Aac(_) => 0x0f,
            Self::Framed { syntax, .. } => match syntax {
                Syntax::Mpeg1 => 0x03,
                Syntax::Mpeg2 => 0x04,
                Syntax::Ac3 => 0x81,
                Syntax::Eac3 => 0x87,
            },
        }
    }

    pub(super) fn descriptors(&self) -> Vec<u8> {
        match self.syntax() {
            Some(Syntax::Ac3) => psi::registration(*b"AC-3", &[]),
            Some(Syntax::Eac3) => psi::registration(*b"EAC3", &[]),
            _ => Vec::new(),
        }
    }

    /// None for AAC.
    pub(super) fn syntax(&self) -> Option<Syntax> {
        match self {
            Self::Aac(_) => None,
            Self::Framed { syntax, .. } => Some(*syntax),
        }
    }

    /// Of PES packets: an audio stream's, or `private_stream_1` for what MPEG does not know (2.4.3.7).
    pub(super) fn stream_id(&self) -> u8 {
        match self {
            Self::Framed {
                syntax: Syntax::Ac3 | Syntax::Eac3,
                ..
            } => 0xbd,
            _ => 0xc0,
        }
    }

    /// Of the packed form.
    pub(super) fn extension(&self) -> &'static str {
        match self {
            Self::Aac(_) => "aac",
            Self::Framed { syntax, .. } => match syntax {
                Syntax::Ac3 => "ac3",
                Syntax::Eac3 => "ec3",
                Syntax::Mpeg1 | Syntax::Mpeg2 => "mp3",
            },
        }
    }

    /// How long a frame plays: a fraction of a second.
    pub(super) fn frame_duration(&self) -> (u32, u32) {
        match self {
            Self::Aac(adts) => adts.frame_duration(),
            Self::Framed { frame_duration, .. } => *frame_duration,
        }
    }

    /// Bytes of a frame in the elementary stream. `leads`: it is the first of a PES packet, or of a packed segment.
    pub(super) fn frame_len(&self, sample: &[u8], leads: bool) -> Result<usize, &'static str> {
        match self {
            Self::Aac(adts) => adts.frame_len(sample, leads),
            Self::Framed { .. } => Ok(sample.len()),
        }
    }

    /// The same before the sample was read. None where it depends on its content.
    pub(super) fn foreseen_len(&self, sample_len: usize) -> Option<usize> {
        match self {
            Self::Aac(adts) => adts.foreseen_len(sample_len),
            Self::Framed { .. } => Some(sample_len),
        }
    }

    /// What a sample needs before it so that decoding can start there, where a frame has that in itself.
    pub(super) fn prefix(&self, sample: &[u8]) -> &[u8] {
        match self {
            Self::Aac(adts) => adts.prefix(sample, true),
            Self::Framed { .. } => &[],
        }
    }

    /// Puts out a frame that has a length.
    pub(super) fn write(&self, sample: &[u8], leads: bool, put: &mut impl FnMut(&[u8])) {
        match self {
            Self::Aac(adts) => adts.write(sample, leads, put),
            Self::Framed { .. } => put(sample),
        }
    }
}
