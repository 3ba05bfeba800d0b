//! What can go wrong with a file, and whose fault it is.
use std::io;
use std::path::PathBuf;

use edgepack_uring::{PoolError, ReadError, Unavailable};
use http::StatusCode;

use super::options::OptionProblem;
use super::source::SourceFile;
use crate::delivery::{Blame, Fault};

/// Why storage does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("{0}")]
    Options(OptionProblem),
    #[error("storage.engine is io_uring, but {0}; choose auto or pread, or allow it")]
    Unavailable(#[source] Unavailable),
    #[error("storage.engine is io_uring, but a worker got no ring: {0}")]
    Ring(#[source] io::Error),
}

/// Why there are no bytes. Paths are for the log; [`fault`](Self::fault) keeps them from viewers.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    #[error("the path {path:?} {reason}")]
    BadPath { path: String, reason: &'static str },
    #[error("{path:?} does not exist")]
    NotFound { path: PathBuf },
    #[error("{path:?} is no {wanted}")]
    WrongKind { path: PathBuf, wanted: &'static str },
    #[error("{path:?} leads to {target:?}, outside the mount's root")]
    OutsideRoot { path: PathBuf, target: PathBuf },
    #[error("{path:?} holds more than {limit} media files")]
    TooManyFiles { path: PathBuf, limit: usize },
    #[error("{path:?} changed while it was served")]
    Changed { path: PathBuf },
    #[error("{path:?} ends at byte {offset}, before the media it is said to hold")]
    Truncated { path: PathBuf, offset: u64 },
    #[error("{doing} {path:?} failed: {source}")]
    Io {
        path: PathBuf,
        doing: &'static str,
        source: io::Error,
    },
    #[error("{doing} {path:?} took longer than {after_ms} ms")]
    TimedOut {
        path: PathBuf,
        doing: &'static str,
        after_ms: u64,
    },
    #[error("{path:?}: {queued} reads are waiting already")]
    Busy { path: PathBuf, queued: usize },
    #[error(transparent)]
    Memory(#[from] PoolError),
    /// A range or a buffer that cannot be right: a mistake of the caller, or of the file's index.
    #[error("{path:?} cannot be read as asked: {source}")]
    Unreadable { path: PathBuf, source: ReadError },
    #[error("{path:?}: storage is shutting down")]
    Closed { path: PathBuf },
}

impl StorageError {
    pub(super) fn reading(file: &SourceFile, error: ReadError) -> Self {
        let path = file.path().to_path_buf();
        match error {
            ReadError::Truncated { offset } => Self::Truncated { path, offset },
            ReadError::Io { source, .. } => Self::Io {
                path,
                doing: "reading",
                source,
            },
            ReadError::Busy { queued } => Self::Busy { path, queued },
            ReadError::Closed => Self::Closed { path },
            source @ (ReadError::BufferTooSmall { .. } | ReadError::RangeOverflow { .. }) => {
                Self::Unreadable { path, source }
            }
        }
    }

    /// The answer for the viewer, with everything else in its detail.
    pub fn fault(&self) -> Fault {
        let (status, blame, code, message) = self.answer();
        let passing = matches!(
            self,
            Self::Changed { .. }
                | Self::Busy { .. }
                | Self::Memory(PoolError::Exhausted { .. })
                | Self::TimedOut { .. }
                | Self::Closed { .. }
        );
        Fault {
            status,
            blame,
            code,
            message: message.into(),
            detail: self.to_string(),
            retry_after_s: passing.then_some(1),
        }
    }

    fn answer(&self) -> (StatusCode, Blame, &'static str, &'static str) {
        use {Blame as B, StatusCode as S};
        match self {
            Self::BadPath { .. } => (
                S::BAD_REQUEST,
                B::Viewer,
                "bad-path",
                "This is not the path of an asset.",
            ),
            Self::NotFound { .. } | Self::WrongKind { .. } => (
                S::NOT_FOUND,
                B::Viewer,
                "no-such-asset",
                "There is no such asset.",
            ),
            Self::OutsideRoot { .. } => (
                S::NOT_FOUND,
                B::Asset,
                "asset-outside-root",
                "There is no such asset.",
            ),
            Self::TooManyFiles { .. } => (
                S::BAD_GATEWAY,
                B::Asset,
                "too-many-files",
                "The asset consists of too many files.",
            ),
            Self::Changed { .. } => (
                S::BAD_GATEWAY,
                B::Asset,
                "asset-changed",
                "The asset was replaced while it was being read.",
            ),
            Self::Truncated { .. } => (
                S::BAD_GATEWAY,
                B::Asset,
                "asset-truncated",
                "The asset's file is incomplete.",
            ),
            Self::Unreadable { .. } => (
                S::BAD_GATEWAY,
                B::Asset,
                "asset-unreadable",
                "The asset cannot be read.",
            ),
            Self::Io { source, .. } if source.kind() == io::ErrorKind::PermissionDenied => (
                S::INTERNAL_SERVER_ERROR,
                B::Node,
                "asset-not-permitted",
                "The asset cannot be read by this server.",
            ),
            Self::Io { .. } => (
                S::INTERNAL_SERVER_ERROR,
                B::Node,
                "storage-error",
                "The asset cannot be read.",
            ),
            Self::TimedOut { .. } => (
                S::GATEWAY_TIMEOUT,
                B::Node,
                "storage-timeout",
                "Reading the asset took too long.",
            ),
            Self::Busy { .. } => (
                S::SERVICE_UNAVAILABLE,
                B::Node,
                "storage-busy",
                "Too many reads are waiting; try again.",
            ),
            Self::Memory(PoolError::TooLarge { .. }) => (
                S::BAD_GATEWAY,
                B::Asset,
                "segment-too-large",
                "The segment is too large.",
            ),
            Self::Memory(_) => (
                S::SERVICE_UNAVAILABLE,
                B::Node,
                "memory-exhausted",
                "The server is out of memory for media; try again.",
            ),
            Self::Closed { .. } => (
                S::SERVICE_UNAVAILABLE,
                B::Node,
                "shutting-down",
                "The server is shutting down.",
            ),
        }
    }
}

impl From<StorageError> for Fault {
    fn from(error: StorageError) -> Self {
        error.fault()
    }
}
