//! A file that is never whole in memory: parts in a row, each made when its turn comes.
//!
//! ```text
//! [head][segment][segment][segment]· · ·
//!          ▲         ▲
//!       is sent   is made meanwhile
//! ```
use std::collections::VecDeque;
use std::io;
use std::ops::Range;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures_util::Stream;
use futures_util::future::{LocalBoxFuture, MaybeDone, maybe_done};
use http::StatusCode;

use super::representation::Source;
use super::{Blame, Fault};
use crate::telemetry::CacheStatus;

/// Where each part ends.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PartIndex {
    ends: Vec<u64>,
}

impl PartIndex {
    /// `lengths`: bytes of each part, in order. `None`: they add up to more than a `u64`.
    pub fn new(lengths: impl IntoIterator<Item = u64>) -> Option<Self> {
        let ends = lengths.into_iter().scan(Some(0_u64), |end, length| {
            *end = end.and_then(|end| end.checked_add(length));
            Some(*end)
        });
        Some(Self {
            ends: ends.collect::<Option<_>>()?,
        })
    }

    /// Bytes of all parts together.
    pub fn len(&self) -> u64 {
        self.ends.last().copied().unwrap_or(0)
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub fn parts(&self) -> usize {
        self.ends.len()
    }

    /// Which part has the byte at `offset`, and where that part lies. `None`: beyond the end.
    pub fn part_at(&self, offset: u64) -> Option<(usize, Range<u64>)> {
        let part = self.ends.partition_point(|end| *end <= offset);
        let end = *self.ends.get(part)?;
        let start = part
            .checked_sub(1)
            .and_then(|before| self.ends.get(before).copied())
            .unwrap_or(0);
        Some((part, start..end))
    }
}

/// Brings a part by its number. The work begins with the call; the future need only be polled to hear of its end.
pub type OpenPart = Box<dyn Fn(usize) -> LocalBoxFuture<'static, Result<Source, Fault>>>;

/// What a body consists of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece {
    /// These bytes.
    Inline(Bytes),
    /// These of the whole's.
    Span(Range<u64>),
}

impl Piece {
    pub(super) fn len(&self) -> u64 {
        match self {
            Self::Inline(bytes) => bytes.len() as u64,
            Self::Span(span) => span.end.saturating_sub(span.start),
        }
    }
}

/// Yields the pieces' bytes. While one part is read the next is being made, and no other: two parts are held at most,
/// beside what the transport has not sent yet. Dropped, it opens nothing more.
///
/// A part that cannot be had, or is not as long as was promised, is an error and the end.
pub(super) struct PartsReader {
    index: Arc<PartIndex>,
    open: OpenPart,
    /// Cut from the front as it is read.
    pieces: VecDeque<Piece>,
    /// What is left of the part that is read.
    current: std::vec::IntoIter<Bytes>,
    /// The part where the first span begins.
    ahead: Option<Ahead>,
}

struct Ahead {
    opening: MaybeDone<LocalBoxFuture<'static, Result<Source, Fault>>>,
    /// Of the part's own bytes, those that are wanted; never empty.
    wanted: Range<u64>,
    /// Begun before its turn.
    early: bool,
}

impl PartsReader {
    /// A reader of `pieces` whose first part is there, so that what goes wrong with that one can be told by a status;
    /// and how the cache took it, where no other part is needed.
    ///
    /// # Errors
    /// What became of the first part.
    pub(super) async fn start(
        index: Arc<PartIndex>,
        open: OpenPart,
        pieces: Vec<Piece>,
    ) -> Result<(Self, Option<CacheStatus>), Fault> {
        let mut reader = Self {
            index,
            open,
            pieces: pieces.into_iter().filter(|piece| piece.len() > 0).collect(),
            current: Vec::new().into_iter(),
            ahead: None,
        };
        let Some(mut ahead) = reader.begin(false)? else {
            return Ok((reader, None));
        };
        (&mut ahead.opening).await;
        let source = ahead.take()?;
        let wanted = ahead.wanted.end - ahead.wanted.start;
        let all: u64 = reader.pieces.iter().map(Piece::len).sum();
        let alone = wanted == all;
        let cache = source.cache.filter(|_| alone);
        ahead.opening = MaybeDone::Done(Ok(source));
        reader.ahead = Some(ahead);
        Ok((reader, cache))
    }

    /// Opens the part where the first span begins. `None`: there is no span.
    fn begin(&self, early: bool) -> Result<Option<Ahead>, Fault> {
        let span = self.pieces.iter().find_map(|piece| match piece {
            Piece::Inline(_) => None,
            Piece::Span(span) => Some(span),
        });
        let Some(span) = span else {
            return Ok(None);
        };
        let (part, lies) = self.index.part_at(span.start).ok_or_else(beyond_the_end)?;
        let length = lies.end - lies.start;
        let opening = (self.open)(part);
        Ok(Some(Ahead {
            opening: maybe_done(Box::pin(made(opening, part, length))),
            wanted: span.start - lies.start..span.end.min(lies.end) - lies.start,
            early,
        }))
    }

    /// Has the part after the one that is read made meanwhile.
    fn look_ahead(&mut self, cx: &mut Context<'_>) {
        if self.ahead.is_none() {
            // What is wrong here shows again when its turn comes.
            self.ahead = self.begin(true).ok().flatten();
        }
        if let Some(ahead) = &mut self.ahead {
            let _ = Pin::new(&mut ahead.opening).poll(cx);
        }
    }

    /// Makes the part whose turn it is the one that is read.
    fn poll_turn(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Fault>> {
        let mut ahead = match self.ahead.take() {
            Some(ahead) => ahead,
            None => self.begin(false)?.ok_or_else(beyond_the_end)?,
        };
        if Pin::new(&mut ahead.opening).poll(cx).is_pending() {
            self.ahead = Some(ahead);
            return Poll::Pending;
        }
        let source = match ahead.take() {
            // It came too early: by now there may be room.
            Err(fault) if ahead.early && fault.retry_after_s.is_some() => {
                self.ahead = self.begin(false)?;
                return self.poll_turn(cx);
            }
            outcome => outcome?,
        };
        let count = ahead.wanted.end - ahead.wanted.start;
        let slices = source.entry.slices(ahead.wanted);
        self.current = slices.ok_or_else(beyond_the_end)?.into_iter();
        if let Some(Piece::Span(span)) = self.pieces.front_mut() {
            span.start += count;
            if span.is_empty() {
                self.pieces.pop_front();
            }
        }
        Poll::Ready(Ok(()))
    }
}

impl Ahead {
    fn take(&mut self) -> Result<Source, Fault> {
        Pin::new(&mut self.opening)
            .take_output()
            .ok_or_else(beyond_the_end)?
    }
}

impl Stream for PartsReader {
    type Item = io::Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            if let Some(slice) = self.current.next() {
                self.look_ahead(cx);
                return Poll::Ready(Some(Ok(slice)));
            }
            match self.pieces.front() {
                None => return Poll::Ready(None),
                Some(Piece::Inline(_)) => {
                    if let Some(Piece::Inline(bytes)) = self.pieces.pop_front() {
                        return Poll::Ready(Some(Ok(bytes)));
                    }
                }
                Some(Piece::Span(_)) => {
                    if let Err(fault) = ready!(self.poll_turn(cx)) {
                        self.pieces.clear();
                        return Poll::Ready(Some(Err(io::Error::other(fault))));
                    }
                }
            }
        }
    }
}

/// The part when it is complete, and as long as it should be.
async fn made(
    opening: LocalBoxFuture<'static, Result<Source, Fault>>,
    part: usize,
    promised: u64,
) -> Result<Source, Fault> {
    let source = opening.await?;
    let length = source.entry.completed().await;
    let length = length.map_err(|fault| Fault::clone(&fault))?;
    if length == promised {
        Ok(source)
    } else {
        Err(internal(format!(
            "part {part} has {length} bytes, not {promised}"
        )))
    }
}

fn beyond_the_end() -> Fault {
    internal("a range beyond the parts that there are")
}

fn internal(detail: impl Into<String>) -> Fault {
    Fault::new(
        StatusCode::INTERNAL_SERVER_ERROR,
        Blame::Node,
        "internal",
        "the node failed to make this response",
    )
    .detail(detail)
}

#[cfg(test)]
mod tests;
