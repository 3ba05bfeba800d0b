//! The clock of one viewer: what is buffered, what is played, and when it stops for want of more.
//!
//! Pure: time comes in with every call. Positions are seconds on the viewer's time line.
use std::collections::VecDeque;
use std::rc::Rc;
use std::time::Duration;

use tokio::time::Instant;

use crate::measure::Recorder;
use crate::scenario::Playback;

/// Less than this is nothing: decode times and durations are rounded.
const TINY: f64 = 0.001;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// Before the first picture.
    Starting,
    Playing,
    Stalled,
    /// After a seek, before the first picture from there.
    Seeking,
    Paused,
    /// Played to its end.
    Over,
}

#[derive(Debug)]
pub(super) struct Playhead {
    state: State,
    position: f64,
    at: Instant,
    /// When the viewer meant to begin.
    due: Instant,
    stalled_since: Instant,
    /// Per track: loaded so far, and whether that is all.
    loaded: Vec<(f64, bool)>,
    start: f64,
    resume: f64,
    played: f64,
    /// What was loaded of the picture: end and rung, in order.
    rungs: VecDeque<(f64, Rc<str>)>,
    /// The rung seen last: a sound may be longer than its picture.
    seen: Option<Rc<str>>,
}

impl Playhead {
    pub(super) fn new(playback: &Playback, tracks: usize, due: Instant) -> Self {
        Self {
            state: State::Starting,
            position: 0.0,
            at: due,
            due,
            stalled_since: due,
            loaded: vec![(0.0, false); tracks],
            start: playback.start,
            resume: playback.resume,
            played: 0.0,
            rungs: VecDeque::new(),
            seen: None,
        }
    }

    pub(super) fn state(&self) -> State {
        self.state
    }

    pub(super) fn position(&self) -> f64 {
        self.position
    }

    /// Seconds played.
    pub(super) fn played(&self) -> f64 {
        self.played
    }

    /// Loaded of one track beyond the position.
    pub(super) fn ahead(&self, slot: usize) -> f64 {
        self.loaded[slot].0 - self.position
    }

    /// What can be played from here without more.
    pub(super) fn buffered(&self) -> f64 {
        let open = self.loaded.iter().filter(|(_, all)| !all);
        let until = open.map(|&(until, _)| until).fold(f64::INFINITY, f64::min);
        let until = if until.is_finite() {
            until
        } else {
            self.last()
        };
        (until - self.position).max(0.0)
    }

    /// A live stream that holds back less than a player would like to have has to do with less.
    pub(super) fn begin_with_at_most(&mut self, seconds: f64) {
        self.start = self.start.min(seconds);
        self.resume = self.resume.min(seconds);
    }

    /// Where to begin, before anything is loaded.
    pub(super) fn place(&mut self, position: f64) {
        self.position = position;
        self.rungs.clear();
        for (until, all) in &mut self.loaded {
            *until = position;
            *all = false;
        }
    }

    /// A track is loaded up to `until`; `rung` where it is what the viewer sees.
    pub(super) fn loaded(
        &mut self,
        now: Instant,
        slot: usize,
        until: f64,
        rung: Option<&Rc<str>>,
        recorder: &Recorder,
    ) {
        self.advance(now, recorder);
        self.loaded[slot].0 = self.loaded[slot].0.max(until);
        if let Some(rung) = rung {
            match self.rungs.back_mut() {
                Some((end, last)) if Rc::ptr_eq(last, rung) => *end = end.max(until),
                _ => self.rungs.push_back((until, Rc::clone(rung))),
            }
        }
        self.settle(now, recorder);
    }

    /// There is no more of this track.
    pub(super) fn complete(&mut self, now: Instant, slot: usize, recorder: &Recorder) {
        self.advance(now, recorder);
        self.loaded[slot].1 = true;
        self.settle(now, recorder);
    }

    /// Plays up to `now`, or to where the buffer ends.
    pub(super) fn advance(&mut self, now: Instant, recorder: &Recorder) {
        let passed = now.saturating_duration_since(self.at).as_secs_f64();
        if self.state == State::Playing {
            let buffered = self.buffered();
            if passed < buffered - TINY {
                self.play(passed, recorder);
            } else {
                self.play(passed.min(buffered), recorder);
                if self.all_loaded() {
                    self.state = State::Over;
                } else {
                    let begun = self.at + Duration::from_secs_f64(buffered.min(passed));
                    self.state = State::Stalled;
                    self.stalled_since = begun.min(now);
                    recorder.stalled();
                }
            }
        }
        self.at = now.max(self.at);
    }

    /// When the buffer will be empty, if nothing more comes.
    pub(super) fn runs_out(&self) -> Option<Instant> {
        (self.state == State::Playing)
            .then(|| self.at + Duration::from_secs_f64(self.buffered().min(86_400.0)))
    }

    pub(super) fn seek(&mut self, now: Instant, position: f64, recorder: &Recorder) {
        self.advance(now, recorder);
        self.leave_stall(now, recorder);
        if matches!(self.state, State::Playing | State::Stalled | State::Over) {
            self.state = State::Seeking;
        }
        self.place(position);
    }

    pub(super) fn pause(&mut self, now: Instant, recorder: &Recorder) {
        self.advance(now, recorder);
        if self.state == State::Playing {
            self.state = State::Paused;
        }
    }

    pub(super) fn unpause(&mut self, now: Instant, recorder: &Recorder) {
        self.advance(now, recorder);
        if self.state == State::Paused {
            self.state = State::Playing;
        }
    }

    /// The viewer goes: what he waited for last counts.
    pub(super) fn close(&mut self, now: Instant, recorder: &Recorder) {
        self.advance(now, recorder);
        self.leave_stall(now, recorder);
    }

    /// Begins, or goes on, where enough is there.
    fn settle(&mut self, now: Instant, recorder: &Recorder) {
        let need = match self.state {
            State::Starting => self.start,
            State::Stalled | State::Seeking => self.resume,
            State::Playing | State::Paused | State::Over => return,
        };
        if self.buffered() < need - TINY && !self.all_loaded() {
            return;
        }
        if self.state == State::Starting {
            recorder.startup(now.saturating_duration_since(self.due));
        }
        self.leave_stall(now, recorder);
        self.state = State::Playing;
        self.at = now;
    }

    fn leave_stall(&mut self, now: Instant, recorder: &Recorder) {
        if self.state == State::Stalled {
            let took = now.saturating_duration_since(self.stalled_since);
            recorder.stall_over(took.as_secs_f64());
            self.state = State::Playing;
        }
    }

    fn all_loaded(&self) -> bool {
        self.loaded.iter().all(|&(_, all)| all)
    }

    fn last(&self) -> f64 {
        self.loaded
            .iter()
            .map(|&(until, _)| until)
            .fold(self.position, f64::max)
    }

    fn play(&mut self, seconds: f64, recorder: &Recorder) {
        let to = self.position + seconds;
        self.played += seconds;
        while self.position < to {
            let (until, rung) = match self.rungs.front() {
                Some((end, rung)) => (end.min(to), Some(Rc::clone(rung))),
                None => (to, self.seen.clone()),
            };
            let step = (until - self.position).max(0.0);
            recorder.played(rung.as_deref().unwrap_or("unknown"), step);
            self.position = self.position.max(until);
            if self.rungs.front().is_some_and(|(end, _)| *end <= until) {
                self.rungs.pop_front();
            }
            self.seen = rung;
        }
    }
}

#[cfg(test)]
mod tests;
