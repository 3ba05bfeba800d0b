//! Why something recorded cannot be had.
use std::io;
use std::path::{Path, PathBuf};

#[derive(Debug, thiserror::Error)]
pub(in super::super) enum RecordingError {
    /// Never recorded, a gap, or removed since.
    #[error("{track}: segment {epoch:08x}-{number} is not recorded")]
    NotThere {
        track: String,
        epoch: u32,
        number: u64,
    },
    /// A fault of the disk, or of whoever wrote to the file. The segment is a gap from here on.
    #[error("{}: the bytes at {offset} are not those that were recorded", path.display())]
    Damaged { path: PathBuf, offset: u64 },
    #[error("{} is recorded by another process", folder.display())]
    Locked { folder: PathBuf },
    #[error("{}: {source}", path.display())]
    Io { path: PathBuf, source: io::Error },
    /// Whole as it was recorded, and yet no CMAF: a fault of this software.
    #[error("{}: the segment at {offset}: {reason}", path.display())]
    NoMedia {
        path: PathBuf,
        offset: u64,
        reason: String,
    },
}

impl RecordingError {
    pub(super) fn io(path: &Path) -> impl FnOnce(io::Error) -> Self + '_ {
        |source| Self::Io {
            path: path.to_owned(),
            source,
        }
    }
}
