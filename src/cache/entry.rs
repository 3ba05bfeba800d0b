//! An entry grows while it fills, read by many from any offset meanwhile; complete, it is immutable.
//!
//! ```text
//!            push  push  push          finish
//! Filler ──▶ [────][──────][───]· · · · ─────▶ complete: read without a lock
//!               ▲      ▲       ▲
//!            reader  reader  reader (waits for the next push)
//! ```
//!
//! Every slice handed out shares the pushed buffer. Bytes are copied once at most: [`Entry::move_to_file`]
//! takes a complete entry to where the kernel sends from.
mod chunks;

use std::future::{Future, poll_fn};
use std::ops::Range;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::task::{Context, Poll, ready};

use arc_swap::ArcSwap;
use bytes::Bytes;
use edgepack_uring::{MemFile, MemFileError, MemFiles};
use futures_util::Stream;
use http::{HeaderValue, StatusCode};
use tokio::sync::Notify;
use tokio::sync::futures::OwnedNotified;

use self::chunks::Chunks;
use crate::delivery::response::decimal;
use crate::delivery::{Blame, Fault};

/// A fill's failure, shared by all who waited.
pub type FillError = Arc<Fault>;

/// Bytes that are being filled in, or are all there, or whose fill failed.
///
/// Shared between worker threads. One [`Filler`] writes; any number of readers follow it.
pub struct Entry {
    settled: OnceLock<Result<ArcSwap<Chunks>, FillError>>,
    /// Empty once settled: `settled` is set, and this emptied, under this lock.
    growing: Mutex<Chunks>,
    changed: Arc<Notify>,
    /// How often it was sent from where a file would have spared a copy.
    wanted_in_file: AtomicU32,
    moving: AtomicBool,
    /// Written when it is first asked for.
    length_header: OnceLock<HeaderValue>,
}

/// Slices of a complete entry in order, as they lay when they were asked for, and the file that they lie in, if
/// they do.
pub struct Slices {
    /// None when all were handed out: from then on a slice holds its own buffer, and no other.
    chunks: Option<Arc<Chunks>>,
    at: Option<usize>,
    left: Range<u64>,
}

impl Entry {
    /// An empty entry and the one handle that fills it.
    pub fn filling() -> (Arc<Entry>, Filler) {
        let entry = Arc::new(Entry {
            settled: OnceLock::new(),
            growing: Mutex::new(Chunks::default()),
            changed: Arc::new(Notify::new()),
            wanted_in_file: AtomicU32::new(0),
            moving: AtomicBool::new(false),
            length_header: OnceLock::new(),
        });
        let filler = Filler {
            entry: Arc::clone(&entry),
        };
        (entry, filler)
    }

    /// An entry that is complete from the start.
    pub fn complete(chunks: Vec<Bytes>) -> Arc<Entry> {
        let (entry, mut filler) = Entry::filling();
        for chunk in chunks {
            filler.push(chunk);
        }
        filler.finish();
        entry
    }

    /// An entry whose fill was refused before it began: every reader sees `fault`.
    pub fn failed(fault: Fault) -> Arc<Entry> {
        let (entry, filler) = Entry::filling();
        filler.fail(fault);
        entry
    }

    /// The length in bytes once complete; `None` while it fills and after a failure. Lock-free.
    pub fn len_if_complete(&self) -> Option<u64> {
        match self.settled.get() {
            Some(Ok(chunks)) => Some(chunks.load().len()),
            _ => None,
        }
    }

    /// The length as a `content-length`, once complete; written once, for all answers.
    pub(crate) fn length_header(&self) -> Option<HeaderValue> {
        let length = self.len_if_complete()?;
        Some(self.length_header.get_or_init(|| decimal(length)).clone())
    }

    /// The failure, if the fill failed. Lock-free.
    pub fn fault(&self) -> Option<FillError> {
        match self.settled.get() {
            Some(Err(fault)) => Some(Arc::clone(fault)),
            _ => None,
        }
    }

    /// Bytes that are there to be read, complete or not; 0 after a failure.
    pub fn buffered(&self) -> u64 {
        self.look(|state| match state {
            State::Complete(chunks) | State::Growing(chunks) => chunks.len(),
            State::Failed(_) => 0,
        })
    }

    /// Slices that cover `range`, in order, without copying. Lock-free.
    ///
    /// `None` while the entry fills, after a failure, and when `range` reaches past the end.
    pub fn slices(&self, range: Range<u64>) -> Option<Vec<Bytes>> {
        self.located(range).map(Iterator::collect)
    }

    /// As [`slices`](Self::slices), and where they lie.
    pub fn located(&self, range: Range<u64>) -> Option<Slices> {
        let chunks = self.settled.get()?.as_ref().ok()?.load_full();
        (range.end <= chunks.len()).then_some(Slices {
            chunks: Some(chunks),
            at: None,
            left: range,
        })
    }

    /// Notes that a file would have spared a copy; says how often that was so since the last
    /// [`move_to_file`](Self::move_to_file). 0 for an entry that is not complete, or in a file already.
    pub fn want_in_file(&self) -> u32 {
        match self.settled.get() {
            Some(Ok(chunks)) if chunks.load().file().is_none() => self
                .wanted_in_file
                .fetch_add(1, Ordering::Relaxed)
                .saturating_add(1),
            _ => 0,
        }
    }

    /// Copies a complete entry into a file and lets go of the buffers it was in: from then on its slices
    /// lie in the file. Does nothing for one that is not complete, is there already or on the way.
    ///
    /// # Errors
    /// When there is no room for a file; the entry stays where it is, and may be moved later.
    pub fn move_to_file(&self, files: &MemFiles) -> Result<(), MemFileError> {
        let Some(Ok(chunks)) = self.settled.get() else {
            return Ok(());
        };
        if self.moving.swap(true, Ordering::Acquire) {
            return Ok(());
        }
        let current = chunks.load_full();
        let moved = match current.file() {
            Some(_) => Ok(()),
            None => current
                .in_file(files)
                .map(|moved| chunks.store(Arc::new(moved))),
        };
        self.wanted_in_file.store(0, Ordering::Relaxed);
        self.moving.store(false, Ordering::Release);
        moved
    }

    /// Waits until complete; returns the length.
    pub async fn completed(&self) -> Result<u64, FillError> {
        loop {
            // Made before the look, so that a fill which settles in between wakes it.
            let changed = self.changed.notified();
            match self.settled.get() {
                Some(Ok(chunks)) => return Ok(chunks.load().len()),
                Some(Err(fault)) => return Err(Arc::clone(fault)),
                None => changed.await,
            }
        }
    }

    /// Waits until there is a first byte or the entry is complete, so that a fill which fails
    /// before it has brought anything can still be answered with the status of its fault.
    pub async fn started(&self) -> Result<(), FillError> {
        loop {
            let changed = self.changed.notified();
            let started = self.look(|state| match state {
                State::Complete(_) => Some(Ok(())),
                State::Failed(fault) => Some(Err(Arc::clone(fault))),
                State::Growing(chunks) => (chunks.len() > 0).then_some(Ok(())),
            });
            match started {
                Some(outcome) => return outcome,
                None => changed.await,
            }
        }
    }

    /// Reads `range` from its start on, waiting for what is still to come.
    ///
    /// `range.end == u64::MAX` means to the end, wherever that turns out to be. Any other end is a
    /// promise (a `Content-Length`): an entry that completes shorter yields the fault `fill-short`
    /// rather than a quiet end.
    pub fn reader(self: &Arc<Self>, range: Range<u64>) -> EntryReader {
        EntryReader {
            entry: Arc::clone(self),
            left: range,
            chunk: None,
            waiting: None,
        }
    }

    fn look<R>(&self, see: impl FnOnce(State<'_>) -> R) -> R {
        if let Some(settled) = self.settled.get() {
            return see_settled(settled, see);
        }
        // Nothing that runs under this lock leaves the list half changed, so poison is no news.
        let growing = self.growing.lock().unwrap_or_else(PoisonError::into_inner);
        match self.settled.get() {
            // Settled while the lock was awaited, and the list moved with it.
            Some(settled) => see_settled(settled, see),
            None => see(State::Growing(&growing)),
        }
    }

    fn settle(&self, outcome: Result<(), Fault>) {
        {
            let mut growing = self.growing.lock().unwrap_or_else(PoisonError::into_inner);
            let chunks = std::mem::take(&mut *growing);
            let outcome = outcome
                .map(|()| ArcSwap::from_pointee(chunks))
                .map_err(Arc::new);
            // Refused only if settled before, and `Filler` settles once.
            let _ = self.settled.set(outcome);
        }
        self.changed.notify_waiters();
    }
}

impl std::fmt::Debug for Entry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (state, buffered) = self.look(|state| match state {
            State::Complete(chunks) => ("complete", chunks.len()),
            State::Growing(chunks) => ("growing", chunks.len()),
            State::Failed(_) => ("failed", 0),
        });
        write!(f, "Entry({state}, {buffered} bytes)")
    }
}

impl Slices {
    /// The file that all slices lie in; `None` where they do not, and when all were handed out.
    pub fn file(&self) -> Option<&MemFile> {
        self.chunks.as_ref()?.file()
    }
}

impl Iterator for Slices {
    type Item = Bytes;

    fn next(&mut self) -> Option<Bytes> {
        let chunks = self.chunks.as_ref()?;
        let slice = (!self.left.is_empty())
            .then(|| chunks.slice_at(&mut self.at, &self.left))
            .flatten();
        self.left.start += slice.as_ref().map_or(0, |slice| slice.len() as u64);
        if slice.is_none() || self.left.is_empty() {
            self.chunks = None;
        }
        slice
    }
}

impl std::fmt::Debug for Slices {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Slices({:?})", self.left)
    }
}

enum State<'a> {
    Growing(&'a Chunks),
    Complete(&'a Chunks),
    Failed(&'a FillError),
}

fn see_settled<R>(
    outcome: &Result<ArcSwap<Chunks>, FillError>,
    see: impl FnOnce(State<'_>) -> R,
) -> R {
    match outcome {
        Ok(chunks) => see(State::Complete(&chunks.load())),
        Err(fault) => see(State::Failed(fault)),
    }
}

/// The one who fills. Dropped without `finish`, the entry fails with the fault `fill-abandoned`.
pub struct Filler {
    entry: Arc<Entry>,
}

impl Filler {
    /// Appends `chunk` and wakes the readers. The bytes are shared, not copied.
    pub fn push(&mut self, chunk: Bytes) {
        if chunk.is_empty() {
            return;
        }
        self.entry
            .growing
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(chunk);
        self.entry.changed.notify_waiters();
    }

    /// Makes the entry complete and immutable.
    pub fn finish(self) {
        self.entry.settle(Ok(()));
    }

    /// Fails the entry: what was pushed is let go, and every reader, present or future, sees `fault`.
    pub fn fail(self, fault: Fault) {
        self.entry.settle(Err(fault));
    }

    /// The entry being filled.
    pub fn entry(&self) -> &Arc<Entry> {
        &self.entry
    }
}

impl Drop for Filler {
    fn drop(&mut self) {
        if self.entry.settled.get().is_none() {
            self.entry.settle(Err(abandoned()));
        }
    }
}

impl std::fmt::Debug for Filler {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Filler").field(&self.entry).finish()
    }
}

/// Yields slices from an offset on, waiting for those still to come.
///
/// Also a [`Stream`], for adapters that poll.
pub struct EntryReader {
    entry: Arc<Entry>,
    left: Range<u64>,
    /// Index of the chunk that holds `left.start`, once known; boundaries never change.
    chunk: Option<usize>,
    waiting: Option<Pin<Box<OwnedNotified>>>,
}

impl EntryReader {
    /// The next slice; `None` after the last one, and after an error. Safe to drop and call again.
    pub async fn next(&mut self) -> Option<Result<Bytes, FillError>> {
        poll_fn(|cx| self.poll_slice(cx)).await
    }

    /// What is still to be read.
    pub fn left(&self) -> Range<u64> {
        self.left.clone()
    }

    fn poll_slice(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, FillError>>> {
        loop {
            if self.left.is_empty() {
                return Poll::Ready(None);
            }
            if let Some(seen) = self.look() {
                self.waiting = None;
                match &seen {
                    Some(Ok(slice)) => self.left.start += slice.len() as u64,
                    Some(Err(_)) | None => self.left.end = self.left.start,
                }
                return Poll::Ready(seen);
            }
            match &mut self.waiting {
                // Look once more after this: only what changes from here on wakes it.
                None => {
                    let changed = Arc::clone(&self.entry.changed);
                    self.waiting = Some(Box::pin(changed.notified_owned()));
                }
                Some(changed) => {
                    ready!(changed.as_mut().poll(cx));
                    self.waiting = None;
                }
            }
        }
    }

    /// `None`: not there yet. `Some(None)`: the end.
    fn look(&mut self) -> Option<Option<Result<Bytes, FillError>>> {
        let (left, chunk) = (&self.left, &mut self.chunk);
        self.entry.look(|state| match state {
            State::Failed(fault) => Some(Some(Err(Arc::clone(fault)))),
            State::Growing(chunks) => chunks.slice_at(chunk, left).map(|slice| Some(Ok(slice))),
            State::Complete(chunks) => Some(match chunks.slice_at(chunk, left) {
                Some(slice) => Some(Ok(slice)),
                None if left.end == u64::MAX => None,
                None => Some(Err(Arc::new(short(left.end, chunks.len())))),
            }),
        })
    }
}

impl Stream for EntryReader {
    type Item = Result<Bytes, FillError>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.get_mut().poll_slice(cx)
    }
}

impl std::fmt::Debug for EntryReader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "EntryReader({:?} of {:?})", self.left, self.entry)
    }
}

fn abandoned() -> Fault {
    Fault {
        status: StatusCode::INTERNAL_SERVER_ERROR,
        blame: Blame::Node,
        code: "fill-abandoned",
        message: "The segment could not be produced.".into(),
        detail: "the task that filled the entry ended before it was complete".into(),
        retry_after_s: None,
    }
}

fn short(promised: u64, len: u64) -> Fault {
    Fault {
        status: StatusCode::INTERNAL_SERVER_ERROR,
        blame: Blame::Node,
        code: "fill-short",
        message: "The segment turned out shorter than announced.".into(),
        detail: format!("a reader was promised bytes up to {promised}, the entry has {len}"),
        retry_after_s: None,
    }
}

#[cfg(test)]
mod tests;
