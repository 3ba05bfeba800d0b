//! When another Period begins, and with what.
use edgepack_packager::{Kind, Rotation};

use super::Channel;
use super::clocks::{ClockId, Clocks, Init, Piece, signed_micros};
use super::grid::{Grid, SAMPLE};
use super::periods::{Member, Origin, State};
use crate::text::rescale;

/// Tracks that have nothing yet of a Period are waited for that many segments.
const PATIENCE: i64 = 3;
/// Keys that change are announced that many segments ahead.
const AHEAD: i64 = 5;
/// Segments of several groups of pictures stay even for long where they differ from the target by less than this part.
const NEAR: u64 = 32;
/// Segments that differ from the target by no more than this part are cut to it.
const ROUGH: u64 = 16;
/// After so many segments of uneven length nobody waits for even ones.
const UNEVEN: usize = 3;

pub(super) struct Opening<'a> {
    pub(super) channel: &'a Channel<'a>,
    pub(super) clocks: &'a Clocks,
    /// By rendition.
    pub(super) placed: &'a [Vec<Piece>],
    pub(super) current: Option<&'a State>,
}

/// Where a Period has to begin.
#[derive(Debug, Clone, Copy)]
struct Breach {
    /// Index of the track.
    track: usize,
    clock: ClockId,
    epoch: u32,
    /// Media time, the track's timescale.
    start: u64,
    at: i64,
    /// Segments may follow one another differently from here on.
    anew: bool,
    /// Nothing has come of it yet: what it begins with is told by the keys.
    planned: Option<u32>,
}

/// The Period that follows the current one, once all that an MPD says of it is known.
pub(super) fn next(opening: &Opening<'_>) -> Option<State> {
    let breach = match opening.current {
        None => opening.beginning(),
        Some(state) => {
            let come = opening.breaches(state).min_by_key(|breach| breach.at);
            come.map(|breach| opening.snapped(breach))
                .or_else(|| opening.planned(state))
        }
    }?;
    let breach = opening.steady(breach)?;
    let timescale = opening.channel.timescale(breach.track);
    let origin = Origin {
        units: breach.start,
        timescale,
    };
    let start = origin.by(opening.clocks.zero(breach.clock));
    if opening.current.is_some_and(|state| start <= state.start) {
        return None;
    }
    let members = opening.members(&breach, origin, start)?;
    Some(State {
        clock: breach.clock,
        epoch: breach.epoch,
        origin,
        start,
        end: None,
        planned: breach.planned.is_some(),
        members,
    })
}

impl Opening<'_> {
    fn pieces(&self, track: usize) -> &[Piece] {
        self.placed.get(track).map_or(&[], Vec::as_slice)
    }

    fn kind(&self, track: usize) -> Option<Kind> {
        let renditions = &self.channel.view.presentation.renditions;
        renditions.get(track).map(|rendition| rendition.kind())
    }

    fn target(&self) -> i64 {
        i64::from(self.channel.settings.target_ms) * 1000
    }

    fn now(&self) -> i64 {
        self.channel.now_ms.saturating_mul(1000)
    }

    /// Something may come.
    fn waits_until(&self, moment: i64) -> bool {
        !self.channel.has_ended() && self.now() < moment
    }

    /// The first segment of the first video, or else of the first track.
    fn beginning(&self) -> Option<Breach> {
        let first = |track: usize| {
            let piece = self.pieces(track).iter().find(|piece| !piece.gap)?;
            Some(Breach::of(track, piece, true))
        };
        let tracks = 0..self.placed.len();
        let mut video = tracks
            .clone()
            .filter(|track| self.kind(*track) == Some(Kind::Video));
        video
            .find_map(first)
            .or_else(|| tracks.into_iter().find_map(first))
    }

    /// The first segment of each track that has no place in the Period.
    fn breaches<'s>(&'s self, state: &'s State) -> impl Iterator<Item = Breach> + 's {
        (0..self.placed.len()).filter_map(move |track| {
            let rendition = self.channel.view.presentation.renditions.get(track)?;
            let member = state.member(&rendition.name);
            let mut behind_gap = false;
            let is_later = |piece: &&Piece| {
                (piece.init.epoch, piece.clock) > (state.epoch, state.clock)
                    || state.has(piece, None)
            };
            for piece in self.pieces(track).iter().filter(is_later) {
                if piece.gap {
                    behind_gap = true;
                    continue;
                }
                let is_same = piece.clock == state.clock && piece.init.epoch == state.epoch;
                let breach = Breach::of(track, piece, !is_same);
                let (breaks, anew) = match member {
                    None => (piece.complete, breach.anew),
                    Some(member) => {
                        let leaves = member.grid.is_some_and(|grid| !grid.takes(piece));
                        let other = breach.anew || behind_gap || member.init != piece.init;
                        (other || leaves, breach.anew || leaves)
                    }
                };
                if breaks && (piece.at > state.start || breach.anew) {
                    return Some(Breach { anew, ..breach });
                }
            }
            None
        })
    }

    /// Begins with a segment of the first video that has one near.
    fn snapped(&self, breach: Breach) -> Breach {
        let videos = (0..self.placed.len()).filter(|track| self.kind(*track) == Some(Kind::Video));
        let mut near = videos.filter_map(|track| {
            let pieces = self.pieces(track).iter();
            let apart = |piece: &&Piece| piece.at.abs_diff(breach.at);
            let nearest = pieces
                .filter(|piece| breach.is_met(piece) && !piece.gap)
                .min_by_key(apart)?;
            let half = nearest.middle.abs_diff(nearest.at);
            (apart(&nearest) <= half).then(|| Breach {
                anew: breach.anew,
                ..Breach::of(track, nearest, false)
            })
        });
        near.next().unwrap_or(breach)
    }

    /// The place where the first track with a grid gets another key, if that is near. Players go on by `@duration`
    /// until they are told, so they are told before.
    fn planned(&self, state: &State) -> Option<Breach> {
        state.members.iter().find_map(|member| {
            let grid = member.grid?;
            let track = self.channel.index(&member.name)?;
            let (crypto, number) = self.next_crypto(track, member.init)?;
            let start = grid.at(number)?;
            let timescale = self.channel.timescale(track);
            let at = self
                .clocks
                .zero(state.clock)
                .saturating_add(signed_micros(start, timescale));
            (at > state.start && at <= self.now() + AHEAD * self.target()).then_some(Breach {
                track,
                clock: state.clock,
                epoch: state.epoch,
                start,
                at,
                anew: false,
                planned: Some(crypto),
            })
        })
    }

    /// The crypto period with a header of its own that follows, and its first segment.
    fn next_crypto(&self, track: usize, init: Init) -> Option<(u32, u64)> {
        let tracks = &self.channel.view.protection?.tracks;
        let track = tracks.get(track)?.as_ref()?;
        if track.rotation != Rotation::NewHeader {
            return None;
        }
        let mut periods = track.periods.iter();
        periods.find(|period| Some(period.number) == init.crypto)?;
        let next = periods.next()?;
        Some((next.number, u64::from(next.first_segment)))
    }

    /// Moves to the first segment that others will be like. None while that is not known.
    fn steady(&self, breach: Breach) -> Option<Breach> {
        if !breach.anew || !self.channel.is_counted() {
            return Some(breach);
        }
        let pieces = self.pieces(breach.track).iter();
        let is_of = |piece: &&Piece| breach.is_met(piece) && piece.at >= breach.at;
        let pieces: Vec<&Piece> = pieces
            .filter(is_of)
            .take_while(|piece| piece.complete && !piece.gap)
            .collect();
        let near = |piece: &&Piece| {
            let lasts = piece.end - piece.at;
            (lasts - self.target()).unsigned_abs() <= self.target().unsigned_abs() / ROUGH
        };
        let pairs = pieces.windows(2);
        let even = pairs
            .filter_map(|pair| Some((pair.first()?, pair.last()?)))
            .find(|(one, other)| one.duration == other.duration);
        let first = pieces
            .iter()
            .find(|piece| near(piece))
            .or(even.map(|(one, _)| one));
        let waits = pieces.len() < UNEVEN && !self.channel.has_ended();
        match first {
            Some(piece) => Some(Breach::of(breach.track, piece, true)),
            None if waits => None,
            None => Some(breach),
        }
    }

    /// None while a track is waited for.
    fn members(&self, breach: &Breach, origin: Origin, start: i64) -> Option<Vec<Member>> {
        let goes_on = |state: &&State| (state.clock, state.epoch) == (breach.clock, breach.epoch);
        let before = self.current.filter(goes_on);
        let mut members = Vec::new();
        for (track, rendition) in self.channel.view.presentation.renditions.iter().enumerate() {
            let previous = before.and_then(|state| state.member(&rendition.name));
            let pieces: Vec<&Piece> = self
                .pieces(track)
                .iter()
                .filter(|piece| breach.is_met(piece) && piece.middle >= start)
                .skip_while(|piece| piece.gap)
                .take_while(|piece| !piece.gap)
                .collect();
            let offset = origin.in_units_of(self.channel.timescale(track));
            let (init, grid) = match (pieces.first(), breach.planned, previous) {
                (Some(first), ..) => (first.init, self.grid(track, offset, &pieces, previous)?),
                (None, Some(crypto), Some(previous)) => {
                    self.ahead(track, crypto, offset, previous)?
                }
                (None, Some(_), None) => continue,
                (None, None, _) if self.waits_until(start + PATIENCE * self.target()) => {
                    return None;
                }
                (None, None, _) => continue,
            };
            members.push(Member {
                name: rendition.name.clone(),
                init,
                grid,
            });
        }
        (!members.is_empty()).then_some(members)
    }

    /// How players are to find a track's segments: outer None while that is not known, inner None by a timeline.
    fn grid(
        &self,
        track: usize,
        offset: u64,
        pieces: &[&Piece],
        previous: Option<&Member>,
    ) -> Option<Option<Grid>> {
        let first = pieces.first()?;
        let before = previous.and_then(|member| member.grid);
        if !self.channel.is_counted() {
            return first.complete.then_some(None);
        }
        if !first.complete && before.is_none() {
            return None;
        }
        let timescale = u64::from(self.channel.timescale(track));
        let target = rescale(u64::from(self.channel.settings.target_ms), 1000, timescale);
        // Else two groups make a segment here and one there, or two here and three there.
        let stays = |own: &u64| {
            own.abs_diff(target) <= target / NEAR || first.is_one_group && *own >= target
        };
        let own = first.complete.then_some(first.duration).filter(stays);
        // Segments of one group, or far from the target, lie further from the grid of the target with each, though the
        // first one fits: behind a gap there is no other to judge by.
        let nears = |own: u64| !first.is_one_group && own.abs_diff(target) <= target / ROUGH;
        // Pictures come in groups of a length, and frames of sound around the target.
        let others = if self.kind(track) == Some(Kind::Video) {
            let nears = first.complete && nears(first.duration);
            [own, nears.then_some(target)]
        } else {
            // What is cut around the target is longer here and shorter there.
            let few = pieces.iter().take(SAMPLE);
            let alike = few.filter(|piece| piece.complete && piece.duration == first.duration);
            [Some(target), own.filter(|_| alike.count() == SAMPLE)]
        };
        let durations = [before.map(|grid| grid.duration)].into_iter().chain(others);
        let mut grids = durations.flatten().filter_map(|duration| {
            let grid = Grid::through(offset, duration, first)?;
            grid.fits(pieces).then_some(grid)
        });
        Some(grids.next())
    }

    /// A track of which nothing has come yet, under the key that it will have.
    fn ahead(
        &self,
        track: usize,
        crypto: u32,
        offset: u64,
        previous: &Member,
    ) -> Option<(Init, Option<Grid>)> {
        let grid = previous.grid;
        let Some(before) = grid else {
            // Listed when it is whole.
            let crypto = previous.init.crypto.map(|_| crypto);
            return Some((
                Init {
                    crypto,
                    ..previous.init
                },
                None,
            ));
        };
        let number = match self.next_crypto(track, previous.init) {
            Some((_, number)) => number,
            None => {
                let passed = offset.checked_sub(before.origin)? + before.duration / 2;
                before.first + passed / before.duration
            }
        };
        let init = self.channel.init(track, previous.init, number);
        let place = Piece::at_place(before.at(number)?, number, init);
        Some((init, Grid::through(offset, before.duration, &place)))
    }
}

impl Breach {
    fn of(track: usize, piece: &Piece, anew: bool) -> Self {
        Self {
            track,
            clock: piece.clock,
            epoch: piece.init.epoch,
            start: piece.start,
            at: piece.at,
            anew,
            planned: None,
        }
    }

    /// Whether a segment is of the same life, and by the same clock.
    fn is_met(&self, piece: &Piece) -> bool {
        piece.clock == self.clock && piece.init.epoch == self.epoch
    }
}
