//! What came is what was announced: a fast wrong answer is a failure.
//!
//! Nothing here is fetched or decoded. Media are judged by their boxes, packets and frames ([`media`], [`header`]),
//! manifests by the rules of their standards ([`hls`], [`dash`]).
use std::fmt;

use crate::presentation::{Container, Part, Protection, Segment};

mod checksum;
pub mod dash;
pub mod hls;

pub use checksum::Checksums;

/// A rule that was broken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Its name, of lower-case words: `decode-time`.
    pub rule: &'static str,
    /// What was there instead, a sentence.
    pub detail: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.rule, self.detail)
    }
}

/// What the manifest said of the bytes at hand: a segment, or a part of one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Announced {
    pub container: Container,
    pub protection: Protection,
    pub number: u64,
    /// Of a part, from 0.
    pub part: Option<usize>,
    /// Seconds; `None` of what was asked for before it was announced.
    pub duration: Option<f64>,
    pub exact: bool,
    pub media_time: Option<f64>,
    pub discontinuity: u64,
    /// Bytes, of a byte range.
    pub length: Option<u64>,
}

impl Announced {
    pub fn segment(segment: &Segment) -> Self {
        todo!()
    }

    /// The part `index` of `segment`.
    pub fn part(segment: &Segment, index: usize, part: &Part) -> Self {
        todo!()
    }
}

/// Where a rendition's media stand, from one segment to the next: one for each rung that is played.
///
/// Segments that do not follow each other, by number or by discontinuity, begin anew by themselves.
#[derive(Clone, Debug, Default)]
pub struct Continuity {
}

impl Continuity {
    /// After a seek to the middle of a segment, or one that was given up.
    pub fn reset(&mut self) {
        *self = Self::default();
    }
}

/// What a CMAF header says as far as segments are judged by it.
#[derive(Clone, Debug, PartialEq)]
pub struct Header {
}

/// Reads and judges a header (`ftyp`, `moov`). `codecs` are those announced, RFC 6381; empty: any.
pub fn header(bytes: &[u8], codecs: &str) -> (Option<Header>, Vec<Violation>) {
    todo!()
}

/// Judges a segment or part of whatever container. `header` is that of fragments.
pub fn media(
    bytes: &[u8],
    announced: &Announced,
    header: Option<&Header>,
    continuity: &mut Continuity,
) -> Vec<Violation> {
    todo!()
}
