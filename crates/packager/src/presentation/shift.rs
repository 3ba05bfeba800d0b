//! Moves the tracks of an asset so that the presentation starts at 0 and sounds and pictures stay together.
use crate::timeline::Moment;
use crate::timing::{EditMap, Survey};

/// What is known of a track before the asset as a whole is placed.
#[derive(Debug)]
pub(super) struct Placed {
    pub(super) is_video: bool,
    pub(super) timescale: u32,
    pub(super) edits: EditMap,
    pub(super) survey: Survey,
}

/// How one track's times change on their way out, media timescale.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Shift {
    /// Added to decode times.
    pub(super) decode: i64,
    /// Added to composition offsets.
    pub(super) composition: i64,
    /// Subtracted by the output's edit list.
    pub(super) priming: i64,
    /// By how much earlier the track is than the others make it.
    pub(super) alone: i64,
}

impl Shift {
    /// Presentation time − composition time.
    pub(super) fn presentation(&self) -> i64 {
        self.decode + self.composition - self.priming
    }
}

impl Placed {
    /// Where a player of the source shows the first sample.
    fn start(&self) -> Moment {
        let shown_from = self.survey.earliest.max(self.edits.media_time);
        Moment::new(
            shown_from - self.edits.media_time + self.edits.delay,
            self.timescale,
        )
    }

    /// Whether samples before the edit's start are decoded and not shown.
    fn has_preroll(&self) -> bool {
        self.edits.explicit && self.survey.earliest < self.edits.media_time
    }

    fn shift(&self, common: Moment) -> Shift {
        let common = common.in_timescale(self.timescale);
        // Where the first samples are left out, decode times begin at 0 with the first that is not.
        let media_time = self.edits.media_time - self.survey.first_decode_time;
        let mut shift = Shift {
            decode: self.edits.delay - self.survey.first_decode_time,
            ..Shift::default()
        };
        if !self.is_video || self.has_preroll() {
            shift.priming = media_time;
            shift.decode -= common;
            return shift;
        }
        // What cannot come from the delay comes from the composition offsets.
        let from_delay = common.min(self.edits.delay);
        shift.decode -= from_delay;
        shift.composition = -media_time - (common - from_delay);
        if !self.edits.explicit {
            // Composition offsets without an edit list: no writer means a late start by it.
            shift.alone = self.survey.earliest + shift.presentation();
            shift.composition -= shift.alone;
        }
        shift
    }
}

/// One shift per track. What all tracks start late by is removed from all of them.
pub(super) fn shifts(tracks: &[Placed]) -> Vec<Shift> {
    let common = tracks
        .iter()
        .map(Placed::start)
        .min()
        .unwrap_or(Moment::new(0, 1));
    tracks.iter().map(|track| track.shift(common)).collect()
}

#[cfg(test)]
mod tests;
