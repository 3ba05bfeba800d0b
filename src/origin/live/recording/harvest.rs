//! A film out of a recording: one MP4 with all tracks that the VOD origin serves.
//!
//! It is not fragmented: the origin opens it by reading one `moov`, where a fragmented file has one `moof` after the other
//! read. Samples are those that were sent, each track's of a segment together, so that a segment is read in one piece.
//!
//! # Time
//! The first track leads: the film begins with the first sample of its first segment and ends with its last. Tracks are
//! put beside it by the encoder's own time line, not by wall clocks. Sound that begins before is there for its decoder
//! and behind an edit list; a track that begins later has an empty edit.
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

mod boxes;
mod cut;
mod pick;
mod table;

use self::cut::Film;
use super::{Recording, RecordingError};

/// What was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in super::super) struct Harvest {
    /// Of the file.
    pub(in super::super) bytes: u64,
    /// Unix time of its first sample, milliseconds.
    pub(in super::super) start_ms: i64,
    pub(in super::super) duration_ms: u64,
    pub(in super::super) tracks: Vec<HarvestedTrack>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(in super::super) struct HarvestedTrack {
    pub(in super::super) name: String,
    pub(in super::super) samples: u64,
}

#[derive(Debug, thiserror::Error)]
pub(in super::super) enum HarvestError {
    #[error("no track is named")]
    NoTracks,
    #[error("{track}: nothing is recorded from {from_ms} to {to_ms}")]
    Nothing {
        track: String,
        from_ms: i64,
        to_ms: i64,
    },
    /// Unix milliseconds. What lies before and what lies after can be harvested.
    #[error("{track}: from {from_ms} to {until_ms} something is missing")]
    Gap {
        track: String,
        from_ms: i64,
        until_ms: i64,
    },
    /// What lies before and what lies after are two films: an asset description puts them in a row.
    #[error("{track}: another time line begins at {at_ms}")]
    Discontinuity { track: String, at_ms: i64 },
    /// Sample tables count in 32 bits.
    #[error("{track}: too long for one file")]
    TooLong { track: String },
    #[error(transparent)]
    Recording(#[from] RecordingError),
    #[error("{}: {source}", path.display())]
    Io { path: PathBuf, source: io::Error },
}

impl Recording {
    /// Writes what these tracks have in common with `from_ms..to_ms` (Unix milliseconds), in whole segments of the first
    /// track, video where there is one. What is recorded of less than that is told by the answer.
    ///
    /// `target` is replaced when the file is whole, and untouched otherwise. Blocks for as long as it takes to read and
    /// write all of it.
    ///
    /// # Errors
    /// [`HarvestError`]: holes and breaks are refused, and nothing damaged gets into a film.
    pub(in super::super) fn harvest(
        &self,
        tracks: &[&str],
        from_ms: i64,
        to_ms: i64,
        target: &Path,
    ) -> Result<Harvest, HarvestError> {
        let picked = pick::tracks(self, tracks, from_ms, to_ms)?;
        let io = |source| HarvestError::Io {
            path: target.to_owned(),
            source,
        };
        let (file, path) = beside(target).map_err(io)?;
        let made = Film::new(self, picked, &file, target).and_then(|mut film| {
            film.write()?;
            film.finish()
        });
        let outcome = made.and_then(|harvest| {
            file.sync_all().map_err(io)?;
            fs::rename(&path, target).map_err(io)?;
            if let Some(folder) = target.parent().filter(|f| !f.as_os_str().is_empty()) {
                let folder = File::open(folder).map_err(io)?;
                folder.sync_all().map_err(io)?;
            }
            Ok(harvest)
        });
        if outcome.is_err() {
            // Not worth more than the first error.
            let _ = fs::remove_file(&path);
        }
        outcome
    }
}

/// The file that becomes the target: one at a time, whatever an earlier one left.
fn beside(target: &Path) -> io::Result<(File, PathBuf)> {
    let Some(name) = target.file_name() else {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "no file name"));
    };
    let path = target.with_file_name(format!(".{}.part", name.to_string_lossy()));
    let file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .open(&path)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            return Err(io::Error::new(
                io::ErrorKind::ResourceBusy,
                "it is being written already",
            ));
        }
        Err(TryLockError::Error(error)) => return Err(error),
    }
    file.set_len(0)?;
    Ok((file, path))
}
