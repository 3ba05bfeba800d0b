//! The engine without io_uring: `pread` on blocking threads, a bounded number at a time.
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use edgepack_uring::plan::{Operation, plan};
use edgepack_uring::{FileRange, PooledBuf, ReadError, ReadStats};
use tokio::sync::Semaphore;

/// Reads that may wait for a thread; more are refused.
const MAX_WAITING: usize = 16_384;

#[derive(Debug)]
pub(super) struct PreadPool {
    threads: Arc<Semaphore>,
    waiting: AtomicUsize,
    stats: Arc<ReadStats>,
}

impl PreadPool {
    pub(super) fn new(threads: usize, stats: Arc<ReadStats>) -> Self {
        Self {
            threads: Arc::new(Semaphore::new(threads)),
            waiting: AtomicUsize::new(0),
            stats,
        }
    }

    /// Appends `ranges` of `file` to `buf`, as `edgepack_uring::Ring::read` does. A read that is
    /// under way when the future is dropped ends on its own thread and then lets go of the buffer.
    pub(super) async fn read(
        &self,
        file: Arc<File>,
        ranges: &[FileRange],
        mut buf: PooledBuf,
    ) -> Result<PooledBuf, ReadError> {
        // Only neighbours are merged: a thread has no vectored read at hand without `unsafe`.
        let operations = plan(ranges, 0)?;
        let wanted = operations
            .last()
            .map_or(0, |last| last.dest + last.wanted());
        if wanted > buf.room() as u64 {
            return Err(ReadError::BufferTooSmall {
                wanted,
                room: buf.room(),
            });
        }
        let thread = {
            let queued = self.waiting.fetch_add(1, Relaxed);
            let _leaving = Leaving(&self.waiting);
            if queued >= MAX_WAITING {
                return Err(ReadError::Busy { queued });
            }
            let permit = Arc::clone(&self.threads).acquire_owned().await;
            permit.map_err(|_| ReadError::Closed)?
        };
        let stats = Arc::clone(&self.stats);
        let read = move || {
            let _thread = thread;
            for operation in &operations {
                if let Err(error) = append(&file, operation, &mut buf, &stats) {
                    stats.errors.fetch_add(1, Relaxed);
                    return Err(error);
                }
            }
            Ok(buf)
        };
        match tokio::task::spawn_blocking(read).await {
            Ok(outcome) => outcome,
            Err(_) => Err(ReadError::Closed),
        }
    }
}

/// Counts down when a read stops waiting, got a thread or was dropped.
struct Leaving<'a>(&'a AtomicUsize);

impl Drop for Leaving<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Relaxed);
    }
}

fn append(
    file: &File,
    operation: &Operation,
    buf: &mut PooledBuf,
    stats: &ReadStats,
) -> Result<(), ReadError> {
    let wanted = operation.wanted();
    let room = buf.room();
    let too_small = ReadError::BufferTooSmall { wanted, room };
    let Ok(len) = usize::try_from(wanted) else {
        return Err(too_small);
    };
    let read = |to: &mut [u8]| fill(file, operation.offset, to, stats);
    buf.extend_with(len, read).unwrap_or(Err(too_small))?;
    stats.operations.fetch_add(1, Relaxed);
    stats.bytes.fetch_add(wanted, Relaxed);
    Ok(())
}

fn fill(file: &File, start: u64, to: &mut [u8], stats: &ReadStats) -> Result<(), ReadError> {
    let mut done = 0;
    while done < to.len() {
        let offset = start + done as u64;
        let left = &mut to[done..];
        match file.read_at(left, offset) {
            Ok(0) => return Err(ReadError::Truncated { offset }),
            Ok(read) => done += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(source) => {
                let len = left.len() as u64;
                return Err(ReadError::Io {
                    offset,
                    len,
                    source,
                });
            }
        }
        if done < to.len() {
            stats.resubmitted.fetch_add(1, Relaxed);
        }
    }
    Ok(())
}
