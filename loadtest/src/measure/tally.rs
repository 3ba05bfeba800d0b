//! The sums behind a recorder.
use std::collections::BTreeMap;

use super::Class;
use super::histogram::Times;
use crate::outcome::{ErrorClass, Incident, Unverified, Viewers};

#[derive(Debug, Default)]
pub(super) struct Tally {
    pub(super) requests: u64,
    pub(super) bytes: u64,
    pub(super) viewers: Viewers,
    pub(super) handshake: Times,
    pub(super) startup: Times,
    pub(super) latency: [Option<Times>; Class::ALL.len()],
    pub(super) first_byte: [Option<Times>; Class::ALL.len()],
    pub(super) live_latency: Option<Times>,
    pub(super) played_s: f64,
    pub(super) stalled_s: f64,
    pub(super) stalls: u64,
    pub(super) rungs: BTreeMap<String, f64>,
    pub(super) rung_switches: u64,
    pub(super) errors: BTreeMap<ErrorClass, u64>,
    pub(super) violations: u64,
    pub(super) unverified: BTreeMap<Unverified, u64>,
    pub(super) samples: Vec<Incident>,
    pub(super) tick: Tick,
}

/// One thread's second: `viewers` and `stalled` are levels, the rest came since the last.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tick {
    pub(crate) viewers: u64,
    /// Most viewers at once.
    pub(crate) peak: u64,
    pub(crate) stalled: u64,
    pub(crate) requests: u64,
    pub(crate) errors: u64,
    pub(crate) bytes: u64,
    pub(crate) segments: Times,
}

impl Tick {
    pub(super) fn take(&mut self) -> Self {
        let levels = Self {
            viewers: self.viewers,
            peak: self.viewers,
            stalled: self.stalled,
            ..Self::default()
        };
        std::mem::replace(self, levels)
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        self.viewers += other.viewers;
        self.peak += other.peak;
        self.stalled += other.stalled;
        self.requests += other.requests;
        self.errors += other.errors;
        self.bytes += other.bytes;
        self.segments.merge(&other.segments);
    }
}

impl Tally {
    pub(super) fn latency(&mut self, class: Class) -> &mut Times {
        self.latency[class as usize].get_or_insert_default()
    }

    pub(super) fn first_byte(&mut self, class: Class) -> &mut Times {
        self.first_byte[class as usize].get_or_insert_default()
    }

    pub(super) fn merge(&mut self, other: Self) {
        self.requests += other.requests;
        self.bytes += other.bytes;
        self.viewers.started += other.viewers.started;
        self.viewers.finished += other.viewers.finished;
        self.viewers.failed += other.viewers.failed;
        self.handshake.merge(&other.handshake);
        self.startup.merge(&other.startup);
        merge_classes(&mut self.latency, &other.latency);
        merge_classes(&mut self.first_byte, &other.first_byte);
        if let Some(theirs) = &other.live_latency {
            self.live_latency.get_or_insert_default().merge(theirs);
        }
        self.played_s += other.played_s;
        self.stalled_s += other.stalled_s;
        self.stalls += other.stalls;
        for (rung, seconds) in other.rungs {
            *self.rungs.entry(rung).or_default() += seconds;
        }
        self.rung_switches += other.rung_switches;
        for (class, count) in other.errors {
            *self.errors.entry(class).or_default() += count;
        }
        self.violations += other.violations;
        for (why, count) in other.unverified {
            *self.unverified.entry(why).or_default() += count;
        }
        self.samples.extend(other.samples);
    }
}

fn merge_classes(
    mine: &mut [Option<Times>; Class::ALL.len()],
    theirs: &[Option<Times>; Class::ALL.len()],
) {
    for (mine, theirs) in mine.iter_mut().zip(theirs) {
        if let Some(theirs) = theirs {
            mine.get_or_insert_default().merge(theirs);
        }
    }
}
