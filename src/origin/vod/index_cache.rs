//! What parsing a media file found, kept on disk over restarts: opaque bytes by file version and path.
//!
//! ```text
//! get ── a blocking thread ─▶ {dir}/{key}.index      checked before it is believed
//! put ── a bounded queue ── one writing thread ─▶ temporary file, renamed; least recently used ones removed
//! ```
//!
//! Nodes may share a folder: a file is there whole or not at all, and its name says what it is for.
mod folder;
mod format;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::Semaphore;

use self::folder::Folder;
use self::format::Key;
use crate::storage::SourceFile;

/// Longest value in bytes.
pub const VALUE_MAX: u64 = 512 << 20;
/// Values that wait to be written, and their bytes together.
const QUEUE_MAX: usize = 64;
const QUEUE_BYTES_MAX: u64 = 256 << 20;
/// Reads on blocking threads at a time.
const READS_MAX: usize = 16;
/// A disk that takes longer than this is no faster than parsing anew.
const READ_TIMEOUT: Duration = Duration::from_secs(2);

/// Why the cache does not start.
#[derive(Debug, thiserror::Error)]
pub enum IndexCacheError {
    #[error(
        "cache.index_dir: {dir:?} cannot be {doing}: {source}; name a folder that the node may write to, or leave it out"
    )]
    Folder {
        dir: PathBuf,
        doing: &'static str,
        source: io::Error,
    },
    #[error("cache.index_dir: no thread to write it with: {0}")]
    Thread(#[source] io::Error),
}

/// Counts since the start.
#[derive(Debug, Default)]
pub struct IndexStats {
    pub hits: AtomicU64,
    pub misses: AtomicU64,
    pub writes: AtomicU64,
    /// Values not written: the queue was full, or they would not fit.
    pub dropped: AtomicU64,
    /// Files removed because they were damaged, or not what their name said.
    pub rejected: AtomicU64,
    /// Files removed to stay within the budget.
    pub evictions: AtomicU64,
    /// Reads and writes that failed, or took too long.
    pub errors: AtomicU64,
    /// In the folder: as this node last saw it, and what it has written and removed since.
    pub bytes: AtomicU64,
}

/// Shared by all workers.
#[derive(Debug)]
pub struct IndexCache {
    folder: Arc<Folder>,
    jobs: SyncSender<Job>,
    queued_bytes: Arc<AtomicU64>,
    reads: Arc<Semaphore>,
}

enum Job {
    Write(Key, Bytes),
    Discard(Key),
    #[cfg(test)]
    Tell(std::sync::mpsc::Sender<()>),
}

impl IndexCache {
    /// `budget`: bytes of files in `dir`, which is made if it is not there. Blocks on the disk.
    ///
    /// # Errors
    /// A folder that cannot be made, listed or written to.
    pub fn open(dir: &Path, budget: u64) -> Result<Self, IndexCacheError> {
        let folder = Arc::new(Folder::open(dir, budget)?);
        let queued_bytes = Arc::new(AtomicU64::new(0));
        let (jobs, queue) = sync_channel(QUEUE_MAX);
        let (its_folder, its_bytes) = (Arc::clone(&folder), Arc::clone(&queued_bytes));
        // Ends with the last sender.
        std::thread::Builder::new()
            .name("index-cache".into())
            .spawn(move || write(&its_folder, &queue, &its_bytes))
            .map_err(IndexCacheError::Thread)?;
        Ok(Self {
            folder,
            jobs,
            queued_bytes,
            reads: Arc::new(Semaphore::new(READS_MAX)),
        })
    }

    pub fn stats(&self) -> &IndexStats {
        self.folder.stats()
    }

    /// What was put for this version of the file. A file of the cache that is damaged is removed and counted.
    pub async fn get(&self, file: &SourceFile) -> Option<Bytes> {
        let (key, folder) = (Key::of(file), Arc::clone(&self.folder));
        let reads = Arc::clone(&self.reads);
        let read = async move {
            let permit = reads.acquire_owned().await.ok()?;
            let task = tokio::task::spawn_blocking(move || {
                let _permit = permit;
                folder.read(&key)
            });
            task.await.ok()
        };
        let stats = self.stats();
        let outcome = tokio::time::timeout(READ_TIMEOUT, read).await;
        let value = match outcome {
            Ok(Some(Ok(value))) => value,
            Ok(Some(Err(error))) => {
                tracing::warn!(file = ?file.path(), %error, "an index cannot be read");
                stats.errors.fetch_add(1, Relaxed);
                None
            }
            // No thread to read it with, or none in time.
            Ok(None) | Err(_) => {
                stats.errors.fetch_add(1, Relaxed);
                None
            }
        };
        let counter = match value {
            Some(_) => &stats.hits,
            None => &stats.misses,
        };
        counter.fetch_add(1, Relaxed);
        value
    }

    /// Keeps `value` for this version of the file: soon, or not at all when the disk does not keep up.
    pub fn put(&self, file: &SourceFile, value: Bytes) {
        let length = value.len() as u64;
        let before = self.queued_bytes.fetch_add(length, Relaxed);
        let fits = length <= VALUE_MAX
            && self.folder.could_hold(length)
            // One that is longer than the queue may be alone in it.
            && (before == 0 || before.saturating_add(length) <= QUEUE_BYTES_MAX);
        if !fits || !self.enqueue(Job::Write(Key::of(file), value)) {
            self.queued_bytes.fetch_sub(length, Relaxed);
            self.stats().dropped.fetch_add(1, Relaxed);
        }
    }

    /// Removes what was put for this version of the file: whoever put it can make nothing of it.
    pub fn discard(&self, file: &SourceFile) {
        self.enqueue(Job::Discard(Key::of(file)));
    }

    fn enqueue(&self, job: Job) -> bool {
        match self.jobs.try_send(job) {
            Ok(()) => true,
            Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => false,
        }
    }

    /// Waits until all that was put is on disk.
    #[cfg(test)]
    pub(super) fn settle(&self) {
        let (told, tell) = std::sync::mpsc::channel();
        let _ = self.jobs.send(Job::Tell(told));
        let _ = tell.recv_timeout(Duration::from_secs(20));
    }
}

fn write(folder: &Folder, queue: &Receiver<Job>, queued_bytes: &AtomicU64) {
    let stats = folder.stats();
    let mut failing = false;
    while let Ok(job) = queue.recv() {
        match job {
            Job::Write(key, value) => {
                let outcome = folder.write(&key, &value);
                queued_bytes.fetch_sub(value.len() as u64, Relaxed);
                match outcome {
                    Ok(()) => {
                        stats.writes.fetch_add(1, Relaxed);
                        failing = false;
                    }
                    Err(error) => {
                        stats.errors.fetch_add(1, Relaxed);
                        // A full disk fails for every file: once is enough.
                        if !failing {
                            tracing::warn!(dir = ?folder.dir(), %error, "an index cannot be kept");
                        }
                        failing = true;
                    }
                }
            }
            Job::Discard(key) => folder.reject(&key),
            #[cfg(test)]
            Job::Tell(told) => {
                let _ = told.send(());
            }
        }
    }
}

#[cfg(test)]
mod tests;
