//! One walk over a track's samples: which of them are needed, and what they are like.
use edgepack_isobmff::{TimingRun, Track};

use super::{EditMap, MAX_MEDIA_TIME, SampleRate, SyncPoint, composition_time, run_time, signed};

/// What a walk over a track's samples finds. Times are composition times, media timescale.
#[derive(Debug, Clone, Default)]
pub(crate) struct Survey {
    /// The samples that the presentation needs: `first_sample..end_sample`.
    pub(crate) first_sample: u32,
    pub(crate) end_sample: u32,
    /// Of the first sample.
    pub(crate) first_decode_time: i64,
    pub(crate) earliest: i64,
    /// Where the last shown sample ends.
    pub(crate) end: i64,
    /// Sync samples in decode order (not gathered for audio).
    pub(crate) sync: Vec<SyncPoint>,
    /// Whether a sync sample is followed by samples that are shown before it: an open GOP, or one that looks like it.
    pub(crate) has_leading: bool,
    /// Indices of the sample entries in use, in the order of their first use.
    pub(crate) descriptions: Vec<u32>,
    /// The first samples of runs with another sample entry than the sample before.
    pub(crate) changes: Vec<u32>,
    pub(crate) rate: SampleRate,
}

/// Where a walk stands.
struct Walk {
    /// Composition time from which on samples are not shown.
    end_time: i64,
    is_video: bool,
    /// The sample entry in force, and that of the latest sample taken.
    description: u32,
    known: Option<u32>,
    /// The two differ.
    is_new: bool,
    /// Of the latest sync sample taken; of video alone.
    sync_time: i64,
    /// Nothing that follows is looked at: sound has ended, or there is a fault.
    is_over: bool,
    fault: Option<String>,
}

/// What a decoder of a codec needs before the first sample that is heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Preroll {
    /// `value / timescale` seconds.
    pub(crate) value: u32,
    pub(crate) timescale: u32,
    /// Decoding starts at sync samples only; elsewhere every sample is one, whatever the file says.
    pub(crate) at_sync: bool,
}

impl Preroll {
    fn in_timescale(self, timescale: u32) -> i64 {
        let ticks = u64::from(self.value) * u64::from(timescale);
        i64::try_from(ticks.div_ceil(u64::from(self.timescale.max(1)))).unwrap_or(0)
    }
}

impl Survey {
    /// None where the edit list shows no sample.
    pub(crate) fn video(track: &Track, edits: &EditMap) -> Result<Option<Self>, String> {
        // Where the edit starts behind the first sync sample, decoding starts at the last one before it. What stands
        // before the first sync sample cannot be decoded.
        let samples = &track.samples;
        let first_sync = samples
            .sync_samples()
            .next()
            .ok_or("no sync sample: nothing to start decoding at")?;
        let first = samples
            .sync_samples()
            .filter_map(|index| samples.sample(index))
            .map(|sample| (sample.index, composition_time(&sample)))
            .take_while(|(_, time)| *time <= edits.media_time)
            .last()
            .map_or(first_sync, |(index, _)| index);
        Self::walk(track, edits, first, true)
    }

    /// None where the edit list shows no sample.
    pub(crate) fn audio(
        track: &Track,
        edits: &EditMap,
        preroll: Preroll,
    ) -> Result<Option<Self>, String> {
        let samples = &track.samples;
        let start = edits.media_time - preroll.in_timescale(track.timescale);
        // Composition time is decode time here but for odd files: the walk begins a little early.
        let near = u64::try_from(start)
            .ok()
            .and_then(|start| samples.index_at(start));
        let first = samples
            .iter_from(near.unwrap_or(0).saturating_sub(2))
            .find(|sample| composition_time(sample) + i64::from(sample.duration) > start)
            .map_or(0, |sample| sample.index);
        let first = if preroll.at_sync {
            samples
                .sync_samples()
                .take_while(|index| *index <= first)
                .last()
                .or_else(|| samples.sync_samples().next())
                .ok_or("no sync sample: nothing to start decoding at")?
        } else {
            first
        };
        Self::walk(track, edits, first, false)
    }

    /// Of tracks whose samples stand alone: the first is the one shown at the edit's start.
    pub(crate) fn stills(track: &Track, edits: &EditMap) -> Result<Option<Self>, String> {
        Self::audio(track, edits, Preroll::default())
    }

    fn walk(
        track: &Track,
        edits: &EditMap,
        first: u32,
        is_video: bool,
    ) -> Result<Option<Self>, String> {
        let mut survey = Self {
            first_sample: first,
            earliest: i64::MAX,
            end: i64::MIN,
            ..Self::default()
        };
        let samples = &track.samples;
        let duration = samples.total_duration();
        if i64::try_from(duration).map_or(true, |duration| duration > MAX_MEDIA_TIME) {
            return Err(format!(
                "samples of {duration} ticks together: an absurd length"
            ));
        }
        let mut syncs = samples.sync_samples_from(first);
        let mut next_sync = if is_video { syncs.next() } else { None };
        let mut descriptions = samples.descriptions().peekable();
        let mut timings = samples.timings_from(first);
        let mut walk = Walk {
            end_time: edits.end_time(),
            is_video,
            description: 0,
            known: None,
            is_new: true,
            sync_time: i64::MIN,
            is_over: false,
            fault: None,
        };
        survey.first_decode_time = samples
            .sample(first)
            .map_or(0, |first| signed(first.decode_time));
        let mut from = first;
        // From one sync sample or description to the next.
        while from < samples.len() {
            let is_sync = next_sync == Some(from);
            if is_sync {
                next_sync = syncs.next();
            }
            while let Some((_, found)) = descriptions.next_if(|(sample, _)| *sample <= from) {
                walk.description = found;
            }
            let changes = descriptions.peek().map(|(sample, _)| *sample);
            let until = [next_sync, changes].into_iter().flatten().min();
            let until = until.unwrap_or(samples.len());
            walk.is_new = walk.known != Some(walk.description);
            timings.each_run(until - from, |run| {
                survey.take(run, is_sync && run.first == from, &mut walk);
            });
            if let Some(fault) = walk.fault {
                return Err(fault);
            }
            if walk.is_over {
                break;
            }
            from = until;
        }
        survey.rate.finish();
        if survey.end_sample == 0 || survey.end <= edits.media_time {
            return Ok(None);
        }
        if survey.rate.common() == 0 {
            return Err("samples without duration".to_owned());
        }
        Ok(Some(survey))
    }

    #[inline]
    fn take(&mut self, run: &TimingRun, is_sync: bool, walk: &mut Walk) {
        if walk.is_over {
            return;
        }
        let time = run_time(run);
        let duration = i64::from(run.duration);
        let mut count = run.count;
        let mut last = time + i64::from(count - 1) * duration;
        // One past the end is kept only when a shown one follows in decode order.
        if last >= walk.end_time {
            walk.is_over = !walk.is_video;
            count = match walk.end_time.saturating_sub(time) {
                ..=0 => return,
                // The run reaches past it: samples last some time.
                room => u32::try_from((room - 1) / duration.max(1) + 1).unwrap_or(count),
            };
            last = time + i64::from(count - 1) * duration;
        }
        if walk.is_new {
            let depends = walk.is_video && !is_sync;
            if let Err(fault) = self.change(run.first, walk.description, depends) {
                (walk.fault, walk.is_over) = (Some(fault), true);
                return;
            }
            (walk.known, walk.is_new) = (Some(walk.description), false);
        }
        self.end_sample = run.first + count;
        self.earliest = self.earliest.min(time);
        self.end = self.end.max(last + duration.max(1));
        self.rate.add(run.duration, u64::from(count));
        if is_sync {
            walk.sync_time = time;
            let sample = run.first;
            self.sync.push(SyncPoint { sample, time });
        }
        // Pictures come out of order; those of one run do not.
        self.has_leading |= time < walk.sync_time;
    }

    fn change(&mut self, sample: u32, description: u32, depends: bool) -> Result<(), String> {
        if depends {
            return Err(format!(
                "sample {sample}, which depends on others, changes to another sample description"
            ));
        }
        if !self.descriptions.is_empty() {
            self.changes.push(sample);
        }
        if !self.descriptions.contains(&description) {
            self.descriptions.push(description);
        }
        Ok(())
    }
}
