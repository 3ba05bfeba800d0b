//! Subtitles and captions: WebVTT, TTML and text tracks of MP4 files in; WebVTT segments, `wvtt` and IMSC1 in CMAF out.
//!
//! Whatever a [`Track`] was read from, it holds cues whose text is WebVTT cue text, and each output form is a function
//! of the track and an interval. A track read from TTML keeps the documents too, so that IMSC1 made of it has the
//! styles and regions of the source.
//!
//! Times of the model are microseconds on the presentation time line, which begins at 0. Segments are intervals in
//! milliseconds, the resolution of WebVTT and of the CMAF tracks written here ([`TIMESCALE`]).
mod boxes;
mod cmaf;
mod error;
mod joiner;
mod stpp;
mod track;
mod ttml;
mod tx3g;
mod webvtt;
mod wvtt;

use crate::TextForm;

pub use cmaf::{cmaf_header, cmaf_segment};
pub use error::{Error, Result};
pub use stpp::{from_stpp, imsc1_samples};
pub use track::{Cue, Region, TimestampMap, Track};
pub use ttml::parse_ttml;
pub use tx3g::from_tx3g;
pub use webvtt::{parse_webvtt, webvtt_document, webvtt_segment};
pub use wvtt::{from_wvtt, wvtt_samples};

/// Units per second of CMAF text tracks and of segment intervals.
pub const TIMESCALE: u32 = 1000;

/// The longest text file or sample that is read.
pub const MAX_DOCUMENT_BYTES: usize = 16 << 20;
/// Cues of one track. A feature film has some 2000.
pub const MAX_CUES: usize = 200_000;
/// Media of one CMAF text segment. Where many cues overlap, every change repeats all of them.
pub const MAX_SEGMENT_BYTES: usize = 16 << 20;

/// Later than any cue: an end that a document leaves open (99:59:59.999, microseconds).
pub(crate) const OPEN_END: u64 = 359_999_999_000;
/// Times beyond are no times (about 285 years; microseconds).
pub(crate) const MAX_TIME: u64 = 1 << 53;

/// One sample of a source's text track.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceSample {
    /// In the track's timescale.
    pub decode_time: u64,
    pub duration: u64,
    pub data: bytes::Bytes,
}

/// One sample of a CMAF text track.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextSample {
    /// In [`TIMESCALE`].
    pub duration: u32,
    pub data: Vec<u8>,
}

impl SourceSample {
    /// Begin and end in microseconds.
    fn interval(&self, timescale: u32) -> (u64, u64) {
        let at = |time: u64| {
            let micros = (u128::from(time) * 1_000_000 + u128::from(timescale / 2))
                / u128::from(timescale.max(1));
            u64::try_from(micros).map_or(MAX_TIME, |micros| micros.min(MAX_TIME))
        };
        (
            at(self.decode_time),
            at(self.decode_time.saturating_add(self.duration)),
        )
    }
}

/// A cue's begin and end in milliseconds: never empty.
fn milliseconds(start: u64, end: u64) -> (u64, u64) {
    let round = |micros: u64| (micros + 500) / 1000;
    let start = round(start);
    (start, round(end).max(start + 1))
}

#[cfg(test)]
mod tests;
