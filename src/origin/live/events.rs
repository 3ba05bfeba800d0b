//! What a channel tells beside picture and sound: events of its encoders, and interstitials of its operator.
//!
//! What manifests say of it is made when it changes, and shared until it does again.
use std::collections::VecDeque;
use std::sync::Arc;

use bytes::Bytes;
use edgepack_isobmff::Track;
use edgepack_manifest::dash::live::{Event, EventBody, InbandEvents};
use edgepack_manifest::hls::live::{DateRange, RemovedDateRange, Value};
use edgepack_packager::live::events::{
    self, EventLimits, Events, Range, RemovedRange, SCTE35_SCHEMES, Seen, Told,
};
use edgepack_packager::live::{Chunk, Clock, Line};

use self::schedule::Schedule;
use super::faults;
use crate::config;
use crate::delivery::Fault;

mod of_channel;
mod schedule;

/// Samples of event tracks that wait for the first media to tell what time it is.
const MAX_WAITING: usize = 64;
/// Of all of them, bytes.
const MAX_WAITING_BYTES: usize = 1 << 20;
/// Schemes and values that MPDs name for boxes in the segments.
const MAX_IN_BAND: usize = 16;

/// Of one channel.
#[derive(Debug)]
pub(super) struct ChannelEvents {
    events: Events,
    /// Splice information becomes date ranges.
    in_hls: bool,
    /// Of the channel's tracks, in their order.
    seen: Vec<Seen>,
    tracks: Vec<EventTrack>,
    waiting: VecDeque<Waiting>,
    waiting_bytes: usize,
    /// Of the channel's life, so that MPDs do not change with each event that goes.
    in_band: Vec<InbandEvents>,
    pub(super) schedule: Schedule,
    /// What `shown` was made of.
    versions: (u64, u64),
    shown: Arc<Shown>,
}

/// As manifests take it.
#[derive(Debug, Default)]
pub(super) struct Shown {
    pub(super) ranges: Vec<DateRange>,
    pub(super) removed: Vec<RemovedDateRange>,
    pub(super) events: Vec<Event>,
    pub(super) in_band: Vec<InbandEvents>,
}

/// No rendition: its samples are events.
#[derive(Debug)]
struct EventTrack {
    /// What the encoder calls it, and the id in its header.
    key: (String, u32),
    timescale: u32,
}

#[derive(Debug)]
struct Waiting {
    sample: Bytes,
    time: u64,
    timescale: u32,
}

impl ChannelEvents {
    pub(super) fn new(config: &config::LiveEvents) -> Self {
        Self {
            events: Events::new(EventLimits {
                max_events: config.max_events,
                ..EventLimits::default()
            }),
            in_hls: config.date_ranges,
            seen: Vec::new(),
            tracks: Vec::new(),
            waiting: VecDeque::new(),
            waiting_bytes: 0,
            in_band: Vec::new(),
            schedule: Schedule::new(config.max_interstitials),
            versions: (0, 0),
            shown: Arc::default(),
        }
    }

    /// A track of an encoder's header; whether it is one of events. `max`: of such tracks.
    ///
    /// # Errors
    /// 409 for more of them.
    pub(super) fn track_came(
        &mut self,
        key: &(String, u32),
        track: &Track,
        max: usize,
    ) -> Result<bool, Fault> {
        if !events::is_event_track(track) {
            return Ok(false);
        }
        let timescale = track.timescale;
        let count = self.tracks.len();
        match self.tracks.iter_mut().find(|known| known.key == *key) {
            Some(known) => known.timescale = timescale,
            None if count >= max => return Err(faults::too_many_tracks(max)),
            None => self.tracks.push(EventTrack {
                key: key.clone(),
                timescale,
            }),
        }
        Ok(true)
    }

    pub(super) fn has_track(&self, key: &(String, u32)) -> bool {
        self.tracks.iter().any(|track| track.key == *key)
    }

    /// Samples of an event track. `clock`: of the channel's media; without one they wait for it.
    pub(super) fn samples_came(
        &mut self,
        key: &(String, u32),
        chunk: &Chunk,
        clock: Option<Clock>,
        now_ms: i64,
    ) -> Told {
        let mut told = Told::default();
        let Some(track) = self.tracks.iter().find(|track| track.key == *key) else {
            return told;
        };
        let timescale = track.timescale;
        let (mut time, mut at) = (chunk.base_media_decode_time, 0_usize);
        for sample in &chunk.samples {
            let end = at.saturating_add(sample.size as usize);
            let bytes = chunk.media.get(at..end);
            told.unreadable += u32::from(bytes.is_none());
            let bytes = bytes.unwrap_or_default();
            if self.waiting.len() >= MAX_WAITING
                || self.waiting_bytes + bytes.len() > MAX_WAITING_BYTES
            {
                told.dropped += 1;
            } else {
                self.waiting_bytes += bytes.len();
                self.waiting.push_back(Waiting {
                    // The channel may keep a message for long: not the whole chunk with it.
                    sample: Bytes::copy_from_slice(bytes),
                    time: time.saturating_add_signed(sample.composition_offset.into()),
                    timescale,
                });
            }
            if clock.is_some() {
                add(&mut told, self.settle(clock, now_ms));
            }
            time = time.saturating_add(sample.duration.into());
            at = end;
        }
        told
    }

    /// What came in a track's segments since the last look.
    pub(super) fn look(&mut self, track: usize, line: &Line, now_ms: i64) -> Told {
        if self.seen.len() <= track {
            self.seen.resize(track + 1, Seen::default());
        }
        let mut told = Told::default();
        if let Some(seen) = self.seen.get_mut(track) {
            told = self.events.scan_line(line, seen, now_ms);
        }
        add(&mut told, self.settle(line.clock(), now_ms));
        told
    }

    /// Forgets what is before the channel's window. `skip_ms`: how far back delta updates of playlists go.
    pub(super) fn evict(&mut self, oldest_ms: i64, now_ms: i64, skip_ms: u64) {
        self.events.evict(oldest_ms, now_ms);
        self.schedule.evict(oldest_ms, now_ms, skip_ms);
    }

    /// Whether what manifests say is something else now.
    pub(super) fn changed(&mut self) -> bool {
        let versions = (self.events.version(), self.schedule.version());
        if self.versions == versions {
            return false;
        }
        self.versions = versions;
        for event in self.events.iter().filter(|event| is_named(event)) {
            let named = InbandEvents {
                scheme_id_uri: event.scheme.clone(),
                value: Some(event.value.clone()).filter(|value| !value.is_empty()),
            };
            if self.in_band.len() < MAX_IN_BAND && !self.in_band.contains(&named) {
                self.in_band.push(named);
            }
        }
        let splices = self.in_hls.then_some(&self.events).into_iter();
        let ranges = splices.clone().flat_map(Events::ranges).map(date_range);
        let removed = splices.flat_map(Events::removed).map(removed);
        self.shown = Arc::new(Shown {
            ranges: ranges.chain(self.schedule.ranges()).collect(),
            removed: removed.chain(self.schedule.removed().cloned()).collect(),
            events: self.events.iter().filter_map(mpd_event).collect(),
            in_band: self.in_band.clone(),
        });
        true
    }

    pub(super) fn shown(&self) -> Arc<Shown> {
        Arc::clone(&self.shown)
    }

    /// What waits is told when there is a clock.
    fn settle(&mut self, clock: Option<Clock>, now_ms: i64) -> Told {
        let mut told = Told::default();
        let Some(clock) = clock else {
            return told;
        };
        self.waiting_bytes = 0;
        for waiting in self.waiting.drain(..) {
            let Waiting {
                sample,
                time,
                timescale,
            } = waiting;
            add(
                &mut told,
                self.events.sample(&sample, time, timescale, clock, now_ms),
            );
        }
        told
    }
}

/// InbandEventStream: what the MPD does not tell itself.
fn is_named(event: &&events::Event) -> bool {
    event.in_band && event.scte35.is_none()
}

/// Splice information, and what comes in event tracks alone, which players do not get.
fn mpd_event(event: &events::Event) -> Option<Event> {
    let body = match &event.scte35 {
        Some(info) => EventBody::Scte35(info.section.clone()),
        None if event.in_band || SCTE35_SCHEMES.contains(&event.scheme.as_str()) => return None,
        None => EventBody::Message {
            scheme_id_uri: event.scheme.clone(),
            value: event.value.clone(),
            data: event.message.clone(),
        },
    };
    Some(Event {
        id: event.id,
        body,
        time: event.time,
        duration: event.duration,
        timescale: event.timescale,
        wall_clock_ms: event.start_ms,
    })
}

fn date_range(range: &Range) -> DateRange {
    let section = Value::Bytes(range.section.to_vec());
    DateRange {
        id: range.id.clone(),
        class: None,
        start_ms: range.start_ms,
        end_ms: range.end_ms,
        duration_ms: range.duration_ms,
        planned_duration_ms: range.planned_duration_ms,
        end_on_next: false,
        attributes: vec![(range.attribute.to_owned(), section)],
        added_ms: range.added_ms,
    }
}

fn removed(range: &RemovedRange) -> RemovedDateRange {
    RemovedDateRange {
        id: range.id.clone(),
        removed_ms: range.removed_ms,
    }
}

fn add(sum: &mut Told, told: Told) {
    sum.added += told.added;
    sum.splices += told.splices;
    sum.id3_tags += told.id3_tags;
    sum.repeated += told.repeated;
    sum.unreadable += told.unreadable;
    sum.dropped += told.dropped;
    sum.unpaired += told.unpaired;
}

#[cfg(test)]
mod tests;
