//! `?start=` and `?end=`: a stretch of a channel, for viewers who start over or catch up.
//!
//! As long as its end is ahead a stretch grows (an EVENT playlist, a dynamic MPD); once that has passed it is a film (VOD,
//! static).
use std::ops::RangeInclusive;
use std::sync::Arc;

use edgepack_manifest::hls::live::Nature;
use edgepack_packager::live::{Segment, Window};

use super::archive::Archive;
use super::channel::Channel;
use super::faults;
use super::protection::Keyed;
use crate::delivery::Fault;
use crate::moment::unix_ms;

const START: &str = "start";
const END: &str = "end";
/// Playlists of more are megabytes, for each who asks.
const LONGEST_MS: i64 = 24 * 3_600_000;
/// What comes so much after its wall clock is late; a stretch that is over does not wait for more.
const LATE_MS: i64 = 10_000;

/// Unix milliseconds; the end is not part of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Stretch {
    start_ms: i64,
    end_ms: Option<i64>,
}

impl Stretch {
    /// From the pairs of a query; none where neither is named. Each is Unix time in seconds, or a moment as RFC 3339 has
    /// it.
    ///
    /// # Errors
    /// 400 for what is no time, for an end without a start, and for one that is not behind it.
    pub(super) fn parse<'q>(
        pairs: impl IntoIterator<Item = (&'q str, &'q str)>,
    ) -> Result<Option<Self>, Fault> {
        let (mut start, mut end) = (None, None);
        for (name, value) in pairs {
            match name {
                START => start = Some(moment(START, value)?),
                END => end = Some(moment(END, value)?),
                _ => {}
            }
        }
        match (start, end) {
            (None, None) => Ok(None),
            (None, Some(_)) => Err(bad("an end needs a start".to_owned())),
            (Some(start), Some(end)) if end <= start => {
                Err(bad("the end is not behind the start".to_owned()))
            }
            (Some(start_ms), end_ms) => Ok(Some(Self { start_ms, end_ms })),
        }
    }

    /// For the addresses of media playlists.
    pub(super) fn query(self) -> String {
        let seconds = |ms: i64| format!("{}.{:03}", ms.div_euclid(1000), ms.rem_euclid(1000));
        match self.end_ms {
            None => format!("{START}={}", seconds(self.start_ms)),
            Some(end) => format!("{START}={}&{END}={}", seconds(self.start_ms), seconds(end)),
        }
    }

    /// The same without what nobody can have any more, so that who asks for more gets the same text.
    ///
    /// # Errors
    /// 400 for one that is too long.
    pub(super) fn within(self, channel: &Channel, now_ms: i64) -> Result<Self, Fault> {
        let Some((oldest_ms, _)) = channel.archive.as_ref().and_then(Archive::span) else {
            // The window is all there is.
            return Ok(self);
        };
        let stretch = Self {
            start_ms: self
                .start_ms
                .max(oldest_ms.min(self.end_ms.unwrap_or(i64::MAX) - 1)),
            ..self
        };
        let lasts_ms = stretch.end_ms.unwrap_or(now_ms).min(now_ms) - stretch.start_ms;
        if lasts_ms > LONGEST_MS {
            return Err(bad(format!("longer than {} hours", LONGEST_MS / 3_600_000)));
        }
        Ok(stretch)
    }

    /// What its texts say besides what has come: another one, other texts.
    pub(super) fn phase(self, now_ms: i64) -> (bool, bool) {
        (self.nature(now_ms) == Nature::Vod, self.is_late(now_ms))
    }

    /// Nothing more is waited for.
    fn is_late(self, now_ms: i64) -> bool {
        let end_ms = self.end_ms;
        end_ms.is_some_and(|end_ms| now_ms > end_ms.saturating_add(LATE_MS))
    }

    /// What may become of it.
    pub(super) fn nature(self, now_ms: i64) -> Nature {
        Nature::of_stretch(self.end_ms, now_ms)
    }

    /// What there is of a track: on disk as far as it is no more in memory, in `window`. Segments whole, since who starts
    /// over is far from the live edge.
    ///
    /// # Errors
    /// 404 where nothing of it is there.
    pub(super) fn of(
        self,
        channel: &Channel,
        track: &str,
        window: &Window,
        keyed: Option<&Keyed>,
        now_ms: i64,
    ) -> Result<Window, Fault> {
        let end_ms = self.end_ms.unwrap_or(i64::MAX);
        let last = window.segments.last();
        let reached_ms = last.map_or(i64::MIN, |last| until_ms(last, window.timescale));
        let live = window
            .segments
            .first()
            .map_or(u64::MAX, |first| first.number);
        let recorded = channel
            .archive
            .as_ref()
            .map(|archive| archive.segments(track, window.timescale, self.start_ms, end_ms));
        let mut segments = recorded.unwrap_or_default();
        segments.retain(|segment| segment.epoch != channel.epoch.0 || segment.number < live);
        let within = |segment: &&Arc<Segment>| self.has(segment, window.timescale);
        segments.extend(window.segments.iter().filter(within).cloned());
        // What came since the keys were fetched is told with theirs.
        let came = segments.len();
        if let Some(keyed) = keyed {
            let periods = keyed.periods();
            segments.retain(|segment| periods.contains(&channel.period_of(segment.number)));
        }
        if segments.iter().all(|segment| segment.gap) {
            return Err(faults::no_such_stretch());
        }
        let is_over = window.ended || reached_ms >= end_ms || self.is_late(now_ms);
        Ok(Window {
            ended: is_over && segments.len() == came,
            segments,
            discontinuities_gone: 0,
            timescale: window.timescale,
        })
    }

    /// Media sequence numbers of what there is of it, in all tracks.
    ///
    /// # Errors
    /// 404 where nothing of it is there.
    pub(super) fn numbers(self, channel: &Channel) -> Result<RangeInclusive<u64>, Fault> {
        let end_ms = self.end_ms.unwrap_or(i64::MAX);
        let windows: Vec<(Option<String>, Arc<Window>)> = {
            let state = channel.lock();
            let tracks = state.tracks.iter();
            tracks
                .map(|of| (of.name.clone(), of.line.window()))
                .collect()
        };
        let mut found: Option<(u64, u64)> = None;
        for (name, window) in &windows {
            let within = |segment: &&Arc<Segment>| self.has(segment, window.timescale);
            let in_memory = window
                .segments
                .iter()
                .filter(within)
                .map(|segment| segment.number);
            let in_memory = in_memory.clone().min().zip(in_memory.max());
            let archive = channel.archive.as_ref().zip(name.as_deref());
            let on_disk =
                archive.and_then(|(archive, name)| archive.numbers(name, self.start_ms, end_ms));
            for (first, last) in in_memory.into_iter().chain(on_disk) {
                let so_far = found.unwrap_or((first, last));
                found = Some((so_far.0.min(first), so_far.1.max(last)));
            }
        }
        let (first, last) = found.ok_or_else(faults::no_such_stretch)?;
        Ok(first..=last)
    }

    /// Whether the segment has a moment of it.
    fn has(self, segment: &Segment, timescale: u32) -> bool {
        segment.complete
            && segment.wall_clock_ms < self.end_ms.unwrap_or(i64::MAX)
            && until_ms(segment, timescale) > self.start_ms
    }
}

/// Unix milliseconds of a segment's end.
fn until_ms(segment: &Segment, timescale: u32) -> i64 {
    let ms = segment.duration.saturating_mul(1000) / u64::from(timescale.max(1));
    segment
        .wall_clock_ms
        .saturating_add(i64::try_from(ms).unwrap_or(i64::MAX))
}

fn moment(name: &str, value: &str) -> Result<i64, Fault> {
    unix_ms(name, value).map_err(bad)
}

fn bad(reason: String) -> Fault {
    Fault::bad_request("bad-stretch", reason)
}

#[cfg(test)]
mod tests;
