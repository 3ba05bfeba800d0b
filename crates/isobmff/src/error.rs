//! What can be wrong with a file, and where: box path and offset.
pub type Result<T> = std::result::Result<T, Error>;

/// Every variant but [`Error::WrongBytes`] and [`Error::Index`] is the file's fault (or the limits').
///
/// `path` is the way through the boxes, such as `moov/trak[1]/mdia/minf/stbl/stts`, counting tracks
/// and sample entries from 0; `offset` counts bytes from the start of the file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The first bytes do not begin a box that an ISO base media file can begin with.
    #[error("not an MP4 file: {reason}")]
    NotMp4 { reason: String },
    /// The file ends before something it announces.
    #[error("the file is truncated: {path} at {offset}: {reason}")]
    Truncated {
        path: String,
        offset: u64,
        reason: String,
    },
    /// A box contradicts its definition, or another box.
    #[error("{path} at {offset}: {reason}")]
    Malformed {
        path: String,
        offset: u64,
        reason: String,
    },
    /// Well-formed, but beyond what this crate reads.
    #[error("{path} at {offset}: {what} is not supported")]
    Unsupported {
        path: String,
        offset: u64,
        what: &'static str,
    },
    /// A bound of [`crate::Limits`] or of this crate.
    #[error("{path} at {offset}: more than {limit} {what}")]
    LimitExceeded {
        path: String,
        offset: u64,
        what: &'static str,
        limit: u64,
    },
    /// Movie fragments and no `moov` before them.
    #[error("a media segment without its header: a moof at {offset} and no moov before it")]
    NoHeader { offset: u64 },
    /// Bytes that should be a stored [`crate::Movie::index`] are none, or one of another file.
    #[error("not an index of this movie: {reason}")]
    Index { reason: String },
    /// All boxes were seen and none was a `moov`.
    #[error("the file has no moov box: no movie in it")]
    NoMovie,
    /// The caller's fault: `supply` was called with other bytes than `step` asked for.
    #[error(
        "{got} bytes at {got_offset} were supplied where {asked} at {asked_offset} were asked for"
    )]
    WrongBytes {
        asked_offset: u64,
        asked: u64,
        got_offset: u64,
        got: u64,
    },
}
