//! What an MPD says of one Period: each track's line of segments.
use super::clocks::Piece;
use super::grid::Grid;
use super::periods::{Member, Origin, SEAM, State};
use super::{Event, LiveMpd, Settings, header_name};
use crate::Nature;
use crate::dash::timeline::Span;
use crate::outline::{Entry, Outline};
use crate::text::{MICROS, rescale};

const MICROS_PER_SECOND: u32 = 1_000_000;

/// One Period.
#[derive(Debug)]
pub(in crate::dash) struct Lines<'a> {
    pub(super) id: u64,
    /// Presentation time, microseconds, as all times here: Unix time, or in catch-up since its beginning.
    pub(super) start: u64,
    /// Where its content ends, if nothing follows at once.
    pub(super) end: Option<u64>,
    /// Where players take it to end; none while it goes on.
    until: Option<u64>,
    /// Where the last segment ends.
    listed_end: u64,
    /// One per `Presentation::renditions`.
    lines: Vec<Option<Line>>,
    /// The Period before, where it goes on in this one.
    continued: Option<u64>,
    /// What all its files are named after.
    pub(super) epoch: u32,
    pub(super) settings: &'a Settings,
    /// When the MPD is written, Unix time, milliseconds.
    pub(super) now_ms: i64,
    /// Segments that grow may be asked for.
    pub(in crate::dash) low_latency: bool,
    pub(super) events: Vec<&'a Event>,
    pub(super) origin: Origin,
}

/// A track in a Period.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::dash) struct Line {
    pub(super) timescale: u32,
    /// `presentationTimeOffset`.
    pub(super) offset: u64,
    pub(super) header: String,
    /// Index into `TrackProtection::periods`.
    pub(super) crypto: usize,
    pub(super) addressing: How,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum How {
    /// Up to `last`, or without end.
    Grid { grid: Grid, last: Option<u64> },
    /// The number of the first segment, and all that are whole.
    Timeline { first: u64, spans: Vec<Span> },
}

/// Those that have anything to list.
pub(super) fn of<'a>(live: &LiveMpd<'a>, outline: &Outline<'_>) -> Vec<Lines<'a>> {
    let states = live.periods.states();
    let mut periods: Vec<Lines<'a>> = Vec::with_capacity(states.len());
    for (at, state) in states.iter().enumerate() {
        let Some(mut lines) = of_state(live, outline, at, state) else {
            continue;
        };
        let goes_on = at.checked_sub(1).and_then(|at| states.get(at));
        lines.continued = goes_on
            .filter(|before| before.clock == state.clock && before.epoch == state.epoch)
            .and(periods.last())
            .filter(|before| before.end.is_none())
            .map(|before| before.id);
        periods.push(lines);
    }
    if live.channel.nature == Nature::Vod {
        let begin = periods.first().map_or(0, |first| first.start);
        periods.iter_mut().for_each(|lines| lines.count_from(begin));
    }
    let end = periods.last().map_or(0, Lines::end_us);
    let mut next = live.channel.has_ended().then_some(end);
    for lines in periods.iter_mut().rev() {
        lines.until = lines.end.or(next);
        next = Some(lines.start);
    }
    periods
}

fn of_state<'a>(
    live: &LiveMpd<'a>,
    outline: &Outline<'_>,
    at: usize,
    state: &State,
) -> Option<Lines<'a>> {
    let channel = &live.channel;
    let ended = channel.has_ended();
    let listed = |entry: &Entry<'_>| {
        let member = state.member(&entry.rendition.name)?;
        let pieces = live.periods.listed(at, entry.index, member);
        Some((member, pieces))
    };
    let (origin, start) = match first_left(outline, &listed).filter(|_| ended && at == 0) {
        // Nobody can go back to what has left.
        Some((index, piece)) if piece.at > state.start => {
            let timescale = channel.timescale(index);
            let units = piece.start;
            (Origin { units, timescale }, piece.at)
        }
        _ => (state.origin, state.start),
    };
    let after = live.periods.states().get(at + 1);
    let planned = after.filter(|next| next.planned).map(|next| next.start);
    let mut lines: Vec<Option<Line>> = Vec::new();
    lines.resize_with(channel.tracks.len(), || None);
    let mut listed_end = start;
    for entry in &outline.entries {
        let Some((member, pieces)) = listed(entry) else {
            continue;
        };
        let timescale = channel.timescale(entry.index);
        let offset = origin.in_units_of(timescale);
        let close = match planned {
            Some(until) if !ended => {
                let lasts = u64::try_from(until - start).unwrap_or(0);
                Close::At(offset + rescale(lasts, MICROS_PER_SECOND, u64::from(timescale)))
            }
            _ if ended || state.end.is_some() => Close::WithContent,
            _ => Close::Never,
        };
        let Some(addressing) = addressing(member, &pieces, offset, close) else {
            continue;
        };
        let whole = pieces.iter().filter(|piece| piece.complete);
        listed_end = whole.map(|piece| piece.end).fold(listed_end, i64::max);
        if let Some(line) = lines.get_mut(entry.index) {
            *line = Some(Line {
                timescale,
                offset,
                header: header_name(member.init.header, member.init.crypto),
                crypto: crypto(entry, member),
                addressing,
            });
        }
    }
    let unsigned = |micros: i64| u64::try_from(micros).ok();
    let next = after.map(|next| next.start);
    let hole = |(end, next): (i64, i64)| next - end > SEAM;
    let end = state.end.zip(next).filter(|ends| hole(*ends));
    lines.iter().any(Option::is_some).then_some(())?;
    Some(Lines {
        id: unsigned(state.start)?,
        start: unsigned(start)?,
        end: end.and_then(|(end, _)| unsigned(end.max(start))),
        until: None,
        listed_end: unsigned(listed_end)?,
        lines,
        continued: None,
        epoch: state.epoch,
        settings: channel.settings,
        now_ms: channel.now_ms,
        low_latency: channel.has_low_latency(),
        events: super::events::of_period(live, state, next),
        origin,
    })
}

/// The first segment of the first track that has any.
fn first_left<'p, 'o>(
    outline: &'o Outline<'_>,
    listed: &impl Fn(&'o Entry<'_>) -> Option<(&'p Member, Vec<&'p Piece>)>,
) -> Option<(usize, &'p Piece)> {
    outline.entries.iter().find_map(|entry| {
        let (_, pieces) = listed(entry)?;
        Some((entry.index, *pieces.first()?))
    })
}

/// What a track's line goes up to.
#[derive(Debug, Clone, Copy)]
enum Close {
    Never,
    /// What has come is all.
    WithContent,
    /// A media time: what lies before it, come or to come.
    At(u64),
}

fn addressing(member: &Member, pieces: &[&Piece], offset: u64, close: Close) -> Option<How> {
    if let Some(grid) = member.grid {
        // What a static MPD begins with need not be what the Period began with.
        let grid = match pieces.first() {
            Some(first) if grid.origin != offset => Grid::through(offset, grid.duration, first)?,
            _ => grid,
        };
        let last = match close {
            Close::Never => None,
            Close::WithContent => Some(pieces.last()?.number),
            Close::At(end) => Some(grid.last_before(end)?),
        };
        return Some(How::Grid { grid, last });
    }
    let first = pieces.first().filter(|piece| piece.complete)?.number;
    let whole = (first..).zip(pieces);
    let whole = whole.take_while(|(number, piece)| piece.complete && piece.number == *number);
    let spans = whole.map(|(_, piece)| (piece.start, piece.duration));
    Some(How::Timeline {
        first,
        spans: spans.collect(),
    })
}

fn crypto(entry: &Entry<'_>, member: &Member) -> usize {
    let periods = entry.protection.map_or(&[][..], |track| &track.periods);
    let is_of = |number| periods.iter().position(|period| period.number == number);
    member.init.crypto.and_then(is_of).unwrap_or(0)
}

impl Lines<'_> {
    pub(in crate::dash) fn line(&self, index: usize) -> Option<&Line> {
        self.lines.get(index)?.as_ref()
    }

    fn count_from(&mut self, begin: u64) {
        for moment in [&mut self.start, &mut self.listed_end] {
            *moment = moment.saturating_sub(begin);
        }
        self.end = self.end.map(|end| end.saturating_sub(begin));
    }

    /// The end of what is listed.
    pub(super) fn end_us(&self) -> u64 {
        self.listed_end
    }

    /// How many segments players count in the Period.
    pub(super) fn count(&self, line: &Line, grid: &Grid) -> Option<u64> {
        let lasts = u128::from(self.until?.saturating_sub(self.start));
        let every = u128::from(grid.duration) * u128::from(MICROS);
        let count = (lasts * u128::from(line.timescale)).div_ceil(every);
        u64::try_from(count).ok()
    }

    pub(in crate::dash) fn aligned(&self, a: &Entry<'_>, b: &Entry<'_>) -> bool {
        let lines = self.line(a.index).zip(self.line(b.index));
        lines.is_some_and(|(a, b)| a.aligned(b))
    }

    pub(super) fn longest_us(&self) -> u64 {
        let lines = self.lines.iter().flatten();
        let longest = lines.map(|line| {
            let units = match &line.addressing {
                How::Grid { grid, .. } => grid.duration,
                How::Timeline { spans, .. } => spans.iter().map(|span| span.1).max().unwrap_or(0),
            };
            rescale(units, line.timescale, MICROS)
        });
        longest.max().unwrap_or(0)
    }

    /// The Period from which this track goes on under the same header.
    pub(super) fn continues(&self, before: Option<&Self>, index: usize) -> Option<u64> {
        let before = before.filter(|before| Some(before.id) == self.continued)?;
        let (own, other) = (self.line(index)?, before.line(index)?);
        (own.header == other.header).then_some(before.id)
    }
}

impl Line {
    /// Whether all boundaries coincide.
    pub(super) fn aligned(&self, other: &Self) -> bool {
        let at = |units: u64, timescale: u32| u128::from(units) * u128::from(timescale);
        let (own, others) = (self.timescale, other.timescale);
        match (&self.addressing, &other.addressing) {
            (How::Grid { grid: a, .. }, How::Grid { grid: b, .. }) => {
                at(a.duration, others) == at(b.duration, own)
                    && at(a.origin, others) == at(b.origin, own)
                    && a.first == b.first
            }
            (
                How::Timeline { spans: a, first },
                How::Timeline {
                    spans: b,
                    first: first_other,
                },
            ) => {
                // One may be a segment behind.
                first == first_other
                    && a.iter().zip(b).all(|(a, b)| {
                        at(a.0, others) == at(b.0, own) && at(a.1, others) == at(b.1, own)
                    })
            }
            _ => false,
        }
    }
}
