//! DASH MPDs of any server (ISO/IEC 23009-1), static and dynamic, as a player reads them.
//!
//! Reading is tolerant: what a player can live with is read, and told in `faults`, which [`crate::verify::dash`] turns
//! into violations.
use std::time::Duration;

use url::Url;

use crate::presentation::{
    Container, Media, Presentation, Protection, ReadError, Resource, Source,
};
use crate::verify::Violation;

mod document;
mod duration;
mod numbers;
mod segments;
mod sidx;
mod sources;
mod template;
#[cfg(test)]
mod tests;
mod tracks;
mod xml;

/// Most of what one representation may announce; each segment takes some hundred bytes. Of a dynamic MPD the latest
/// are kept, a static one with more is not read.
pub const MAX_SEGMENTS: usize = 100_000;

/// An MPD, as of the moment it was read for.
#[derive(Clone, Debug, PartialEq)]
pub struct Mpd {
    pub presentation: Presentation,
    /// What [`crate::presentation::Source::Known`] counts. Segments run through all periods: the tracks of the first
    /// one go on in those that are most like them. Numbers are DASH's own where there is one period, and go on in the
    /// next ones.
    pub media: Vec<Media>,
    /// Indices that have to be fetched before their media has segments: see [`Mpd::index`].
    pub indices: Vec<Index>,
    pub dynamic: bool,
    /// `MPD@publishTime`, seconds of the Unix epoch.
    pub publish_time: Option<f64>,
    /// `MPD@availabilityStartTime`.
    pub availability_start: Option<f64>,
    /// `MPD@minimumUpdatePeriod`; `None`: the MPD never changes, and its text may be read again for a later moment.
    pub minimum_update_period: Option<Duration>,
    /// `MPD@timeShiftBufferDepth`, seconds.
    pub time_shift: Option<f64>,
    /// Where its last period ends, where that is known: seconds of the presentation.
    pub end: Option<f64>,
    /// `MPD@maxSegmentDuration`, seconds.
    pub max_segment_duration: Option<f64>,
    /// What is wrong with its text. Bounded.
    pub faults: Vec<Violation>,
}

/// `SegmentBase`: segments are told by a `sidx` box in the media.
#[derive(Clone, Debug, PartialEq)]
pub struct Index {
    /// Of [`Mpd::media`].
    pub media: usize,
    /// What to fetch.
    pub resource: Resource,
    pub header: Option<Resource>,
    pub container: Container,
    pub protection: Protection,
    /// Seconds.
    pub period_start: f64,
    /// `@presentationTimeOffset`, seconds.
    pub offset: f64,
    /// Counts periods.
    pub discontinuity: u64,
}

/// Reads an MPD got from `url`, after redirects, as it is to be understood at `now`, seconds of the Unix epoch.
///
/// `previous` is what the same MPD was before: numbers of segments go on from it.
pub fn parse(url: &Url, text: &str, now: f64, previous: Option<&Mpd>) -> Result<Mpd, ReadError> {
    let mut mpd = document::read(url, text, now)?;
    if let Some(previous) = previous {
        numbers::go_on(&mut mpd, previous);
    }
    Ok(mpd)
}

impl Mpd {
    /// Which of [`Mpd::media`] is the representation's of this id; none where no period has it any more.
    pub fn known(&self, id: &str) -> Option<usize> {
        let rungs = self.presentation.tracks.iter().flat_map(|of| &of.rungs);
        let mut of_id = rungs.filter(|rung| rung.name == id);
        match of_id.next()?.source {
            Source::Known(at) => Some(at),
            Source::Playlist(_) => None,
        }
    }

    /// Adds the segments that the bytes of [`Index::resource`] tell; `at` counts [`Mpd::indices`]. The bytes may go on
    /// behind the box.
    pub fn index(&mut self, at: usize, bytes: &[u8]) -> Result<(), ReadError> {
        let absent = ReadError::Empty {
            what: "an MPD without that index",
        };
        let index = self.indices.get(at).ok_or(absent.clone())?;
        let mut segments = sidx::segments(index, bytes)?;
        let media = self.media.get_mut(index.media).ok_or(absent)?;
        media.segments.append(&mut segments);
        media.segments.sort_by(|a, b| a.start.total_cmp(&b.start));
        let first = media.segments.first().map_or(1, |first| first.number);
        for (segment, number) in media.segments.iter_mut().zip(first..) {
            segment.number = number;
        }
        Ok(())
    }
}
