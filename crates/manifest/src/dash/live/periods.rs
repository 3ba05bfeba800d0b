//! Periods of a channel: where each begins, by which clock, and how its tracks are addressed.
//!
//! What an MPD says of a Period never changes afterwards, though the segments it was judged by leave their windows. That
//! is why this is state, and not a function of the windows.
use super::clocks::{ClockId, Clocks, Init, Piece, signed_micros};
use super::grid::Grid;
use super::open::{self, Opening};
use super::{Channel, clocks};
use crate::Nature;
use crate::text::rescale;

/// Periods that an MPD has at most; the oldest give way.
const MAX_PERIODS: usize = 64;
/// The same of a stretch, which has to have all of them.
const MAX_STRETCH_PERIODS: usize = 2048;
/// Less than this between what ends and what begins is no hole, microseconds.
pub(super) const SEAM: i64 = 100_000;

fn most(nature: Nature) -> usize {
    match nature {
        Nature::Sliding => MAX_PERIODS,
        Nature::Event | Nature::Vod => MAX_STRETCH_PERIODS,
    }
}

/// A Period that has begun, or is known to. Its id is its start: that is never used again, by another node neither.
#[derive(Debug, Clone)]
pub(super) struct State {
    pub(super) clock: ClockId,
    /// The life of the channel that its files are of; later ones are greater.
    pub(super) epoch: u32,
    /// Media time of its first sample.
    pub(super) origin: Origin,
    /// Unix time, microseconds.
    pub(super) start: i64,
    /// Where its content ends, once another has begun; where it is going to, while the other one is `planned`.
    pub(super) end: Option<i64>,
    /// Announced, and nothing of it has come: the one before goes on until then.
    pub(super) planned: bool,
    pub(super) members: Vec<Member>,
}

/// Exact in the timescale of the track that the Period begins with; half a sample off at most in others.
#[derive(Debug, Clone, Copy)]
pub(super) struct Origin {
    pub(super) units: u64,
    pub(super) timescale: u32,
}

/// A track in a Period.
#[derive(Debug, Clone)]
pub(super) struct Member {
    /// `Rendition::name`.
    pub(super) name: String,
    pub(super) init: Init,
    /// None: by SegmentTimeline.
    pub(super) grid: Option<Grid>,
}

/// The Periods of a channel as one protection shows it. [`update`](Self::update) it with each change that an MPD is
/// written of.
#[derive(Debug, Clone, Default)]
pub struct Periods {
    clocks: Clocks,
    states: Vec<State>,
    /// Of all tracks that ever were in one, in the order they came.
    names: Vec<String>,
    /// As of the last update.
    placed: Vec<Vec<Piece>>,
}

impl Periods {
    pub fn new() -> Self {
        Self::default()
    }

    /// Looks at what has come: begins Periods, and forgets those that nothing is left of.
    ///
    /// A Period begins with each life of the channel, where an encoder begins another, where a track comes, changes its header
    /// or its key, behind a gap, since `$Number$` counts without holes, and where segments leave their grid.
    pub fn update(&mut self, channel: &Channel<'_>) {
        self.placed = self.clocks.place(channel);
        // Each turn opens one.
        for _ in 0..most(channel.nature) {
            let opening = Opening {
                channel,
                clocks: &self.clocks,
                placed: &self.placed,
                current: self.states.last(),
            };
            let Some(state) = open::next(&opening) else {
                break;
            };
            self.clocks.fix(state.clock);
            for member in &state.members {
                if !self.names.contains(&member.name) {
                    self.names.push(member.name.clone());
                }
            }
            self.states.push(state);
            self.close_before(self.states.len() - 1, channel);
        }
        for at in 0..self.states.len() {
            let was_planned = self.states.get(at).is_some_and(|state| state.planned);
            if was_planned && self.has_begun(at, channel) {
                if let Some(state) = self.states.get_mut(at) {
                    state.planned = false;
                }
                self.close_before(at, channel);
            }
        }
        self.forget(channel);
    }

    /// Says where the Period before this one ends.
    fn close_before(&mut self, at: usize, channel: &Channel<'_>) {
        let Some(state) = self.states.get(at) else {
            return;
        };
        let (start, planned) = (state.start, state.planned);
        let Some(before) = at.checked_sub(1).and_then(|at| self.states.get_mut(at)) else {
            return;
        };
        let content = content_end(before, &self.placed, channel, start).filter(|_| !planned);
        before.end = Some(content.unwrap_or(start).min(start));
    }

    /// Something of the Period has come, or of what follows it.
    fn has_begun(&self, at: usize, channel: &Channel<'_>) -> bool {
        self.states.get(at).is_some_and(|state| {
            state.members.iter().any(|member| {
                let index = channel.index(&member.name);
                let pieces = index.map_or(&[][..], |index| self.pieces(index)).iter();
                let mut come = pieces.filter(|piece| !piece.gap && piece.clock >= state.clock);
                come.any(|piece| piece.clock > state.clock || piece.middle >= state.start)
            })
        })
    }

    /// Which of all tracks it was that came; the last of all where it did not yet.
    pub(super) fn joined(&self, name: &str) -> usize {
        let at = self.names.iter().position(|known| known == name);
        at.unwrap_or(self.names.len())
    }

    pub(super) fn states(&self) -> &[State] {
        &self.states
    }

    /// Unix time of a clock's media time 0, microseconds.
    pub(super) fn zero(&self, clock: ClockId) -> i64 {
        self.clocks.zero(clock)
    }

    /// Segments of a track, by index into the renditions.
    pub(super) fn pieces(&self, index: usize) -> &[Piece] {
        self.placed.get(index).map_or(&[], Vec::as_slice)
    }

    /// A track's segments in one of [`states`](Self::states).
    pub(super) fn listed(&self, state: usize, index: usize, member: &Member) -> Vec<&Piece> {
        let until = self.states.get(state + 1).map(|next| next.start);
        self.states.get(state).map_or_else(Vec::new, |state| {
            let pieces = self.pieces(index).iter();
            let is_of =
                |piece: &&Piece| state.has(piece, until) && piece.init == member.init && !piece.gap;
            pieces.filter(is_of).collect()
        })
    }

    fn forget(&mut self, channel: &Channel<'_>) {
        let last = self.states.len().saturating_sub(1);
        let is_empty = |at: usize, state: &State| {
            state.members.iter().all(|member| {
                let index = channel.index(&member.name);
                index.is_none_or(|index| self.listed(at, index, member).is_empty())
            })
        };
        let gone = self.states.iter().enumerate();
        let gone = gone
            .take_while(|(at, state)| *at < last && is_empty(*at, state))
            .count();
        let gone = gone.max(self.states.len().saturating_sub(most(channel.nature)));
        self.states.drain(..gone);
        let used: Vec<ClockId> = self.states.iter().map(|state| state.clock).collect();
        self.clocks.retain(&used, channel);
    }
}

/// Where the content of a Period ends, that another one follows at `until`.
fn content_end(
    state: &State,
    placed: &[Vec<Piece>],
    channel: &Channel<'_>,
    until: i64,
) -> Option<i64> {
    let ends = state.members.iter().filter_map(|member| {
        let pieces = placed.get(channel.index(&member.name)?)?.iter();
        let is_of = |piece: &&Piece| {
            state.has(piece, Some(until)) && piece.init == member.init && !piece.gap
        };
        pieces.filter(is_of).map(|piece| piece.end).max()
    });
    ends.max()
}

impl State {
    /// Whether a segment lies in the Period, which another one follows at `until`: where its middle does.
    pub(super) fn has(&self, piece: &Piece, until: Option<i64>) -> bool {
        piece.clock == self.clock
            && piece.init.epoch == self.epoch
            && piece.middle >= self.start
            && until.is_none_or(|until| piece.middle < until)
    }

    pub(super) fn member(&self, name: &str) -> Option<&Member> {
        self.members.iter().find(|member| member.name == name)
    }
}

impl Origin {
    /// `presentationTimeOffset` of a track.
    pub(super) fn in_units_of(&self, timescale: u32) -> u64 {
        rescale(self.units, self.timescale, u64::from(timescale.max(1)))
    }

    /// By a clock, Unix time, microseconds.
    pub(super) fn by(&self, zero: i64) -> i64 {
        zero.saturating_add(signed_micros(self.units, self.timescale))
    }
}

impl Channel<'_> {
    /// Players may be told to compute numbers: they need not where all is there.
    pub(super) fn is_counted(&self) -> bool {
        self.settings.low_latency && self.nature != Nature::Vod
    }

    pub(super) fn index(&self, name: &str) -> Option<usize> {
        let mut renditions = self.view.presentation.renditions.iter();
        renditions.position(|rendition| rendition.name == name)
    }

    pub(super) fn timescale(&self, index: usize) -> u32 {
        let track = self.tracks.get(index);
        track.map_or(1, |track| track.window.timescale.max(1))
    }

    /// What segment `number` will be decoded with, by the same header as `before`.
    pub(super) fn init(&self, index: usize, before: Init, number: u64) -> Init {
        clocks::init(self, index, before.epoch, before.header, number)
    }
}
