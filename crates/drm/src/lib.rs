//! Common encryption (ISO/IEC 23001-7) in place, its boxes, `pssh` and ClearKey licences; HLS `AES-128`.
//!
//! [`SampleEncryptor`] protects the samples of one track, one by one, in the buffer they were read into, and gathers
//! what `senc`, `saiz` and `saio` say of them in a [`SegmentAux`]. Everything is a pure function of key, IV seed, codec
//! configuration and sample bytes: two nodes asked for the same segment give the same bytes.
#![forbid(unsafe_code)]

pub mod aes128;
pub mod boxes;
mod cbc;
pub mod clearkey;
pub mod cpix;
mod error;
pub mod key;
pub mod pssh;
pub mod sample;
pub mod sample_aes;
pub mod systems;

pub use error::{Error, Result};
pub use key::{ContentKey, KeyId, KeyRecord, Said};
pub use sample::{IvSeed, SaioPatch, SampleAux, SampleEncryptor, SegmentAux, Subsample};
pub use sample_aes::SampleAes;
pub use systems::{HlsKey, Signal, System, Systems};

/// Protection scheme (ISO/IEC 23001-7, 10.1 and 10.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Scheme {
    /// AES-128 in counter mode over whole protected ranges.
    Cenc,
    /// AES-128 in CBC mode with a constant IV, one block in ten for video.
    Cbcs,
}

impl Scheme {
    /// `scheme_type` of `schm`; the last element of DASH's `mp4protection` value too.
    pub fn fourcc(self) -> [u8; 4] {
        match self {
            Self::Cenc => *b"cenc",
            Self::Cbcs => *b"cbcs",
        }
    }
}

/// What `tenc` and `schm` say of a track; a pure function of scheme, codec, key id and IV seed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrackEncryption {
    pub scheme: Scheme,
    pub default_kid: KeyId,
    /// 8 for `cenc`, 0 for `cbcs`.
    pub per_sample_iv_size: u8,
    /// `cbcs` only.
    pub constant_iv: Option<[u8; 16]>,
    /// `cbcs` video 1:9; 0:0 otherwise.
    pub crypt_byte_block: u8,
    pub skip_byte_block: u8,
}
