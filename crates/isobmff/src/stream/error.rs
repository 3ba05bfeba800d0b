//! What can be wrong with a stream, and where: box path and offset.
use crate::{Error, FourCc};

/// Every variant is the encoder's fault, or that of what lies between.
///
/// `path` is the way through the boxes, such as `moof[3]/traf[0]/trun`, counting fragments of the body from 0; `offset`
/// counts bytes from the start of the body.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StreamError {
    /// The body is something else: the first bytes begin no box that a stream can begin with.
    #[error("not an MP4 stream: {reason}")]
    NotMp4 { reason: String },
    /// Media data before any fragment: a progressive MP4, or the rest of a chunk.
    #[error("media data at {offset} and no moof before them: the movie is not fragmented")]
    NoFragment { offset: u64 },
    /// A fragment, and the header of its track is not known.
    #[error("a media segment without its header: a moof at {offset} and no moov before it")]
    NoHeader { offset: u64 },
    /// The header cannot be read, or it is none of a stream.
    #[error("the header: {0}")]
    BadHeader(Error),
    /// A fragment of a track that the header does not have.
    #[error("{path} at {offset}: the header has no track {track_id}")]
    UnknownTrack {
        path: String,
        offset: u64,
        track_id: u32,
    },
    /// Bytes that are no box where one should begin.
    #[error("no box begins at {offset}: {kind} is no type of one")]
    Garbage { offset: u64, kind: FourCc },
    /// A fragment whose media data did not come: another box follows that cannot be before them, or (none) the end.
    #[error("{path} at {offset} has no mdat: {} follows", end_or(*.found))]
    NoMedia {
        path: String,
        offset: u64,
        found: Option<FourCc>,
    },
    /// Sizes that lie: samples outside the `mdat` that they should be in.
    #[error("{path} at {offset}: {reason}")]
    OutsideMedia {
        path: String,
        offset: u64,
        reason: String,
    },
    /// The samples of a track are there, but not one after the other in one `mdat`.
    #[error("{path} at {offset}: {reason}: only samples one after the other in one mdat are read")]
    Scattered {
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
    /// A bound of [`super::StreamLimits`] or of this crate.
    #[error("{path} at {offset}: more than {limit} {what}")]
    LimitExceeded {
        path: String,
        offset: u64,
        what: &'static str,
        limit: u64,
    },
    /// The body ends inside this box.
    #[error("the body is truncated: {path} at {offset}: {reason}")]
    Truncated {
        path: String,
        offset: u64,
        reason: String,
    },
}

fn end_or(found: Option<FourCc>) -> String {
    found.map_or_else(|| "the end".to_owned(), |kind| format!("a {kind}"))
}

impl StreamError {
    /// What is wrong inside a `moov`.
    pub(super) fn of_header(error: Error) -> Self {
        match error {
            Error::LimitExceeded { .. } => error.into(),
            error => Self::BadHeader(error),
        }
    }
}

impl From<Error> for StreamError {
    fn from(error: Error) -> Self {
        match error {
            Error::Malformed {
                path,
                offset,
                reason,
            } => Self::Malformed {
                path,
                offset,
                reason,
            },
            Error::Truncated {
                path,
                offset,
                reason,
            } => Self::Truncated {
                path,
                offset,
                reason,
            },
            Error::Unsupported { path, offset, what } => Self::Unsupported { path, offset, what },
            Error::LimitExceeded {
                path,
                offset,
                what,
                limit,
            } => Self::LimitExceeded {
                path,
                offset,
                what,
                limit,
            },
            Error::NoHeader { offset } => Self::NoHeader { offset },
            // Of a whole file, which is not read here.
            other @ (Error::NotMp4 { .. }
            | Error::Index { .. }
            | Error::NoMovie
            | Error::WrongBytes { .. }) => Self::NotMp4 {
                reason: other.to_string(),
            },
        }
    }
}
