//! How much of its answers a connection may have with quinn, and how fast a client has to take them.
use std::cell::Cell;
use std::time::Duration;

use super::schedule::Turn;

/// The least and first budget: a window of congestion control as connections begin with, and what is read
/// ahead while acknowledgements are on their way.
pub(super) const BUDGET_MIN: u64 = 256 << 10;
/// How long what is handed to quinn may take to leave it.
const QUEUE_TIME: Duration = Duration::from_millis(250);
/// Bytes a client has to take of an answer within the send timeout.
const PROGRESS_MIN: u64 = 4 << 10;

/// Follows the path: what lies in quinn for longer than [`QUEUE_TIME`] takes flow-control credit from more
/// urgent answers, and stays in memory while a slow client reads.
#[derive(Debug)]
pub(super) struct Budget {
    max: u64,
    granted: Cell<u64>,
    /// Bytes written at the last look.
    looked: Cell<u64>,
}

impl Budget {
    pub(super) fn new(max: u64) -> Self {
        Self {
            max,
            granted: Cell::new(max.min(BUDGET_MIN)),
            looked: Cell::new(0),
        }
    }

    /// `written`: bytes of all answers so far.
    pub(super) fn follow(&self, connection: &quinn::Connection, written: u64) {
        if written.wrapping_sub(self.looked.get()) < self.granted.get() / 4 {
            return;
        }
        self.looked.set(written);
        let path = connection.stats().path;
        let wanted = wanted(path.cwnd, path.rtt).clamp(self.max.min(BUDGET_MIN), self.max);
        // Small changes are not worth waking the connection.
        if wanted.abs_diff(self.granted.get()) > self.granted.get() / 4 {
            self.granted.set(wanted);
            connection.set_send_window(wanted);
        }
    }
}

/// Two congestion windows, the one in flight and the next, or what the path carries in [`QUEUE_TIME`].
fn wanted(window: u64, rtt: Duration) -> u64 {
    let trips = QUEUE_TIME.as_micros() / rtt.as_micros().max(1);
    window.saturating_mul(u64::try_from(trips).unwrap_or(u64::MAX).max(2))
}

/// How an answer's client keeps up. Time counts only while the client is waited for.
#[derive(Debug)]
pub(super) struct Pace {
    limit: Duration,
    waited: Duration,
    taken: u64,
    /// Bytes of all answers when this period began.
    others: u64,
}

impl Pace {
    pub(super) fn new(limit: Duration, turn: &Turn) -> Self {
        Self {
            limit,
            waited: Duration::ZERO,
            taken: 0,
            others: turn.written_by_all(),
        }
    }

    /// Until the next look.
    pub(super) fn left(&self) -> Duration {
        self.limit.saturating_sub(self.waited)
    }

    /// `false`: the client takes too little, though nothing goes before.
    pub(super) fn keeps_up(&mut self, waited: Duration, taken: u64, turn: &Turn) -> bool {
        self.waited += waited;
        self.taken += taken;
        if self.waited < self.limit {
            return true;
        }
        let others = turn.written_by_all();
        let behind_others = turn.is_behind() && others.wrapping_sub(self.others) >= PROGRESS_MIN;
        let enough = self.taken >= PROGRESS_MIN || behind_others;
        (self.waited, self.taken, self.others) = (Duration::ZERO, 0, others);
        enough
    }
}

#[cfg(test)]
mod tests;
