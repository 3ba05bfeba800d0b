//! In and out points: where a clip really begins, and what it leaves of each track.
use super::cutting::Cutting;
use super::select::Chosen;
use super::shift::Placed;
use super::{Clip, media};
use crate::timeline::{Moment, last_common_before};
use crate::timing::{EditMap, SyncPoint};
use crate::{Error, Result};

/// A clip on the time line of its sources.
#[derive(Debug, Clone, Copy)]
pub(super) struct Span {
    /// The in point.
    pub(super) asked: Moment,
    /// Where the video's rungs all have a sync sample.
    pub(super) start: Moment,
    pub(super) end: Option<Moment>,
}

/// What begins less than this before the out point is not shown: points are given in whole microseconds, and frames
/// seldom begin at one.
const GRACE_US: i64 = 1;

/// Where the clip begins, and each rung's sync sample there (on the sources' time line; none for one that has ended).
pub(super) fn find(video: &[Cutting<'_>], clip: Clip) -> (Span, Vec<Option<SyncPoint>>) {
    let micros = |us: u64| Moment::micros(i64::try_from(us).unwrap_or(i64::MAX));
    let asked = micros(clip.start_us.unwrap_or(0));
    let end = clip.end_us.map(|end| {
        let end = i64::try_from(end).unwrap_or(i64::MAX);
        Moment::micros(end.saturating_sub(GRACE_US))
    });
    let sync: Vec<Vec<SyncPoint>> = video.iter().map(Cutting::sync_points).collect();
    let rungs: Vec<_> = video
        .iter()
        .zip(&sync)
        .map(|(cutting, sync)| cutting.video_track(sync))
        .collect();
    let from_the_start = || (Moment::new(0, 1), Vec::new());
    let (start, members) = match clip.start_us {
        None | Some(0) => from_the_start(),
        Some(_) if video.is_empty() => (asked, Vec::new()),
        Some(_) => last_common_before(&rungs, asked).unwrap_or_else(from_the_start),
    };
    (Span { asked, start, end }, members)
}

impl Span {
    /// What the span leaves of a track that plays at `offset` from its composition times; `sync`: where it has to begin
    /// if it is video.
    pub(super) fn edits(
        &self,
        edits: &EditMap,
        sync: Option<SyncPoint>,
        offset: i64,
        timescale: u32,
    ) -> EditMap {
        let start = sync.map_or_else(|| self.start.nearest_in(timescale), |point| point.time);
        edits.clipped(start - offset, self.end, offset, timescale)
    }

    /// The track again, as the clip has it. None when nothing of it is left.
    pub(super) fn place<'a>(
        &self,
        cutting: &Cutting<'a>,
        sync: Option<SyncPoint>,
    ) -> Result<Option<(Chosen<'a>, Placed)>> {
        let placed = &cutting.placed;
        let offset = cutting.shift.presentation();
        let edits = self.edits(&placed.edits, sync, offset, placed.timescale);
        let from_its_start = edits.media_time <= placed.edits.media_time;
        let preroll = match cutting.codec() {
            Some(codec) if !placed.is_video && !from_its_start => media::preroll(codec),
            _ => placed.preroll,
        };
        let placed = Placed::new(&cutting.chosen, placed.is_video, preroll, edits)?;
        Ok(placed.map(|placed| (cutting.chosen, placed)))
    }

    pub(super) fn seconds(&self) -> String {
        let of = |moment: Moment| format!("{:.3} s", moment.millis() as f64 / 1000.0);
        match self.end {
            Some(end) => format!("between {} and {}", of(self.asked), of(end)),
            None => format!("after {}", of(self.asked)),
        }
    }
}

/// # Errors
/// A clip that ends before it begins.
pub(super) fn check(clip: Clip, place: impl Fn() -> String) -> Result<()> {
    let start = clip.start_us.unwrap_or(0);
    match clip.end_us {
        Some(end) if end <= start => Err(Error::Description {
            place: place(),
            reason: format!("a clip from {start} µs to {end} µs"),
        }),
        _ => Ok(()),
    }
}
