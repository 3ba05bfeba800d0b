//! An open file in one certain version.
use std::fs::{File, Metadata};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

/// Tells two contents of one path apart. Part of cache keys and ETags.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct FileVersion {
    pub dev: u64,
    pub ino: u64,
    pub len: u64,
    /// Nanoseconds since 1970.
    pub mtime_ns: i64,
    pub ctime_ns: i64,
}

impl FileVersion {
    pub fn of(metadata: &Metadata) -> Self {
        let ns = |s: i64, ns: i64| s.saturating_mul(1_000_000_000).saturating_add(ns);
        Self {
            dev: metadata.dev(),
            ino: metadata.ino(),
            len: metadata.len(),
            mtime_ns: ns(metadata.mtime(), metadata.mtime_nsec()),
            ctime_ns: ns(metadata.ctime(), metadata.ctime_nsec()),
        }
    }

    /// When the content was last written; `None` before 1970.
    pub fn modified(&self) -> Option<SystemTime> {
        let since_1970 = Duration::from_nanos(u64::try_from(self.mtime_ns).ok()?);
        SystemTime::UNIX_EPOCH.checked_add(since_1970)
    }
}

/// A regular file, open, as it was when it was found. Shared by all workers.
#[derive(Debug)]
pub struct SourceFile {
    pub(super) file: Arc<File>,
    /// The same file, opened to be read around the page cache.
    direct: Option<Arc<File>>,
    direct_refused: AtomicBool,
    version: FileVersion,
    path: Arc<Path>,
    stale: AtomicBool,
}

impl SourceFile {
    pub(super) fn new(file: File, version: FileVersion, path: Arc<Path>) -> Self {
        Self {
            file: Arc::new(file),
            direct: None,
            direct_refused: AtomicBool::new(false),
            version,
            path,
            stale: AtomicBool::new(false),
        }
    }

    pub(super) fn with_direct(self, direct: Option<File>) -> Self {
        Self {
            direct: direct.map(Arc::new),
            ..self
        }
    }

    /// None where it was not asked for, or the file system refuses.
    pub(super) fn direct(&self) -> Option<&Arc<File>> {
        let refused = self.direct_refused.load(Ordering::Relaxed);
        self.direct.as_ref().filter(|_| !refused)
    }

    /// Whether `handle` is the one to be read around the page cache with.
    pub(super) fn is_direct(&self, handle: &Arc<File>) -> bool {
        let direct = self.direct.as_ref();
        direct.is_some_and(|direct| Arc::ptr_eq(direct, handle))
    }

    pub(super) fn refuse_direct(&self) {
        self.direct_refused.store(true, Ordering::Relaxed);
    }

    pub fn version(&self) -> FileVersion {
        self.version
    }

    /// Where it was found. For the log, not for viewers.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The last component of its path.
    pub fn name(&self) -> String {
        let name = self.path.file_name().unwrap_or(self.path.as_os_str());
        name.to_string_lossy().into_owned()
    }

    /// A read found that the file is no longer this version: the next lookup opens it anew.
    pub(super) fn mark_stale(&self) {
        self.stale.store(true, Ordering::Release);
    }

    /// A read found that the file has changed since it was opened.
    pub fn is_stale(&self) -> bool {
        self.stale.load(Ordering::Acquire)
    }
}
