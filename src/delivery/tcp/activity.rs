//! What a connection is doing, and until when it may go on doing it.
//!
//! The connection's task asks [`Activity::deadline`] after every poll. Nothing here arms a timer per read
//! or write: a deadline that moved away is found out when the old one is reached.
use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use tokio::time::Instant;

use crate::telemetry::Closed;

/// Bytes a client has to take within the send timeout, whatever rate is asked for. More than the answers to
/// a stream of pings.
const PROGRESS_MIN: u64 = 4 * 1024;

/// Without a request for so long, a connection gives its buffers back. A player that reads ahead asks every few
/// seconds, and one that is busy several times a second.
const RESTS_AFTER: Duration = Duration::from_millis(500);

#[derive(Debug, Clone, Copy)]
pub(super) struct Timeouts {
    /// First byte of a request's head to its end; `None` where heads do not come one at a time (HTTP/2).
    pub(super) head: Option<Duration>,
    /// No request.
    pub(super) idle: Duration,
    /// A response of which the client takes too little.
    pub(super) send: Duration,
    /// Bytes a second that are not too little, on average over `send`.
    pub(super) rate: u64,
}

impl Timeouts {
    fn progress(&self) -> u64 {
        let asked = u128::from(self.rate) * self.send.as_millis() / 1000;
        u64::try_from(asked).unwrap_or(u64::MAX).max(PROGRESS_MIN)
    }
}

/// Shared by a connection's transport, its bodies and its task, all on one thread.
#[derive(Debug)]
pub(super) struct Activity {
    timeouts: Timeouts,
    /// Requests whose answer is not out.
    in_flight: Cell<u32>,
    /// Those of them whose answer, or next bytes, are not there yet: the client is not to blame for these.
    waiting_for_source: Cell<u32>,
    /// Since when there is no request.
    idle_since: Cell<Instant>,
    head_since: Cell<Option<Instant>>,
    /// Had a request with a body, of which some may still be under way.
    had_body: Cell<bool>,
    written: Cell<u64>,
    /// The socket takes nothing for the moment.
    blocked: Cell<bool>,
    /// `written`, and when, at the last look.
    looked: Cell<(u64, Instant)>,
}

impl Activity {
    pub(super) fn new(timeouts: Timeouts) -> Self {
        let now = Instant::now();
        Self {
            timeouts,
            in_flight: Cell::new(0),
            waiting_for_source: Cell::new(0),
            idle_since: Cell::new(now),
            head_since: Cell::new(None),
            had_body: Cell::new(false),
            written: Cell::new(0),
            blocked: Cell::new(false),
            looked: Cell::new((0, now)),
        }
    }

    pub(super) fn read(&self, bytes: usize) {
        if bytes > 0 && self.in_flight.get() == 0 && self.head_since.get().is_none() {
            self.head_since.set(Some(Instant::now()));
        }
    }

    /// The request has a body. From then on the connection never rests: what is left of a body must not be
    /// taken for a request.
    pub(super) fn body_follows(&self) {
        self.had_body.set(true);
    }

    pub(super) fn wrote(&self, bytes: usize) {
        self.written.set(self.written.get() + bytes as u64);
        self.blocked.set(false);
    }

    pub(super) fn cannot_write(&self) {
        self.blocked.set(true);
    }

    pub(super) fn is_blocked(&self) -> bool {
        self.blocked.get()
    }

    /// When to look again. `None`: nothing but the node is being waited for.
    pub(super) fn deadline(&self) -> Option<Instant> {
        if self.in_flight.get() == 0 {
            let idle = self.idle_since.get() + self.timeouts.idle;
            return Some(match (self.head_since.get(), self.timeouts.head) {
                (Some(since), Some(head)) => idle.min(since + head),
                _ => idle,
            });
        }
        let sending = self.in_flight.get() > self.waiting_for_source.get();
        sending.then(|| self.looked.get().1 + self.timeouts.send)
    }

    /// From when on the connection may rest, if nothing comes until then.
    pub(super) fn rests_at(&self) -> Option<Instant> {
        let quiet = self.in_flight.get() == 0
            && self.head_since.get().is_none()
            && !self.blocked.get()
            && !self.had_body.get();
        quiet.then(|| self.idle_since.get() + RESTS_AFTER)
    }

    /// At a deadline: why the connection has to go, if it has to.
    pub(super) fn verdict(&self) -> Option<Closed> {
        let now = Instant::now();
        if self.deadline().is_none_or(|deadline| now < deadline) {
            return None;
        }
        if self.in_flight.get() == 0 {
            let head = self.head_since.get().is_some() && self.timeouts.head.is_some();
            return Some(if head { Closed::SlowHead } else { Closed::Idle });
        }
        let (written, _) = self.looked.replace((self.written.get(), now));
        (self.written.get() - written < self.timeouts.progress()).then_some(Closed::SlowReader)
    }
}

/// A request from its head to the end of its answer.
#[derive(Debug)]
pub(super) struct InFlight {
    activity: Rc<Activity>,
    pending: bool,
}

impl InFlight {
    /// Begins with the node at work.
    pub(super) fn new(activity: &Rc<Activity>) -> Self {
        activity.in_flight.set(activity.in_flight.get() + 1);
        activity
            .waiting_for_source
            .set(activity.waiting_for_source.get() + 1);
        activity.head_since.set(None);
        Self {
            activity: Rc::clone(activity),
            pending: true,
        }
    }

    /// Whether the node has nothing to send yet.
    pub(super) fn pending(&mut self, pending: bool) {
        if pending == self.pending {
            return;
        }
        self.pending = pending;
        let waiting = &self.activity.waiting_for_source;
        if pending {
            waiting.set(waiting.get() + 1);
        } else {
            waiting.set(waiting.get().saturating_sub(1));
            // The client's time begins with the bytes.
            self.activity
                .looked
                .set((self.activity.written.get(), Instant::now()));
        }
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.pending(false);
        let left = self.activity.in_flight.get().saturating_sub(1);
        self.activity.in_flight.set(left);
        if left == 0 {
            self.activity.idle_since.set(Instant::now());
        }
    }
}

#[cfg(test)]
mod tests;
