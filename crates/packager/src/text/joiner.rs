//! Cues that were cut at the boundaries of samples, put together again.
use std::collections::HashMap;
use std::ops::Range;

use super::track::Builder;
use super::{Cue, Result};

/// Takes samples in the order of time; what goes on in the next sample, without a gap, is one cue.
#[derive(Debug, Default)]
pub(super) struct Joiner {
    /// Shown up to `time`: begin and order of appearance; more than one of those that are alike.
    open: HashMap<Piece, Vec<(u64, usize)>>,
    time: u64,
    count: usize,
    closed: Vec<(usize, Cue)>,
}

/// What pieces of one cue have in common.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Piece {
    /// `vsid`.
    pub(super) source: Option<u32>,
    pub(super) id: String,
    pub(super) settings: String,
    pub(super) payload: String,
}

impl Joiner {
    /// The pieces of one sample and when they are shown in `[start, end)`, microseconds.
    pub(super) fn sample(
        &mut self,
        start: u64,
        end: u64,
        pieces: impl IntoIterator<Item = (Range<u64>, Piece)>,
    ) {
        if start != self.time {
            self.close_all();
        }
        let mut open: HashMap<Piece, Vec<(u64, usize)>> = HashMap::new();
        for (shown, piece) in pieces {
            let before = self.open.get_mut(&piece).filter(|_| shown.start == start);
            let begin = before.and_then(Vec::pop).unwrap_or_else(|| {
                self.count += 1;
                (shown.start, self.count)
            });
            if shown.end == end {
                open.entry(piece).or_default().push(begin);
            } else {
                close(&mut self.closed, &piece, begin, shown.end);
            }
        }
        self.close_all();
        self.open = open;
        self.time = end;
    }

    /// All cues into `builder`.
    pub(super) fn finish(mut self, builder: &mut Builder) -> Result<()> {
        self.close_all();
        self.closed.sort_by_key(|(order, _)| *order);
        for (_, cue) in self.closed {
            builder.push(cue)?;
        }
        Ok(())
    }

    fn close_all(&mut self) {
        for (piece, begins) in self.open.drain() {
            for begin in begins {
                close(&mut self.closed, &piece, begin, self.time);
            }
        }
    }
}

fn close(closed: &mut Vec<(usize, Cue)>, piece: &Piece, (start, order): (u64, usize), end: u64) {
    let cue = Cue {
        start,
        end,
        id: piece.id.clone(),
        settings: piece.settings.clone(),
        payload: piece.payload.clone(),
    };
    closed.push((order, cue));
}
