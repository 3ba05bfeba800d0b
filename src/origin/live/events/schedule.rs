//! Interstitials of a channel, until viewers can no longer reach them.
use std::collections::VecDeque;

use edgepack_manifest::hls::live::{DateRange, RemovedDateRange};

use crate::admin::{Interstitial, Refused};
use crate::origin::interstitials::date_range;

/// Removals that are remembered, whatever delta updates would want.
const MAX_REMOVED: usize = 1024;
/// How far ahead one may be, milliseconds: it would stand in every playlist until then.
const MAX_AHEAD_MS: i64 = 24 * 3_600_000;

#[derive(Debug)]
pub(in crate::origin::live) struct Schedule {
    max: usize,
    /// In the order they came.
    entries: Vec<(Interstitial, DateRange)>,
    removed: VecDeque<RemovedDateRange>,
    version: u64,
}

impl Schedule {
    pub(super) fn new(max: usize) -> Self {
        Self {
            max,
            entries: Vec::new(),
            removed: VecDeque::new(),
            version: 0,
        }
    }

    /// Whether it was not there before. `oldest_ms`: Unix time of the first sample that viewers can reach. `skip_ms`: how
    /// far back delta updates of playlists go.
    ///
    /// # Errors
    /// [`Refused`].
    pub(in crate::origin::live) fn insert(
        &mut self,
        new: Interstitial,
        oldest_ms: i64,
        now_ms: i64,
        skip_ms: u64,
    ) -> Result<bool, Refused> {
        if let Some((known, _)) = self.entries.iter().find(|(known, _)| known.id == new.id) {
            // Attributes of a date range stay what they are (8216bis, 4.4.5.1).
            return if *known == new {
                Ok(false)
            } else {
                Err(Refused::Exists)
            };
        }
        if self.entries.len() >= self.max {
            return Err(Refused::TooMany { limit: self.max });
        }
        if end_ms(&new) < oldest_ms {
            return Err(Refused::Past);
        }
        if new.start_ms > now_ms.saturating_add(MAX_AHEAD_MS) {
            let limit_s = MAX_AHEAD_MS.unsigned_abs() / 1000;
            return Err(Refused::TooFarAhead { limit_s });
        }
        self.forget(now_ms, skip_ms);
        // A delta update would name it among those removed, and leave open which of the two is meant.
        if let Some(gone) = self.removed.iter().find(|gone| gone.id == new.id) {
            let again_ms = gone.removed_ms.saturating_add_unsigned(skip_ms);
            let retry_after_s = again_ms.abs_diff(now_ms).div_ceil(1000).max(1);
            return Err(Refused::JustRemoved { retry_after_s });
        }
        let range = date_range(&new, new.start_ms, now_ms);
        self.entries.push((new, range));
        self.version += 1;
        Ok(true)
    }

    /// Whether it was there.
    pub(in crate::origin::live) fn remove(&mut self, id: &str, now_ms: i64) -> bool {
        let before = self.entries.len();
        self.take_out(now_ms, |interstitial| interstitial.id == id);
        self.entries.len() < before
    }

    pub(super) fn evict(&mut self, oldest_ms: i64, now_ms: i64, skip_ms: u64) {
        self.forget(now_ms, skip_ms);
        self.take_out(now_ms, |interstitial| end_ms(interstitial) < oldest_ms);
    }

    pub(in crate::origin::live) fn list(&self) -> Vec<Interstitial> {
        let entries = self.entries.iter();
        entries
            .map(|(interstitial, _)| interstitial.clone())
            .collect()
    }

    pub(in crate::origin::live) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(super) fn ranges(&self) -> impl Iterator<Item = DateRange> {
        self.entries.iter().map(|(_, range)| range.clone())
    }

    pub(super) fn removed(&self) -> impl Iterator<Item = &RemovedDateRange> {
        self.removed.iter()
    }

    /// Another one whenever what playlists say is.
    pub(super) fn version(&self) -> u64 {
        self.version
    }

    fn take_out(&mut self, now_ms: i64, goes: impl Fn(&Interstitial) -> bool) {
        let removed = &mut self.removed;
        let before = self.entries.len();
        self.entries.retain(|(interstitial, _)| {
            let goes = goes(interstitial);
            if goes {
                removed.push_back(RemovedDateRange {
                    id: interstitial.id.clone(),
                    removed_ms: now_ms,
                });
            }
            !goes
        });
        if self.entries.len() < before {
            self.version += 1;
        }
        let excess = self.removed.len().saturating_sub(MAX_REMOVED);
        self.removed.drain(..excess);
    }

    /// Removals that delta updates do not tell of any more. No other version: playlists leave them out by themselves.
    fn forget(&mut self, now_ms: i64, skip_ms: u64) {
        let oldest = now_ms.saturating_sub_unsigned(skip_ms);
        self.removed.retain(|gone| gone.removed_ms >= oldest);
    }
}

/// When viewers who are behind have been given all of it. What is played when a viewer joins or leaves is not at its
/// start (8216bis, 4.4.5.1: CUE) and stays.
fn end_ms(of: &Interstitial) -> i64 {
    let cue = of.choices.iter().find(|(name, _)| *name == "CUE");
    if cue.is_some_and(|(_, cue)| cue.split(',').any(|word| matches!(word, "PRE" | "POST"))) {
        return i64::MAX;
    }
    let lengths = [of.duration_ms, of.planned_duration_ms, of.playout_limit_ms];
    let longest = lengths.into_iter().flatten().max().unwrap_or(0);
    of.start_ms.saturating_add_unsigned(longest)
}

#[cfg(test)]
mod tests;
