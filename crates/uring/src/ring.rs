//! One ring of a worker: reads are submitted where they are asked for and completed in the same
//! runtime.
//!
//! ```text
//! Ring::read ──▶ plan ──▶ submission queue ──▶ kernel     a warm read is complete on return,
//!    ▲              (full: bounded backlog)      │        and reaped right there;
//!    │ ReadFuture                                ▼        the rest wakes the driver
//!    └───────────── reap ◀── completion queue ◀──┘        through the ring's own descriptor
//! ```
//!
//! Invariant: what the kernel may write to (the buffer, the sink for gaps) and read from (iovecs,
//! the file) is owned by [`engine::Engine`] from submission to completion, whatever becomes of the
//! future. Ring, driver and futures belong to one thread.
mod engine;

use std::cell::RefCell;
use std::fmt;
use std::fs::File;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::rc::{Rc, Weak};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::sync::oneshot;

use self::engine::{Engine, Turn, Way};
use crate::buffer::PooledBuf;
use crate::error::ReadError;
use crate::plan::{FileRange, plan};

/// How long a driver waits before it offers the kernel again what it could not take.
const RETRY_AFTER: Duration = Duration::from_millis(1);

/// Bounds of a [`Ring`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RingOptions {
    /// Operations with the kernel at a time (the kernel clamps it to 32768).
    pub queue_depth: u32,
    /// Operations waiting for one of these places; more are refused as [`ReadError::Busy`].
    pub max_queued: usize,
    /// Gaps of up to so many bytes between two ranges are read over rather than around.
    pub gap_limit: usize,
}

impl Default for RingOptions {
    fn default() -> Self {
        Self {
            queue_depth: 256,
            max_queued: 16_384,
            gap_limit: 16 * 1024,
        }
    }
}

/// Counters, to be read from any thread.
#[derive(Debug, Default)]
pub struct ReadStats {
    /// Operations that brought all they were to bring.
    pub operations: AtomicU64,
    /// Bytes read into buffers, and bytes of gaps read over.
    pub bytes: AtomicU64,
    pub gap_bytes: AtomicU64,
    /// Operations offered again after a short read or an interruption.
    pub resubmitted: AtomicU64,
    /// Operations that failed.
    pub errors: AtomicU64,
}

/// Submits reads. Belongs to the thread that made it.
///
/// Dropped, it cancels what is in flight and waits a moment for the kernel to let go.
pub struct Ring {
    engine: Rc<RefCell<Engine>>,
    stats: Arc<ReadStats>,
    gap_limit: u64,
}

impl Ring {
    /// A ring and the driver that must run beside it on the same thread (`spawn_local`).
    ///
    /// An error outside a tokio runtime.
    ///
    /// # Panics
    ///
    /// In a runtime without its I/O driver (`enable_io`), as all of tokio's I/O types do.
    pub fn new(options: RingOptions, stats: Arc<ReadStats>) -> io::Result<(Self, Driver)> {
        tokio::runtime::Handle::try_current().map_err(io::Error::other)?;
        let engine = Rc::new(RefCell::new(Engine::new(options, Arc::clone(&stats))?));
        let driver = Driver {
            engine: Rc::downgrade(&engine),
            retry: None,
        };
        let ring = Self {
            engine,
            stats,
            gap_limit: options.gap_limit as u64,
        };
        Ok((ring, driver))
    }

    /// Appends `ranges` of `file` to `buf`, in order and with nothing between.
    ///
    /// Submitted at once, not when the future is first polled. The future gives the buffer back
    /// when all is there; on an error the buffer returns to its pool as soon as the kernel has let
    /// go of it. Dropping the future abandons the read without any harm.
    pub fn read(&self, file: Arc<File>, ranges: &[FileRange], buf: PooledBuf) -> ReadFuture {
        self.read_in(Way::IfCached, file, ranges, buf)
    }

    /// Like [`read`](Self::read), of a file that was opened with `O_DIRECT`: ranges, and where they go
    /// in the buffer, are aligned as it asks.
    pub fn read_direct(&self, file: Arc<File>, ranges: &[FileRange], buf: PooledBuf) -> ReadFuture {
        self.read_in(Way::Direct, file, ranges, buf)
    }

    fn read_in(
        &self,
        way: Way,
        file: Arc<File>,
        ranges: &[FileRange],
        buf: PooledBuf,
    ) -> ReadFuture {
        let (done, outcome) = oneshot::channel();
        match self.plan(ranges, &buf) {
            Ok(operations) => {
                let mut engine = self.engine.borrow_mut();
                engine.begin(file, operations, way, buf, done);
            }
            Err(error) => {
                // The receiver is right here.
                let _ = done.send(Err(error));
            }
        }
        ReadFuture { outcome }
    }

    /// Read operations with the kernel at this moment.
    pub fn in_flight(&self) -> usize {
        self.engine.borrow().in_flight()
    }

    pub fn stats(&self) -> &Arc<ReadStats> {
        &self.stats
    }

    fn plan(
        &self,
        ranges: &[FileRange],
        buf: &PooledBuf,
    ) -> Result<Vec<crate::plan::Operation>, ReadError> {
        let operations = plan(ranges, self.gap_limit)?;
        let wanted = operations
            .last()
            .map_or(0, |last| last.dest + last.wanted());
        if wanted > buf.room() as u64 {
            return Err(ReadError::BufferTooSmall {
                wanted,
                room: buf.room(),
            });
        }
        Ok(operations)
    }
}

impl Drop for Ring {
    fn drop(&mut self) {
        let waker = self.engine.borrow_mut().shut_down();
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

impl fmt::Debug for Ring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ring")
            .field("stats", &self.stats)
            .finish_non_exhaustive()
    }
}

/// The outcome of [`Ring::read`].
#[derive(Debug)]
#[must_use = "the read runs anyway, but nobody sees it"]
pub struct ReadFuture {
    outcome: oneshot::Receiver<Result<PooledBuf, ReadError>>,
}

impl Future for ReadFuture {
    type Output = Result<PooledBuf, ReadError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.outcome)
            .poll(cx)
            .map(|outcome| outcome.unwrap_or(Err(ReadError::Closed)))
    }
}

/// Reaps completions as they come; ends when the [`Ring`] is dropped.
#[must_use = "completions are reaped by the driver: spawn it on this thread"]
pub struct Driver {
    engine: Weak<RefCell<Engine>>,
    retry: Option<Pin<Box<tokio::time::Sleep>>>,
}

impl Future for Driver {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let Some(engine) = self.engine.upgrade() else {
            return Poll::Ready(());
        };
        let mut engine = engine.borrow_mut();
        loop {
            let mut due = engine.take_wake(cx);
            if let Some(retry) = &mut self.retry
                && retry.as_mut().poll(cx).is_ready()
            {
                self.retry = None;
                due = true;
            }
            match engine.poll_ready(cx) {
                Poll::Ready(true) => due = true,
                // The runtime is going down, or the ring is: nothing will complete here any more.
                Poll::Ready(false) => return Poll::Ready(()),
                Poll::Pending => {}
            }
            if !due {
                return Poll::Pending;
            }
            match engine.turn() {
                // Polls the readiness once more, to be woken by what comes next.
                Turn::Idle => {}
                // Goes on after the worker's other tasks had their turn.
                Turn::More => {
                    engine.wake_driver();
                    return Poll::Pending;
                }
                Turn::Retry => self.retry = Some(Box::pin(tokio::time::sleep(RETRY_AFTER))),
            }
        }
    }
}

impl fmt::Debug for Driver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Driver")
    }
}

#[cfg(test)]
mod tests;
