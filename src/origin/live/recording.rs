//! What a channel sent, on disk: for viewers who come later, and for films made of it.
//!
//! ```text
//! Recorder::record ─▶ queue (bounded) ─▶ its own thread: Writer ─▶ {mount}/{channel}/{track}/{epoch}-{number}.mp4, .idx
//!                                                    │
//! Recording: segments, headers, bytes, parts ◀── Catalogue (memory) ◀── opening: indexes read, checked, cut
//! ```
//!
//! A segment is listed when its bytes and its index record are written. It is never listed with other bytes than its
//! checksum says: what is torn, lost or damaged is a gap. Nothing here waits for a viewer, and no channel waits for it.
mod catalogue;
mod error;
mod files;
mod harvest;
mod media;
mod names;
mod open;
mod queue;
mod record;
mod recorder;
mod retention;
mod segments;
mod volume;
mod writer;

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use self::catalogue::Catalogue;
pub(super) use self::error::RecordingError;
pub(super) use self::files::RecordedHeader;
pub(super) use self::harvest::{Harvest, HarvestError};
pub(super) use self::recorder::{Recorder, RecorderStats};
use crate::config;

/// Keeps other processes away from a channel's folder. No track is called so: names never begin with a dot.
const LOCK_FILE: &str = ".lock";

/// The recording of one channel. Made by [`Recording::open`], filled by a [`Recorder`], read by whoever has it.
///
/// All that reads media blocks on the disk: call it where that is allowed.
#[derive(Debug)]
pub(super) struct Recording {
    folder: PathBuf,
    options: config::Recording,
    catalogue: Mutex<Catalogue>,
    /// Held as long as this lives.
    locked: File,
}

impl Recording {
    /// Opens what an earlier process recorded, or begins. `mount`: its path. Reads all indexes of the channel, and of each
    /// track the last segments or all, as `verify` says.
    ///
    /// # Errors
    /// [`RecordingError::Locked`] while another process records the channel, [`RecordingError::Io`] where its folder cannot
    /// be made or read. What is wrong inside single files is told in the log, and costs what is damaged.
    pub(super) fn open(
        options: &config::Recording,
        mount: &str,
        channel: &str,
    ) -> Result<Self, RecordingError> {
        let folder = options
            .directory
            .join(names::folder(mount.trim_matches('/')))
            .join(names::folder(channel));
        std::fs::create_dir_all(&folder).map_err(RecordingError::io(&folder))?;
        let locked = lock(&folder)?;
        let catalogue = open::channel(&folder, options.verify)?;
        Ok(Self {
            folder,
            options: options.clone(),
            catalogue: Mutex::new(catalogue),
            locked,
        })
    }

    /// Names of all tracks of which anything is recorded.
    pub(super) fn tracks(&self) -> Vec<String> {
        self.lock().tracks()
    }

    /// Unix times in milliseconds, of the oldest segment's start and the latest one's end, of all tracks.
    pub(super) fn span(&self) -> Option<(i64, i64)> {
        self.lock().span()
    }

    /// On disk, indexes included.
    pub(super) fn bytes(&self) -> u64 {
        self.lock().bytes()
    }

    /// The latest epoch that is recorded: another life of the channel needs a later one, so that no name means two things.
    pub(super) fn newest_epoch(&self) -> Option<u32> {
        self.lock().newest_epoch()
    }

    fn lock(&self) -> MutexGuard<'_, Catalogue> {
        // Changed in single steps: whoever panicked left it whole.
        self.catalogue
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn track_folder(&self, track: &str) -> PathBuf {
        self.folder.join(names::folder(track))
    }
}

impl Drop for Recording {
    fn drop(&mut self) {
        // Closing alone would not do while a child process that is just being started has the descriptor, too. What cannot
        // be unlocked is closed all the same.
        let _ = self.locked.unlock();
    }
}

fn lock(folder: &Path) -> Result<File, RecordingError> {
    let path = folder.join(LOCK_FILE);
    let lock = File::create(&path).map_err(RecordingError::io(&path))?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => Err(RecordingError::Locked {
            folder: folder.to_owned(),
        }),
        Err(TryLockError::Error(source)) => Err(RecordingError::Io { path, source }),
    }
}

#[cfg(test)]
mod tests;
