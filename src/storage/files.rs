//! Paths below a mount's root, and the files found there. Nothing outside the root is ever opened,
//! wherever symbolic links point.
//!
//! What a path leads to is remembered for `revalidate_ms`; after that the first who asks looks
//! again, on a blocking thread, while others go on with what is known. A file whose version is
//! found changed meanwhile is looked up again at once.
mod lookup;

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use moka::sync::Cache;
use tokio::sync::Semaphore;

pub use self::lookup::{MAX_FOLDER_FILES, MediaKind};
use super::error::StorageError;
use super::open::{Handles, OpenFiles};
use super::options::StorageOptions;
use super::source::SourceFile;
use super::stats::StorageStats;

/// Lookups on blocking threads at a time.
const MAX_LOOKUPS: usize = 64;

/// The media files of a folder, by name, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folder {
    /// Relative to the folder.
    pub names: Vec<String>,
    /// Whether a description says what the asset is made of.
    pub has_description: bool,
}

/// What a path leads to.
#[derive(Debug, Clone)]
pub enum Resolved {
    File(Arc<SourceFile>),
    Folder(Arc<Folder>),
}

/// Finds files and keeps those used last open. Shared by all workers; cloning clones the handle.
#[derive(Debug, Clone)]
pub struct Files {
    known: Arc<Known>,
}

#[derive(Debug)]
struct Known {
    entries: Cache<Key, Arc<Entry>>,
    lookups: Arc<Semaphore>,
    revalidate: Duration,
    timeout: Duration,
    /// Whether movies are opened to be read around the page cache, too.
    direct: bool,
    epoch: Instant,
    open: Arc<OpenFiles>,
    stats: Arc<StorageStats>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Key {
    root: Box<Path>,
    path: Box<str>,
}

impl Key {
    fn new(root: &Path, path: &str) -> Self {
        Self {
            root: root.into(),
            path: path.into(),
        }
    }
}

#[derive(Debug)]
struct Entry {
    /// Taken on eviction: moka frees an entry some time later, and files are to be closed at once.
    found: Mutex<Option<Resolved>>,
    /// When it was looked at, in nanoseconds since `epoch`.
    checked_ns: u64,
    being_checked: AtomicBool,
}

impl Files {
    pub(super) fn new(options: &StorageOptions, stats: Arc<StorageStats>) -> Self {
        let known = Known {
            entries: Cache::builder()
                .max_capacity(options.max_open_files)
                .eviction_listener(|_, entry: Arc<Entry>, _| entry.let_go())
                .build(),
            lookups: Arc::new(Semaphore::new(MAX_LOOKUPS)),
            revalidate: Duration::from_millis(options.revalidate_ms),
            timeout: Duration::from_millis(options.read_timeout_ms),
            direct: options.direct,
            epoch: Instant::now(),
            open: OpenFiles::new(options.max_open_files),
            stats,
        };
        Self {
            known: Arc::new(known),
        }
    }

    /// What `path`, relative to `root`, leads to: a regular file, open, or a folder's media files.
    ///
    /// `path` is refused if it is absolute or has empty, `.` or `..` components.
    pub async fn resolve(&self, root: &Path, path: &str) -> Result<Resolved, StorageError> {
        lookup::check_relative(path)?;
        let key = Key::new(root, path);
        let known = self.known.entries.get(&key);
        if let Some(entry) = &known
            && let Some(found) = entry.found()
            && self.known.is_good(entry, &found)
        {
            return Ok(found);
        }
        let timed_out = StorageError::TimedOut {
            path: root.join(path),
            doing: "looking up",
            after_ms: self.known.timeout.as_millis() as u64,
        };
        let look_up = self.look_up(key, known);
        match tokio::time::timeout(self.known.timeout, look_up).await {
            Ok(outcome) => outcome,
            Err(_) => {
                self.known.stats.timeouts.fetch_add(1, Relaxed);
                Err(timed_out)
            }
        }
    }

    /// The regular file at `path`.
    pub async fn open(&self, root: &Path, path: &str) -> Result<Arc<SourceFile>, StorageError> {
        match self.resolve(root, path).await? {
            Resolved::File(file) => Ok(file),
            Resolved::Folder(_) => Err(StorageError::WrongKind {
                path: root.join(path),
                wanted: "file",
            }),
        }
    }

    /// The file at `path`, or all media files of the folder there, in the order of their names.
    pub async fn find(
        &self,
        root: &Path,
        path: &str,
    ) -> Result<Vec<Arc<SourceFile>>, StorageError> {
        let folder = match self.resolve(root, path).await? {
            Resolved::File(file) => return Ok(vec![file]),
            Resolved::Folder(folder) => folder,
        };
        let mut files = Vec::with_capacity(folder.names.len());
        for name in &folder.names {
            let file = self.open(root, &format!("{path}/{name}")).await;
            if let Err(StorageError::NotFound { .. }) = file {
                // Removed since the folder was listed.
                self.forget(root, path);
            }
            files.push(file?);
        }
        Ok(files)
    }

    /// The names of the movies and subtitles right in the folder `path`, sorted; hidden ones excepted, and at most
    /// [`MAX_FOLDER_FILES`].
    pub async fn list(&self, root: &Path, path: &str) -> Result<Arc<Folder>, StorageError> {
        match self.resolve(root, path).await? {
            Resolved::Folder(folder) => Ok(folder),
            Resolved::File(_) => Err(StorageError::WrongKind {
                path: root.join(path),
                wanted: "folder",
            }),
        }
    }

    /// Forgets what `path` leads to, closing its file when the last reader is done.
    pub fn forget(&self, root: &Path, path: &str) {
        self.known.entries.invalidate(&Key::new(root, path));
    }

    /// The file's handles; one that was closed is opened again, if it still is the version that it was.
    ///
    /// # Errors
    /// [`StorageError::Changed`] where another file, or none, has taken its place.
    pub(super) async fn handles(&self, file: &SourceFile) -> Result<Handles, StorageError> {
        if let Some(handles) = file.handles() {
            return Ok(handles);
        }
        match tokio::time::timeout(self.known.timeout, self.reopen(file)).await {
            Ok(outcome) => outcome,
            Err(_) => {
                self.known.stats.timeouts.fetch_add(1, Relaxed);
                Err(StorageError::TimedOut {
                    path: file.path().to_path_buf(),
                    doing: "opening",
                    after_ms: self.known.timeout.as_millis() as u64,
                })
            }
        }
    }

    async fn reopen(&self, file: &SourceFile) -> Result<Handles, StorageError> {
        let path = || file.path().to_path_buf();
        let closed = || StorageError::Closed { path: path() };
        let changed = || {
            file.mark_stale();
            self.known.stats.changed.fetch_add(1, Relaxed);
            StorageError::Changed { path: path() }
        };
        let permit = Arc::clone(&self.known.lookups).acquire_owned().await;
        let permit = permit.map_err(|_| closed())?;
        // Another may have opened it meanwhile.
        if let Some(handles) = file.handles() {
            return Ok(handles);
        }
        let origin = file.origin().ok_or_else(closed)?.clone();
        let known = Arc::clone(&self.known);
        let task = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            lookup::look_up(&origin.root, &origin.path, None, known.opening(None))
        });
        let found = match task.await.map_err(|_| closed())? {
            Ok(Resolved::File(found)) if found.version() == file.version() => found,
            Ok(_) | Err(StorageError::NotFound { .. }) => return Err(changed()),
            Err(error) => return Err(error),
        };
        self.known.stats.opened.fetch_add(1, Relaxed);
        let handles = found.handles().ok_or_else(closed)?;
        file.reopened(handles.clone());
        Ok(handles)
    }

    async fn look_up(
        &self,
        key: Key,
        before: Option<Arc<Entry>>,
    ) -> Result<Resolved, StorageError> {
        let checking = Checking(before);
        let closed = || StorageError::Closed {
            path: key.root.join(&*key.path),
        };
        let permit = Arc::clone(&self.known.lookups).acquire_owned().await;
        let permit = permit.map_err(|_| closed())?;
        // Another may have looked meanwhile.
        if let Some(entry) = self.known.entries.get(&key)
            && let Some(found) = entry.found()
            && self.known.is_fresh(&entry, &found)
        {
            return Ok(found);
        }
        let (known, for_task) = (Arc::clone(&self.known), key.clone());
        // The outcome is kept even if nobody waits for it any more.
        let task = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            known.look_up_blocking(for_task, checking.0.as_deref())
        });
        task.await.map_err(|_| closed())?
    }
}

impl Known {
    /// Recently looked at, and not found changed since.
    fn is_fresh(&self, entry: &Entry, found: &Resolved) -> bool {
        let age = self.now_ns().saturating_sub(entry.checked_ns);
        !is_stale(found) && u128::from(age) < self.revalidate.as_nanos()
    }

    /// Fresh, or about to be: the first to find it too old looks again, the others use it.
    fn is_good(&self, entry: &Entry, found: &Resolved) -> bool {
        self.is_fresh(entry, found) || (!is_stale(found) && entry.being_checked.swap(true, Relaxed))
    }

    fn look_up_blocking(&self, key: Key, before: Option<&Entry>) -> Result<Resolved, StorageError> {
        let checked_ns = self.now_ns();
        let known = before
            .and_then(Entry::found)
            .filter(|found| !is_stale(found));
        let known = known.as_ref();
        let outcome = lookup::look_up(&key.root, &key.path, known, self.opening(Some(&self.open)));
        match outcome {
            Ok(found) => {
                if let Resolved::File(_) = found
                    && !known.is_some_and(|known| same(known, &found))
                {
                    self.stats.opened.fetch_add(1, Relaxed);
                }
                let entry = Entry {
                    found: Mutex::new(Some(found.clone())),
                    checked_ns,
                    being_checked: AtomicBool::new(false),
                };
                self.entries.insert(key, Arc::new(entry));
                // Closes at once what this displaces.
                self.entries.run_pending_tasks();
                Ok(found)
            }
            Err(error) => {
                self.entries.invalidate(&key);
                Err(error)
            }
        }
    }

    fn opening<'a>(&'a self, among: Option<&'a Arc<OpenFiles>>) -> lookup::Opening<'a> {
        lookup::Opening {
            among,
            direct: self.direct.then_some(&*self.stats),
        }
    }

    fn now_ns(&self) -> u64 {
        u64::try_from(self.epoch.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }
}

impl Entry {
    /// `None` once it is evicted or replaced.
    fn found(&self) -> Option<Resolved> {
        self.found
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn let_go(&self) {
        let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        let gone = found.take();
        drop(found);
        drop(gone);
    }
}

fn is_stale(found: &Resolved) -> bool {
    matches!(found, Resolved::File(file) if file.is_stale())
}

/// A look under way. However it ends, the next who finds the entry too old may look.
struct Checking(Option<Arc<Entry>>);

impl Drop for Checking {
    fn drop(&mut self) {
        if let Some(entry) = &self.0 {
            entry.being_checked.store(false, Relaxed);
        }
    }
}

fn same(a: &Resolved, b: &Resolved) -> bool {
    matches!((a, b), (Resolved::File(a), Resolved::File(b)) if Arc::ptr_eq(a, b))
}

#[cfg(test)]
mod tests;
