//! A body on its way out: one stream of `Bytes`, whatever it comes from.
use std::io;
use std::ops::Range;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use edgepack_uring::MemFile;
use futures_util::{Stream, TryStreamExt};

use super::{Body, Fault};
use crate::cache::{Entry, Slices};
use crate::telemetry::Exchange;

/// The largest slice handed over at once. Slices share their buffer; the bound keeps what is counted as
/// sent close to what was sent, and lets other connections of the worker have their turn.
const SLICE_MAX: usize = 1024 * 1024;

/// What an adapter sends. Yields the slices of the body as they are, never copies of them.
///
/// An error after the head is out can only be told by breaking the message off: HTTP/1 closes the
/// connection, HTTP/2 and HTTP/3 reset the stream.
#[derive(Debug)]
pub struct Outgoing {
    source: Source,
    /// Cut from the front by [`SLICE_MAX`].
    current: Bytes,
    slice_max: usize,
    /// Where all slices lie, if in a file.
    file: Option<MemFile>,
    remaining: Option<u64>,
    exchange: Option<Exchange>,
}

enum Source {
    /// No more than what is at hand.
    Nothing,
    Slices(Slices),
    Stream(Pin<Box<dyn Stream<Item = io::Result<Bytes>>>>),
}

impl Outgoing {
    /// `exchange` is told what goes out, and is over when this is dropped.
    pub(crate) fn new(body: Body, mut exchange: Option<Exchange>) -> Self {
        let remaining = body.len();
        if let (Some(0), Some(exchange)) = (remaining, &mut exchange) {
            exchange.complete();
        }
        let mut current = Bytes::new();
        let mut file = None;
        let source = match body {
            Body::Empty => Source::Nothing,
            Body::Bytes(bytes) => {
                current = bytes;
                Source::Nothing
            }
            Body::Entry { entry, range } => match complete(&entry, &range) {
                Some(slices) => {
                    file = slices.file().cloned();
                    Source::Slices(slices)
                }
                None => Source::Stream(Box::pin(
                    entry
                        .reader(range)
                        .map_err(|fault| io::Error::other(Fault::clone(&fault))),
                )),
            },
            Body::Stream { stream, .. } => Source::Stream(stream),
        };
        Self {
            source,
            current,
            slice_max: SLICE_MAX,
            file,
            remaining,
            exchange,
        }
    }

    /// Slices of at most `bytes`, for an adapter that decides slice by slice what goes next.
    #[must_use]
    pub fn in_slices_of(mut self, bytes: usize) -> Self {
        self.slice_max = bytes.clamp(1, SLICE_MAX);
        self
    }

    /// The file that all slices lie in, if they do: an adapter whose bytes go out as they are can have the
    /// kernel send them from there.
    pub fn file(&self) -> Option<&MemFile> {
        self.file.as_ref()
    }

    fn ended(&mut self) -> Option<io::Result<Bytes>> {
        match self.remaining.replace(0) {
            None | Some(0) => {
                if let Some(exchange) = &mut self.exchange {
                    exchange.complete();
                }
                None
            }
            Some(_) => Some(Err(io::ErrorKind::UnexpectedEof.into())),
        }
    }

    fn took(&mut self, slice: &Bytes) -> io::Result<()> {
        if let Some(remaining) = &mut self.remaining {
            *remaining = remaining
                .checked_sub(slice.len() as u64)
                .ok_or_else(|| io::Error::other("the body is longer than was announced"))?;
        }
        if let Some(exchange) = &mut self.exchange {
            exchange.sent(slice.len());
            if self.remaining == Some(0) {
                exchange.complete();
            }
        }
        Ok(())
    }

    /// What the viewer cannot be told any more, log and metrics are.
    fn broke(&mut self, error: &io::Error) {
        let fault = error.get_ref().and_then(|inner| inner.downcast_ref());
        if let (Some(exchange), Some(fault)) = (&mut self.exchange, fault) {
            exchange.broke(fault);
        }
    }

    /// Bytes still to come, where that is known.
    pub fn remaining(&self) -> Option<u64> {
        self.remaining
    }

    /// Nothing (more) to send: an adapter may end the message with its head.
    pub fn is_end(&self) -> bool {
        self.remaining == Some(0)
    }

    fn poll_source(&mut self, cx: &mut Context<'_>) -> Poll<Option<io::Result<Bytes>>> {
        match &mut self.source {
            Source::Nothing => Poll::Ready(None),
            Source::Slices(slices) => Poll::Ready(slices.next().map(Ok)),
            Source::Stream(stream) => stream.as_mut().poll_next(cx),
        }
    }
}

impl Stream for Outgoing {
    type Item = io::Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        while self.current.is_empty() {
            match self.poll_source(cx) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Some(Ok(chunk))) => self.current = chunk,
                Poll::Ready(Some(Err(error))) => {
                    self.broke(&error);
                    return Poll::Ready(Some(Err(error)));
                }
                Poll::Ready(None) => return Poll::Ready(self.ended()),
            }
        }
        let length = self.current.len().min(self.slice_max);
        let slice = self.current.split_to(length);
        Poll::Ready(Some(self.took(&slice).map(|()| slice)))
    }
}

fn complete(entry: &Entry, range: &Range<u64>) -> Option<Slices> {
    let length = entry.len_if_complete()?;
    entry.located(range.start..range.end.min(length))
}

impl std::fmt::Debug for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Nothing => "nothing",
            Self::Slices(_) => "slices",
            Self::Stream(_) => "stream",
        })
    }
}
