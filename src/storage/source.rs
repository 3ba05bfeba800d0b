//! A file in one certain version.
use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use super::open::{Handles, OpenFiles, Place};

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

/// A regular file as it was when it was found. Shared by all workers.
#[derive(Debug)]
pub struct SourceFile {
    handles: Place,
    /// Where a look-up finds it again; none for one that is never closed.
    origin: Option<Origin>,
    direct_refused: AtomicBool,
    version: FileVersion,
    path: Arc<Path>,
    stale: AtomicBool,
}

/// What a file was asked for as.
#[derive(Debug, Clone)]
pub(super) struct Origin {
    pub(super) root: Box<Path>,
    /// Relative to it.
    pub(super) path: Box<str>,
}

impl SourceFile {
    /// Open for as long as it lives.
    pub(super) fn new(handles: Handles, version: FileVersion, path: Arc<Path>) -> Self {
        Self::at(Place::new(handles, None), None, version, path)
    }

    /// Closed when too many others are open.
    pub(super) fn among(
        open: &Arc<OpenFiles>,
        origin: Origin,
        handles: Handles,
        version: FileVersion,
        path: Arc<Path>,
    ) -> Self {
        let place = Place::new(handles, Some(Arc::clone(open)));
        Self::at(place, Some(origin), version, path)
    }

    fn at(handles: Place, origin: Option<Origin>, version: FileVersion, path: Arc<Path>) -> Self {
        Self {
            handles,
            origin,
            direct_refused: AtomicBool::new(false),
            version,
            path,
            stale: AtomicBool::new(false),
        }
    }

    /// None while it is closed. The direct one is left out where the file system refused a read of it.
    pub(super) fn handles(&self) -> Option<Handles> {
        let mut handles = self.handles.get()?;
        if self.direct_refused.load(Ordering::Relaxed) {
            handles.direct = None;
        }
        Some(handles)
    }

    /// Opened anew, in the same version.
    pub(super) fn reopened(&self, handles: Handles) {
        self.handles.put(handles);
    }

    pub(super) fn origin(&self) -> Option<&Origin> {
        self.origin.as_ref()
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
