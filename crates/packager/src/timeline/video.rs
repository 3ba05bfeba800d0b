//! Boundaries that all rungs of a ladder share.
use super::{Cuts, Moment};
use crate::timing::SyncPoint;

/// A gap between boundaries is reported when it exceeds this many target durations and a rung could have been cut.
const LONG_SEGMENT_TARGETS: i64 = 3;

/// One rung, on the presentation timeline.
#[derive(Debug)]
pub(crate) struct VideoTrack<'a> {
    pub(crate) timescale: u32,
    pub(crate) first_sample: u32,
    /// By rising time.
    pub(crate) sync: &'a [SyncPoint],
    /// Sync samples that must begin a segment, rising: another sample description holds from there on.
    pub(crate) changes: &'a [u32],
    pub(crate) end: i64,
    pub(crate) frame_duration: u32,
}

impl VideoTrack<'_> {
    fn moment(&self, time: i64) -> Moment {
        Moment::new(time, self.timescale)
    }

    fn changes_at(&self, member: Option<SyncPoint>) -> bool {
        member.is_some_and(|point| self.changes.binary_search(&point.sample).is_ok())
    }
}

/// What the rungs' sync samples give.
#[derive(Debug)]
pub(crate) struct Boundaries {
    /// Where segments begin, the first at 0.
    pub(crate) moments: Vec<Moment>,
    /// Per rung.
    pub(crate) cuts: Vec<Cuts>,
    /// Per rung: (number of sync samples that only others have, time of the first).
    pub(crate) lacking: Vec<Option<(usize, Moment)>>,
    /// Per rung: where it alone begins a segment, for another sample description.
    pub(crate) alone: Vec<Option<Moment>>,
    /// Segments far longer than the target, though some rung had sync samples inside: (start, milliseconds).
    pub(crate) long: Vec<(Moment, i64)>,
}

/// Sync samples that lie within half a frame of each other are one candidate; a segment begins where every rung
/// that has begun and not ended takes part in the candidate, by the grid rule, or where a rung's sample description changes.
pub(crate) fn boundaries(tracks: &[VideoTrack<'_>], target_ms: u32) -> Boundaries {
    let mut found = Boundaries {
        moments: vec![Moment::new(0, 1)],
        cuts: tracks
            .iter()
            .map(|track| Cuts::starting_at(track.first_sample))
            .collect(),
        lacking: vec![None; tracks.len()],
        alone: vec![None; tracks.len()],
        long: Vec::new(),
    };
    let mut grid_index = 0;
    let mut candidate_since_boundary = false;
    for candidate in Candidates::new(tracks) {
        let mut complete = true;
        for ((track, member), lacking) in tracks
            .iter()
            .zip(&candidate.members)
            .zip(&mut found.lacking)
        {
            if member.is_none() && takes_part(track, candidate.time) {
                complete = false;
                lacking.get_or_insert((0, candidate.time)).0 += 1;
            }
        }
        let index = candidate.time.grid_index(target_ms);
        let changing: Vec<bool> = tracks
            .iter()
            .zip(&candidate.members)
            .map(|(track, member)| track.changes_at(*member))
            .collect();
        let changes = changing.contains(&true);
        if !complete && changes {
            found.cut_alone(&candidate, &changing);
        }
        let is_start = tracks
            .iter()
            .zip(&candidate.members)
            .all(|(track, member)| member.is_none_or(|point| point.sample == track.first_sample));
        if !complete || is_start || (index <= grid_index && !changes) {
            candidate_since_boundary |= candidate.time.value > 0;
            continue;
        }
        note_long_segment(
            &mut found,
            candidate.time,
            target_ms,
            candidate_since_boundary,
        );
        grid_index = grid_index.max(index);
        candidate_since_boundary = false;
        found.moments.push(candidate.time);
        for (cuts, member) in found.cuts.iter_mut().zip(candidate.members) {
            if let Some(point) = member {
                cuts.push(point);
            }
        }
    }
    if let Some(end) = tracks.iter().map(|track| track.moment(track.end)).max() {
        note_long_segment(&mut found, end, target_ms, candidate_since_boundary);
    }
    found
}

impl Boundaries {
    /// Begins segments of the rungs in `changing` that the others go on through.
    fn cut_alone(&mut self, candidate: &Candidate, changing: &[bool]) {
        let rungs = self.cuts.iter_mut().zip(&mut self.alone);
        for (((cuts, alone), member), changes) in rungs.zip(&candidate.members).zip(changing) {
            if let Some(point) = member.filter(|_| *changes) {
                cuts.push(point);
                alone.get_or_insert(candidate.time);
            }
        }
    }
}

fn note_long_segment(found: &mut Boundaries, end: Moment, target_ms: u32, could_be_cut: bool) {
    let Some(start) = found.moments.last() else {
        return;
    };
    let length = end.millis() - start.millis();
    if could_be_cut && length > LONG_SEGMENT_TARGETS * i64::from(target_ms) {
        found.long.push((*start, length));
    }
}

/// Whether the rung has begun and has not ended.
fn takes_part(track: &VideoTrack<'_>, time: Moment) -> bool {
    let end = track.moment(track.end);
    let has_ended =
        time >= end || time.within_half(end, track.moment(i64::from(track.frame_duration)));
    let has_begun = |first: &SyncPoint| time > track.moment(first.time);
    !has_ended && track.sync.first().is_some_and(has_begun)
}

/// Sync samples of all rungs at one time.
struct Candidate {
    /// By the finest clock among the members, and by the latest of those.
    time: Moment,
    /// Per rung.
    members: Vec<Option<SyncPoint>>,
}

/// The last candidate at `limit` or before (or less than half a frame after it) that all rungs which have begun and
/// not ended take part in: its time, and each rung's sync sample.
pub(crate) fn last_common_before(
    tracks: &[VideoTrack<'_>],
    limit: Moment,
) -> Option<(Moment, Vec<Option<SyncPoint>>)> {
    let candidates = Candidates::new(tracks);
    let frame = candidates.frame;
    candidates
        .take_while(|candidate| candidate.time <= limit || candidate.time.within_half(limit, frame))
        .filter(|candidate| {
            let mut rungs = tracks.iter().zip(&candidate.members);
            rungs.all(|(track, member)| member.is_some() || !takes_part(track, candidate.time))
        })
        .last()
        .map(|candidate| (candidate.time, candidate.members))
}

/// Merges the rungs' sync samples by time.
struct Candidates<'a> {
    tracks: &'a [VideoTrack<'a>],
    /// Per rung: the next sync sample.
    next: Vec<usize>,
    /// The longest frame of all rungs.
    frame: Moment,
}

impl<'a> Candidates<'a> {
    fn new(tracks: &'a [VideoTrack<'a>]) -> Self {
        let frames = tracks
            .iter()
            .map(|track| track.moment(i64::from(track.frame_duration)));
        Self {
            tracks,
            next: vec![0; tracks.len()],
            frame: frames.max().unwrap_or(Moment::new(0, 1)),
        }
    }
}

impl Iterator for Candidates<'_> {
    type Item = Candidate;

    fn next(&mut self) -> Option<Candidate> {
        let heads = || {
            let upcoming = self.tracks.iter().zip(&self.next);
            upcoming.map(|(track, next)| {
                track
                    .sync
                    .get(*next)
                    .map(|point| (track.moment(point.time), *point))
            })
        };
        let earliest = heads().flatten().map(|(time, _)| time).min()?;
        let members: Vec<_> = heads()
            .map(|head| head.filter(|(time, _)| time.within_half(earliest, self.frame)))
            .collect();
        let time = members
            .iter()
            .flatten()
            .map(|(time, _)| *time)
            .max_by_key(|time| (time.timescale, time.value))?;
        for (next, member) in self.next.iter_mut().zip(&members) {
            *next += usize::from(member.is_some());
        }
        Some(Candidate {
            time,
            members: members
                .into_iter()
                .map(|member| member.map(|(_, point)| point))
                .collect(),
        })
    }
}
