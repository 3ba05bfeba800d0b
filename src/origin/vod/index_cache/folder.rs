//! The cache's folder. Everything here blocks on the disk.
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use ring::rand::{SecureRandom, SystemRandom};

use super::format::{self, Key, OVERHEAD};
use super::{IndexCacheError, IndexStats, VALUE_MAX};

/// Of files that are being written.
const TEMPORARY: &str = ".index-writing-";
/// One that is older than this was left behind.
const TEMPORARY_AGE: Duration = Duration::from_secs(3600);
/// Removing stops at this share of the budget, so that not every write removes.
const LOW_WATER: (u64, u64) = (7, 8);
/// The folder is looked through again when this share of the budget has been written: others may write there, too.
const LOOK_SHARE: u64 = 16;

#[derive(Debug)]
pub(super) struct Folder {
    dir: PathBuf,
    budget: u64,
    stats: IndexStats,
    /// Written since the folder was last looked through.
    unseen: AtomicU64,
    /// Temporary files so far, and what tells them from those of others who write here.
    written: AtomicU64,
    tag: String,
}

impl Folder {
    pub(super) fn open(dir: &Path, budget: u64) -> Result<Self, IndexCacheError> {
        let cannot_be = |doing| {
            move |source| IndexCacheError::Folder {
                dir: dir.to_owned(),
                doing,
                source,
            }
        };
        let folder = Self {
            dir: dir.to_owned(),
            budget,
            stats: IndexStats::default(),
            unseen: AtomicU64::new(0),
            written: AtomicU64::new(0),
            tag: random_tag().map_err(cannot_be("written to"))?,
        };
        fs::create_dir_all(dir).map_err(cannot_be("made"))?;
        let temporary = folder.temporary();
        folder
            .try_write(&temporary, &[b"written at start"])
            .and_then(|()| fs::remove_file(&temporary))
            .map_err(cannot_be("written to"))?;
        folder.look_through().map_err(cannot_be("listed"))?;
        Ok(folder)
    }

    pub(super) fn dir(&self) -> &Path {
        &self.dir
    }

    pub(super) fn stats(&self) -> &IndexStats {
        &self.stats
    }

    /// Whether a value of that length fits the budget alone.
    pub(super) fn could_hold(&self, length: u64) -> bool {
        length.saturating_add(OVERHEAD as u64) <= self.budget
    }

    /// `None`: not there, or it was not to be believed and is gone.
    pub(super) fn read(&self, key: &Key) -> io::Result<Option<Bytes>> {
        let opened = OpenOptions::new()
            .read(true)
            .custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK)
            .open(self.path(key));
        let file = match opened {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let metadata = file.metadata()?;
        let most = VALUE_MAX + OVERHEAD as u64;
        if metadata.is_file() && metadata.len() <= most {
            let mut bytes = Vec::with_capacity(usize::try_from(metadata.len()).unwrap_or(0));
            (&file).take(most).read_to_end(&mut bytes)?;
            if let Some(value) = format::value(key, &bytes.into()) {
                // Least recently used is what was least recently modified. A file that another user wrote cannot be
                // marked as used, and goes earlier.
                let _ = file.set_modified(SystemTime::now());
                return Ok(Some(value));
            }
        }
        self.reject(key);
        Ok(None)
    }

    /// There is all of it under its name, or nothing. Makes room where there is too much.
    pub(super) fn write(&self, key: &Key, value: &[u8]) -> io::Result<()> {
        let temporary = self.temporary();
        let written = self
            .try_write(&temporary, &[&format::head(key, value), value])
            .and_then(|()| fs::rename(&temporary, self.path(key)));
        if let Err(error) = written {
            let _ = fs::remove_file(&temporary);
            return Err(error);
        }
        let length = (OVERHEAD + value.len()) as u64;
        let bytes = self.stats.bytes.fetch_add(length, Relaxed) + length;
        let unseen = self.unseen.fetch_add(length, Relaxed) + length;
        if bytes > self.budget || unseen > self.budget / LOOK_SHARE {
            self.look_through()?;
        }
        Ok(())
    }

    /// Removes what is not to be believed.
    pub(super) fn reject(&self, key: &Key) {
        let path = self.path(key);
        let length = fs::symlink_metadata(&path).map_or(0, |metadata| metadata.len());
        if self.remove(&path, length) {
            self.stats.rejected.fetch_add(1, Relaxed);
        }
    }

    /// Counts what is there, and removes what was least recently used where that is too much. Files that are not the
    /// cache's are left alone.
    fn look_through(&self) -> io::Result<()> {
        self.unseen.store(0, Relaxed);
        let mut found = Vec::new();
        let mut total = 0;
        for entry in fs::read_dir(&self.dir)? {
            let entry = entry?;
            let name = entry.file_name();
            let Some(name) = name.to_str() else {
                continue;
            };
            let temporary = name.starts_with(TEMPORARY);
            if !temporary && !format::is_file_name(name) {
                continue;
            }
            // Another node may have removed it.
            let Ok(metadata) = entry.metadata() else {
                continue;
            };
            let used = metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH);
            if !temporary {
                total += metadata.len();
                found.push((used, metadata.len(), entry.path()));
            } else if used.elapsed().is_ok_and(|age| age > TEMPORARY_AGE) {
                let _ = fs::remove_file(entry.path());
            }
        }
        self.stats.bytes.store(total, Relaxed);
        if total > self.budget {
            found.sort_unstable_by_key(|(used, ..)| *used);
            let (share, of) = LOW_WATER;
            let enough = self.budget / of * share;
            for (_, length, path) in found {
                if self.stats.bytes.load(Relaxed) <= enough {
                    break;
                }
                if self.remove(&path, length) {
                    self.stats.evictions.fetch_add(1, Relaxed);
                }
            }
        }
        Ok(())
    }

    /// `false`: it was gone, or is still there.
    fn remove(&self, path: &Path, length: u64) -> bool {
        let removed = match fs::remove_file(path) {
            Ok(()) => true,
            Err(error) if error.kind() == ErrorKind::NotFound => false,
            Err(_) => {
                self.stats.errors.fetch_add(1, Relaxed);
                return false;
            }
        };
        let less = |bytes: u64| Some(bytes.saturating_sub(length));
        // The closure never declines.
        let _ = self.stats.bytes.fetch_update(Relaxed, Relaxed, less);
        removed
    }

    fn try_write(&self, path: &Path, pieces: &[&[u8]]) -> io::Result<()> {
        let mut file = File::create_new(path)?;
        pieces.iter().try_for_each(|piece| file.write_all(piece))
    }

    fn path(&self, key: &Key) -> PathBuf {
        self.dir.join(key.file_name())
    }

    fn temporary(&self) -> PathBuf {
        let number = self.written.fetch_add(1, Relaxed);
        self.dir.join(format!("{TEMPORARY}{}-{number}", self.tag))
    }
}

/// Process ids are the same in many a container.
fn random_tag() -> io::Result<String> {
    let mut tag = [0; 8];
    SystemRandom::new()
        .fill(&mut tag)
        .map_err(|_| io::Error::other("the system gives no random numbers"))?;
    Ok(hex::encode(tag))
}
