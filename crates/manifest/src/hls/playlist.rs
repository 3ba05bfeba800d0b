//! Any media playlist: stretches of segments, one per period, behind one another.
use edgepack_packager::{Segment, TrickFrame, ts};

use super::cover::{Cover, Scope};
use super::date_range::Dates;
use super::{date, push_header};
use crate::Layout;
use crate::text::{MICROS, push_fixed, push_number, rescale};

/// `#EXTINF:4.004000,\n1234.m4s\n`, rounded up.
const BYTES_PER_SEGMENT: usize = 32;
const BYTES_OF_HEADER: usize = 1024;
const BYTES_PER_DATE_RANGE: usize = 512;

pub(super) struct Playlist<'p> {
    pub(super) version: u64,
    /// Lines of the header that say what the segments are.
    pub(super) nature: &'static str,
    /// Seconds; at least what the segments need.
    pub(super) target: u64,
    pub(super) dates: Option<Dates<'p>>,
    pub(super) stretches: Vec<Stretch<'p>>,
}

/// The part of a playlist that one rendition gives.
pub(super) struct Stretch<'p> {
    pub(super) spans: Spans<'p>,
    pub(super) timescale: u32,
    /// Before every URI: empty, or `../{other track}/`.
    pub(super) folder: String,
    /// None: clear.
    pub(super) cover: Option<Cover<'p>>,
    pub(super) map: Option<Map>,
    pub(super) address: Address<'p>,
    /// A line before each segment that describes it.
    pub(super) tag: String,
    /// When its period begins.
    pub(super) begin_us: u64,
}

/// When segments begin and how long they last.
pub(super) enum Spans<'p> {
    Segments(&'p [Segment]),
    Frames(&'p [TrickFrame]),
    /// Video and audio in one.
    Muxed(Vec<ts::Span>),
}

/// EXT-X-MAP.
pub(super) enum Map {
    /// `init.mp4`, `init-2.mp4` and so on.
    Init,
    /// So many bytes at the start of the file.
    Start { file: &'static str, len: u64 },
}

pub(super) enum Address<'p> {
    /// `{stem}{n}{extension}`, n from 1.
    Numbered {
        stem: &'static str,
        extension: &'static str,
    },
    /// Bytes of one file.
    Ranges {
        file: &'static str,
        layout: &'p Layout,
    },
    /// There is nothing; the URI names nothing that exists (8216bis, 4.4.4.7).
    Gap { extension: &'static str },
}

impl Spans<'_> {
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Segments(segments) => segments.len(),
            Self::Frames(frames) => frames.len(),
            Self::Muxed(spans) => spans.len(),
        }
    }

    /// (start, duration) of the one with this index.
    fn at(&self, index: usize) -> (u64, u64) {
        match self {
            Self::Segments(segments) => (segments[index].start, segments[index].duration),
            Self::Frames(frames) => (frames[index].start, frames[index].duration),
            Self::Muxed(spans) => (spans[index].start, spans[index].duration),
        }
    }

    /// Of the longest one: seconds, rounded (8216bis, 4.4.3.1).
    pub(super) fn target(&self, timescale: u32) -> u64 {
        let longest = (0..self.len()).map(|index| self.at(index).1).max();
        rescale(longest.unwrap_or(0), timescale, 1)
    }
}

impl Playlist<'_> {
    pub(super) fn write(&self) -> String {
        let bytes: usize = self
            .stretches
            .iter()
            .map(|stretch| {
                let each = BYTES_PER_SEGMENT + stretch.folder.len() + stretch.tag.len();
                BYTES_OF_HEADER + stretch.spans.len() * each
            })
            .sum();
        let ranges = self.dates.map_or(&[][..], |dates| dates.ranges);
        let bytes = bytes + ranges.len() * BYTES_PER_DATE_RANGE;
        let mut out = String::with_capacity(bytes + 128);
        push_header(&mut out, self.version);
        out.push_str(self.nature);
        let needed = self
            .stretches
            .iter()
            .map(|stretch| stretch.spans.target(stretch.timescale));
        let target = needed.max().unwrap_or(0).max(self.target).max(1);
        out.push_str("#EXT-X-TARGETDURATION:");
        push_number(&mut out, target);
        // Segment numbers in URLs start at 1, and so does the sequence, which AES-128 takes its IV from.
        out.push_str("\n#EXT-X-MEDIA-SEQUENCE:1\n#EXT-X-PLAYLIST-TYPE:VOD\n");
        for range in ranges {
            range.push(&mut out);
        }
        let mut scope = Scope::default();
        for (index, stretch) in self.stretches.iter().enumerate() {
            if index > 0 {
                out.push_str("#EXT-X-DISCONTINUITY\n");
                scope.in_sequence = false;
            }
            if let Some(dates) = self.dates {
                stretch.push_date(&mut out, dates.zero_ms);
            }
            stretch.push(&mut out, &mut scope);
        }
        out.push_str("#EXT-X-ENDLIST\n");
        out
    }
}

impl<'p> Stretch<'p> {
    fn push(&self, out: &mut String, scope: &mut Scope<'p>) {
        let mut changes = match &self.cover {
            Some(cover) => cover.changes(),
            None => {
                scope.leave(out);
                self.push_map(out, 0);
                &[]
            }
        };
        for index in 0..self.spans.len() {
            if let Some(cover) = &self.cover {
                while let Some((change, rest)) = changes.split_first()
                    && change.at == index
                {
                    changes = rest;
                    let map = |out: &mut String| self.push_map(out, change.header);
                    scope.change(out, cover, change, map);
                }
                scope.number(out, cover, index);
            }
            let (start, duration) = self.spans.at(index);
            // Differences of rounded ends, so that the rounding never adds up along the timeline.
            let end = rescale(start + duration, self.timescale, MICROS);
            let start = rescale(start, self.timescale, MICROS);
            out.push_str(&self.tag);
            if matches!(self.address, Address::Gap { .. }) {
                out.push_str("#EXT-X-GAP\n");
            }
            out.push_str("#EXTINF:");
            push_fixed(out, end.saturating_sub(start), 6);
            out.push_str(",\n");
            match &self.address {
                Address::Numbered { stem, extension } => {
                    out.push_str(&self.folder);
                    out.push_str(stem);
                    push_number(out, index as u64 + 1);
                    out.push_str(extension);
                }
                Address::Ranges { file, layout } => {
                    let range = layout.segment(index).unwrap_or_default();
                    out.push_str("#EXT-X-BYTERANGE:");
                    push_number(out, range.end - range.start);
                    out.push('@');
                    push_number(out, range.start);
                    out.push('\n');
                    out.push_str(&self.folder);
                    out.push_str(file);
                }
                Address::Gap { extension } => {
                    out.push_str("gap");
                    push_number(out, index as u64 + 1);
                    out.push_str(extension);
                }
            }
            out.push('\n');
        }
    }

    /// Of its first segment.
    fn push_date(&self, out: &mut String, zero_ms: i64) {
        if self.spans.len() == 0 {
            return;
        }
        let start_ms = rescale(self.spans.at(0).0, self.timescale, 1000);
        let at_ms = start_ms.saturating_add(self.begin_us / 1000);
        out.push_str("#EXT-X-PROGRAM-DATE-TIME:");
        date::push(out, zero_ms.saturating_add_unsigned(at_ms));
        out.push('\n');
    }

    /// `header`: from 0.
    fn push_map(&self, out: &mut String, header: usize) {
        let Some(map) = &self.map else { return };
        out.push_str("#EXT-X-MAP:URI=\"");
        out.push_str(&self.folder);
        match map {
            Map::Init if header == 0 => out.push_str("init.mp4\""),
            Map::Init => {
                out.push_str("init-");
                push_number(out, header as u64 + 1);
                out.push_str(".mp4\"");
            }
            Map::Start { file, len } => {
                out.push_str(file);
                out.push_str("\",BYTERANGE=\"");
                push_number(out, *len);
                out.push_str("@0\"");
            }
        }
        out.push('\n');
    }
}
