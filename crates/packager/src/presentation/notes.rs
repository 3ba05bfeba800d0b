//! What an operator should know of an asset that plays, but could play better.
use super::cutting::Cutting;
use super::{Kind, Misalignment, Rendition};
use crate::timeline::{Boundaries, Moment};

/// Audio that ends this much before or after the video is reported.
const AUDIO_LENGTH_TOLERANCE_MS: i64 = 1000;

/// Misalignments by index, until names are known.
#[derive(Default)]
pub(super) struct Notes(Vec<(usize, String)>);

impl Notes {
    pub(super) fn of_shifts(&mut self, tracks: &[Cutting<'_>]) {
        for (index, cutting) in tracks.iter().enumerate() {
            let alone = cutting.shift.alone;
            if alone != 0 {
                let moved = seconds(cutting.moment(alone.abs()));
                let sense = if alone > 0 { "earlier" } else { "later" };
                self.0.push((
                    index,
                    format!(
                        "has composition offsets and no edit list: starts at 0 instead, \
                         {moved} s {sense} than beside the other tracks"
                    ),
                ));
            }
            let start =
                cutting.moment(cutting.placed.survey.earliest + cutting.shift.presentation());
            if cutting.placed.is_video && start.value > i64::from(cutting.frame_duration()) {
                self.0.push((
                    index,
                    format!("begins {} s into the presentation", seconds(start)),
                ));
            }
            if cutting.placed.is_video && cutting.shift.priming > 0 {
                let what = "begins between two sync samples: pictures before the start are decoded and not shown";
                self.0.push((index, what.to_owned()));
            }
        }
    }

    pub(super) fn of_boundaries(&mut self, found: &Boundaries, target_ms: u32) {
        for (index, lacking) in found.lacking.iter().enumerate() {
            if let Some((count, first)) = lacking {
                let samples = if *count == 1 {
                    "a sync sample"
                } else {
                    "sync samples"
                };
                let what = format!(
                    "lacks {samples} that other renditions have: {count} of them, the first at {} s",
                    seconds(*first)
                );
                self.0.push((index, what));
            }
        }
        for (index, alone) in found.alone.iter().enumerate() {
            if let Some(time) = alone {
                let what = format!(
                    "changes its sample description where other renditions have no sync sample, at {} s: its segments are cut there alone",
                    seconds(*time)
                );
                self.0.push((index, what));
            }
        }
        for (start, length) in &found.long {
            // Said of those that are the reason for it.
            for (index, _) in found
                .lacking
                .iter()
                .enumerate()
                .filter(|(_, lacking)| lacking.is_some())
            {
                let what = format!(
                    "has too few sync samples in common with the others: the segment at {} s is {} s long, the target is {} s",
                    seconds(*start),
                    seconds(Moment::new(*length, 1000)),
                    seconds(Moment::new(i64::from(target_ms), 1000))
                );
                self.0.push((index, what));
            }
        }
    }

    /// Sync samples that do not fall on multiples of the target make segments longer than that. Said once, of the first
    /// rung: all are cut together.
    pub(super) fn of_targets(&mut self, renditions: &[Rendition], target_ms: u32) {
        let Some(video) = renditions.first().filter(|r| r.kind() == Kind::Video) else {
            return;
        };
        let longest = video.segments.iter().map(|segment| segment.duration).max();
        let longest = Moment::new(
            longest
                .and_then(|ticks| i64::try_from(ticks).ok())
                .unwrap_or(0),
            video.timescale,
        );
        // As playlists round.
        if longest.nearest_in(1) > (i64::from(target_ms) + 500) / 1000 {
            let what = format!(
                "has segments of up to {} s, the target is {} s: its sync samples do not fall on multiples of it",
                seconds(longest),
                seconds(Moment::new(i64::from(target_ms), 1000)),
            );
            self.0.push((0, what));
        }
    }

    pub(super) fn of_durations(&mut self, video: &[Cutting<'_>], audio: &[Cutting<'_>]) {
        let Some(longest) = video.iter().map(Cutting::end).max() else {
            return;
        };
        let frame = video
            .iter()
            .map(|cutting| cutting.moment(i64::from(cutting.frame_duration())))
            .max();
        for (index, cutting) in video.iter().enumerate() {
            let end = cutting.end();
            if frame.is_some_and(|frame| !end.within(longest, frame)) {
                let what = format!(
                    "ends at {} s, the longest rendition at {} s",
                    seconds(end),
                    seconds(longest)
                );
                self.0.push((index, what));
            }
        }
        for (index, cutting) in audio.iter().enumerate() {
            let end = cutting.end();
            if (end.millis() - longest.millis()).abs() > AUDIO_LENGTH_TOLERANCE_MS {
                let what = format!(
                    "ends at {} s, the video at {} s",
                    seconds(end),
                    seconds(longest)
                );
                self.0.push((video.len() + index, what));
            }
        }
    }

    /// `names`: in the order that the indices mean.
    pub(super) fn named(self, names: &[String]) -> Vec<Misalignment> {
        let named = self.0.into_iter().map(|(index, what)| Misalignment {
            rendition: names.get(index).cloned().unwrap_or_default(),
            what,
        });
        named.collect()
    }
}

fn seconds(moment: Moment) -> String {
    let millis = moment.millis();
    format!("{}.{:03}", millis / 1000, millis.rem_euclid(1000))
}
