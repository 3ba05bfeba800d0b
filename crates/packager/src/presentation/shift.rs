//! Moves the tracks of an asset so that the presentation starts at 0 and sounds and pictures stay together.
use super::select::Chosen;
use crate::Result;
use crate::timeline::Moment;
use crate::timing::{EditMap, Preroll, Survey};

/// What is known of a track before the asset as a whole is placed.
#[derive(Debug)]
pub(super) struct Placed {
    pub(super) is_video: bool,
    pub(super) timescale: u32,
    pub(super) preroll: Preroll,
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
    /// None where the edits show no sample.
    pub(super) fn new(
        chosen: &Chosen<'_>,
        is_video: bool,
        preroll: Preroll,
        edits: EditMap,
    ) -> Result<Option<Self>> {
        let track = chosen.track;
        let survey = if is_video {
            Survey::video(track, &edits)
        } else {
            Survey::audio(track, &edits, preroll)
        };
        let placed = survey
            .map_err(|reason| chosen.fault(&reason))?
            .map(|survey| Self {
                is_video,
                timescale: track.timescale,
                preroll,
                edits,
                survey,
            });
        Ok(placed)
    }

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
        let (delay, media_time) = (self.edits.delay, self.edits.media_time);
        let first = self.survey.first_decode_time;
        // Where the first samples are left out because they are not shown, decode times begin at 0 with the first that is
        // not.
        let left_out = first.min(media_time);
        let mut shift = Shift {
            decode: delay - left_out,
            ..Shift::default()
        };
        if !self.is_video || self.has_preroll() {
            shift.priming = media_time - left_out;
            shift.decode -= common;
            return shift;
        }
        // What decode times cannot give, because they would begin before 0, comes from the composition offsets.
        let from_decode = common.min(delay + first - left_out);
        shift.decode -= from_decode;
        shift.composition = -(media_time - left_out) - (common - from_decode);
        let begins = self.survey.earliest + shift.presentation();
        if !self.edits.explicit {
            // Composition offsets without an edit list: no writer means a late start by it. What is late because samples
            // before the first sync sample are left out stays so.
            let by_composition = (self.survey.earliest - first).max(0);
            shift.alone = begins.min(by_composition);
            shift.composition -= shift.alone;
        }
        shift
    }
}

/// What all tracks start late by.
pub(super) fn common_start(tracks: &[Placed]) -> Moment {
    let starts = tracks.iter().map(Placed::start);
    starts.min().unwrap_or(Moment::new(0, 1))
}

/// One shift per track. What all tracks start late by is removed from all of them.
pub(super) fn shifts(tracks: &[Placed]) -> Vec<Shift> {
    let common = common_start(tracks);
    tracks.iter().map(|track| track.shift(common)).collect()
}

#[cfg(test)]
mod tests;
