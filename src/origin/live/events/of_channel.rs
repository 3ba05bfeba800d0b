//! Where a channel's events come from, and where its operator adds to them.
use std::time::Duration;

use edgepack_packager::live::{Chunk, Clock, Outcome};

use crate::admin::{Interstitial, Interstitials, Refused};
use crate::origin::live::channel::{Channel, State};
use crate::origin::live::manifests::{now_ms, skip_ms};

impl Channel {
    /// `/{mount}/{channel}`
    pub(in crate::origin::live) fn path(&self) -> String {
        format!("{}/{}", self.mount.path, self.name)
    }

    /// Looks at what has come of a track.
    pub(in crate::origin::live) fn look_for_events(
        &self,
        state: &mut State,
        track: usize,
        outcome: &Outcome,
    ) {
        let Some(of) = state.tracks.get(track) else {
            return;
        };
        let now_ms = now_ms();
        let told = state.events.look(track, &of.line, now_ms);
        self.metrics.events_came(&told);
        if (outcome.segments > 0 || outcome.gaps > 0)
            && let Some(oldest_ms) = oldest_ms(state)
        {
            let skip_ms = u64::from(skip_ms(self));
            state.events.evict(oldest_ms, now_ms, skip_ms);
            self.metrics.interstitials(state.events.schedule.len());
        }
        state.events.changed();
    }

    /// Samples of an event track. `clock`: of the channel's media, where there is any.
    pub(in crate::origin::live) fn samples_came(
        &self,
        state: &mut State,
        key: &(String, u32),
        chunk: &Chunk,
        clock: Option<Clock>,
    ) {
        let now_ms = now_ms();
        let told = state.events.samples_came(key, chunk, clock, now_ms);
        self.metrics.events_came(&told);
        state.show_events(now_ms);
    }
}

impl State {
    /// What is written from now on says what there is.
    fn show_events(&mut self, now_ms: i64) {
        if self.events.changed() {
            self.version += 1;
            self.told += 1;
            self.changed_ms = self.changed_ms.max(now_ms);
        }
    }
}

impl Interstitials for Channel {
    fn list(&self) -> Vec<Interstitial> {
        self.lock().events.schedule.list()
    }

    fn insert(&self, interstitial: Interstitial) -> Result<bool, Refused> {
        let (mut state, now_ms) = (self.lock(), now_ms());
        // Before there is anything to reach: as far back as viewers will be able to.
        let window = self
            .live
            .window
            .max(Duration::from_millis(self.target_ms.into()));
        let window_ms = u64::try_from(window.as_millis()).unwrap_or(u64::MAX);
        let oldest_ms = oldest_ms(&state).unwrap_or(now_ms.saturating_sub_unsigned(window_ms));
        let skip_ms = u64::from(skip_ms(self));
        let schedule = &mut state.events.schedule;
        let is_new = schedule.insert(interstitial, oldest_ms, now_ms, skip_ms)?;
        self.metrics.interstitials(schedule.len());
        state.show_events(now_ms);
        Ok(is_new)
    }

    fn remove(&self, id: &str) -> bool {
        let (mut state, now_ms) = (self.lock(), now_ms());
        let was_there = state.events.schedule.remove(id, now_ms);
        self.metrics.interstitials(state.events.schedule.len());
        state.show_events(now_ms);
        was_there
    }
}

/// Unix time of the first sample that viewers can reach, of whatever track, milliseconds.
fn oldest_ms(state: &State) -> Option<i64> {
    let lines = state.tracks.iter().map(|track| &track.line);
    let firsts = lines.filter_map(|line| line.find(line.numbers().start));
    firsts.map(|segment| segment.wall_clock_ms).min()
}
