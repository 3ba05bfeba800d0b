//! What the network gives while a server paces a body: its chunks come at line rate, with waits between them that are
//! the encoder's (ISO/IEC 23009-1, annex K; dash.js and others measure likewise).
use std::time::Duration;

use tokio::time::Instant;

/// A chunk that came at once is taken to have taken so long: clocks and kernels tell no less.
const LEAST: Duration = Duration::from_millis(1);

#[derive(Debug, Default)]
pub(super) struct Bursts {
    /// Of the chunk under way: since when, and how many bytes behind its first piece.
    chunk: Option<Chunk>,
    bytes: u64,
    busy: Duration,
}

#[derive(Clone, Copy, Debug)]
struct Chunk {
    begun: Instant,
    /// When it began to come is not known: it was sent before it was seen.
    first: u64,
    rest: u64,
}

impl Bursts {
    /// A piece of `bytes` came at `now`; `ends`: a chunk is complete with it.
    pub(super) fn piece(&mut self, now: Instant, bytes: u64, ends: bool) {
        let chunk = match self.chunk {
            Some(chunk) => Chunk {
                rest: chunk.rest + bytes,
                ..chunk
            },
            None => Chunk {
                begun: now,
                first: bytes,
                rest: 0,
            },
        };
        self.chunk = (!ends).then_some(chunk);
        if ends {
            let took = now.duration_since(chunk.begun);
            let (bytes, took) = match took > LEAST {
                true => (chunk.rest, took),
                false => (chunk.first + chunk.rest, LEAST),
            };
            self.bytes += bytes;
            self.busy += took;
        }
    }

    /// Bytes of complete chunks, and the time that they took.
    pub(super) fn total(&self) -> (u64, Duration) {
        (self.bytes, self.busy)
    }
}

#[cfg(test)]
mod tests;
