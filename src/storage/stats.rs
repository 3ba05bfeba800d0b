//! Counters of storage, to be read from any thread.
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

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
    /// Files opened (not taken from the open ones).
    pub opened: AtomicU64,
    pub workers_on_io_uring: AtomicU64,
    pub workers_on_pread: AtomicU64,
}
