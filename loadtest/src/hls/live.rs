//! What a playlist is when its last line was read: numbers, times, and how it goes on.
use std::time::Duration;

use url::Url;

use super::list::List;
use super::text::{Attributes, Text};
use super::{MediaPlaylist, PlaylistType};
use crate::presentation::{Live, Media, ReadError, Report, Resource, Segment};
use crate::verify::rules;

/// Renditions reported of.
const MAX_REPORTS: usize = 256;

/// `EXT-X-PRELOAD-HINT` (4.4.5.3) and `EXT-X-RENDITION-REPORT` (4.4.5.4).
#[derive(Debug, Default)]
pub(super) struct Hints {
    part: Option<Resource>,
    map: bool,
    reports: Vec<Told>,
    line: usize,
}

/// A report as it is told: what is left out is as in the playlist that reports (4.4.5.4).
#[derive(Debug)]
struct Told {
    playlist: Url,
    number: Option<u64>,
    part: Option<u64>,
}

impl Hints {
    pub(super) fn hint(
        &mut self,
        text: &mut Text<'_>,
        attributes: &Attributes,
        line: usize,
    ) -> Result<(), ReadError> {
        self.line = line;
        let url = text.resolve(attributes.require("URI")?, line)?;
        let again = match attributes.require("TYPE")? {
            "PART" => {
                let start = attributes.integer("BYTERANGE-START")?.unwrap_or(0);
                let length = attributes.integer("BYTERANGE-LENGTH")?;
                let end = length.map_or(u64::MAX, |length| start.saturating_add(length));
                let range = (start > 0 || length.is_some()).then_some(start..end);
                self.part.replace(Resource { url, range }).is_some()
            }
            "MAP" => std::mem::replace(&mut self.map, true),
            _ => false,
        };
        if again {
            text.fault(
                rules::HLS_HINT,
                line,
                "a second EXT-X-PRELOAD-HINT of one TYPE",
            );
        }
        Ok(())
    }

    pub(super) fn report(
        &mut self,
        text: &mut Text<'_>,
        attributes: &Attributes,
        line: usize,
    ) -> Result<(), ReadError> {
        if self.reports.len() >= MAX_REPORTS {
            return Err(ReadError::Limit {
                line,
                what: "rendition reports",
                limit: MAX_REPORTS,
            });
        }
        let uri = attributes.require("URI")?;
        if Url::parse(uri).is_ok() {
            let what = "the URI of an EXT-X-RENDITION-REPORT is not relative";
            text.fault(rules::HLS_REPORT, line, what);
        }
        self.reports.push(Told {
            playlist: text.resolve(uri, line)?,
            number: attributes.integer("LAST-MSN")?,
            part: attributes.integer("LAST-PART")?,
        });
        Ok(())
    }
}

impl List<'_> {
    pub(super) fn finish(mut self, last_line: usize) -> Result<MediaPlaylist, ReadError> {
        if let Some((resource, duration)) = self.growing() {
            self.push(resource, duration, false);
        }
        if self.target_duration.is_none() {
            let what = "EXT-X-TARGETDURATION is missing";
            self.text.fault(rules::HLS_TARGET_DURATION, last_line, what);
        }
        if self.iframes_only {
            // In playlists of I-frames EXT-X-MAP came earlier (4.4.4.5).
            if let Some((version, _)) = self.text.needs.get_mut("EXT-X-MAP") {
                *version = 5;
            }
        }
        if self.ended && (self.hints.part.is_some() || self.hints.map) {
            let what = "EXT-X-PRELOAD-HINT in a playlist that ended";
            self.text.fault(rules::HLS_HINT, self.hints.line, what);
        }
        self.number();
        let longest = self.segments.iter().map(|segment| segment.duration);
        let longest = longest.fold(0.0, f64::max);
        let target_duration = self.target_duration.unwrap_or(longest);
        let live = self.live(target_duration);
        Ok(MediaPlaylist {
            version: self.text.version.unwrap_or(1),
            needs: self.text.needs,
            target_duration,
            kind: self.kind,
            ended: self.ended,
            iframes_only: self.iframes_only,
            media_sequence: self.media_sequence,
            part_target: self.part_target,
            control: self.control,
            skipped: self.skipped,
            faults: self.text.faults,
            media: Media {
                segments: self.segments,
                live,
            },
        })
    }

    /// Numbers count from EXT-X-MEDIA-SEQUENCE; starts go on from the playlist before, so that a player's position
    /// means the same in both.
    fn number(&mut self) {
        let mut start = self.first_start();
        let mut clock: Option<f64> = None;
        for (segment, number) in self.segments.iter_mut().zip(self.media_sequence..) {
            segment.number = number;
            segment.start = start;
            segment.wall_clock = segment.wall_clock.or(clock);
            start += segment.duration;
            clock = segment.wall_clock.map(|wall| wall + segment.duration);
        }
        // Before the first date it is reckoned backwards (4.4.4.6).
        let mut clock: Option<f64> = None;
        for segment in self.segments.iter_mut().rev() {
            if segment.wall_clock.is_none() {
                segment.wall_clock = clock.map(|next| next - segment.duration);
            }
            clock = segment.wall_clock;
        }
    }

    fn first_start(&self) -> f64 {
        let known = self.previous.map(|previous| &previous.media.segments);
        let Some(known) = known.filter(|known| !known.is_empty()) else {
            return 0.0;
        };
        let mut known_segments = known.iter();
        if let Some(same) = known_segments.find(|segment| segment.number == self.media_sequence) {
            return same.start;
        }
        match known.last() {
            // A server that began anew: so does the time line.
            Some(last) if last.number >= self.media_sequence => 0.0,
            Some(last) => {
                let missed = self.media_sequence - last.number - 1;
                let target = self.target_duration.unwrap_or_default();
                last.start + last.duration + missed as f64 * target
            }
            None => 0.0,
        }
    }

    fn live(&mut self, target_duration: f64) -> Option<Live> {
        if self.ended || self.kind == Some(PlaylistType::Vod) {
            return None;
        }
        let blocking = self.control.block_reload;
        let unchanged = self.previous.is_some_and(|previous| {
            let end = |segments: &[Segment]| {
                let last = segments.last()?;
                Some((last.number, last.complete, last.parts.len()))
            };
            end(&previous.media.segments) == end(&self.segments)
        });
        let pace = self.part_target.unwrap_or(target_duration);
        let reload_after = match (blocking, unchanged) {
            (true, _) => 0.0,
            (false, true) => pace / 2.0,
            (false, false) => pace,
        };
        let hold_back = match (self.part_target, self.control.part_hold_back) {
            (Some(_), Some(part_hold_back)) => part_hold_back,
            (Some(part_target), None) => 3.0 * part_target,
            (None, _) => self.control.hold_back.unwrap_or(3.0 * target_duration),
        };
        Some(Live {
            reload_after: Duration::try_from_secs_f64(reload_after).unwrap_or(Duration::MAX),
            hold_back,
            blocking,
            part_target: self.part_target,
            hint: self.hints.part.take(),
            skip_until: self.control.skip_until,
            reports: self.reports(),
        })
    }

    fn reports(&mut self) -> Vec<Report> {
        let own = self.segments.iter().rev().find(|segment| {
            // Where there are parts, the last of them counts.
            self.part_target.is_none() || !segment.parts.is_empty()
        });
        let own = own.or(self.segments.last());
        let number = own.map_or(self.media_sequence, |own| own.number);
        let part = own.and_then(|own| (own.parts.len() as u64).checked_sub(1));
        let told = std::mem::take(&mut self.hints.reports).into_iter();
        let report = |told: Told| Report {
            playlist: told.playlist,
            number: told.number.unwrap_or(number),
            part: told.part.or(part),
        };
        told.map(report).collect()
    }
}
