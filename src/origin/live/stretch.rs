//! `?start=` and `?end=`: a stretch of a channel, for viewers who start over or catch up.
//!
//! As long as its end is ahead a stretch grows (an EVENT playlist, a dynamic MPD); once that has passed it is a film (VOD,
//! static).
use std::sync::Arc;
use std::time::UNIX_EPOCH;

use edgepack_manifest::hls::live::Nature;
use edgepack_packager::live::{Segment, Window};

use super::channel::Channel;
use super::faults;
use crate::delivery::Fault;

const START: &str = "start";
const END: &str = "end";
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
        window: Window,
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
        let within = |segment: &&Arc<Segment>| {
            segment.complete
                && segment.wall_clock_ms < end_ms
                && until_ms(segment, window.timescale) > self.start_ms
        };
        segments.extend(window.segments.iter().filter(within).cloned());
        if segments.iter().all(|segment| segment.gap) {
            return Err(faults::no_such_stretch());
        }
        let is_over = window.ended
            || reached_ms >= end_ms
            || end_ms != i64::MAX && now_ms > end_ms.saturating_add(LATE_MS);
        Ok(Window {
            segments,
            discontinuities_gone: 0,
            ended: is_over,
            ..window
        })
    }

    /// Media sequence numbers that it can hold, by wall clock.
    pub(super) fn numbers(self, channel: &Channel, now_ms: i64) -> std::ops::RangeInclusive<u64> {
        let number = |ms: i64| u64::try_from(ms).unwrap_or(0) / u64::from(channel.target_ms.max(1));
        // The clock of an encoder may differ from that of the node.
        let first = number(self.start_ms).saturating_sub(1);
        let end_ms = self.end_ms.unwrap_or(now_ms).min(now_ms);
        first..=number(end_ms).saturating_add(1).max(first)
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
    let seconds = || {
        let seconds: f64 = value
            .parse()
            .ok()
            .filter(|s: &f64| (0.0..1e11).contains(s))?;
        // Below 1e14, and so exact.
        Some((seconds * 1000.0).round() as i64)
    };
    let rfc3339 = || {
        let since = humantime::parse_rfc3339(value)
            .ok()?
            .duration_since(UNIX_EPOCH)
            .ok()?;
        i64::try_from(since.as_millis()).ok()
    };
    seconds().or_else(rfc3339).ok_or_else(|| {
        bad(format!(
            "{name} is neither Unix time in seconds nor like 2026-01-31T20:15:00Z"
        ))
    })
}

fn bad(reason: String) -> Fault {
    Fault::bad_request("bad-stretch", reason)
}

#[cfg(test)]
mod tests;
