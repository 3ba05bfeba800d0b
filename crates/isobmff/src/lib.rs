//! ISO base media files (ISO/IEC 14496-12): a sans-I/O movie reader, lazy sample tables,
//! codec configurations and a box writer. No file, clock or task: bytes come in as arguments.
//!
//! [`MovieReader`] says which bytes of an MP4 it needs, progressive or fragmented, and ends with a [`Movie`], whose
//! [`SampleTable`]s stay the raw boxes of the file and are walked from any sample on.
//! [`stream::StreamReader`] reads a live stream as its bytes come.
//! [`BoxWriter`] builds boxes in memory.
#![forbid(unsafe_code)]

mod boxes;
pub mod codec;
#[cfg(test)]
mod craft;
pub mod emsg;
mod error;
mod fragments;
mod index;
pub mod movie;
pub mod reader;
mod repair;
pub mod samples;
pub mod stream;
pub mod write;

pub use codec::CodecConfig;
pub use error::{Error, Result};
pub use movie::{Edit, Handler, Movie, SampleEntry, Track, bcp47};
pub use reader::{ByteRange, Limits, MovieReader, Step};
pub use samples::{
    Descriptions, Sample, SampleIter, SampleRun, SampleSpan, SampleTable, SyncSamples, TimingRun,
    Timings,
};
pub use write::BoxWriter;

/// A four-character code: a box type, brand, handler or sample entry format.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FourCc(pub [u8; 4]);

impl std::fmt::Debug for FourCc {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0.escape_ascii())
    }
}

/// Bytes that are no printable ASCII come out escaped.
impl std::fmt::Display for FourCc {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0.escape_ascii())
    }
}
