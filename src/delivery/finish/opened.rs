//! From content to a body.
use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::stream;
use http::{HeaderName, HeaderValue};

use crate::cache::Entry;
use crate::delivery::parts::{OpenPart, PartIndex, PartsReader, Piece};
use crate::delivery::representation::{Content, Sending, Source};
use crate::delivery::{Body, Fault, Response};
use crate::telemetry::CacheStatus;

const CACHE_STATUS: HeaderName = HeaderName::from_static("cache-status");

/// Content that is there, or there from the front on, or in parts that will be.
pub(super) enum Opened {
    Bytes(Bytes),
    Entry {
        entry: Arc<Entry>,
        length: Option<u64>,
    },
    Parts {
        index: Arc<PartIndex>,
        open: OpenPart,
    },
}

impl Opened {
    /// `need_length`: wait for the end of an entry whose length is not known before.
    pub(super) async fn from(
        content: Content,
        need_length: bool,
        response: &mut Response,
    ) -> Result<Self, Fault> {
        let (Source { entry, cache }, length, sending) = match content {
            Content::Bytes(bytes) => return Ok(Self::Bytes(bytes)),
            Content::Parts { index, open } => return Ok(Self::Parts { index, open }),
            Content::Ready(source) => (source, None, Sending::WhenComplete),
            Content::Entry {
                length,
                sending,
                open,
            } => (open().await?, length, sending),
        };
        note(cache, response);
        let wait = sending == Sending::WhenComplete || (need_length && length.is_none());
        let length = if wait {
            let completed = entry.completed().await;
            Some(completed.map_err(|fault| Fault::clone(&fault))?)
        } else {
            let started = entry.started().await;
            started.map_err(|fault| Fault::clone(&fault))?;
            length.or_else(|| entry.len_if_complete())
        };
        Ok(Self::Entry { entry, length })
    }

    pub(super) fn length(&self) -> Option<u64> {
        match self {
            Self::Bytes(bytes) => Some(bytes.len() as u64),
            Self::Entry { length, .. } => *length,
            Self::Parts { index, .. } => Some(index.len()),
        }
    }

    pub(super) async fn whole(self, response: Response) -> Result<Response, Fault> {
        let end = self.length().unwrap_or(u64::MAX);
        self.span(0..end, response).await
    }

    /// `range` lies inside.
    pub(super) async fn span(
        self,
        range: Range<u64>,
        response: Response,
    ) -> Result<Response, Fault> {
        let body = match self {
            Self::Bytes(bytes) => Body::Bytes(slice(&bytes, &range)),
            Self::Entry { entry, .. } => Body::Entry { entry, range },
            Self::Parts { index, open } => {
                let pieces = vec![Piece::Span(range)];
                return Box::pin(parts(index, open, pieces, response)).await;
            }
        };
        Ok(response.with_body(body))
    }

    /// All spans lie inside.
    pub(super) async fn pieces(
        self,
        pieces: Vec<Piece>,
        response: Response,
    ) -> Result<Response, Fault> {
        let mut chunks = Vec::with_capacity(pieces.len());
        match self {
            Self::Bytes(bytes) => chunks.extend(pieces.into_iter().map(|piece| match piece {
                Piece::Inline(text) => text,
                Piece::Span(span) => slice(&bytes, &span),
            })),
            Self::Entry { entry, .. } => {
                for piece in pieces {
                    match piece {
                        Piece::Inline(text) => chunks.push(text),
                        Piece::Span(span) => {
                            chunks.extend(entry.slices(span).ok_or_else(incomplete)?);
                        }
                    }
                }
            }
            Self::Parts { index, open } => {
                return Box::pin(parts(index, open, pieces, response)).await;
            }
        }
        Ok(response.with_body(Body::Stream {
            length: Some(chunks.iter().map(|chunk| chunk.len() as u64).sum()),
            stream: Box::pin(stream::iter(chunks.into_iter().map(Ok))),
        }))
    }
}

async fn parts(
    index: Arc<PartIndex>,
    open: OpenPart,
    pieces: Vec<Piece>,
    mut response: Response,
) -> Result<Response, Fault> {
    let length = pieces.iter().map(Piece::len).sum();
    let (reader, cache) = PartsReader::start(index, open, pieces).await?;
    note(cache, &mut response);
    Ok(response.with_body(Body::Stream {
        length: Some(length),
        stream: Box::pin(reader),
    }))
}

/// RFC 9211, 2.
fn note(cache: Option<CacheStatus>, response: &mut Response) {
    response.cache = cache;
    let text = match cache {
        Some(CacheStatus::Hit) => "edgepack; hit",
        Some(CacheStatus::Miss) => "edgepack; fwd=miss; stored",
        None => return,
    };
    response
        .headers
        .insert(CACHE_STATUS, HeaderValue::from_static(text));
}

fn slice(bytes: &Bytes, range: &Range<u64>) -> Bytes {
    let bound = |position: u64| {
        usize::try_from(position)
            .unwrap_or(usize::MAX)
            .min(bytes.len())
    };
    bytes.slice(bound(range.start)..bound(range.end))
}

fn incomplete() -> Fault {
    Fault::unavailable(
        "not-complete",
        "Several ranges at once need all of it, and it still grows.",
        1,
    )
}
