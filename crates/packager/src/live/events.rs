//! Events of a channel: what `emsg` boxes and event message tracks say, once each, for as long as the window holds it.
//!
//! All tracks of a channel, and all encoders, feed one [`Events`]; each [`Event`] is what a DASH `EventStream` tells, and
//! [`Events::ranges`] are the EXT-X-DATERANGE tags that splice information becomes.
use std::collections::VecDeque;

use bytes::Bytes;
use edgepack_isobmff::emsg::{self, EventTime};
use edgepack_isobmff::{FourCc, Track};

use super::{Clock, Line, Part, Segment, Window, prefix};
use crate::scte35::SpliceInfo;

mod ranges;

pub use ranges::{Range, RemovedRange};

use ranges::Ranges;

/// `splice_info_section`s as they are (SCTE 214-3).
pub const SCTE35_SCHEMES: [&str; 2] = ["urn:scte:scte35:2013:bin", "urn:scte:scte35:2014:bin"];
/// ID3 tags (AOM, Carriage of ID3 Timed Metadata in CMAF).
pub const ID3_SCHEME: &str = "https://aomedia.org/emsg/ID3";
/// Samples of the scheme that a URI names (ISO/IEC 14496-12, 12.3.3.3).
const URI_METADATA: FourCc = FourCc(*b"urim");
/// The samples are `emsg` boxes.
const DASH_EVENTS: &str = "urn:mpeg:dash:event:2012";
/// Two that are not further apart are at the same time, to two clocks.
const SAME_TIME_MS: u64 = 2;
/// Ticks of splice information in a second.
const SPLICE_TIMESCALE: u64 = 90_000;

/// One event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    pub id: u32,
    pub scheme: String,
    pub value: String,
    /// On the encoder's media time line.
    pub time: u64,
    /// None: unknown. The event's own, or else what its splice information plans.
    pub duration: Option<u64>,
    /// Units per second of both; not 0.
    pub timescale: u32,
    /// Unix time of `time`, milliseconds.
    pub start_ms: i64,
    pub message: Bytes,
    /// What the message says, where its scheme is one of [`SCTE35_SCHEMES`] and it can be read.
    pub scte35: Option<SpliceInfo>,
    /// Its box stands in the segments of a track.
    pub in_band: bool,
    /// When it came, Unix time, milliseconds.
    pub added_ms: i64,
}

/// Bounds on what encoders can make a channel remember.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventLimits {
    /// Of events, and of date ranges. Those that came first give way.
    pub max_events: usize,
    /// Of all messages together.
    pub max_bytes: usize,
}

impl Default for EventLimits {
    fn default() -> Self {
        Self {
            max_events: 1024,
            max_bytes: 1 << 20,
        }
    }
}

/// How far a track's windows have been looked through.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Seen {
    number: u64,
    parts: usize,
}

/// What became of events.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Told {
    pub added: u32,
    /// Of those, splice information and ID3 tags.
    pub splices: u32,
    pub id3_tags: u32,
    /// Known already: told again, or in another track.
    pub repeated: u32,
    /// Boxes that are no events, or messages that are no splice information; the latter are events all the same.
    pub unreadable: u32,
    /// Given up for the limits' sake.
    pub dropped: u32,
    /// Returns from breaks that were never begun: in no date range.
    pub unpaired: u32,
}

/// See the [module](self).
#[derive(Debug)]
pub struct Events {
    limits: EventLimits,
    /// In the order they came.
    events: VecDeque<Event>,
    bytes: usize,
    ranges: Ranges,
    version: u64,
}

impl Default for Events {
    fn default() -> Self {
        Self::new(EventLimits::default())
    }
}

impl Events {
    pub fn new(limits: EventLimits) -> Self {
        Self {
            limits,
            events: VecDeque::new(),
            bytes: 0,
            ranges: Ranges::new(limits.max_events),
            version: 0,
        }
    }

    /// Takes those of a track's parts that are behind `seen`, which is of that track alone.
    pub fn scan(&mut self, window: &Window, seen: &mut Seen, now_ms: i64) -> Told {
        let mut told = Told::default();
        let from = window.find(seen.number).unwrap_or(0);
        for segment in window.segments.get(from..).unwrap_or_default() {
            self.segment(segment, window.timescale, seen, now_ms, &mut told);
        }
        told
    }

    /// The same as [`scan`](Self::scan) of the line's window, which is not made for it.
    pub fn scan_line(&mut self, line: &Line, seen: &mut Seen, now_ms: i64) -> Told {
        let mut told = Told::default();
        let numbers = line.numbers();
        for number in numbers.start.max(seen.number)..numbers.end {
            if let Some(segment) = line.find(number) {
                self.segment(segment, line.options().timescale, seen, now_ms, &mut told);
            }
        }
        told
    }

    /// Takes those of a sample of an event message track. `time`: the sample's presentation time, in units of
    /// `timescale`; `clock`: of that time line.
    pub fn sample(
        &mut self,
        sample: &Bytes,
        time: u64,
        timescale: u32,
        clock: Clock,
        now_ms: i64,
    ) -> Told {
        let mut told = Told::default();
        match emsg::Event::of_sample(sample, time, timescale) {
            Err(_) => told.unreadable += 1,
            Ok(found) => {
                for found in found {
                    let at = match found.time {
                        EventTime::At(at) => at,
                        EventTime::AfterSegmentStart(delta) => {
                            let start = rescaled(time, timescale, found.timescale);
                            start.saturating_add(delta.into())
                        }
                    };
                    let start_ms = clock.unix_ms(at, found.timescale);
                    self.add(found, at, start_ms, false, now_ms, &mut told);
                }
            }
        }
        told
    }

    /// Forgets what ended before `oldest_ms`, the Unix time of the window's first sample in milliseconds.
    pub fn evict(&mut self, oldest_ms: i64, now_ms: i64) {
        let before = self.events.len();
        self.events.retain(|event| event.end_ms() >= oldest_ms);
        let gone = self.events.len() < before;
        if gone {
            self.bytes = self.events.iter().map(|event| event.message.len()).sum();
        }
        if self.ranges.evict(oldest_ms, now_ms) || gone {
            self.version += 1;
        }
    }

    /// In the order they came.
    pub fn iter(&self) -> impl Iterator<Item = &Event> {
        self.events.iter()
    }

    /// EXT-X-DATERANGE tags of all splice information that is there, in the order they came: RFC 8216bis, 4.4.5.1.2.
    pub fn ranges(&self) -> impl Iterator<Item = &Range> {
        self.ranges.iter()
    }

    /// Those that were taken away since, in that order.
    pub fn removed(&self) -> impl Iterator<Item = &RemovedRange> {
        self.ranges.removed()
    }

    /// Another one whenever events or ranges are others.
    pub fn version(&self) -> u64 {
        self.version
    }

    fn segment(
        &mut self,
        segment: &Segment,
        timescale: u32,
        seen: &mut Seen,
        now_ms: i64,
        told: &mut Told,
    ) {
        if segment.number != seen.number {
            *seen = Seen {
                number: segment.number,
                parts: 0,
            };
        }
        for part in segment.parts.get(seen.parts..).unwrap_or_default() {
            self.part(segment, part, timescale, now_ms, told);
        }
        seen.parts = segment.parts.len();
    }

    fn part(
        &mut self,
        segment: &Segment,
        part: &Part,
        timescale: u32,
        now_ms: i64,
        told: &mut Told,
    ) {
        let clock = Clock::at(segment.start, timescale, segment.wall_clock_ms);
        for raw in prefix::events(&part.prefix) {
            let Ok(found) = emsg::Event::parse(Bytes::copy_from_slice(raw)) else {
                told.unreadable += 1;
                continue;
            };
            let at = match found.time {
                EventTime::At(at) => at,
                EventTime::AfterSegmentStart(delta) => {
                    let start = rescaled(segment.start, timescale, found.timescale);
                    start.saturating_add(delta.into())
                }
            };
            let start_ms = clock.unix_ms(at, found.timescale);
            self.add(found, at, start_ms, true, now_ms, told);
        }
    }

    fn add(
        &mut self,
        found: emsg::Event,
        time: u64,
        start_ms: i64,
        in_band: bool,
        now_ms: i64,
        told: &mut Told,
    ) {
        let is_same = |known: &Event| {
            known.start_ms.abs_diff(start_ms) <= SAME_TIME_MS
                && known.scheme == found.scheme
                && known.value == found.value
                && (known.id == found.id || known.message == found.message)
        };
        // Those that are told again came not long ago.
        if let Some(known) = self.events.iter_mut().rev().find(|known| is_same(known)) {
            told.repeated += 1;
            if in_band && !known.in_band {
                known.in_band = true;
                self.version += 1;
            }
            return;
        }
        if found.message.len() > self.limits.max_bytes || self.limits.max_events == 0 {
            told.dropped += 1;
            return;
        }
        let is_splice = SCTE35_SCHEMES.contains(&found.scheme.as_str());
        let scte35 = is_splice.then(|| SpliceInfo::parse(&found.message));
        told.unreadable += u32::from(matches!(scte35, Some(Err(_))));
        let scte35 = scte35.and_then(Result::ok);
        let own = found.duration.map(u64::from);
        // 0: SCTE 214-3 has it for those whose length is not known.
        let own = own.filter(|own| !is_splice || *own > 0);
        let planned = scte35.as_ref().and_then(SpliceInfo::duration);
        let planned = planned.map(|ticks| {
            let ticks = u128::from(ticks) * u128::from(found.timescale);
            u64::try_from(ticks / u128::from(SPLICE_TIMESCALE)).unwrap_or(u64::MAX)
        });
        let event = Event {
            id: found.id,
            scheme: found.scheme,
            value: found.value,
            time,
            duration: own.or(planned),
            timescale: found.timescale,
            start_ms,
            message: found.message,
            scte35,
            in_band,
            added_ms: now_ms,
        };
        told.splices += u32::from(is_splice);
        told.id3_tags += u32::from(event.scheme == ID3_SCHEME);
        self.ranges.add(&event, told);
        self.bytes += event.message.len();
        self.events.push_back(event);
        told.added += 1;
        self.version += 1;
        while self.events.len() > self.limits.max_events || self.bytes > self.limits.max_bytes {
            let Some(first) = self.events.pop_front() else {
                return;
            };
            self.bytes -= first.message.len();
            told.dropped += 1;
        }
    }
}

impl Event {
    /// Milliseconds; none: unknown.
    pub fn duration_ms(&self) -> Option<u64> {
        let ms = u128::from(self.duration?) * 1000 / u128::from(self.timescale.max(1));
        u64::try_from(ms).ok()
    }

    fn end_ms(&self) -> i64 {
        self.start_ms
            .saturating_add_unsigned(self.duration_ms().unwrap_or(0))
    }
}

/// Whether a track of an encoder's header is one of events: no [`Header`](super::Header), its samples are for
/// [`Events::sample`]. Those of ISO/IEC 23001-18, and those of older encoders, whose samples are `emsg` boxes (DASH-IF
/// Live Media Ingest, 6.6: `urim` that says so).
pub fn is_event_track(track: &Track) -> bool {
    track.sample_entries.iter().any(|entry| {
        let says = |urn: &str| {
            let mut windows = entry.raw.windows(urn.len());
            windows.any(|at| at == urn.as_bytes())
        };
        match entry.format {
            emsg::EVENT_TRACK => true,
            URI_METADATA => says(DASH_EVENTS) || SCTE35_SCHEMES.into_iter().any(says),
            _ => false,
        }
    })
}

fn rescaled(time: u64, from: u32, to: u32) -> u64 {
    let time = u128::from(time) * u128::from(to) / u128::from(from.max(1));
    u64::try_from(time).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
