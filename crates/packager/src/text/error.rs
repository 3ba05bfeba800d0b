//! What can be wrong with text. Where nothing else is said the file is at fault.

pub type Result<T> = std::result::Result<T, Error>;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("not WebVTT: the file does not begin with a line WEBVTT")]
    NotWebVtt,
    #[error("not TTML: the root element is {root}")]
    NotTtml { root: String },
    /// `offset`: bytes from the beginning of the document, in UTF-8.
    #[error("XML, byte {offset}: {reason}")]
    Xml { offset: u64, reason: String },
    #[error("{what} is not supported")]
    Unsupported { what: String },
    #[error("more than {limit} {what}")]
    Limit { what: &'static str, limit: u64 },
    #[error("sample entry: {reason}")]
    SampleEntry { reason: String },
    /// Samples are counted from 0.
    #[error("sample {index}: {reason}")]
    Sample { index: usize, reason: String },
    /// The caller is at fault: a segment has to last between 1 ms and 2³² ms.
    #[error("a segment from {start} to {end} ms")]
    Interval { start: u64, end: u64 },
}

impl Error {
    pub(super) fn limit(what: &'static str, limit: usize) -> Self {
        Self::Limit {
            what,
            limit: limit as u64,
        }
    }

    /// The same, told of one sample.
    pub(super) fn in_sample(self, index: usize) -> Self {
        Self::Sample {
            index,
            reason: self.to_string(),
        }
    }
}
