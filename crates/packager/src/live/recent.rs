//! Where the latest samples began: whether redundant encoders are in step.
use std::collections::VecDeque;

const MAX_KEPT: usize = 1024;

#[derive(Debug, Default)]
pub(super) struct Recent {
    /// Rising.
    starts: VecDeque<u64>,
}

impl Recent {
    pub(super) fn add(&mut self, start: u64) {
        if self.starts.len() == MAX_KEPT {
            self.starts.pop_front();
        }
        self.starts.push_back(start);
    }

    /// Whether no sample began where this one does, give or take a quarter of it. Not where that is long ago.
    pub(super) fn is_strange(&self, start: u64, duration: u32) -> bool {
        if self.starts.front().is_none_or(|first| start < *first) {
            return false;
        }
        let slack = u64::from(duration / 4);
        let from = start.saturating_sub(slack);
        let at = self.starts.partition_point(|known| *known < from);
        self.starts
            .get(at)
            .is_none_or(|known| *known > start + slack)
    }
}
