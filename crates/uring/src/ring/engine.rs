//! What runs between a ring's two queues.
mod operation;

use std::collections::VecDeque;
use std::fs::File;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use io_uring::{IoUring, opcode, types};
use slab::Slab;
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;
use tokio::sync::oneshot;

use self::operation::Running;
pub(crate) use self::operation::Way;
use super::{ReadStats, RingOptions};
use crate::buffer::{Mapping, PooledBuf};
use crate::error::ReadError;
use crate::plan::Operation;
use crate::probe::set_up;

/// Bytes submitted in one turn: a warm read is copied during its submission, and a long row of
/// them would keep the worker from its connections.
const TURN_BYTES: u64 = 4 << 20;
/// Times an operation may be interrupted (EINTR, EAGAIN) without any progress.
const MAX_INTERRUPTIONS: u32 = 100;
/// How long a ring that is dropped waits for the kernel to let go of its buffers.
const SHUTDOWN_WAIT: Duration = Duration::from_secs(2);
const EINTR: i32 = -libc::EINTR;
const EAGAIN: i32 = -libc::EAGAIN;
/// File systems that cannot tell what would block.
const EOPNOTSUPP: i32 = -libc::EOPNOTSUPP;
const EINVAL: i32 = -libc::EINVAL;
/// Threads of the kernel's that read what the page cache lacks.
const BLOCKING_READS: u32 = 32;
/// `user_data` of the cancellation at shutdown; operations carry their place in the slab.
const CANCELLATION: u64 = u64::MAX;

type Outcome = Result<PooledBuf, ReadError>;

pub(super) enum Turn {
    /// Nothing to do until something completes.
    Idle,
    /// This turn's share is used up.
    More,
    /// The kernel could not take what is queued.
    Retry,
}

pub(super) struct Engine {
    /// `None` once shut down.
    uring: Option<AsyncFd<IoUring>>,
    depth: usize,
    max_queued: usize,
    running: Slab<Running>,
    batches: Slab<Batch>,
    /// Operations (by place in `running`) not with the kernel: queue full, or to be resubmitted.
    backlog: VecDeque<usize>,
    /// Operations in the submission queue or with the kernel.
    submitted: usize,
    /// Where gaps go. Only ever written, and only by the kernel. `None` once shut down.
    sink: Option<Mapping>,
    stats: Arc<ReadStats>,
    waker: Option<Waker>,
    wake_wanted: bool,
    /// An operation was interrupted in this turn: offered again a little later.
    interrupted: bool,
}

/// All operations of one read, and what they share.
struct Batch {
    file: Arc<File>,
    buf: PooledBuf,
    wanted: usize,
    unfinished: usize,
    /// Taken by the first error, or by success.
    done: Option<oneshot::Sender<Outcome>>,
}

impl Batch {
    fn is_abandoned(&self) -> bool {
        self.done.as_ref().is_none_or(oneshot::Sender::is_closed)
    }
}

impl Engine {
    pub(super) fn new(options: RingOptions, stats: Arc<ReadStats>) -> io::Result<Self> {
        let (uring, _) = set_up(options.queue_depth.max(1))?;
        let depth = uring.params().sq_entries().min(options.queue_depth.max(1)) as usize;
        // Kernels before 5.15 keep to their own number.
        let _ = uring
            .submitter()
            .register_iowq_max_workers(&mut [BLOCKING_READS, 0]);
        // SAFETY: the ring owns its descriptor, always names the same one, and keeps it open until
        // it is dropped, which `AsyncFd` does after it has deregistered it.
        let uring = unsafe { AsyncFd::register_with_interest(uring, Interest::READABLE)? };
        Ok(Self {
            uring: Some(uring),
            depth,
            max_queued: options.max_queued,
            running: Slab::new(),
            batches: Slab::new(),
            backlog: VecDeque::new(),
            submitted: 0,
            sink: Some(Mapping::zeroed(options.gap_limit.max(1))?),
            stats,
            waker: None,
            wake_wanted: false,
            interrupted: false,
        })
    }

    pub(super) fn in_flight(&self) -> usize {
        self.submitted
    }

    /// Takes on a read, and submits what can be submitted.
    pub(super) fn begin(
        &mut self,
        file: Arc<File>,
        operations: Vec<Operation>,
        way: Way,
        buf: PooledBuf,
        done: oneshot::Sender<Outcome>,
    ) {
        let queued = self.backlog.len();
        // A send fails when the receiver is gone, which is its right.
        if self.uring.is_none() {
            let _ = done.send(Err(ReadError::Closed));
            return;
        }
        if self.running.len() + operations.len() > self.max_queued.saturating_add(self.depth) {
            let _ = done.send(Err(ReadError::Busy { queued }));
            return;
        }
        let Some(last) = operations.last() else {
            let _ = done.send(Ok(buf));
            return;
        };
        let batch = self.batches.insert(Batch {
            file,
            // Planned to fit into the buffer's room, a usize.
            wanted: (last.dest + last.wanted()) as usize,
            unfinished: operations.len(),
            buf,
            done: Some(done),
        });
        for operation in operations {
            let place = self.running.insert(Running::new(batch, operation, way));
            self.backlog.push_back(place);
        }
        if !matches!(self.turn(), Turn::Idle) {
            self.wake_driver();
        }
    }

    /// Submits and reaps until there is nothing more to do at once.
    pub(super) fn turn(&mut self) -> Turn {
        let mut bytes_left = TURN_BYTES;
        loop {
            let pushed = self.fill_queue(&mut bytes_left);
            if self.submitted == 0 {
                return Turn::Idle;
            }
            let entered = self.enter();
            let reaped = self.reap();
            if (entered.is_err() && reaped == 0) || std::mem::take(&mut self.interrupted) {
                return Turn::Retry;
            }
            if self.backlog.is_empty() || pushed + reaped == 0 {
                return Turn::Idle;
            }
            if bytes_left == 0 {
                return Turn::More;
            }
        }
    }

    /// Remembers the driver's waker; true if the driver was asked for since the last call.
    pub(super) fn take_wake(&mut self, cx: &Context<'_>) -> bool {
        match &mut self.waker {
            Some(waker) => waker.clone_from(cx.waker()),
            none => *none = Some(cx.waker().clone()),
        }
        std::mem::take(&mut self.wake_wanted)
    }

    /// Ready with `true`: something may have completed. Ready with `false`: nothing ever will.
    pub(super) fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<bool> {
        let Some(uring) = &self.uring else {
            return Poll::Ready(false);
        };
        // Cleared before the queue is looked at: what completes after that shows anew.
        uring.poll_read_ready(cx).map(|ready| match ready {
            Ok(mut guard) => {
                guard.clear_ready();
                true
            }
            Err(_) => false,
        })
    }

    /// Has the driver take another turn.
    pub(super) fn wake_driver(&mut self) {
        self.wake_wanted = true;
        if let Some(waker) = &self.waker {
            waker.wake_by_ref();
        }
    }

    /// Moves operations from the backlog into the submission queue; returns how many.
    fn fill_queue(&mut self, bytes_left: &mut u64) -> usize {
        let mut pushed = 0;
        while self.submitted < self.depth && *bytes_left > 0 {
            let Some(place) = self.backlog.pop_front() else {
                break;
            };
            let Some(running) = self.running.get_mut(place) else {
                continue;
            };
            let Some(batch) = self.batches.get_mut(running.batch) else {
                continue;
            };
            if batch.is_abandoned() {
                self.finish(place, None);
                continue;
            }
            *bytes_left = bytes_left.saturating_sub(running.left());
            let (Some(uring), Some(sink)) = (&mut self.uring, &self.sink) else {
                break;
            };
            let entry = running
                .entry(&batch.file, &mut batch.buf, sink)
                .user_data(place as u64);
            // SAFETY: the entry points into the batch's buffer, the sink, and the iovecs of
            // `running`, none of which moves its memory or is dropped before this operation's
            // completion has been reaped: `reap` alone frees the place of a submitted operation,
            // and a batch goes with its last operation. `shut_down` leaks them if it must.
            let accepted = unsafe { uring.get_mut().submission().push(&entry) };
            if accepted.is_err() {
                // Only where the kernel has not taken what is in the queue: after it has.
                self.backlog.push_front(place);
                break;
            }
            pushed += 1;
            self.submitted += 1;
        }
        pushed
    }

    /// Hands the queue to the kernel, if there is anything in it.
    fn enter(&mut self) -> io::Result<()> {
        let Some(uring) = &mut self.uring else {
            return Ok(());
        };
        let queued = uring.get_mut().submission().len();
        if queued == 0 {
            return Ok(());
        }
        match uring.get_ref().submit() {
            Ok(taken) if taken < queued => Err(io::ErrorKind::WouldBlock.into()),
            outcome => outcome.map(|_| ()),
        }
    }

    /// Takes what has completed; returns how much.
    fn reap(&mut self) -> usize {
        let mut reaped = 0;
        loop {
            let Some(uring) = &mut self.uring else {
                return reaped;
            };
            let Some(completion) = uring.get_mut().completion().next() else {
                return reaped;
            };
            if completion.user_data() == CANCELLATION {
                continue;
            }
            reaped += 1;
            self.submitted -= 1;
            self.complete(completion.user_data() as usize, completion.result());
        }
    }

    fn complete(&mut self, place: usize, result: i32) {
        let Some(running) = self.running.get_mut(place) else {
            return;
        };
        let error = match result {
            EAGAIN | EOPNOTSUPP | EINVAL if running.turn_cold() => {
                self.backlog.push_front(place);
                return;
            }
            0 if running.turn_cold() => {
                self.backlog.push_front(place);
                return;
            }
            0 => ReadError::Truncated {
                offset: running.offset(),
            },
            EINTR | EAGAIN if running.interruptions < MAX_INTERRUPTIONS => {
                running.interruptions += 1;
                self.interrupted = true;
                return self.resubmit(place);
            }
            1.. => {
                running.advance(u64::from(result.unsigned_abs()));
                if running.left() > 0 {
                    if running.turn_cold() {
                        self.backlog.push_front(place);
                        return;
                    }
                    return self.resubmit(place);
                }
                return self.finish(place, None);
            }
            _ => ReadError::Io {
                offset: running.offset(),
                len: running.left(),
                source: io::Error::from_raw_os_error(-result),
            },
        };
        self.finish(place, Some(error));
    }

    fn resubmit(&mut self, place: usize) {
        add(&self.stats.resubmitted, 1);
        self.backlog.push_front(place);
    }

    /// The kernel has let go of the operation (or never had it).
    fn finish(&mut self, place: usize, error: Option<ReadError>) {
        let Some(running) = self.running.try_remove(place) else {
            return;
        };
        let Some(batch) = self.batches.get_mut(running.batch) else {
            return;
        };
        batch.unfinished -= 1;
        match error {
            Some(error) => {
                add(&self.stats.errors, 1);
                // The waiter hears of it at once; the buffer stays until all let go of it.
                if let Some(done) = batch.done.take() {
                    let _ = done.send(Err(error));
                }
            }
            None if running.left() == 0 => {
                add(&self.stats.operations, 1);
                add(&self.stats.bytes, running.wanted());
                add(&self.stats.gap_bytes, running.span() - running.wanted());
            }
            None => {}
        }
        if batch.unfinished > 0 {
            return;
        }
        let mut batch = self.batches.remove(running.batch);
        if let Some(done) = batch.done.take()
            && !done.is_closed()
        {
            batch.buf.advance(batch.wanted);
            let _ = done.send(Ok(batch.buf));
        }
    }

    /// Cancels what is in flight and waits a moment for it. Returns the driver's waker.
    pub(super) fn shut_down(&mut self) -> Option<Waker> {
        for (_, batch) in &mut self.batches {
            if let Some(done) = batch.done.take() {
                let _ = done.send(Err(ReadError::Closed));
            }
        }
        self.drop_backlog();
        if self.submitted > 0 {
            self.cancel_all();
        }
        self.uring = None;
        if self.submitted > 0 {
            tracing::warn!(
                operations = self.submitted,
                "the kernel still holds read buffers of a ring that is going away: their memory is given up"
            );
            // The kernel may write there at any time from here on, even with the ring closed.
            std::mem::forget(std::mem::take(&mut self.running));
            std::mem::forget(std::mem::take(&mut self.batches));
            std::mem::forget(self.sink.take());
            self.submitted = 0;
        }
        self.waker.take()
    }

    fn cancel_all(&mut self) {
        let deadline = Instant::now() + SHUTDOWN_WAIT;
        loop {
            // Again in every turn: a cancellation passes by what is just then on its way to a worker of the kernel.
            self.push_cancellation();
            // What went wrong with entering shows in what is still submitted.
            let _ = self.enter();
            self.reap();
            // A short read is not taken up again.
            self.drop_backlog();
            if self.submitted == 0 || Instant::now() >= deadline {
                return;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    fn push_cancellation(&mut self) {
        let Some(uring) = &mut self.uring else {
            return;
        };
        let cancel = opcode::AsyncCancel2::new(types::CancelBuilder::any())
            .build()
            .user_data(CANCELLATION);
        // SAFETY: the entry points to no memory. Without room for it the wait is merely longer; kernels before 5.19 refuse
        // it, likewise.
        let _ = unsafe { uring.get_mut().submission().push(&cancel) };
    }

    fn drop_backlog(&mut self) {
        for place in std::mem::take(&mut self.backlog) {
            self.finish(place, Some(ReadError::Closed));
        }
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        // Whichever way it comes to this: the kernel lets go first.
        self.shut_down();
    }
}

fn add(counter: &AtomicU64, by: u64) {
    counter.fetch_add(by, Relaxed);
}
