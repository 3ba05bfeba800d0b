//! Splice information as date ranges (RFC 8216bis, 4.4.5.1.2).
//!
//! A splice out and the way back are two tags of one ID: the second is added when the first has been read by players, who
//! are told what is new alone. `splice_null` and `bandwidth_reservation` become none, although they might: they are signs
//! of life that come every few seconds and say nothing to a player.
use std::collections::VecDeque;

use bytes::Bytes;

use super::{Event, Told};
use crate::scte35::{Command, Segmentation, SegmentationKind, SpliceInfo, SpliceInsert};

/// What is announced again within so long of where it was is the same.
const REPEATED_MS: u64 = 10_000;
/// A break that never ends and has no plan is forgotten after that.
const MAX_OPEN_MS: i64 = 6 * 3_600_000;

/// One EXT-X-DATERANGE.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Range {
    /// The same for both tags of a pair; of no other in the channel's life.
    pub id: String,
    /// Unix time, milliseconds, as all times here.
    pub start_ms: i64,
    /// With the way back alone: the actual one.
    pub end_ms: Option<i64>,
    /// Likewise.
    pub duration_ms: Option<u64>,
    /// With the way out alone.
    pub planned_duration_ms: Option<u64>,
    /// `SCTE35-OUT`, `SCTE35-IN` or `SCTE35-CMD`.
    pub attribute: &'static str,
    /// Its value: the whole `splice_info_section`.
    pub section: Bytes,
    pub added_ms: i64,
}

/// One that has been taken away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemovedRange {
    pub id: String,
    pub removed_ms: i64,
}

/// What is announced, cancelled and ended with the same number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Key {
    Splice {
        event_id: u32,
    },
    /// `type_id`: of what begins.
    Segmentation {
        event_id: u32,
        type_id: u8,
    },
    /// Without a number.
    Command,
}

/// The tags of one ID.
#[derive(Debug)]
struct Pair {
    key: Key,
    first: Range,
    back: Option<Range>,
}

#[derive(Debug)]
pub(super) struct Ranges {
    max: usize,
    pairs: VecDeque<Pair>,
    removed: VecDeque<RemovedRange>,
}

impl Ranges {
    pub(super) fn new(max: usize) -> Self {
        Self {
            max,
            pairs: VecDeque::new(),
            removed: VecDeque::new(),
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Range> {
        let pairs = self.pairs.iter();
        pairs.flat_map(|pair| std::iter::once(&pair.first).chain(&pair.back))
    }

    pub(super) fn removed(&self) -> impl Iterator<Item = &RemovedRange> {
        self.removed.iter()
    }

    pub(super) fn add(&mut self, event: &Event, told: &mut Told) {
        let Some(info) = &event.scte35 else {
            return;
        };
        match &info.command {
            Command::Null | Command::BandwidthReservation => {}
            Command::Insert(insert) => self.insert(event, info, insert, told),
            Command::TimeSignal(_) if !info.segmentations.is_empty() => {
                for segmentation in &info.segmentations {
                    self.segmentation(event, info, segmentation, told);
                }
            }
            _ => self.begin(event, info, Key::Command, "SCTE35-CMD", None, told),
        }
    }

    /// Whether anything left.
    pub(super) fn evict(&mut self, oldest_ms: i64, now_ms: i64) -> bool {
        let removed = &mut self.removed;
        let before = self.pairs.len();
        self.pairs.retain(|pair| {
            let stays = pair.end_ms() >= oldest_ms;
            if !stays {
                removed.push_back(pair.removed(now_ms));
            }
            stays
        });
        // None that players are told less of than the window: they were told of it when it left.
        removed.retain(|range| range.removed_ms >= oldest_ms);
        self.bound();
        self.pairs.len() < before
    }

    fn insert(&mut self, event: &Event, info: &SpliceInfo, insert: &SpliceInsert, told: &mut Told) {
        let event_id = insert.event_id;
        let key = Key::Splice { event_id };
        if insert.cancelled {
            self.cancel(event, |of| of == key);
        } else if insert.out_of_network {
            let planned = insert.break_duration.map(|planned| planned.ticks / 90);
            let planned = planned.or(event.duration_ms());
            self.begin(event, info, key, "SCTE35-OUT", planned, told);
        } else {
            self.end(event, info, key, told);
        }
    }

    fn segmentation(
        &mut self,
        event: &Event,
        info: &SpliceInfo,
        segmentation: &Segmentation,
        told: &mut Told,
    ) {
        let (event_id, type_id) = (segmentation.event_id, segmentation.type_id);
        if segmentation.cancelled {
            let is_of = |of| matches!(of, Key::Segmentation { event_id: id, .. } if id == event_id);
            return self.cancel(event, is_of);
        }
        let key = |type_id| Key::Segmentation { event_id, type_id };
        match segmentation.kind() {
            SegmentationKind::Out { .. } => {
                let planned = segmentation.duration.map(|ticks| ticks / 90);
                let planned = planned.or(event.duration_ms());
                self.begin(event, info, key(type_id), "SCTE35-OUT", planned, told);
            }
            SegmentationKind::In { start } => self.end(event, info, key(start), told),
            SegmentationKind::Mark => {
                self.begin(event, info, key(type_id), "SCTE35-CMD", None, told);
            }
        }
    }

    fn begin(
        &mut self,
        event: &Event,
        info: &SpliceInfo,
        key: Key,
        attribute: &'static str,
        planned_duration_ms: Option<u64>,
        told: &mut Told,
    ) {
        let is_repeated = |pair: &Pair| {
            let apart = pair.first.start_ms.abs_diff(event.start_ms);
            match key {
                Key::Command => apart <= REPEATED_MS && pair.first.section == info.section,
                _ => pair.key == key && pair.back.is_none() && apart <= REPEATED_MS,
            }
        };
        if self.pairs.iter().any(is_repeated) {
            told.repeated += 1;
            return;
        }
        let id = key.id(event);
        if self.pairs.iter().any(|pair| pair.first.id == id) {
            told.repeated += 1;
            return;
        }
        let first = Range {
            id,
            start_ms: event.start_ms,
            end_ms: None,
            duration_ms: None,
            planned_duration_ms,
            attribute,
            section: info.section.clone(),
            added_ms: event.added_ms,
        };
        let back = None;
        self.pairs.push_back(Pair { key, first, back });
        while self.pairs.len() > self.max {
            if let Some(pair) = self.pairs.pop_front() {
                self.removed.push_back(pair.removed(event.added_ms));
                told.dropped += 1;
            }
        }
        self.bound();
    }

    fn end(&mut self, event: &Event, info: &SpliceInfo, key: Key, told: &mut Told) {
        let is_begun = |pair: &&mut Pair| pair.key == key && pair.first.start_ms <= event.start_ms;
        let Some(pair) = self.pairs.iter_mut().rev().find(is_begun) else {
            told.unpaired += 1;
            return;
        };
        if pair.back.is_some() {
            told.repeated += 1;
            return;
        }
        pair.back = Some(Range {
            end_ms: Some(event.start_ms),
            duration_ms: Some(event.start_ms.abs_diff(pair.first.start_ms)),
            planned_duration_ms: None,
            attribute: "SCTE35-IN",
            section: info.section.clone(),
            added_ms: event.added_ms,
            ..pair.first.clone()
        });
    }

    /// What has not begun does not take place.
    fn cancel(&mut self, event: &Event, is_of: impl Fn(Key) -> bool) {
        let removed = &mut self.removed;
        self.pairs.retain(|pair| {
            let goes = is_of(pair.key) && pair.first.start_ms > event.added_ms;
            if goes {
                removed.push_back(pair.removed(event.added_ms));
            }
            !goes
        });
        self.bound();
    }

    fn bound(&mut self) {
        let excess = self.removed.len().saturating_sub(self.max);
        self.removed.drain(..excess);
    }
}

impl Pair {
    fn end_ms(&self) -> i64 {
        let start = self.first.start_ms;
        match (&self.back, self.first.planned_duration_ms) {
            (Some(back), _) => back.end_ms.unwrap_or(start),
            (None, Some(planned)) => start.saturating_add_unsigned(planned),
            (None, None) if self.first.attribute == "SCTE35-OUT" => {
                start.saturating_add(MAX_OPEN_MS)
            }
            (None, None) => start,
        }
    }

    fn removed(&self, removed_ms: i64) -> RemovedRange {
        RemovedRange {
            id: self.first.id.clone(),
            removed_ms,
        }
    }
}

impl Key {
    /// Numbers come again after a while: the start tells them apart.
    fn id(self, event: &Event) -> String {
        let start = event.start_ms;
        match self {
            Self::Splice { event_id } => format!("splice-{event_id}-{start}"),
            Self::Segmentation { event_id, type_id } => {
                format!("segmentation-{type_id:02x}-{event_id}-{start}")
            }
            Self::Command => format!("command-{}-{start}", event.id),
        }
    }
}
