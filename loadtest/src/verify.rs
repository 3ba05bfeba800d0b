//! What came is what was announced: a fast wrong answer is a failure.
//!
//! Nothing here is fetched or decoded. Media are judged by their boxes, packets and frames ([`media`], [`header`]),
//! manifests by the rules of their standards ([`hls`], [`dash`]).
use std::collections::BTreeMap;
use std::fmt;

use crate::outcome::Unverified;
use crate::presentation::{Container, Part, Protection, Resource, Segment};

pub(crate) mod boxes;
mod checksum;
pub mod dash;
mod fragment;
mod header;
pub mod hls;
mod packed_audio;
pub mod rules;
mod timing;
mod transport;
mod webvtt;

pub use checksum::Checksums;
pub use fragment::fragment;
pub use header::{Header, HeaderTrack, header};
pub use packed_audio::packed_audio;
pub use transport::transport;
pub use webvtt::webvtt;

/// Violations told of one body: a broken one repeats itself.
pub(crate) const MAX_VIOLATIONS: usize = 16;

/// A rule that was broken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Its name, one of [`rules`].
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
    /// Bytes, of a byte range that has an end.
    pub length: Option<u64>,
}

impl Announced {
    pub fn segment(segment: &Segment) -> Self {
        Self {
            container: segment.container,
            protection: segment.protection,
            number: segment.number,
            part: None,
            duration: Some(segment.duration),
            exact: segment.exact,
            media_time: segment.media_time,
            discontinuity: segment.discontinuity,
            length: length(&segment.resource),
        }
    }

    /// The part `index` of `segment`, from 0.
    pub fn part(segment: &Segment, index: usize, part: &Part) -> Self {
        Self {
            part: Some(index),
            duration: Some(part.duration),
            exact: true,
            media_time: segment.media_time.filter(|_| index == 0),
            length: length(&part.resource),
            ..Self::segment(segment)
        }
    }
}

fn length(resource: &Resource) -> Option<u64> {
    let range = resource.range.as_ref()?;
    (range.end != u64::MAX).then(|| range.end.saturating_sub(range.start))
}

/// Where a rendition's media stand, from one segment to the next: one for each rung that is played.
///
/// What does not follow what came before it, by number, part or discontinuity, begins anew by itself.
#[derive(Clone, Debug, Default)]
pub struct Continuity {
    last: Option<Place>,
    /// By track id or PID.
    clocks: BTreeMap<u32, timing::Clock>,
}

/// What came last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Place {
    number: u64,
    part: Option<usize>,
    discontinuity: u64,
}

impl Continuity {
    /// After something was left out: a segment that was given up, parts that were not fetched.
    pub fn reset(&mut self) {
        *self = Self::default();
    }

    /// Forgets what does not lead to `announced`.
    fn enter(&mut self, announced: &Announced) {
        let place = Place {
            number: announced.number,
            part: announced.part,
            discontinuity: announced.discontinuity,
        };
        let follows = self.last.is_some_and(|last| {
            let next_segment = last.number.checked_add(1) == Some(place.number)
                && matches!(place.part, None | Some(0));
            let next_part = last.number == place.number
                && last.part.is_some()
                && last.part.map(|part| part + 1) == place.part;
            last.discontinuity == place.discontinuity && (next_segment || next_part)
        });
        if !follows {
            self.clocks.clear();
        }
        self.last = Some(place);
    }
}

/// What was found wrong, up to a bound.
#[derive(Debug, Default)]
struct Findings(Vec<Violation>);

impl Findings {
    fn add(&mut self, rule: &'static str, detail: impl Into<String>) {
        if self.0.len() < MAX_VIOLATIONS {
            let detail = detail.into();
            self.0.push(Violation { rule, detail });
        }
    }
}

/// Why [`media`] cannot look into these bytes, where it cannot: they count as what they are, not as verified.
pub fn unverified(bytes: &[u8], announced: &Announced) -> Option<Unverified> {
    let unknown = announced.container == Container::Unknown;
    match announced.protection {
        Protection::Whole => Some(Unverified::Encrypted),
        _ if unknown && is_matroska(bytes) => Some(Unverified::Container),
        _ => None,
    }
}

/// Judges a segment or part of whatever container. `header` is that of fragments.
pub fn media(
    bytes: &[u8],
    announced: &Announced,
    header: Option<&Header>,
    continuity: &mut Continuity,
) -> Vec<Violation> {
    let mut found = Findings::default();
    if let Some(length) = announced
        .length
        .filter(|length| *length != bytes.len() as u64)
    {
        let got = bytes.len();
        found.add(rules::LENGTH, format!("{got} bytes came of {length}"));
        return found.0;
    }
    if announced.protection == Protection::Whole {
        if bytes.is_empty() || !bytes.len().is_multiple_of(16) {
            let got = bytes.len();
            found.add(
                rules::BLOCKS,
                format!("{got} bytes are no whole blocks of 16"),
            );
        }
        return found.0;
    }
    match (announced.container, header) {
        (Container::Unknown, _) => match sniff(bytes) {
            // A file that has its header in itself.
            Container::Fragment if bytes.get(4..8) == Some(b"ftyp") => {
                whole_file(bytes, announced, continuity)
            }
            // Matroska: its structure is not judged.
            Container::Unknown if is_matroska(bytes) => found.0,
            Container::Unknown => {
                found.add(rules::CONTAINER, "neither boxes, packets, frames nor cues");
                found.0
            }
            container => {
                let announced = Announced {
                    container,
                    ..*announced
                };
                media(bytes, &announced, header, continuity)
            }
        },
        (Container::Fragment, Some(header)) => fragment(bytes, announced, header, continuity),
        (Container::Fragment, None) => {
            found.add(
                rules::HEADER_BOXES,
                "a fragment came and its header did not",
            );
            found.0
        }
        (Container::TransportStream, _) => transport(bytes, announced, continuity),
        (Container::PackedAudio, _) => packed_audio(bytes, announced, continuity),
        (Container::WebVtt, _) => webvtt(bytes),
    }
}

/// A header, and the segments behind it.
fn whole_file(bytes: &[u8], announced: &Announced, continuity: &mut Continuity) -> Vec<Violation> {
    let moov = boxes::boxes(bytes).flatten().find(|b| b.kind == *b"moov");
    let (head, rest) = bytes.split_at(moov.map_or(bytes.len(), |moov| moov.end()));
    match header(head, "") {
        (Some(header), found) if found.is_empty() => fragment(rest, announced, &header, continuity),
        (_, found) => found,
    }
}

/// The beginning of a file, or of a cluster.
fn is_matroska(bytes: &[u8]) -> bool {
    bytes.starts_with(&[0x1a, 0x45, 0xdf, 0xa3]) || bytes.starts_with(&[0x1f, 0x43, 0xb6, 0x75])
}

/// What bytes without a telling name are.
fn sniff(bytes: &[u8]) -> Container {
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let kind = bytes.get(4..8).unwrap_or_default();
    if bytes.first() == Some(&0x47) && bytes.get(188).is_none_or(|sync| *sync == 0x47) {
        Container::TransportStream
    } else if text.starts_with(b"WEBVTT") {
        Container::WebVtt
    } else if matches!(
        kind,
        b"styp" | b"moof" | b"sidx" | b"ftyp" | b"prft" | b"emsg"
    ) {
        Container::Fragment
    } else if bytes.starts_with(b"ID3")
        || matches!(bytes, [0xff, second, ..] if second & 0xe0 == 0xe0)
        || bytes.starts_with(&[0x0b, 0x77])
    {
        Container::PackedAudio
    } else {
        Container::Unknown
    }
}

#[cfg(test)]
mod tests;
