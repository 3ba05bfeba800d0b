//! CMAF as an encoder sends it: headers and chunks out of bytes that come piece by piece (ISO/IEC 23000-19, 7.3;
//! DASH-IF Live Media Ingest, interface 1).
//!
//! [`StreamReader`] reads one request body. It holds what has come of the box at hand and nothing else, and copies
//! media bytes once: out of the pieces into one buffer of a whole `mdat`.
//!
//! ```
//! use bytes::Bytes;
//! use edgepack_isobmff::stream::{Item, StreamError, StreamLimits, StreamReader};
//!
//! fn read(body: impl IntoIterator<Item = Bytes>) -> Result<usize, StreamError> {
//!     let mut reader = StreamReader::new(StreamLimits::default());
//!     let mut samples = 0;
//!     let mut body = body.into_iter();
//!     loop {
//!         while let Some(item) = reader.next()? {
//!             if let Item::Chunk(chunk) = item {
//!                 samples += chunk.fragments.iter().map(|f| f.samples.len()).sum::<usize>();
//!             }
//!         }
//!         match body.next() {
//!             Some(piece) => reader.push(piece),
//!             None if reader.is_over() => return Ok(samples),
//!             None => reader.end(),
//!         }
//!     }
//! }
//! assert_eq!(read([]), Ok(0));
//! assert!(read([Bytes::from_static(b"no movie at all")]).is_err());
//! ```
use std::sync::Arc;

use bytes::Bytes;

mod chunk;
mod error;
mod header;
mod input;
mod prelude;
mod walk;

pub use crate::emsg::{Event, EventTime};
pub use crate::fragments::moof::Defaults as TrackDefaults;
pub use chunk::{Chunk, Fragment, Sample};
pub use error::StreamError;
pub use header::Header;
pub use prelude::{Prelude, ProducerTime, SegmentType};

use chunk::Pending;
use input::Input;
use walk::State;

/// Bounds on what one body can make the reader hold and do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StreamLimits {
    /// `ftyp` and `moov` together.
    pub max_header_bytes: u64,
    pub max_tracks: u32,
    /// The boxes before a chunk and its `moof` together. They are all held at once.
    pub max_prelude_bytes: u64,
    /// How many boxes may stand before a chunk, and how many `mdat` boxes may be of it.
    pub max_prelude_boxes: u32,
    /// All `mdat` boxes of a chunk together.
    pub max_chunk_bytes: u64,
    /// Of all tracks of a chunk together.
    pub max_chunk_samples: u32,
}

impl Default for StreamLimits {
    fn default() -> Self {
        Self {
            max_header_bytes: 1 << 20,
            max_tracks: 16,
            max_prelude_bytes: 1 << 20,
            max_prelude_boxes: 64,
            max_chunk_bytes: 64 << 20,
            max_chunk_samples: 10_000,
        }
    }
}

/// What came.
#[derive(Debug, Clone)]
pub enum Item {
    Header {
        header: Arc<Header>,
        /// The same bytes as the header before it: encoders send it again with a new connection, or with each segment.
        repeated: bool,
    },
    Chunk(Box<Chunk>),
    /// Times and events at the end of the body, or before an `mfra`: no chunk follows that they could belong to.
    Trailing(Prelude),
    /// The encoder says that nothing will follow: an `mfra`, or the body's end after a segment with the brand `lmsg`.
    End,
}

/// Reads one body.
#[derive(Debug)]
pub struct StreamReader {
    limits: StreamLimits,
    input: Input,
    state: State,
    /// No byte will follow.
    ended: bool,
    failed: Option<StreamError>,
    /// Before its `moov`.
    ftyp: Option<Bytes>,
    header: Option<Arc<Header>>,
    prelude: Prelude,
    prelude_bytes: u64,
    prelude_boxes: u32,
    /// The brands of the segment at hand say so.
    last: bool,
    filler: bool,
    pending: Option<Pending>,
    /// How many `moof` boxes came.
    fragments: usize,
    end_told: bool,
}

impl StreamReader {
    /// For a body that brings its header with it.
    pub fn new(limits: StreamLimits) -> Self {
        Self {
            limits,
            input: Input::default(),
            state: State::Between,
            ended: false,
            failed: None,
            ftyp: None,
            header: None,
            prelude: Prelude::default(),
            prelude_bytes: 0,
            prelude_boxes: 0,
            last: false,
            filler: false,
            pending: None,
            fragments: 0,
            end_told: false,
        }
    }

    /// For a body whose media belong to a header that came in another one. It may bring a header all the same.
    pub fn with_header(limits: StreamLimits, header: Arc<Header>) -> Self {
        Self {
            header: Some(header),
            ..Self::new(limits)
        }
    }

    /// The next bytes of the body. Call [`StreamReader::next`] until it has nothing more before the next piece.
    pub fn push(&mut self, piece: Bytes) {
        self.input.push(piece);
    }

    /// The body ended as its framing says. For one that broke off do not call it: what is not whole is not wanted then.
    pub fn end(&mut self) {
        self.ended = true;
    }

    /// Whether [`StreamReader::end`] was called.
    pub fn is_over(&self) -> bool {
        self.ended
    }

    /// Where [`StreamError::NoHeader`] says that none has come: goes on with one that came in another body.
    pub fn adopt(&mut self, header: Arc<Header>) {
        self.header.get_or_insert(header);
    }

    /// The header that chunks belong to, by now.
    pub fn header(&self) -> Option<&Arc<Header>> {
        self.header.as_ref()
    }

    /// Bytes of the body that are held and not yet read.
    pub fn held(&self) -> usize {
        self.input.len()
    }

    /// The next item; none when the bytes so far hold no other, and after [`StreamReader::end`] when that was all.
    ///
    /// # Errors
    /// Whatever is wrong with the body. The reader says the same again then and is of no further use; but where a header
    /// is missing it can [`adopt`](Self::adopt) one.
    #[expect(
        clippy::should_implement_trait,
        reason = "none is no end here: more may come with the next piece"
    )]
    pub fn next(&mut self) -> Result<Option<Item>, StreamError> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        let item = self.advance();
        if let Err(error) = &item
            && !matches!(error, StreamError::NoHeader { .. })
        {
            self.failed = Some(error.clone());
            self.input = Input::default();
            self.pending = None;
        }
        item
    }
}

#[cfg(test)]
mod tests;
