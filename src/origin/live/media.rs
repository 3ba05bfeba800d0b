//! What viewers are sent: each part made once, whoever and however many ask.
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use edgepack_packager::live::{Line, Segment};

use crate::cache::{Entry, Filler};

/// Segments of a track that are kept beyond those of its line: none is asked for any more by then.
const KEPT_BEHIND: u64 = 0;

/// Entries of all tracks.
#[derive(Debug, Default)]
pub(super) struct Media {
    tracks: Mutex<HashMap<usize, BTreeMap<u64, Served>>>,
}

/// One segment as it is sent: whole, growing with its parts, and part by part.
#[derive(Debug)]
struct Served {
    whole: Arc<Entry>,
    parts: Vec<Arc<Entry>>,
    filler: Option<Filler>,
}

impl Media {
    /// Makes what the line has and was not made yet, and lets go of what it has no more.
    pub(super) fn advance(&self, track: usize, line: &Line) {
        let mut tracks = self.tracks.lock().unwrap_or_else(PoisonError::into_inner);
        let served = tracks.entry(track).or_default();
        let window = line.window();
        // The last two: a segment that became whole, and the next one begun by the same chunk.
        let unfinished = window.segments.iter().rev().take_while(|segment| {
            served
                .get(&segment.number)
                .is_none_or(|served| served.filler.is_some())
        });
        let unfinished: Vec<_> = unfinished.filter(|segment| !segment.gap).cloned().collect();
        for segment in unfinished.iter().rev() {
            served
                .entry(segment.number)
                .or_insert_with(Served::begin)
                .advance(segment);
        }
        while let Some((&oldest, _)) = served.first_key_value()
            && line.find(oldest.saturating_add(KEPT_BEHIND)).is_none()
        {
            served.pop_first();
        }
    }

    pub(super) fn segment(&self, track: usize, number: u64) -> Option<Arc<Entry>> {
        let tracks = self.tracks.lock().unwrap_or_else(PoisonError::into_inner);
        Some(Arc::clone(&tracks.get(&track)?.get(&number)?.whole))
    }

    pub(super) fn part(&self, track: usize, number: u64, part: usize) -> Option<Arc<Entry>> {
        let tracks = self.tracks.lock().unwrap_or_else(PoisonError::into_inner);
        let served = tracks.get(&track)?.get(&number)?;
        served.parts.get(part).cloned()
    }
}

impl Served {
    fn begin() -> Self {
        let (whole, filler) = Entry::filling();
        Self {
            whole,
            parts: Vec::new(),
            filler: Some(filler),
        }
    }

    fn advance(&mut self, segment: &Segment) {
        for part in segment.parts.iter().skip(self.parts.len()) {
            let begins = self.parts.is_empty();
            let pieces = part.clear(begins, part.sequence_number());
            if let Some(filler) = &mut self.filler {
                pieces.iter().for_each(|piece| filler.push(piece.clone()));
            }
            self.parts.push(Entry::complete(pieces));
        }
        if segment.complete
            && let Some(filler) = self.filler.take()
        {
            filler.finish();
        }
    }
}
