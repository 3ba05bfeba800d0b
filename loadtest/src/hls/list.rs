//! A media playlist, line by line (4.4.3 to 4.4.5).
use std::collections::BTreeMap;

use url::Url;

use super::date::unix_seconds;
use super::keys::Keys;
use super::live::Hints;
use super::text::{Attributes, Line, Text, integer, lines, seconds};
use super::{Control, MAX_SEGMENTS, MediaPlaylist, PlaylistType};
use crate::presentation::{Container, Part, Protection, ReadError, Resource, Segment};
use crate::verify::rules;

mod ranges;
mod skip;

use ranges::ByteRange;

/// Numbers go on behind it within 64 bits.
const MAX_SEQUENCE: u64 = 1 << 62;

pub(super) fn read(
    url: &Url,
    text: &str,
    variables: &BTreeMap<String, String>,
    previous: Option<&MediaPlaylist>,
) -> Result<MediaPlaylist, ReadError> {
    let mut list = List::new(url, previous);
    if text.starts_with('\u{feff}') {
        list.text.fault(rules::HLS_SYNTAX, 1, "a byte order mark");
    }
    let mut last = 1;
    for (at, line) in lines(text)? {
        last = at;
        match line {
            Line::Tag(name, value) => list.tag(name, value, at, variables)?,
            Line::Uri(uri) => list.segment(uri, at)?,
        }
    }
    list.finish(last)
}

/// The playlist as far as it was read.
#[derive(Debug)]
pub(super) struct List<'a> {
    pub(super) text: Text<'a>,
    pub(super) previous: Option<&'a MediaPlaylist>,
    pub(super) segments: Vec<Segment>,
    pub(super) target_duration: Option<f64>,
    pub(super) media_sequence: u64,
    pub(super) part_target: Option<f64>,
    pub(super) control: Control,
    pub(super) kind: Option<PlaylistType>,
    pub(super) ended: bool,
    pub(super) iframes_only: bool,
    pub(super) skipped: Option<u64>,
    pub(super) hints: Hints,
    /// Parts of all segments.
    parts_seen: usize,
    // In force until something else is said.
    keys: Keys,
    map: Option<(Resource, bool)>,
    discontinuity: u64,
    // Of the next segment.
    duration: Option<f64>,
    range: Option<ByteRange>,
    gap: bool,
    date: Option<f64>,
    parts: Vec<Part>,
    // Where ranges without an offset begin.
    segment_end: Option<(Url, u64)>,
    part_end: Option<(Url, u64)>,
}

impl<'a> List<'a> {
    fn new(url: &'a Url, previous: Option<&'a MediaPlaylist>) -> Self {
        Self {
            text: Text::new(url),
            previous,
            segments: Vec::new(),
            target_duration: None,
            media_sequence: 0,
            part_target: None,
            control: Control::default(),
            kind: None,
            ended: false,
            iframes_only: false,
            skipped: None,
            hints: Hints::default(),
            parts_seen: 0,
            keys: Keys::default(),
            map: None,
            discontinuity: 0,
            duration: None,
            range: None,
            gap: false,
            date: None,
            parts: Vec::new(),
            segment_end: None,
            part_end: None,
        }
    }

    fn tag(
        &mut self,
        name: &str,
        value: &str,
        line: usize,
        variables: &BTreeMap<String, String>,
    ) -> Result<(), ReadError> {
        let of_segment = [
            "EXT-X-DISCONTINUITY",
            "EXT-X-KEY",
            "EXT-X-MAP",
            "EXT-X-PROGRAM-DATE-TIME",
        ];
        if !self.parts.is_empty() && of_segment.contains(&name) {
            let what = format!("{name} behind the first EXT-X-PART of its segment");
            self.text.fault(rules::HLS_PART_ORDER, line, what);
        }
        match name {
            "EXTINF" => self.extinf(value, line)?,
            "EXT-X-PART" => self.part(&self.text.attributes(value, line)?, line)?,
            "EXT-X-BYTERANGE" => {
                self.text.needs("EXT-X-BYTERANGE", 4, line);
                self.range = Some(ByteRange::read(value, line)?);
            }
            "EXT-X-DISCONTINUITY" => self.discontinuity = self.discontinuity.saturating_add(1),
            "EXT-X-GAP" => self.gap = true,
            "EXT-X-PROGRAM-DATE-TIME" => {
                self.date = unix_seconds(value);
                if self.date.is_none() {
                    let what = "EXT-X-PROGRAM-DATE-TIME is no date and time";
                    self.text.fault(rules::HLS_SYNTAX, line, what);
                }
            }
            "EXT-X-KEY" => {
                let attributes = self.text.attributes(value, line)?;
                self.keys.tag(&mut self.text, &attributes, line)?;
            }
            "EXT-X-MAP" => self.map(&self.text.attributes(value, line)?, line)?,
            "EXT-X-TARGETDURATION" => {
                self.text.once("EXT-X-TARGETDURATION", line);
                if value.trim().parse::<u64>().is_err() {
                    let what = "EXT-X-TARGETDURATION is no decimal integer";
                    self.text.fault(rules::HLS_SYNTAX, line, what);
                }
                self.target_duration = Some(seconds(value, line, name)?);
            }
            "EXT-X-MEDIA-SEQUENCE" => {
                self.text.once("EXT-X-MEDIA-SEQUENCE", line);
                self.before_segments("EXT-X-MEDIA-SEQUENCE", line);
                self.media_sequence = integer(value, line, name)?;
                if self.media_sequence > MAX_SEQUENCE {
                    let what = "EXT-X-MEDIA-SEQUENCE leaves no numbers".to_owned();
                    return Err(ReadError::Malformed { line, what });
                }
            }
            "EXT-X-DISCONTINUITY-SEQUENCE" => {
                self.text.once("EXT-X-DISCONTINUITY-SEQUENCE", line);
                self.before_segments("EXT-X-DISCONTINUITY-SEQUENCE", line);
                let counted = integer(value, line, name)?;
                self.discontinuity = self.discontinuity.saturating_add(counted);
            }
            "EXT-X-VERSION" => self.text.version(value, line),
            "EXT-X-ENDLIST" => {
                self.text.once("EXT-X-ENDLIST", line);
                self.ended = true;
            }
            "EXT-X-PLAYLIST-TYPE" => {
                self.text.once("EXT-X-PLAYLIST-TYPE", line);
                self.kind = match value.trim() {
                    "VOD" => Some(PlaylistType::Vod),
                    "EVENT" => Some(PlaylistType::Event),
                    _ => {
                        let what = "EXT-X-PLAYLIST-TYPE is neither VOD nor EVENT";
                        self.text.fault(rules::HLS_SYNTAX, line, what);
                        None
                    }
                };
            }
            "EXT-X-I-FRAMES-ONLY" => {
                self.text.once("EXT-X-I-FRAMES-ONLY", line);
                self.text.needs("EXT-X-I-FRAMES-ONLY", 4, line);
                self.iframes_only = true;
            }
            "EXT-X-PART-INF" => {
                self.text.once("EXT-X-PART-INF", line);
                let attributes = self.text.attributes(value, line)?;
                attributes.require("PART-TARGET")?;
                self.part_target = attributes.seconds("PART-TARGET")?;
            }
            "EXT-X-SERVER-CONTROL" => {
                self.text.once("EXT-X-SERVER-CONTROL", line);
                let attributes = self.text.attributes(value, line)?;
                self.control = Control {
                    hold_back: attributes.seconds("HOLD-BACK")?,
                    part_hold_back: attributes.seconds("PART-HOLD-BACK")?,
                    skip_until: attributes.seconds("CAN-SKIP-UNTIL")?,
                    block_reload: attributes.yes("CAN-BLOCK-RELOAD"),
                };
            }
            "EXT-X-SKIP" => self.skip(&self.text.attributes(value, line)?, line)?,
            "EXT-X-PRELOAD-HINT" => {
                let attributes = self.text.attributes(value, line)?;
                self.hints.hint(&mut self.text, &attributes, line)?;
            }
            "EXT-X-RENDITION-REPORT" => {
                let attributes = self.text.attributes(value, line)?;
                self.hints.report(&mut self.text, &attributes, line)?;
            }
            "EXT-X-DEFINE" => self.text.define(value, line, variables)?,
            "EXT-X-STREAM-INF" | "EXT-X-I-FRAME-STREAM-INF" | "EXT-X-MEDIA" => {
                return Err(ReadError::OtherPlaylist);
            }
            _ => {}
        }
        Ok(())
    }

    fn before_segments(&mut self, tag: &'static str, line: usize) {
        let begun = !self.segments.is_empty() || !self.parts.is_empty();
        // A discontinuity counted before its sequence number would be counted twice.
        let counted = tag == "EXT-X-DISCONTINUITY-SEQUENCE" && self.discontinuity > 0;
        if begun || counted {
            let what = format!("{tag} stands behind what it counts");
            self.text.fault(rules::HLS_SEQUENCE_PLACE, line, what);
        }
    }

    fn extinf(&mut self, value: &str, line: usize) -> Result<(), ReadError> {
        let duration = value
            .split_once(',')
            .map_or(value, |(duration, _)| duration);
        if duration.contains('.') {
            self.text.needs("decimal EXTINF", 3, line);
        }
        if !value.contains(',') {
            let what = "EXTINF without its comma";
            self.text.fault(rules::HLS_SYNTAX, line, what);
        }
        self.duration = Some(seconds(duration, line, "EXTINF")?);
        Ok(())
    }

    fn map(&mut self, attributes: &Attributes, line: usize) -> Result<(), ReadError> {
        self.text.needs("EXT-X-MAP", 6, line);
        let url = self.text.resolve(attributes.require("URI")?, line)?;
        let range = match attributes.get("BYTERANGE") {
            Some(value) => {
                let range = ByteRange::read(value, line)?;
                if range.offset.is_none() {
                    let what = "a BYTERANGE of EXT-X-MAP without its offset";
                    self.text.fault(rules::HLS_BYTE_RANGE, line, what);
                }
                Some(range.alone(line)?)
            }
            None => None,
        };
        let encrypted = self.keys.protection() == Protection::Whole;
        self.map = Some((Resource { url, range }, encrypted));
        Ok(())
    }

    fn part(&mut self, attributes: &Attributes, line: usize) -> Result<(), ReadError> {
        self.parts_seen += 1;
        self.bound(line)?;
        let url = self.text.resolve(attributes.require("URI")?, line)?;
        attributes.require("DURATION")?;
        let duration = attributes.seconds("DURATION")?.unwrap_or_default();
        let range = match attributes.get("BYTERANGE") {
            Some(value) => {
                let range = ByteRange::read(value, line)?;
                Some(range.behind(&mut self.part_end, &url, line)?)
            }
            None => None,
        };
        self.parts.push(Part {
            resource: Resource { url, range },
            duration,
            independent: attributes.yes("INDEPENDENT"),
            gap: attributes.yes("GAP"),
        });
        Ok(())
    }

    fn segment(&mut self, uri: &str, line: usize) -> Result<(), ReadError> {
        self.bound(line)?;
        let uri = self.text.substitute(uri, line)?;
        let url = self.text.resolve(&uri, line)?;
        let range = match self.range.take() {
            Some(range) => Some(range.behind(&mut self.segment_end, &url, line)?),
            None => {
                self.segment_end = None;
                None
            }
        };
        let duration = match self.duration.take() {
            Some(duration) => duration,
            None => {
                self.text
                    .fault(rules::HLS_EXTINF, line, "a segment without EXTINF");
                self.target_duration.unwrap_or_default()
            }
        };
        let resource = Resource { url, range };
        self.push(resource, duration, true);
        Ok(())
    }

    /// Adds a segment of all that was said since the last one. Number and start are given at the end.
    pub(super) fn push(&mut self, resource: Resource, duration: f64, complete: bool) {
        let (header, header_encrypted) = match &self.map {
            Some((header, encrypted)) => (Some(header.clone()), *encrypted),
            None => (None, false),
        };
        self.segments.push(Segment {
            number: 0,
            start: 0.0,
            duration,
            exact: true,
            media_time: None,
            container: container(&resource.url, header.is_some()),
            resource,
            header,
            header_encrypted,
            protection: self.keys.protection(),
            key: self.keys.identity().cloned(),
            discontinuity: self.discontinuity,
            gap: std::mem::take(&mut self.gap),
            parts: std::mem::take(&mut self.parts),
            complete,
            wall_clock: self.date.take(),
        });
    }

    /// The resource of a segment of which there are parts alone so far.
    pub(super) fn growing(&mut self) -> Option<(Resource, f64)> {
        let first = self.parts.first()?;
        let resource = Resource {
            url: first.resource.url.clone(),
            range: None,
        };
        Some((resource, self.parts.iter().map(|part| part.duration).sum()))
    }

    fn bound(&self, line: usize) -> Result<(), ReadError> {
        if self.segments.len() + self.parts_seen > MAX_SEGMENTS {
            return Err(ReadError::Limit {
                line,
                what: "segments",
                limit: MAX_SEGMENTS,
            });
        }
        Ok(())
    }
}

/// By the name; what it says nothing of is judged by its bytes.
pub(super) fn container(url: &Url, mapped: bool) -> Container {
    let name = url.path().rsplit('/').next().unwrap_or_default();
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    match extension.to_ascii_lowercase().as_str() {
        "vtt" | "webvtt" => Container::WebVtt,
        _ if mapped => Container::Fragment,
        "ts" | "m2ts" | "mts" => Container::TransportStream,
        "aac" | "ac3" | "ec3" | "mp3" => Container::PackedAudio,
        "m4s" | "mp4" | "m4v" | "m4a" | "m4f" | "cmfv" | "cmfa" | "cmft" => Container::Fragment,
        _ => Container::Unknown,
    }
}
