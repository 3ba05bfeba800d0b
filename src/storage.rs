//! Mezzanine files: found below a mount's root, read through io_uring or a `pread` pool straight
//! into the buffer from which the segment is sent, never a mix of two versions.
//!
//! ```text
//! SharedStorage (node)      Files: open handles by path, checked again every `revalidate_ms`
//!   │                       Pool:  buffers, bounded          Engine: chosen once at start
//!   ├─▶ Storage (worker 0)  its ring, or its way into the pread pool
//!   └─▶ Storage (worker 1)  …
//! ```
mod direct;
pub mod error;
pub mod files;
mod open;
pub mod options;
mod pread;
pub mod source;
pub mod stats;

use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use bytes::Bytes;
use edgepack_uring::FileRange;
pub use edgepack_uring::{Pool, PooledBuf};
use edgepack_uring::{PoolError, PoolOptions, ReadError, Ring, RingOptions, Unavailable, probe};

pub use self::error::{StartError, StorageError};
pub use self::files::{Files, Folder, MAX_FOLDER_FILES, MediaKind, Resolved};
use self::open::Handles;
pub use self::options::{Engine, StorageOptions};
use self::pread::PreadPool;
pub use self::source::{FileVersion, SourceFile};
pub use self::stats::{EngineInUse, StorageStats};
use crate::memory::Budget;

/// What all workers share. Made once, at start.
#[derive(Debug)]
pub struct SharedStorage {
    options: StorageOptions,
    engine: EngineInUse,
    pool: Pool,
    budget: Budget,
    pread: PreadPool,
    files: Files,
    stats: Arc<StorageStats>,
}

impl SharedStorage {
    /// Chooses the engine. `Engine::Auto` on a machine without io_uring means `pread`, said once
    /// in the log and readable from [`engine`](Self::engine); `Engine::IoUring` there is an error.
    pub fn new(options: StorageOptions) -> Result<Arc<Self>, StartError> {
        Self::within(options, Budget::unlimited())
    }

    /// Like [`new`](Self::new); what buffers take counts against `budget`.
    pub fn within(options: StorageOptions, budget: Budget) -> Result<Arc<Self>, StartError> {
        if let Some(problem) = options.problems().into_iter().next() {
            return Err(StartError::Options(problem));
        }
        let engine = choose(options.engine, || probe().map(|_| ()))?;
        let stats = Arc::new(StorageStats::default());
        Ok(Arc::new(Self {
            engine,
            pool: Pool::with_quota(
                PoolOptions {
                    max_bytes: options.pool_bytes,
                    max_idle_bytes: options.pool_idle_bytes,
                },
                Arc::new(budget.clone()),
            ),
            budget,
            pread: PreadPool::new(options.pread_threads, Arc::clone(&stats.reads)),
            files: Files::new(&options, Arc::clone(&stats)),
            options,
            stats,
        }))
    }

    pub fn engine(&self) -> EngineInUse {
        self.engine
    }

    pub fn options(&self) -> &StorageOptions {
        &self.options
    }

    pub fn pool(&self) -> &Pool {
        &self.pool
    }

    /// What buffers and titles together may take.
    pub fn budget(&self) -> &Budget {
        &self.budget
    }

    pub fn files(&self) -> &Files {
        &self.files
    }

    pub fn stats(&self) -> &Arc<StorageStats> {
        &self.stats
    }
}

/// One worker's access to storage. Stays on the thread that made it; clones share its ring.
#[derive(Debug, Clone)]
pub struct Storage {
    shared: Arc<SharedStorage>,
    backend: Rc<Backend>,
}

#[derive(Debug)]
enum Backend {
    Ring(Ring),
    Pread,
}

impl Storage {
    /// Sets up this worker's ring.
    ///
    /// Where a ring cannot be had although the probe succeeded (descriptors or memory ran out),
    /// this worker falls back to `pread` under `Engine::Auto`, and says so.
    ///
    /// # Panics
    ///
    /// Outside a `LocalSet` in a current-thread runtime, where `spawn_local` has no place to go.
    pub fn start(shared: &Arc<SharedStorage>) -> Result<Self, StartError> {
        let backend = match shared.engine {
            EngineInUse::Pread => Backend::Pread,
            EngineInUse::IoUring => match start_ring(shared) {
                Ok(ring) => Backend::Ring(ring),
                Err(source) if shared.options.engine == Engine::IoUring => {
                    return Err(StartError::Ring(source));
                }
                Err(error) => {
                    tracing::warn!(%error, "this worker gets no io_uring and reads with pread");
                    Backend::Pread
                }
            },
        };
        let workers = match &backend {
            Backend::Ring(_) => &shared.stats.workers_on_io_uring,
            Backend::Pread => &shared.stats.workers_on_pread,
        };
        workers.fetch_add(1, Relaxed);
        Ok(Self {
            shared: Arc::clone(shared),
            backend: Rc::new(backend),
        })
    }

    /// What this worker reads with.
    pub fn engine(&self) -> EngineInUse {
        match &*self.backend {
            Backend::Ring(_) => EngineInUse::IoUring,
            Backend::Pread => EngineInUse::Pread,
        }
    }

    pub fn shared(&self) -> &Arc<SharedStorage> {
        &self.shared
    }

    pub fn files(&self) -> &Files {
        &self.shared.files
    }

    /// The file at `path` below `root`, or all media files of the folder there, in the order of
    /// their names. See [`Files::find`].
    pub async fn find(
        &self,
        root: &Path,
        path: &str,
    ) -> Result<Vec<Arc<SourceFile>>, StorageError> {
        self.files().find(root, path).await
    }

    /// An empty buffer with room for `capacity` bytes. While all of the pool is handed out, caches
    /// give up what nobody is being sent; then this waits, as long as the budget says.
    pub async fn buffer(&self, capacity: u64) -> Result<PooledBuf, StorageError> {
        let pool = &self.shared.pool;
        // Larger than any pool, on a machine whose addresses are smaller.
        let capacity = usize::try_from(capacity).unwrap_or(usize::MAX);
        match pool.take(capacity) {
            Err(PoolError::Exhausted { .. }) => {}
            outcome => return Ok(outcome?),
        }
        let budget = &self.shared.budget;
        budget.relieve(capacity as u64);
        match budget.waited(pool.take_when_free(capacity)).await {
            Some(outcome) => Ok(outcome?),
            None => Ok(pool.take(capacity)?),
        }
    }

    /// `len` bytes of the file at `offset`.
    pub async fn read(
        &self,
        file: &SourceFile,
        offset: u64,
        len: u64,
    ) -> Result<Bytes, StorageError> {
        let range = (offset, len);
        // Before memory is set aside for it.
        self.check_within(file, &[range])?;
        let buf = self.buffer(len).await?;
        Ok(self.read_ranges(file, &[range], buf).await?.freeze())
    }

    /// `ranges` of the file, offset and length, as the content of a buffer with room for `front` bytes before it
    /// ([`PooledBuf::prepend`]) and `back` bytes behind. Errors are those of [`read_ranges`](Self::read_ranges).
    ///
    /// With `direct`, a run of some length is read around the page cache, in whole blocks, to where it is sent from.
    pub async fn read_media(
        &self,
        file: &SourceFile,
        ranges: &[(u64, u64)],
        front: usize,
        back: usize,
    ) -> Result<PooledBuf, StorageError> {
        self.check_within(file, ranges)?;
        let handles = self.files().handles(file).await?;
        if handles.direct.is_some() {
            let gap_limit = self.shared.options.gap_limit_bytes as u64;
            let wanted: Vec<_> = ranges.iter().copied().map(file_range).collect();
            if let Some(run) = direct::Run::of(&wanted, gap_limit, file.version().len) {
                let read = self.read_direct(file, &handles, &run, (front, back));
                match read.await {
                    // What open(2) let pass, read(2) refuses.
                    Err(StorageError::Io { source, .. })
                        if matches!(
                            source.raw_os_error(),
                            Some(libc::EINVAL | libc::EOPNOTSUPP)
                        ) =>
                    {
                        file.refuse_direct();
                        self.shared.stats.refused_direct(file.path(), &source);
                    }
                    outcome => return outcome,
                }
            }
        }
        let total: u64 = ranges.iter().map(|(_, len)| len).sum();
        let mut buf = self
            .buffer(total.saturating_add((front + back) as u64))
            .await?;
        // A buffer just taken is empty, and has this much.
        let _ = buf.indent(front);
        let way = Way::PageCache;
        self.read_through(&handles, way, file, ranges, buf).await
    }

    async fn read_direct(
        &self,
        file: &SourceFile,
        handles: &Handles,
        run: &direct::Run,
        (front, back): (usize, usize),
    ) -> Result<PooledBuf, StorageError> {
        let indent = run.indent(front);
        let mut buf = self.buffer(run.len() + (indent + back) as u64).await?;
        let _ = buf.indent(indent);
        let blocks = [run.blocks];
        let mut read = self
            .read_through(handles, Way::Direct, file, &blocks, buf)
            .await?;
        if let Some(rest) = run.rest {
            read = self
                .read_through(handles, Way::PageCache, file, &[rest], read)
                .await?;
        }
        self.shared.stats.direct_runs.fetch_add(1, Relaxed);
        run.gather(read).ok_or_else(|| StorageError::Truncated {
            path: file.path().to_path_buf(),
            offset: file.version().len,
        })
    }

    /// Appends `ranges` of the file, offset and length, to `buf`, in order and with nothing between.
    ///
    /// All of it comes from the version the handle was opened with, or this fails with
    /// [`StorageError::Changed`] or [`StorageError::Truncated`] and the next
    /// [`Files::open`] finds the file's new version. Takes `read_timeout_ms` at most; dropping the
    /// future abandons the read without harm.
    pub async fn read_ranges(
        &self,
        file: &SourceFile,
        ranges: &[(u64, u64)],
        buf: PooledBuf,
    ) -> Result<PooledBuf, StorageError> {
        self.check_within(file, ranges)?;
        let handles = self.files().handles(file).await?;
        self.read_through(&handles, Way::PageCache, file, ranges, buf)
            .await
    }

    /// `handles`: the file's.
    async fn read_through(
        &self,
        handles: &Handles,
        way: Way,
        file: &SourceFile,
        ranges: &[(u64, u64)],
        buf: PooledBuf,
    ) -> Result<PooledBuf, StorageError> {
        let ranges: Vec<_> = ranges.iter().copied().map(file_range).collect();
        let direct = match way {
            Way::Direct => handles.direct.as_ref(),
            Way::PageCache => None,
        };
        let handle = Arc::clone(direct.unwrap_or(&handles.file));
        let limit = Duration::from_millis(self.shared.options.read_timeout_ms);
        let outcome = match &*self.backend {
            Backend::Ring(ring) => {
                let read = match direct {
                    None => ring.read(handle, &ranges, buf),
                    Some(_) => ring.read_direct(handle, &ranges, buf),
                };
                tokio::time::timeout(limit, read).await
            }
            Backend::Pread => {
                let read = self.shared.pread.read(handle, &ranges, buf);
                tokio::time::timeout(limit, read).await
            }
        };
        match outcome {
            Ok(Ok(buf)) => {
                self.verify_unchanged(handles, file)?;
                Ok(buf)
            }
            Ok(Err(error)) => {
                if let ReadError::Truncated { .. } = error {
                    file.mark_stale();
                }
                Err(StorageError::reading(file, error))
            }
            Err(_) => {
                self.shared.stats.timeouts.fetch_add(1, Relaxed);
                Err(StorageError::TimedOut {
                    path: file.path().to_path_buf(),
                    doing: "reading",
                    after_ms: self.shared.options.read_timeout_ms,
                })
            }
        }
    }

    /// Checks that the open file still is the version it was opened as: size, times and inode.
    ///
    /// A file that another was renamed over has a changed `ctime`, too. One `fstat`.
    fn verify_unchanged(&self, handles: &Handles, file: &SourceFile) -> Result<(), StorageError> {
        let metadata = handles.file.metadata().map_err(|source| StorageError::Io {
            path: file.path().to_path_buf(),
            doing: "checking the version of",
            source,
        })?;
        if FileVersion::of(&metadata) == file.version() {
            return Ok(());
        }
        file.mark_stale();
        self.shared.stats.changed.fetch_add(1, Relaxed);
        Err(StorageError::Changed {
            path: file.path().to_path_buf(),
        })
    }

    /// An index that points past the end is known before any I/O.
    fn check_within(&self, file: &SourceFile, ranges: &[(u64, u64)]) -> Result<(), StorageError> {
        let end = file.version().len;
        match ranges
            .iter()
            .find(|(offset, len)| offset.saturating_add(*len) > end)
        {
            None => Ok(()),
            Some(_) => Err(StorageError::Truncated {
                path: file.path().to_path_buf(),
                offset: end,
            }),
        }
    }
}

/// How the bytes of a file come.
#[derive(Debug, Clone, Copy)]
enum Way {
    PageCache,
    /// Around it, in whole blocks; the file has a handle for it.
    Direct,
}

fn file_range((offset, len): (u64, u64)) -> FileRange {
    FileRange { offset, len }
}

fn start_ring(shared: &Arc<SharedStorage>) -> std::io::Result<Ring> {
    let options = RingOptions {
        queue_depth: shared.options.queue_depth,
        gap_limit: shared.options.gap_limit_bytes,
        ..RingOptions::default()
    };
    let (ring, driver) = Ring::new(options, Arc::clone(&shared.stats.reads))?;
    tokio::task::spawn_local(driver);
    Ok(ring)
}

fn choose(
    wanted: Engine,
    probe: impl FnOnce() -> Result<(), Unavailable>,
) -> Result<EngineInUse, StartError> {
    if wanted == Engine::Pread {
        return Ok(EngineInUse::Pread);
    }
    match probe() {
        Ok(()) => Ok(EngineInUse::IoUring),
        Err(reason) if wanted == Engine::IoUring => Err(StartError::Unavailable(reason)),
        Err(reason) => {
            tracing::warn!(%reason, "io_uring cannot be used: files are read with pread");
            Ok(EngineInUse::Pread)
        }
    }
}

#[cfg(test)]
mod tests;
