//! Where on a list a viewer is: lists count from their own beginning, or by number, or by the wall clock.
use super::{Held, List, Loader, Next};
use crate::presentation::Segment;
use tokio::time::Instant;

/// Where a live list without clock ends on a viewer's time line when he comes.
const LIST_END: f64 = 100_000.0;

impl Loader<'_, '_> {
    /// Where to begin, or to go on after a jump. `None`: there is nothing yet.
    pub(super) fn join(&self, held: &Held) -> Option<Next> {
        let media = held.list.media();
        let last = media.segments.last()?;
        let first = media.segments.first()?;
        let viewer = self.viewer;
        let times = self.times(&held.list);
        if !viewer.placed.replace(true) {
            let position = match &media.live {
                Some(live) => {
                    let end = times.of(last) + length(last);
                    viewer.live_begins(live, media.segments.len());
                    (end - live.hold_back).max(times.of(first))
                }
                None => {
                    let end = last.start + last.duration;
                    viewer.duration.set(Some(end));
                    first.start + (end - first.start - 10.0).max(0.0) * viewer.begin_share
                }
            };
            viewer.playhead.borrow_mut().place(position);
        }
        let position = viewer.playhead.borrow().position();
        let at = media
            .segments
            .partition_point(|segment| times.of(segment) <= position + 0.001)
            .saturating_sub(1);
        let segment = &media.segments[at];
        let time = times.of(segment);
        let beyond = position >= time + length(segment) - 0.001;
        if beyond && at + 1 == media.segments.len() && segment.complete && media.live.is_some() {
            let end = time + segment.duration;
            return Some(Next {
                number: segment.number + 1,
                part: 0,
                segment_time: end,
                time: end,
                by_time: false,
            });
        }
        Some(Next {
            number: segment.number,
            part: 0,
            segment_time: time,
            time,
            by_time: false,
        })
    }

    /// After a change of rung: the same time under the other's number.
    pub(super) fn by_number(&self, list: &List, next: Next) -> Next {
        let segments = &list.media().segments;
        if !next.by_time || !list.has_lasting_times() || segments.is_empty() {
            return Next {
                by_time: false,
                ..next
            };
        }
        let at = segments
            .partition_point(|segment| segment.start + segment.duration / 2.0 <= next.segment_time);
        match segments.get(at) {
            Some(segment) => Next {
                number: segment.number,
                by_time: false,
                ..next
            },
            None => Next {
                number: segments[segments.len() - 1].number + 1,
                by_time: false,
                ..next
            },
        }
    }

    /// What was to come has left the list: on from its live edge.
    pub(super) fn rejoin(&mut self, held: &Held) {
        self.next = None;
        self.viewer.placed.set(false);
        if let Some(next) = self.join(held) {
            let position = self.viewer.playhead.borrow().position();
            self.viewer.jump(position);
            self.seeks = self.viewer.seeks.get();
            self.next = Some(next);
        }
    }

    /// Notes what a list tells of the live edge.
    pub(in crate::player) fn note_edge(&self, held: &Held) {
        let media = held.list.media();
        if let (Some(next), Some(last)) = (&self.next, media.segments.last())
            && media.live.is_some()
        {
            let since: f64 = media
                .segments
                .iter()
                .filter(|segment| segment.number >= next.number)
                .map(length)
                .sum();
            let _ = last;
            self.viewer
                .edge
                .set(Some((held.read, next.segment_time + since)));
        }
    }

    /// Remembers the wall-clock time of what was loaded.
    pub(super) fn note_clock(&self, segment: &Segment, time: f64) {
        if let Some(clock) = segment.wall_clock {
            self.viewer.wall_shift.set(Some(clock - time));
        }
    }

    /// `rung` is what the viewer sees.
    pub(super) fn loaded(&self, rung: usize, until: f64) {
        let viewer = self.viewer;
        let seen = (self.slot == 0).then(|| &self.names[rung]);
        viewer.playhead.borrow_mut().loaded(
            Instant::now(),
            self.slot,
            until,
            seen,
            &viewer.house.recorder,
        );
        viewer.changed();
    }

    fn times(&self, list: &List) -> Times {
        let media = list.media();
        if list.has_lasting_times() {
            return Times::OfList { shift: 0.0 };
        }
        let axis = &self.viewer.axis;
        let clock = media.segments.first().and_then(|first| first.wall_clock);
        match (clock, axis.get()) {
            (Some(clock), None) => {
                axis.set(Some(clock));
                Times::OfClock { zero: clock }
            }
            (Some(_), Some(zero)) => Times::OfClock { zero },
            (None, _) => {
                let end = media
                    .segments
                    .last()
                    .map_or(0.0, |last| last.start + length(last));
                Times::OfList {
                    shift: LIST_END - end,
                }
            }
        }
    }
}

/// From a list's times to the viewer's.
enum Times {
    OfList {
        shift: f64,
    },
    /// Tracks of a live title share only this.
    OfClock {
        zero: f64,
    },
}

impl Times {
    fn of(&self, segment: &Segment) -> f64 {
        match *self {
            Self::OfList { shift } => segment.start + shift,
            Self::OfClock { zero } => match segment.wall_clock {
                Some(clock) => clock - zero,
                None => segment.start,
            },
        }
    }
}

/// Of what is there of it.
fn length(segment: &Segment) -> f64 {
    match segment.complete || segment.parts.is_empty() {
        true => segment.duration,
        false => segment.parts.iter().map(|part| part.duration).sum(),
    }
}
