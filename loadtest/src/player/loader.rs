//! Loads one track: what comes next, in the rung the network allows, as far ahead as there is room for.
use std::collections::{HashSet, VecDeque};
use std::rc::Rc;

use tokio::time::{Instant, sleep_until};
use url::Url;

use super::cmcd::{Object, Report};
use super::playhead::State;
use super::session::Lost;
use super::title::{Held, List, Reload};
use super::{Viewer, live};
use crate::measure::End;
use crate::presentation::{Kind, Media, Resource, Segment};
use crate::verify::{Continuity, Header};

mod fetch;
mod place;

/// Audio above this gains nothing that a viewer would wait for.
const AUDIO_BANDWIDTH: u64 = 200_000;
/// Headers kept, of the rungs played lately.
const MAX_HEADERS: usize = 16;
/// Key URLs remembered.
const MAX_KEYS: usize = 1024;

pub(super) struct Loader<'v, 'a> {
    viewer: &'v Viewer<'a>,
    slot: usize,
    track: usize,
    rung: Option<usize>,
    names: Vec<Rc<str>>,
    pub(super) next: Option<Next>,
    /// The viewer's jumps that `next` knows of.
    seeks: u64,
    headers: VecDeque<(Resource, Option<Rc<Header>>)>,
    keys: HashSet<Url>,
    continuity: Continuity,
}

/// What is to be loaded next.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Next {
    pub(super) number: u64,
    pub(super) part: usize,
    /// On the viewer's time line; of the segment, and of the part.
    pub(super) segment_time: f64,
    pub(super) time: f64,
    /// Another rung was played: numbers may differ, times do not.
    pub(super) by_time: bool,
}

/// What the list has at [`Next`].
enum Found {
    Segment(usize),
    Part(usize, usize),
    /// Its parts are all loaded.
    Passed(usize),
    NotYet,
    /// It has left the list.
    Gone,
    /// There will be no more.
    End,
}

/// Loads until the viewer has had enough of failures; everything else ends elsewhere.
pub(super) async fn load(viewer: &Viewer<'_>, slot: usize, track: usize) -> End {
    let rungs = &viewer.title.tracks()[track].rungs;
    let mut loader = Loader {
        viewer,
        slot,
        track,
        rung: None,
        names: rungs.iter().map(|rung| rung.name.as_str().into()).collect(),
        next: None,
        seeks: viewer.seeks.get(),
        headers: VecDeque::new(),
        keys: HashSet::new(),
        continuity: Continuity::default(),
    };
    loop {
        match loader.step().await {
            Ok(()) => {}
            Err(Lost) => {
                if loader.kind() == Kind::Video {
                    viewer.abr.borrow_mut().failed();
                }
                loader.continuity.reset();
                if !viewer.bear().await {
                    return End::Failed;
                }
            }
        }
    }
}

impl Loader<'_, '_> {
    /// Waits for room, then loads one thing.
    async fn step(&mut self) -> Result<(), Lost> {
        let due = self.room().await;
        if self.seeks != self.viewer.seeks.get() {
            self.seeks = self.viewer.seeks.get();
            self.next = None;
            self.continuity.reset();
        }
        let rung = self.choose_rung();
        let held = match self.viewer.title.held(self.track, rung) {
            Some(held) => held,
            None => {
                let title = self.viewer.title;
                title.load(self.track, rung, Reload::Plain, due).await?
            }
        };
        let media = held.list.media();
        if media.live.is_none() && media.segments.is_empty() {
            let class = crate::outcome::ErrorClass::Unreadable;
            let url = self.viewer.session.manifest();
            self.viewer
                .session
                .complain(class, url, "a rung without segments");
            return Err(Lost);
        }
        let next = match self.next {
            Some(next) => self.by_number(&held.list, next),
            None => match self.join(&held) {
                Some(next) => next,
                None => return live::more(self, rung, &held, due).await,
            },
        };
        self.next = Some(next);
        match self.find(media, next) {
            Found::Segment(at) => {
                let segment = &media.segments[at];
                self.segment(rung, segment, next, due).await
            }
            Found::Part(at, part) => {
                let segment = &media.segments[at];
                self.part(rung, segment, part, next, due).await
            }
            Found::Passed(at) => {
                self.pass(&media.segments[at], next);
                Ok(())
            }
            Found::NotYet => live::more(self, rung, &held, due).await,
            Found::Gone => {
                self.rejoin(&held);
                Ok(())
            }
            Found::End => {
                self.complete().await;
                Ok(())
            }
        }
    }

    pub(super) fn viewer(&self) -> &Viewer<'_> {
        self.viewer
    }

    pub(super) fn track(&self) -> usize {
        self.track
    }

    pub(super) fn kind(&self) -> Kind {
        self.viewer.slot_kind(self.track)
    }

    /// Waits until the buffer has room; when that was is when the next request was due.
    async fn room(&self) -> Instant {
        let viewer = self.viewer;
        let mut due = Instant::now();
        loop {
            let changed = viewer.changed.notified();
            if self.seeks != viewer.seeks.get() {
                return due;
            }
            let (ahead, state) = {
                let mut playhead = viewer.playhead.borrow_mut();
                playhead.advance(Instant::now(), &viewer.house.recorder);
                (playhead.ahead(self.slot), playhead.state())
            };
            let over = ahead - viewer.buffer_target();
            if self.next.is_none() || over < 0.001 {
                return due;
            }
            if state == State::Playing {
                due = Instant::now() + std::time::Duration::from_secs_f64(over);
                tokio::select! {
                    () = sleep_until(due) => {}
                    () = changed => {}
                }
                due = due.min(Instant::now());
            } else {
                changed.await;
                due = Instant::now();
            }
        }
    }

    fn choose_rung(&mut self) -> usize {
        let rungs = &self.viewer.title.tracks()[self.track].rungs;
        // Within a segment its parts go on.
        if let (Some(rung), Some(next)) = (self.rung, &self.next)
            && next.part > 0
        {
            return rung;
        }
        let rung = match self.kind() {
            Kind::Video => {
                let ahead = self.viewer.playhead.borrow().ahead(self.slot).max(0.0);
                let fill = ahead / self.viewer.full.get();
                self.viewer.abr.borrow_mut().choose(rungs, fill)
            }
            Kind::Audio | Kind::Text => rungs
                .iter()
                .rposition(|rung| rung.bandwidth <= AUDIO_BANDWIDTH)
                .unwrap_or(0),
        };
        if let Some(before) = self.rung.replace(rung)
            && before != rung
        {
            self.viewer.house.recorder.switched();
            self.continuity.reset();
            if let Some(next) = &mut self.next {
                next.by_time = true;
            }
        }
        rung
    }

    fn find(&self, media: &Media, next: Next) -> Found {
        let Some(first) = media.segments.first() else {
            return Found::NotYet;
        };
        if next.number < first.number {
            return Found::Gone;
        }
        let at = usize::try_from(next.number - first.number).unwrap_or(usize::MAX);
        let Some(segment) = media.segments.get(at) else {
            return match media.live {
                Some(_) => Found::NotYet,
                None => Found::End,
            };
        };
        let low_latency = self.viewer.session.scenario().playback.low_latency;
        let chunked = !segment.complete && segment.parts.is_empty() && media.live.is_some();
        if next.part == 0 && (segment.complete || (chunked && low_latency)) {
            return Found::Segment(at);
        }
        match segment.parts.get(next.part) {
            Some(_) if low_latency => Found::Part(at, next.part),
            None if segment.complete && !segment.parts.is_empty() => Found::Passed(at),
            // Its parts have left the list: the rest is had with the whole.
            None if segment.complete => Found::Segment(at),
            _ => Found::NotYet,
        }
    }

    /// Nothing more of this track, unless the viewer goes back.
    async fn complete(&mut self) {
        let viewer = self.viewer;
        viewer
            .playhead
            .borrow_mut()
            .complete(Instant::now(), self.slot, &viewer.house.recorder);
        viewer.changed();
        loop {
            let changed = viewer.changed.notified();
            if self.seeks != viewer.seeks.get() {
                return;
            }
            changed.await;
        }
    }

    /// What the request tells of the player.
    pub(super) fn report(&self, rung: usize, object: Object, duration: Option<f64>) -> Report {
        let viewer = self.viewer;
        let playhead = viewer.playhead.borrow();
        let state = playhead.state();
        let media = matches!(object, Object::Media(_));
        let rung = &viewer.title.tracks()[self.track].rungs[rung];
        Report {
            object: Some(object),
            bandwidth: media.then_some(rung.bandwidth),
            duration,
            buffered: media.then(|| playhead.ahead(self.slot).max(0.0)),
            throughput: viewer.abr.borrow().throughput(),
            starting: matches!(state, State::Starting | State::Seeking | State::Stalled),
            starved: state == State::Stalled,
            live: Some(viewer.is_live.get()),
        }
    }

    /// Goes on to the segment after this.
    pub(super) fn pass(&mut self, segment: &Segment, next: Next) {
        let end = match next.part {
            0 => next.segment_time + segment.duration,
            _ => next.time.max(next.segment_time + segment.duration),
        };
        self.next = Some(Next {
            number: segment.number + 1,
            part: 0,
            segment_time: end,
            time: end,
            by_time: false,
        });
    }

    pub(super) fn list(&self, rung: usize) -> Option<List> {
        let held = self.viewer.title.held(self.track, rung)?;
        Some(held.list)
    }
}
