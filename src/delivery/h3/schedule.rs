//! Whose bytes of one connection go first (RFC 9218, 10).
//!
//! quinn sends what it was given by strict priority, and shares packets among streams of the same one. So an
//! answer that is not incremental has a priority of its own, by its request's age. What quinn does not
//! decide is who may hand it bytes when it takes some again: there, an answer lets those before it try
//! first ([`Turn::first_try`]).
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use edgepack_h3::PriorityUpdate;

use crate::delivery::Priority;

/// quinn's priorities between two urgencies. The oldest so many requests of a connection that are not
/// incremental each have one.
const BAND: i32 = 1 << 28;
/// Of the control stream; no answer reaches it.
pub(super) const CONTROL: i32 = i32::MAX;

/// The answers of one connection, and what the client wishes for requests to come.
#[derive(Debug)]
pub(super) struct Schedule {
    /// In the order of their streams.
    turns: RefCell<Vec<Rc<Place>>>,
    /// Wishes for streams not yet opened, the latest of each.
    ahead: RefCell<BTreeMap<u64, Priority>>,
    ahead_max: usize,
    /// The first request stream not yet opened.
    next: Cell<u64>,
    /// Bytes of all answers that quinn took.
    written: Cell<u64>,
    /// Writes so far, of all answers.
    writes: Cell<u64>,
}

/// Where one answer stands.
#[derive(Debug)]
struct Place {
    stream: u64,
    priority: Cell<Priority>,
    /// The client's own word, from a frame; it outweighs the request's field.
    wish: Cell<Option<Priority>>,
    /// quinn does not know it yet.
    changed: Cell<bool>,
    /// quinn took nothing at the last try.
    blocked: Cell<bool>,
    /// The number of its last write; 0 before the first.
    last_write: Cell<u64>,
    task: RefCell<Option<Waker>>,
}

impl Schedule {
    /// `ahead_max`: requests that a client may name before it opens their streams.
    pub(super) fn new(ahead_max: usize) -> Rc<Self> {
        Rc::new(Self {
            turns: RefCell::default(),
            ahead: RefCell::default(),
            ahead_max,
            next: Cell::new(0),
            written: Cell::new(0),
            writes: Cell::new(0),
        })
    }

    /// A request's stream was opened; streams come in their order.
    pub(super) fn enter(self: &Rc<Self>, stream: u64) -> Turn {
        self.next.set(self.next.get().max(stream + 4));
        let mut ahead = self.ahead.borrow_mut();
        let wish = ahead.remove(&stream);
        let place = Rc::new(Place {
            stream,
            priority: Cell::new(wish.unwrap_or_default()),
            wish: Cell::new(wish),
            changed: Cell::new(true),
            blocked: Cell::new(false),
            last_write: Cell::new(0),
            task: RefCell::default(),
        });
        self.turns.borrow_mut().push(Rc::clone(&place));
        Turn {
            schedule: Rc::clone(self),
            place,
        }
    }

    fn open(&self, stream: u64) -> Option<Rc<Place>> {
        let turns = self.turns.borrow();
        let at = turns.binary_search_by_key(&stream, |place| place.stream);
        turns.get(at.ok()?).cloned()
    }

    /// What the client's frame says. Of requests that are over it means nothing, nor where it is no
    /// Priority Field Value, nor of more requests to come than are kept.
    pub(super) fn update(&self, update: &PriorityUpdate) {
        let Some(priority) = Priority::parse(&update.value) else {
            return;
        };
        if let Some(place) = self.open(update.stream) {
            place.wish.set(Some(priority));
            place.set(priority);
            if let Some(task) = place.task.take() {
                task.wake();
            }
        } else if update.stream >= self.next.get() {
            let mut ahead = self.ahead.borrow_mut();
            if ahead.len() < self.ahead_max || ahead.contains_key(&update.stream) {
                ahead.insert(update.stream, priority);
            }
        }
    }
}

/// One answer's place in the schedule, until it is dropped.
#[derive(Debug)]
pub(super) struct Turn {
    schedule: Rc<Schedule>,
    place: Rc<Place>,
}

impl Turn {
    /// What the client said of it in a frame.
    pub(super) fn wish(&self) -> Option<Priority> {
        self.place.wish.get()
    }

    pub(super) fn set(&self, priority: Priority) {
        self.place.set(priority);
    }

    /// The priority that quinn does not know yet.
    pub(super) fn changed(&self) -> Option<i32> {
        let Place {
            stream,
            priority,
            changed,
            ..
        } = &*self.place;
        changed
            .take()
            .then(|| transport_priority(priority.get(), *stream))
    }

    /// Wakes the task at the next change.
    pub(super) fn listen(&self, cx: &Context<'_>) {
        let mut task = self.place.task.borrow_mut();
        match &mut *task {
            Some(waker) => waker.clone_from(cx.waker()),
            None => *task = Some(cx.waker().clone()),
        }
    }

    /// Ready at once, unless answers before this one wait for quinn to take bytes: all were woken
    /// together, and they get to try first. `yielded` is one try's memory.
    pub(super) fn first_try(&self, yielded: &mut bool, cx: &Context<'_>) -> Poll<()> {
        if !*yielded && self.others_wait_before() {
            *yielded = true;
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        *yielded = false;
        Poll::Ready(())
    }

    /// How a try went: so many bytes, or `None` while quinn takes nothing.
    pub(super) fn tried(&self, written: Option<usize>) {
        self.place.blocked.set(written.is_none());
        let total = self.schedule.written.get();
        if let Some(bytes) = written {
            self.schedule.written.set(total.wrapping_add(bytes as u64));
            let write = self.schedule.writes.get() + 1;
            self.schedule.writes.set(write);
            self.place.last_write.set(write);
        }
    }

    /// Bytes of all answers that quinn took so far.
    pub(super) fn written_by_all(&self) -> u64 {
        self.schedule.written.get()
    }

    /// Another answer has at least the same right to the connection.
    pub(super) fn is_behind(&self) -> bool {
        let own = self.place.urgency();
        self.schedule
            .turns
            .borrow()
            .iter()
            .any(|place| place.stream != self.place.stream && place.urgency() <= own)
    }

    fn others_wait_before(&self) -> bool {
        let turns = self.schedule.turns.borrow();
        // Most connections have one answer at a time.
        turns.len() > 1
            && turns
                .iter()
                .any(|place| place.blocked.get() && place.rank() < self.place.rank())
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut turns = self.schedule.turns.borrow_mut();
        turns.retain(|place| place.stream != self.place.stream);
    }
}

impl Place {
    fn set(&self, priority: Priority) {
        if self.priority.replace(priority) != priority {
            self.changed.set(true);
        }
    }

    fn urgency(&self) -> u8 {
        self.priority.get().urgency
    }

    /// Smaller goes first. Incremental answers of one urgency come behind the others, and take turns.
    fn rank(&self) -> (u8, bool, u64) {
        let Priority {
            urgency,
            incremental,
        } = self.priority.get();
        let order = if incremental {
            self.last_write.get()
        } else {
            self.stream
        };
        (urgency, incremental, order)
    }
}

/// quinn's number: larger goes first, equals share.
fn transport_priority(priority: Priority, stream: u64) -> i32 {
    let urgency = priority.urgency.min(Priority::URGENCY_MAX);
    let base = i32::from(Priority::URGENCY_MAX - urgency) * BAND;
    if priority.incremental {
        return base;
    }
    // A connection that outlives its band goes on with answers that share.
    let age = i32::try_from(stream / 4).unwrap_or(i32::MAX);
    base + (BAND - 1).saturating_sub(age).max(1)
}

#[cfg(test)]
mod tests;
