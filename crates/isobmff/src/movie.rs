//! What a `moov` says, tracks first.
use bytes::Bytes;

use crate::{CodecConfig, FourCc, SampleTable};

mod entry;
mod language;
mod moov;
mod rewrite;
mod track;

pub(crate) use moov::{parse_movie, parse_rewritten};
pub(crate) use rewrite::NewTrack;

/// An MP4: everything about it but the media bytes.
#[derive(Debug, Clone)]
pub struct Movie {
    /// Units per second of `duration` and of every `Edit::segment_duration`.
    pub timescale: u32,
    /// `mvhd`; of the longest track when the file leaves it open.
    pub duration: u64,
    /// Of `ftyp`; `mp41` when there is none before the `moov`.
    pub major_brand: FourCc,
    /// The whole `moov` box: as it stands in the file, or as it is written anew from all fragments (the fleet-stable
    /// identity is hashed from it).
    pub moov: Bytes,
    pub file_len: u64,
    /// Whether samples lie in movie fragments (`moof`). Nothing else here tells such a movie from a progressive one.
    pub fragmented: bool,
    /// What is odd about the file and was dealt with, a sentence each: a recording that was cut off, say.
    pub notes: Vec<String>,
    /// In the order of the file; ids are unique and not 0.
    pub tracks: Vec<Track>,
}

/// One `trak`.
#[derive(Debug, Clone)]
pub struct Track {
    pub track_id: u32,
    pub handler: Handler,
    /// Units per second of all media times of this track; not 0.
    pub timescale: u32,
    /// `mdhd` duration, media timescale; that of the samples when the file leaves it open.
    pub duration: u64,
    /// BCP 47; `und` when the file does not say. A well-formed `elng` wins over `mdhd`.
    pub language: String,
    pub enabled: bool,
    /// Presentation size from `tkhd`, pixels (16.16 rounded).
    pub presentation_width: u32,
    pub presentation_height: u32,
    /// The transformation (rotation, say) from `tkhd`: 16.16, and 2.30 in every third place.
    pub matrix: [i32; 9],
    /// Empty without an `edts`.
    pub edits: Vec<Edit>,
    /// Never empty.
    pub sample_entries: Vec<SampleEntry>,
    pub samples: SampleTable,
}

/// What kind of media a track carries (`hdlr`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Handler {
    Video,
    Audio,
    /// `text`, `subt` or `sbtl`.
    Text,
    Other(FourCc),
}

/// One `elst` entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Edit {
    /// Movie timescale.
    pub segment_duration: u64,
    /// Media timescale; −1 is an empty edit.
    pub media_time: i64,
    /// 16.16.
    pub media_rate: i32,
}

/// One `stsd` entry.
#[derive(Debug, Clone)]
pub struct SampleEntry {
    pub format: FourCc,
    /// The whole entry, header included, as CMAF headers carry it on: bit for bit the file's, but for QuickTime's sound
    /// descriptions, which are in the form of ISO/IEC 14496-12, 12.2.3 here.
    pub raw: Bytes,
    pub codec: CodecConfig,
}

impl SampleEntry {
    /// The samples are encrypted: `codec` is [`CodecConfig::Unsupported`] with the format below, where the file says it.
    pub fn is_encrypted(&self) -> bool {
        matches!(
            &self.format.0,
            b"encv" | b"enca" | b"enct" | b"encs" | b"encm" | b"encf" | b"encu"
        )
    }
}

#[cfg(test)]
mod tests;
