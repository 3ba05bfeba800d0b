//! A body on its way in.
use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use http::header::CONTENT_LENGTH;
use http::response::Parts;
use tokio::time::Instant;
use url::Url;

use super::{Answer, Ask, Failure, See, Settings};
use crate::outcome::ErrorClass;

/// Bytes that all bodies kept at one time may take.
#[derive(Clone, Debug)]
pub struct Budget(Arc<AtomicUsize>);

impl Budget {
    pub fn new(bytes: usize) -> Self {
        Self(Arc::new(AtomicUsize::new(bytes)))
    }

    fn take(&self, bytes: usize) -> Option<Share> {
        self.0
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
                left.checked_sub(bytes)
            })
            .ok()?;
        Some(Share {
            budget: self.clone(),
            bytes,
        })
    }
}

#[derive(Debug)]
struct Share {
    budget: Budget,
    bytes: usize,
}

impl Drop for Share {
    fn drop(&mut self) {
        self.budget.0.fetch_add(self.bytes, Ordering::Relaxed);
    }
}

/// A body that was kept. Holds its part of the budget.
#[derive(Debug)]
pub struct Kept {
    bytes: Vec<u8>,
    _shares: Vec<Share>,
}

impl Deref for Kept {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.bytes
    }
}

/// Where the pieces of one body go.
pub(super) struct Intake<'a> {
    keep: usize,
    on_data: Option<See<'a>>,
    budget: Budget,
    pub(super) answer: Duration,
    pub(super) stall: Duration,
    announced: Option<u64>,
    bytes: u64,
    kept: Option<Kept>,
    pub(super) sent: Instant,
    first_byte: Instant,
}

/// What is taken from the budget at a time.
const STEP: usize = 64 << 10;

impl<'a> Intake<'a> {
    pub(super) fn new(settings: &Settings, ask: &Ask<'a>) -> Self {
        let now = Instant::now();
        Self {
            keep: ask.keep,
            on_data: ask.on_data,
            budget: settings.budget.clone(),
            answer: ask.patience.unwrap_or(settings.timeouts.answer),
            stall: settings.timeouts.stall,
            announced: None,
            bytes: 0,
            kept: None,
            sent: now,
            first_byte: now,
        }
    }

    /// The head of the answer has come.
    pub(super) fn begin(&mut self, head: &Parts, to_head: bool) {
        self.first_byte = Instant::now();
        self.bytes = 0;
        let announced = head
            .headers
            .get(CONTENT_LENGTH)
            .and_then(|value| value.to_str().ok()?.parse().ok());
        self.announced = announced.filter(|_| !to_head);
        let room = usize::try_from(self.announced.unwrap_or(0)).unwrap_or(usize::MAX);
        if self.keep > 0 && room <= self.keep {
            self.kept = self.budget.take(room).map(|share| Kept {
                bytes: Vec::with_capacity(room),
                _shares: vec![share],
            });
        }
    }

    pub(super) fn take(&mut self, piece: &[u8]) {
        self.bytes += piece.len() as u64;
        if let Some(see) = self.on_data {
            see(piece);
        }
        let Some(kept) = &mut self.kept else { return };
        let length = kept.bytes.len() + piece.len();
        if length > self.keep {
            self.kept = None;
            return;
        }
        if length > kept.bytes.capacity() {
            let more = (length - kept.bytes.capacity()).max(STEP.max(kept.bytes.capacity()));
            match self.budget.take(more) {
                Some(share) => {
                    kept._shares.push(share);
                    kept.bytes
                        .reserve_exact(kept.bytes.capacity() - kept.bytes.len() + more);
                }
                None => {
                    self.kept = None;
                    return;
                }
            }
        }
        kept.bytes.extend_from_slice(piece);
    }

    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    pub(super) fn announced(&self) -> Option<u64> {
        self.announced
    }

    pub(super) fn fail(&self, mut failure: Failure) -> Failure {
        failure.bytes = self.bytes;
        failure
    }

    pub(super) fn end(self, url: &Url, head: Parts) -> Result<Answer, Failure> {
        if let Some(announced) = self.announced
            && announced != self.bytes
        {
            return Err(Failure {
                class: ErrorClass::Length,
                what: format!("{} bytes came of {announced} announced", self.bytes),
                bytes: self.bytes,
            });
        }
        Ok(Answer {
            url: url.clone(),
            status: head.status,
            headers: head.headers,
            bytes: self.bytes,
            body: self.kept,
            sent: self.sent,
            first_byte: self.first_byte,
            end: Instant::now(),
        })
    }
}
