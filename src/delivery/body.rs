//! The four bodies that all three adapters know.
use std::ops::Range;
use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::Stream;
use http::HeaderValue;

use super::response::decimal;
use crate::cache::Entry;

pub enum Body {
    Empty,
    Bytes(Bytes),
    /// A range of a cache entry, complete or still growing. Slices of the entry's buffers, never copies.
    Entry {
        entry: Arc<Entry>,
        range: Range<u64>,
    },
    /// Several parts in order (multipart/byteranges, a file made in parts), with the exact total length.
    Stream {
        length: Option<u64>,
        stream: Pin<Box<dyn Stream<Item = Result<Bytes, std::io::Error>>>>,
    },
}

impl Body {
    /// The exact number of bytes the body will yield. `None`: known only when it ends (a stream without
    /// a length, or an entry that still grows and was asked for to its open end, `u64::MAX`).
    pub fn len(&self) -> Option<u64> {
        match self {
            Self::Empty => Some(0),
            Self::Bytes(bytes) => Some(bytes.len() as u64),
            Self::Entry { entry, range } if range.end == u64::MAX => entry
                .len_if_complete()
                .map(|length| length.saturating_sub(range.start)),
            Self::Entry { range, .. } => Some(range.end.saturating_sub(range.start)),
            Self::Stream { length, .. } => *length,
        }
    }

    /// [`len`](Self::len) as a header; all of a complete entry has one that is kept with it.
    pub(super) fn length_header(&self) -> Option<HeaderValue> {
        match self {
            Self::Entry { entry, range }
                if range.start == 0 && entry.len_if_complete() == Some(range.end) =>
            {
                entry.length_header()
            }
            _ => self.len().map(decimal),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == Some(0)
    }
}

impl std::fmt::Debug for Body {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Empty => f.write_str("Body::Empty"),
            Self::Bytes(bytes) => write!(f, "Body::Bytes({})", bytes.len()),
            Self::Entry { range, .. } => write!(f, "Body::Entry({range:?})"),
            Self::Stream { length, .. } => write!(f, "Body::Stream({length:?})"),
        }
    }
}
