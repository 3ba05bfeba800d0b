//! Sample encryption in place, one pass.
//!
//! A codec is one file: it walks the sample, and says to the `Protector` which bytes stay clear and which are
//! protected; alignment, merging, the layout of `senc` and the cipher are the same for all.
use crate::{ContentKey, Error, Result, Scheme, TrackEncryption};
use aes::Aes128Enc;
use aes::cipher::KeyInit;
use av1::Av1;
use avc::Avc;
use cipher::RangeCipher;
use edgepack_isobmff::CodecConfig;
use hevc::Hevc;
use protector::Protector;
use std::borrow::Cow;
use vp9::Vp9;

mod auxiliary;
mod av1;
mod avc;
mod bits;
mod cipher;
mod hevc;
mod iv;
mod nal;
mod protector;
#[cfg(test)]
mod tests;
mod vp9;
mod whole;

pub use auxiliary::{SaioPatch, SampleAux, SegmentAux};
pub use iv::IvSeed;

/// A run of clear bytes and the protected bytes that follow it (ISO/IEC 23001-7, 7.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Subsample {
    pub clear: u16,
    pub protected: u32,
}

/// Encrypts the samples of one track with one key. Cheap to make per segment.
///
/// Samples go through in decode order. Parameter sets found in them (`avc3`, `hev1`, or repeated ones) and the sizes and
/// order of reference frames (AV1, VP9) stay known until the encryptor is dropped, so the parts of one segment share an
/// encryptor, and a segment starts with one of its own: what a segment becomes then depends on that segment alone. A
/// segment whose first sample lacks the parameter sets that the sample entry does not have, or refers to frames before
/// it, is refused.
#[derive(Debug)]
pub struct SampleEncryptor {
    block_cipher: Aes128Enc,
    seed: IvSeed,
    track: TrackEncryption,
    codec: Codec,
}

impl SampleEncryptor {
    /// # Errors
    /// [`Error::UnsupportedCodec`] when this crate cannot protect the codec, [`Error::CodecConfig`] when its parameter
    /// sets cannot be read: the request must fail, never go clear.
    pub fn new(
        scheme: Scheme,
        key: &ContentKey,
        seed: IvSeed,
        codec: &CodecConfig,
    ) -> Result<Self> {
        let codec = Codec::new(scheme, codec)?;
        let (crypt_byte_block, skip_byte_block) = match (scheme, &codec) {
            // 10.4.2: one block in ten for video. Audio is encrypted block by block, without a pattern.
            (Scheme::Cenc, _) | (Scheme::Cbcs, Codec::Whole) => (0, 0),
            (Scheme::Cbcs, _) => (1, 9),
        };
        let track = TrackEncryption {
            scheme,
            default_kid: key.kid,
            per_sample_iv_size: match scheme {
                Scheme::Cenc => 8,
                Scheme::Cbcs => 0,
            },
            constant_iv: match scheme {
                Scheme::Cenc => None,
                Scheme::Cbcs => Some(seed.cbcs),
            },
            crypt_byte_block,
            skip_byte_block,
        };
        Ok(Self {
            block_cipher: Aes128Enc::new(key.expose().into()),
            seed,
            track,
            codec,
        })
    }

    pub fn track_encryption(&self) -> &TrackEncryption {
        &self.track
    }

    /// Bytes that the auxiliary information of one sample takes when it does not depend on content (audio):
    /// then the size of `senc` is known before any I/O.
    pub fn fixed_aux_size(&self) -> Option<usize> {
        (!self.has_subsamples()).then_some(usize::from(self.track.per_sample_iv_size))
    }

    /// The auxiliary information of `count` samples from `first` on, before any of them was read, when it does not
    /// depend on content: the same that encrypting them gives.
    pub fn fixed_aux(&self, first: u32, count: u32) -> Option<SegmentAux> {
        if self.has_subsamples() {
            return None;
        }
        let mut aux = SegmentAux::default();
        for index in first..first.saturating_add(count) {
            aux.begin(self.iv(index).as_ref().map_or(&[], |iv| iv), false)
                .ok()?;
            aux.commit();
        }
        Some(aux)
    }

    /// Encrypts one whole sample in place. `index`: the sample's number in its source track, from 0.
    ///
    /// # Errors
    /// [`Error::Sample`] when the bytes are not what the codec says. The buffer may then hold a mixture of clear and
    /// encrypted bytes and must not be sent; `aux` is as it was before.
    pub fn encrypt(&mut self, index: u32, sample: &mut [u8], aux: &mut SegmentAux) -> Result<()> {
        let iv = self.iv(index);
        aux.begin(iv.as_ref().map_or(&[], |iv| iv), self.has_subsamples())?;
        let mut cipher = RangeCipher::new(&self.block_cipher, &self.track, iv);
        let outcome = if let Codec::Whole = self.codec {
            whole::protect(sample, &mut cipher);
            Ok(())
        } else {
            // 10.1: with `cenc` the protected bytes of a subsample are a multiple of 16.
            let align = self.track.scheme == Scheme::Cenc || matches!(self.codec, Codec::Vp9(_));
            let mut protector = Protector::new(sample, cipher, aux, align);
            self.codec
                .protect(&mut protector)
                .and_then(|()| protector.finish())
        };
        match outcome {
            Ok(()) => {
                aux.commit();
                Ok(())
            }
            Err(reason) => {
                aux.roll_back();
                Err(Error::Sample {
                    sample: index,
                    reason: reason.0.into_owned(),
                })
            }
        }
    }

    fn has_subsamples(&self) -> bool {
        !matches!(self.codec, Codec::Whole)
    }

    /// The IV that travels with the sample; none when a constant one is used.
    fn iv(&self, index: u32) -> Option<[u8; 8]> {
        (self.track.per_sample_iv_size == 8).then(|| self.seed.cenc_iv(index))
    }
}

/// How a codec's samples are taken apart.
#[derive(Debug)]
enum Codec {
    /// Audio: encrypted as it is.
    Whole,
    Avc(Avc),
    Hevc(Hevc),
    Av1(Box<Av1>),
    Vp9(Vp9),
}

impl Codec {
    fn new(scheme: Scheme, config: &CodecConfig) -> Result<Self> {
        let unsupported = |name: String| Err(Error::UnsupportedCodec(name, scheme));
        match config {
            CodecConfig::Avc(avc) => Ok(Self::Avc(Avc::new(avc)?)),
            CodecConfig::Hevc(hevc) => Ok(Self::Hevc(Hevc::new(hevc)?)),
            CodecConfig::Av1(av1) => Ok(Self::Av1(Box::new(Av1::new(av1)?))),
            CodecConfig::Vp9(vpx) if &vpx.format.0 == b"vp09" => Ok(Self::Vp9(Vp9::default())),
            // 23001-7, 9.4, for audio of every codec. AC-4 (ETSI TS 103 190-2, E.10) and IAMF (6.3) demand it by name.
            CodecConfig::Aac(_)
            | CodecConfig::Ac3(_)
            | CodecConfig::Eac3(_)
            | CodecConfig::Ac4(_)
            | CodecConfig::Opus(_)
            | CodecConfig::Flac(_)
            | CodecConfig::Alac(_)
            | CodecConfig::Mp3(_)
            | CodecConfig::Dts(_)
            | CodecConfig::Iamf(_) => Ok(Self::Whole),
            // Text and pictures stay clear and never come here.
            CodecConfig::Vp9(_)
            | CodecConfig::Wvtt(_)
            | CodecConfig::Stpp(_)
            | CodecConfig::Tx3g(_)
            | CodecConfig::Jpeg(_) => unsupported(config.family().to_owned()),
            CodecConfig::Unsupported(format) => unsupported(format!("{format:?}")),
        }
    }

    fn protect(&mut self, sample: &mut Protector<'_>) -> Parse<()> {
        match self {
            // Nothing of it is passed: all of it would be clear.
            Self::Whole => Err("a sample without subsamples".into()),
            Self::Avc(avc) => avc.protect(sample),
            Self::Hevc(hevc) => hevc.protect(sample),
            Self::Av1(av1) => av1.protect(sample),
            Self::Vp9(vp9) => vp9.protect(sample),
        }
    }
}

/// Why a sample or a parameter set cannot be read. Becomes [`Error::Sample`] or [`Error::CodecConfig`] further up,
/// where the place is known.
#[derive(Debug)]
struct Reason(Cow<'static, str>);

type Parse<T> = std::result::Result<T, Reason>;

impl From<&'static str> for Reason {
    fn from(text: &'static str) -> Self {
        Self(Cow::Borrowed(text))
    }
}

impl From<String> for Reason {
    fn from(text: String) -> Self {
        Self(Cow::Owned(text))
    }
}
