//! What is measured while a run goes on, and the [`Outcome`] it ends in.
//!
//! Every thread has a [`Recorder`] of its own; they are merged when all is over. Latencies count from when a request
//! was due, not from when it could be sent: a client that falls behind does not hide what its viewers waited.
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use tokio::time::Instant;

use crate::outcome::{ErrorClass, Incident, Outcome, Unverified};

mod histogram;
mod tally;

pub use histogram::Times;
use tally::Tally;
pub(crate) use tally::Tick;

/// Incidents kept, of each thread and of the whole.
const MAX_SAMPLES: usize = 100;
const MAX_SAMPLE_CHARS: usize = 600;
/// Rungs told apart; the rest is summed as `other`.
const MAX_RUNGS: usize = 256;

/// What was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    Manifest,
    /// A reload, a part or a segment that the server holds back until there is something to send: its time is the
    /// encoder's.
    Blocked,
    Header,
    Segment,
    Part,
    Key,
}

impl Class {
    pub const ALL: [Self; 6] = [
        Self::Manifest,
        Self::Blocked,
        Self::Header,
        Self::Segment,
        Self::Part,
        Self::Key,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Manifest => "manifest",
            Self::Blocked => "blocked",
            Self::Header => "header",
            Self::Segment => "segment",
            Self::Part => "part",
            Self::Key => "key",
        }
    }
}

/// One thread's figures.
#[derive(Clone, Debug)]
pub struct Recorder {
    begin: Instant,
    tally: Rc<RefCell<Tally>>,
}

impl Recorder {
    pub fn new(begin: Instant) -> Self {
        Self {
            begin,
            tally: Rc::default(),
        }
    }

    pub fn request(&self, class: Class, due: Instant, first_byte: Instant, end: Instant) {
        let mut tally = self.tally.borrow_mut();
        let latency = end.saturating_duration_since(due);
        tally.requests += 1;
        tally.tick.requests += 1;
        tally.latency(class).record(latency);
        tally
            .first_byte(class)
            .record(first_byte.saturating_duration_since(due));
        if class == Class::Segment || class == Class::Part {
            tally.tick.segments.record(latency);
        }
    }

    pub fn bytes(&self, bytes: u64) {
        let mut tally = self.tally.borrow_mut();
        tally.bytes += bytes;
        tally.tick.bytes += bytes;
    }

    /// A request that brought nothing of use; it counts as one.
    pub fn failed(&self, class: ErrorClass, url: &str, what: &str) {
        self.tally.borrow_mut().requests += 1;
        self.tally.borrow_mut().tick.requests += 1;
        self.error(class, url, what);
    }

    /// Of an answer that came as it should, and is not what it should be.
    pub fn error(&self, class: ErrorClass, url: &str, what: &str) {
        let mut tally = self.tally.borrow_mut();
        tally.tick.errors += 1;
        match class {
            ErrorClass::Violation => tally.violations += 1,
            _ => *tally.errors.entry(class).or_default() += 1,
        }
        if tally.samples.len() < MAX_SAMPLES {
            let at_s = self.begin.elapsed().as_secs_f64();
            tally.samples.push(Incident {
                at_s,
                url: shortened(url),
                what: shortened(what),
            });
        }
    }

    pub fn unverified(&self, why: Unverified) {
        let mut tally = self.tally.borrow_mut();
        *tally.unverified.entry(why).or_default() += 1;
    }

    pub fn handshake(&self, took: Duration) {
        self.tally.borrow_mut().handshake.record(took);
    }

    pub fn startup(&self, took: Duration) {
        self.tally.borrow_mut().startup.record(took);
    }

    pub fn live_latency(&self, behind: Duration) {
        self.tally
            .borrow_mut()
            .live_latency
            .get_or_insert_default()
            .record(behind);
    }

    pub fn played(&self, rung: &str, seconds: f64) {
        let mut tally = self.tally.borrow_mut();
        tally.played_s += seconds;
        match tally.rungs.get_mut(rung) {
            Some(sum) => *sum += seconds,
            None => {
                let full = tally.rungs.len() >= MAX_RUNGS;
                let name = if full { "other" } else { rung };
                *tally.rungs.entry(name.to_owned()).or_default() += seconds;
            }
        }
    }

    pub fn switched(&self) {
        self.tally.borrow_mut().rung_switches += 1;
    }

    pub fn stalled(&self) {
        let mut tally = self.tally.borrow_mut();
        tally.stalls += 1;
        tally.tick.stalled += 1;
    }

    /// A stall ends, or its viewer goes.
    pub fn stall_over(&self, took: f64) {
        let mut tally = self.tally.borrow_mut();
        tally.stalled_s += took;
        tally.tick.stalled = tally.tick.stalled.saturating_sub(1);
    }

    pub fn viewer_comes(&self) {
        let mut tally = self.tally.borrow_mut();
        tally.viewers.started += 1;
        tally.tick.viewers += 1;
        tally.tick.peak = tally.tick.peak.max(tally.tick.viewers);
    }

    pub fn viewer_goes(&self, how: End) {
        let mut tally = self.tally.borrow_mut();
        tally.tick.viewers = tally.tick.viewers.saturating_sub(1);
        match how {
            End::Finished => tally.viewers.finished += 1,
            End::Failed => tally.viewers.failed += 1,
            End::Stopped => {}
        }
    }

    /// A viewer who could not be let in.
    pub fn viewer_refused(&self) {
        self.tally.borrow_mut().viewers.failed += 1;
    }

    /// What came since the tick before; levels stay.
    pub(crate) fn tick(&self) -> Tick {
        self.tally.borrow_mut().tick.take()
    }

    pub(crate) fn into_figures(self) -> Figures {
        Figures(Box::new(self.tally.take()))
    }
}

/// How a viewer's evening ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Saw it all, or left as he meant to.
    Finished,
    /// Nothing playable, or too many errors.
    Failed,
    /// The run was over first.
    Stopped,
}

/// A recorder's content, on its way to the others'.
#[derive(Debug, Default)]
pub(crate) struct Figures(Box<Tally>);

impl Figures {
    pub(crate) fn merge(&mut self, other: Self) {
        self.0.merge(*other.0);
        self.0.samples.sort_by(|a, b| a.at_s.total_cmp(&b.at_s));
        self.0.samples.truncate(MAX_SAMPLES);
    }

    /// Fills in what the figures tell; the rest of `outcome` stays.
    pub(crate) fn fill(self, outcome: &mut Outcome) {
        let tally = *self.0;
        let by_class = |times: &[Option<Times>; Class::ALL.len()]| -> BTreeMap<_, _> {
            Class::ALL
                .iter()
                .zip(times)
                .filter_map(|(class, times)| {
                    let times = times.as_ref()?;
                    Some((class.as_str().to_owned(), times.milliseconds()))
                })
                .collect()
        };
        outcome.latency_ms = by_class(&tally.latency);
        outcome.first_byte_ms = by_class(&tally.first_byte);
        outcome.requests = tally.requests;
        outcome.bytes = tally.bytes;
        outcome.viewers.started = tally.viewers.started;
        outcome.viewers.finished = tally.viewers.finished;
        outcome.viewers.failed = tally.viewers.failed;
        outcome.connections.handshake_ms = tally.handshake.milliseconds();
        outcome.startup_ms = tally.startup.milliseconds();
        outcome.live_latency_s = tally.live_latency.as_ref().map(Times::seconds);
        outcome.played_s = tally.played_s;
        outcome.stalled_s = tally.stalled_s;
        outcome.stalls = tally.stalls;
        outcome.rungs = tally.rungs;
        outcome.rung_switches = tally.rung_switches;
        outcome.errors = tally.errors;
        outcome.violations = tally.violations;
        outcome.unverified = tally.unverified;
        outcome.samples = tally.samples;
    }
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(MAX_SAMPLE_CHARS) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests;
