//! AVC and HEVC samples as byte streams (ITU-T H.264 and H.265, annex B; ISO/IEC 13818-1, 2.14 and 2.17).
//!
//! Each access unit begins with a delimiter, and one that decoding can start at has its parameter sets. Both are added
//! where the sample lacks them; lengths become start codes; the NAL units themselves stay as they are.
use bytes::Bytes;
use edgepack_isobmff::CodecConfig;

use super::error::{Error, Form};
use super::psi;
use encrypt::ENCRYPTED_LENGTH_SIZE;

mod encrypt;

const START_CODE: [u8; 4] = [0, 0, 0, 1];

/// What is added to a sample on its way to an access unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct AccessUnit {
    /// Bytes of the access unit.
    pub(super) len: usize,
    delimiter: Option<Delimiter>,
    has_parameter_sets_added: bool,
}

/// An access unit delimiter, start code included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Delimiter {
    /// Slices of any type.
    Avc,
    /// Slices of any type; `nuh_temporal_id_plus1` is that of the picture (H.265, 7.4.2.2).
    Hevc { temporal_id_plus1: u8 },
}

impl Delimiter {
    fn len(self) -> usize {
        match self {
            Self::Avc => 6,
            Self::Hevc { .. } => 7,
        }
    }

    fn write(self, put: &mut impl FnMut(&[u8])) {
        let [a, b, c, d] = START_CODE;
        match self {
            Self::Avc => put(&[a, b, c, d, 0x09, 0xf0]),
            Self::Hevc { temporal_id_plus1 } => put(&[a, b, c, d, 0x46, temporal_id_plus1, 0x50]),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Syntax {
    Avc,
    Hevc,
}

/// One sample description of a video stream.
#[derive(Debug, Clone)]
pub(super) struct VideoStream {
    syntax: Syntax,
    nal_length_size: usize,
    /// With start codes, in the order that decoders want.
    parameter_sets: Vec<u8>,
    /// Samples come encrypted, and say their lengths in [`ENCRYPTED_LENGTH_SIZE`] bytes.
    is_encrypted: bool,
}

impl VideoStream {
    pub(super) fn new(codec: &CodecConfig) -> Result<Self, Error> {
        let (syntax, nal_length_size, sets) = match codec {
            CodecConfig::Avc(config) => {
                let sets: [&[Bytes]; 3] = [&[], &config.sps, &config.pps];
                (Syntax::Avc, config.nal_length_size, sets)
            }
            CodecConfig::Hevc(config) => {
                let sets: [&[Bytes]; 3] = [&config.vps, &config.sps, &config.pps];
                (Syntax::Hevc, config.nal_length_size, sets)
            }
            other => return Err(super::unsupported(other, Form::TransportStream)),
        };
        let fault = |reason| Error::Codec {
            codec: super::name(codec),
            form: Form::TransportStream,
            reason: Some(reason),
        };
        if !matches!(nal_length_size, 1..=4) {
            return Err(fault("NAL unit lengths are of 1 to 4 bytes"));
        }
        let dolby_vision = codec.video().and_then(|video| video.dolby_vision);
        if dolby_vision.is_some_and(|dolby_vision| dolby_vision.compatibility_id == 0) {
            return Err(fault(
                "its base layer shows wrong colours without Dolby Vision",
            ));
        }
        let mut parameter_sets = Vec::new();
        for set in sets.into_iter().flatten() {
            parameter_sets.extend_from_slice(&START_CODE);
            parameter_sets.extend_from_slice(set);
        }
        Ok(Self {
            syntax,
            nal_length_size: usize::from(nal_length_size),
            parameter_sets,
            is_encrypted: false,
        })
    }

    /// The same stream under SAMPLE-AES.
    pub(super) fn sample_encrypted(codec: &CodecConfig) -> Result<Self, Error> {
        let stream = Self::new(codec)?;
        match stream.syntax {
            Syntax::Avc => Ok(Self {
                is_encrypted: true,
                ..stream
            }),
            Syntax::Hevc => Err(super::unsupported(codec, Form::EncryptedTransportStream)),
        }
    }

    /// Under SAMPLE-AES as "MPEG-2 Stream Encryption Format for HTTP Live Streaming", 3, has it.
    pub(super) fn stream_type(&self) -> u8 {
        match self.syntax {
            Syntax::Avc if self.is_encrypted => 0xdb,
            Syntax::Avc => 0x1b,
            Syntax::Hevc => 0x24,
        }
    }

    pub(super) fn descriptors(&self) -> Vec<u8> {
        match self.syntax {
            Syntax::Avc if self.is_encrypted => psi::private_data_indicator(*b"zavc"),
            Syntax::Avc => Vec::new(),
            Syntax::Hevc => psi::registration(*b"HEVC", &[]),
        }
    }

    /// Looks at the sample's NAL unit headers alone. `entry`: decoding can start here.
    pub(super) fn survey(&self, sample: &[u8], entry: bool) -> Result<AccessUnit, &'static str> {
        let mut len = 0;
        let mut seen = Seen::default();
        let mut first_is_delimiter = None;
        for unit in self.units(sample) {
            let unit = unit?;
            let kind = self.kind(unit);
            let is_first = first_is_delimiter.is_none();
            first_is_delimiter.get_or_insert(kind == Kind::Delimiter);
            if is_first || !seen.makes_redundant(kind) {
                len += START_CODE.len() + unit.len();
            }
            seen.add(kind);
        }
        let Some(first_is_delimiter) = first_is_delimiter else {
            // Nothing to delimit.
            return Ok(AccessUnit {
                len: 0,
                delimiter: None,
                has_parameter_sets_added: false,
            });
        };
        let delimiter = (!first_is_delimiter).then_some(match self.syntax {
            Syntax::Avc => Delimiter::Avc,
            Syntax::Hevc => Delimiter::Hevc {
                temporal_id_plus1: seen.temporal_id_plus1.max(1),
            },
        });
        let complete = seen.sps && seen.pps && (seen.vps || self.syntax == Syntax::Avc);
        let has_parameter_sets_added = (entry || seen.entry) && !complete;
        len += delimiter.map_or(0, Delimiter::len);
        if has_parameter_sets_added {
            len += self.parameter_sets.len();
        }
        Ok(AccessUnit {
            len,
            delimiter,
            has_parameter_sets_added,
        })
    }

    /// Puts out the access unit that `survey` found in the same sample.
    pub(super) fn write(&self, unit: &AccessUnit, sample: &[u8], put: &mut impl FnMut(&[u8])) {
        let mut units = self.units(sample).map_while(Result::ok);
        match unit.delimiter {
            Some(delimiter) => delimiter.write(put),
            // The sample's own stays first.
            None => {
                if let Some(unit) = units.next() {
                    put(&START_CODE);
                    put(unit);
                }
            }
        }
        if unit.has_parameter_sets_added {
            put(&self.parameter_sets);
        }
        let mut seen = Seen::default();
        for unit in units {
            let kind = self.kind(unit);
            if !seen.makes_redundant(kind) {
                put(&START_CODE);
                put(unit);
            }
            seen.add(kind);
        }
    }

    fn units<'a>(&self, sample: &'a [u8]) -> NalUnits<'a> {
        NalUnits {
            rest: sample,
            length_size: if self.is_encrypted {
                ENCRYPTED_LENGTH_SIZE
            } else {
                self.nal_length_size
            },
        }
    }

    fn kind(&self, unit: &[u8]) -> Kind {
        let header = unit.first().copied().unwrap_or(0);
        match self.syntax {
            Syntax::Avc => match header & 0x1f {
                nal_type @ 1..=5 => Kind::Slice {
                    is_entry: nal_type == 5,
                    temporal_id_plus1: 1,
                },
                7 => Kind::Sps,
                8 => Kind::Pps,
                9 => Kind::Delimiter,
                _ => Kind::Other,
            },
            Syntax::Hevc => match header >> 1 & 0x3f {
                nal_type @ 0..=31 => Kind::Slice {
                    // Intra random access points.
                    is_entry: matches!(nal_type, 16..=23),
                    temporal_id_plus1: unit.get(1).map_or(0, |byte| byte & 7),
                },
                32 => Kind::Vps,
                33 => Kind::Sps,
                34 => Kind::Pps,
                35 => Kind::Delimiter,
                _ => Kind::Other,
            },
        }
    }
}

/// What a NAL unit is, as far as it matters here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Slice {
        is_entry: bool,
        temporal_id_plus1: u8,
    },
    Vps,
    Sps,
    Pps,
    Delimiter,
    Other,
}

/// What kinds of NAL units a sample has.
#[derive(Debug, Default)]
struct Seen {
    vps: bool,
    sps: bool,
    pps: bool,
    slice: bool,
    entry: bool,
    /// Of the first slice; 0 for none.
    temporal_id_plus1: u8,
}

impl Seen {
    fn add(&mut self, kind: Kind) {
        match kind {
            Kind::Slice {
                is_entry,
                temporal_id_plus1,
            } => {
                if !self.slice {
                    self.temporal_id_plus1 = temporal_id_plus1;
                }
                self.slice = true;
                self.entry |= is_entry;
            }
            Kind::Vps => self.vps = true,
            Kind::Sps => self.sps = true,
            Kind::Pps => self.pps = true,
            Kind::Delimiter | Kind::Other => {}
        }
    }

    /// A delimiter that is not the first unit, yet stands before all slices. (After them it begins a second field.)
    fn makes_redundant(&self, kind: Kind) -> bool {
        kind == Kind::Delimiter && !self.slice
    }
}

/// The NAL units of a sample (ISO/IEC 14496-15, 5.3.2). Empty ones are passed over: they have no form in a byte stream.
#[derive(Debug)]
struct NalUnits<'a> {
    rest: &'a [u8],
    length_size: usize,
}

impl<'a> Iterator for NalUnits<'a> {
    type Item = Result<&'a [u8], &'static str>;

    fn next(&mut self) -> Option<Self::Item> {
        while !self.rest.is_empty() {
            let Some((length, rest)) = self.rest.split_at_checked(self.length_size) else {
                self.rest = &[];
                return Some(Err("it ends within the length of a NAL unit"));
            };
            let length = length
                .iter()
                .fold(0, |length, byte| length << 8 | usize::from(*byte));
            let Some((unit, rest)) = rest.split_at_checked(length) else {
                self.rest = &[];
                return Some(Err("a NAL unit reaches beyond its end"));
            };
            self.rest = rest;
            if !unit.is_empty() {
                return Some(Ok(unit));
            }
        }
        None
    }
}

#[cfg(test)]
mod tests;
