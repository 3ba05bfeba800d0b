//! Audio cut to the video's boundaries.
use super::{Cuts, Moment};
use crate::timing::SyncPoint;

/// Takes the frames of one audio rendition in order and begins a segment at the first one at or after each boundary,
/// so that audio never begins before the video that it belongs to. Without video, and where audio goes on after the
/// video's end, the grid rule holds, every frame being a sync sample.
#[derive(Debug)]
pub(crate) struct AudioCutter<'a> {
    boundaries: &'a [Moment],
    next: usize,
    /// From here on the grid rule holds.
    video_end: Moment,
    /// Where the last segment ends.
    end: Moment,
    timescale: u32,
    target_ms: u32,
    grid_index: i64,
    /// A segment is due, and begins at the next sync sample.
    due: bool,
    /// Frames before this time begin nothing, unless a segment is due.
    quiet_until: i64,
    cuts: Option<Cuts>,
}

/// Frames that follow each other and last equally long.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Frames {
    /// Index of the first sample.
    pub(crate) first: u32,
    pub(crate) count: u32,
    /// Presentation time of the first one, media timescale.
    pub(crate) time: i64,
    pub(crate) duration: u32,
    /// All of them are.
    pub(crate) are_sync: bool,
}

impl<'a> AudioCutter<'a> {
    /// `boundaries` and `video_end` are the video's; empty and at 0 without video. `end`: of the audio.
    pub(crate) fn new(
        boundaries: &'a [Moment],
        video_end: Moment,
        end: Moment,
        target_ms: u32,
    ) -> Self {
        Self {
            boundaries,
            next: 0,
            video_end,
            end,
            timescale: end.timescale,
            target_ms,
            grid_index: 0,
            due: false,
            quiet_until: i64::MIN,
            cuts: None,
        }
    }

    /// Frames that all hold to the sample description of the one before; the costs are those of the segments that they
    /// begin.
    pub(crate) fn frames(&mut self, frames: &Frames) {
        let mut index = 0;
        while index < frames.count {
            let time = frames.time + i64::from(index) * i64::from(frames.duration);
            if self.due || time >= self.quiet_until || self.cuts.is_none() {
                self.frame(frames.first + index, time, frames.are_sync, false);
                index += 1;
                continue;
            }
            // Frames without duration stay where they are.
            let quiet = match i64::from(frames.duration) {
                0 => i64::MAX,
                duration => (self.quiet_until.saturating_sub(time) - 1) / duration + 1,
            };
            index = index.saturating_add(u32::try_from(quiet).unwrap_or(u32::MAX));
        }
    }

    /// `time`: presentation time, media timescale. `changes`: another sample description holds from here on.
    pub(crate) fn frame(&mut self, sample: u32, time: i64, is_sync: bool, changes: bool) {
        let moment = Moment::new(time, self.timescale);
        let Some(cuts) = &mut self.cuts else {
            // The first segment begins at 0 in any case, and lasts until the first boundary after its first frame.
            self.next = self
                .boundaries
                .partition_point(|boundary| boundary.value <= 0 || *boundary <= moment);
            self.grid_index = moment.grid_index(self.target_ms).max(0);
            self.cuts = Some(Cuts::starting_at(sample));
            self.quiet_until = self.next_cut();
            return;
        };
        let mut cut = false;
        while self
            .boundaries
            .get(self.next)
            .is_some_and(|boundary| *boundary <= moment)
        {
            self.next += 1;
            cut = true;
        }
        let index = moment.grid_index(self.target_ms);
        if self.next == self.boundaries.len() && moment >= self.video_end && index > self.grid_index
        {
            cut |= self.boundaries.is_empty()
                || Self::leaves_half_segments(cuts, moment, self.end, self.target_ms);
        }
        if cut {
            self.grid_index = index;
        }
        self.due |= cut;
        if changes || (self.due && is_sync) {
            self.due = false;
            cuts.push(SyncPoint { sample, time });
        }
        self.quiet_until = self.next_cut();
    }

    /// The earliest time at which a segment may become due: at the next boundary, and behind the last one by the grid.
    fn next_cut(&self) -> i64 {
        if let Some(boundary) = self.boundaries.get(self.next) {
            return boundary.first_tick_in(self.timescale);
        }
        let video_end = self.video_end.first_tick_in(self.timescale);
        let next_index = self.grid_index.saturating_add(1);
        video_end.max(Moment::first_of_grid(
            next_index,
            self.timescale,
            self.target_ms,
        ))
    }

    /// None without frames.
    pub(crate) fn finish(self) -> Option<Cuts> {
        self.cuts
    }

    /// Audio that only just outlasts the video does not get a segment of a few frames for it.
    fn leaves_half_segments(cuts: &Cuts, at: Moment, end: Moment, target_ms: u32) -> bool {
        let half = i64::from(target_ms / 2);
        let start = cuts
            .0
            .last()
            .map_or(0, |cut| Moment::new(cut.time, at.timescale).millis());
        at.millis() - start >= half && end.millis() - at.millis() >= half
    }
}
