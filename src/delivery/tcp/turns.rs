//! Which of a connection's HTTP/2 answers goes first (RFC 9218, 10).
//!
//! h2 shares a connection evenly among the streams that have something to send, and knows no priorities.
//! So the choice is made before it: a body gives its next slice away only while no answer that ranks before
//! it wants to send. An answer wants to from its first poll to its end, but for the time it waits for its
//! source.
//!
//! A client may have no use for the answer that ranks first: its flow-control window is shut, and h2 does
//! not poll the body. When the connection has nothing to write and others are held back, that answer is
//! taken to be stuck, and loses its rank until it is polled again. No timer is needed for that.
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use crate::delivery::Priority;

/// Urgency first; of the same urgency those that share come last, and rank the same among themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Rank {
    urgency: u8,
    incremental: bool,
    order: u64,
}

impl Rank {
    fn new(priority: Priority, order: u64) -> Self {
        Self {
            urgency: priority.urgency,
            incremental: priority.incremental,
            order: if priority.incremental { 0 } else { order },
        }
    }
}

/// The answers of one connection. At most as many as it may have streams.
#[derive(Debug, Default)]
pub(super) struct Turns {
    next: Cell<u64>,
    /// With the answer's own number, which tells those of one rank apart.
    wanting: RefCell<BTreeSet<(Rank, u64)>>,
    held: RefCell<BTreeMap<u64, Waker>>,
    /// Nobody was polled since the connection last had nothing to write.
    quiet: Cell<bool>,
}

impl Turns {
    /// For an answer that begins; requests come in the order of their streams.
    pub(super) fn join(self: &Rc<Self>, priority: Priority) -> Turn {
        let number = self.next.get();
        self.next.set(number + 1);
        Turn {
            turns: Rc::clone(self),
            rank: Rank::new(priority, number),
            number,
        }
    }

    /// The connection has nothing to write. With answers held back this means, the second time, that the
    /// one that ranks first is stuck. Asks to be called again through `cx` where that is to be found out.
    pub(super) fn idle(&self, cx: &Context<'_>) {
        if self.held.borrow().is_empty() {
            return;
        }
        if self.quiet.replace(true) {
            self.wanting.borrow_mut().pop_first();
            self.quiet.set(false);
            self.release();
        }
        // Tasks that were woken before have their turn first.
        cx.waker().wake_by_ref();
    }

    fn release(&self) {
        for waker in std::mem::take(&mut *self.held.borrow_mut()).into_values() {
            waker.wake();
        }
    }
}

/// One answer's place among the others.
#[derive(Debug)]
pub(super) struct Turn {
    turns: Rc<Turns>,
    rank: Rank,
    number: u64,
}

impl Turn {
    /// Ready when no answer that ranks before this one wants to send.
    pub(super) fn poll(&self, cx: &Context<'_>) -> Poll<()> {
        let turns = &self.turns;
        turns.quiet.set(false);
        let first = {
            let mut wanting = turns.wanting.borrow_mut();
            wanting.insert((self.rank, self.number));
            wanting.first().is_none_or(|(rank, _)| *rank >= self.rank)
        };
        let mut held = turns.held.borrow_mut();
        if first {
            held.remove(&self.number);
            Poll::Ready(())
        } else {
            held.insert(self.number, cx.waker().clone());
            Poll::Pending
        }
    }

    /// The answer waits for its source: others go on meanwhile.
    pub(super) fn pause(&self) {
        let wanted = self
            .turns
            .wanting
            .borrow_mut()
            .remove(&(self.rank, self.number));
        if wanted {
            self.turns.release();
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.turns.held.borrow_mut().remove(&self.number);
        self.pause();
    }
}

#[cfg(test)]
mod tests;
