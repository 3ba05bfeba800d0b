//! Counters of storage, to be read from any thread.
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use edgepack_uring::ReadStats;

/// What reads files, as chosen at start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EngineInUse {
    IoUring,
    Pread,
}

impl EngineInUse {
    /// As a metric label.
    pub fn name(self) -> &'static str {
        match self {
            Self::IoUring => "io_uring",
            Self::Pread => "pread",
        }
    }
}

#[derive(Debug, Default)]
pub struct StorageStats {
    /// Read operations, bytes, short reads taken up again, errors; of either engine.
    pub reads: Arc<ReadStats>,
    /// Reads and lookups given up after their time.
    pub timeouts: AtomicU64,
    /// Times a file was found changed while it was served.
    pub changed: AtomicU64,
    /// Runs read around the page cache.
    pub direct_runs: AtomicU64,
    /// Files that could not be read so.
    pub direct_refused: AtomicU64,
    /// Files opened (not taken from the open ones).
    pub opened: AtomicU64,
    pub workers_on_io_uring: AtomicU64,
    pub workers_on_pread: AtomicU64,
}

impl StorageStats {
    /// A file that is read through the page cache although it was to be read around it. Said loudly once: the next files
    /// are most likely on the same file system.
    pub(super) fn refused_direct(&self, path: &Path, error: &std::io::Error) {
        if self.direct_refused.fetch_add(1, Relaxed) == 0 {
            tracing::warn!(
                path = %path.display(),
                %error,
                "storage.direct: the file system refuses O_DIRECT; its files are read through the page cache"
            );
        } else {
            tracing::debug!(path = %path.display(), %error, "no O_DIRECT");
        }
    }
}
