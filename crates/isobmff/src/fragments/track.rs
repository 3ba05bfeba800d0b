//! One track as its fragments make it grow: samples, and the time line they stand on.
use super::moof::{Defaults, Traf};
use crate::Track;
use crate::samples::{Alike, TableWriter};

/// Samples of one track, from the `moov` and from all fragments so far.
#[derive(Debug)]
pub(super) struct Growing {
    pub(super) track_id: u32,
    pub(super) defaults: Defaults,
    pub(super) table: TableWriter,
    /// Sum of the durations that the `moov` itself tells.
    pub(super) in_header: u64,
    header_samples: u32,
    sample_entries: u32,
    max_samples: u32,
    timescale: u32,
    /// On the time line of the fragments (`tfdt`): the first sample, the last one, where the last one ends.
    first: u64,
    last: u64,
    end: u64,
    pub(super) gaps: Gaps,
}

/// Where decode times do not go on as durations let expect.
#[derive(Debug, Default)]
pub(super) struct Gaps {
    pub(super) count: u32,
    /// Media timescale, and the `moof` behind it.
    pub(super) longest: (u64, u64),
}

/// Ticks by which a decode time may lie before the last sample's: a rounding error of the writer's.
const ROUNDING: u64 = 2;
/// Gaps longer than a tenth of a second are told.
const NOTED_GAPS_PER_SECOND: u64 = 10;

/// Why a fragment cannot be added.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unfit {
    #[error("sample description {0} of {1}")]
    Description(u32, u32),
    #[error("the decode time {start} lies before that of the sample before it, {last}")]
    Backward { start: u64, last: u64 },
    #[error(
        "the decode time {start} is {gap} ticks after the end of the sample before it: too many for one sample's duration"
    )]
    Gap { start: u64, gap: u64 },
    #[error("decode times beyond 64 bits")]
    Time,
    #[error("more than {0} samples")]
    Samples(u32),
    #[error("more bytes of sample tables than there may be")]
    Bytes,
}

impl Growing {
    /// None where the tables of the `moov` take more than `budget` in memory.
    pub(super) fn new(
        track: &Track,
        defaults: Defaults,
        max_samples: u32,
        budget: u64,
    ) -> Option<Self> {
        let mut table = TableWriter::default();
        table.extend(&track.samples, 0, budget)?;
        let end = track.samples.total_duration();
        let last = track.samples.len().checked_sub(1);
        let last = last.and_then(|last| track.samples.sample(last));
        Some(Self {
            track_id: track.track_id,
            defaults,
            table,
            in_header: end,
            header_samples: track.samples.len(),
            sample_entries: u32::try_from(track.sample_entries.len()).unwrap_or(u32::MAX),
            max_samples,
            timescale: track.timescale,
            first: 0,
            last: last.map_or(0, |sample| sample.decode_time),
            end,
            gaps: Gaps::default(),
        })
    }

    /// The decode time of the first sample, media timescale.
    pub(super) fn lateness(&self) -> u64 {
        self.first
    }

    /// Whether fragments brought samples.
    pub(super) fn grew(&self) -> bool {
        self.table.len() > self.header_samples
    }

    /// Adds the samples of `traf`, whose runs lie at `offsets`; `budget` is what its tables may hold.
    pub(super) fn add(
        &mut self,
        traf: &Traf,
        offsets: &[u64],
        moof: u64,
        budget: u64,
    ) -> Result<(), Unfit> {
        if let Some(time) = traf.decode_time
            && traf.runs.is_empty()
        {
            self.end = self.end.max(time);
        }
        if !traf.runs.is_empty() {
            let description = traf.defaults.description;
            if description == 0 || description > self.sample_entries {
                return Err(Unfit::Description(description, self.sample_entries));
            }
            self.start_at(traf.decode_time.unwrap_or(self.end), moof)?;
        }
        for (run, offset) in traf.runs.iter().zip(offsets) {
            self.table.chunk(*offset, traf.defaults.description);
            for samples in run.samples() {
                self.push(&samples, budget)?;
            }
        }
        if traf.duration_is_empty {
            let end = self.end.checked_add(u64::from(traf.defaults.duration));
            self.end = end.ok_or(Unfit::Time)?;
        }
        Ok(())
    }

    fn push(&mut self, samples: &Alike, budget: u64) -> Result<(), Unfit> {
        if samples.count == 0 {
            return Ok(());
        }
        let room = self.max_samples.checked_sub(self.table.len());
        if room.is_none_or(|room| room < samples.count) {
            return Err(Unfit::Samples(self.max_samples));
        }
        self.table
            .push_within(samples, budget)
            .ok_or(Unfit::Bytes)?;
        let duration = u64::from(samples.duration);
        let end = self.end.checked_add(u64::from(samples.count) * duration);
        self.end = end.ok_or(Unfit::Time)?;
        self.last = self.end - duration;
        Ok(())
    }

    /// The next sample decodes at `start`. The last sample's duration gives way: within one fragment
    /// durations are what a writer knows, for the last sample often only what it guesses.
    fn start_at(&mut self, start: u64, moof: u64) -> Result<(), Unfit> {
        if self.table.len() == 0 {
            (self.first, self.last, self.end) = (start, start, start);
            return Ok(());
        }
        if start.saturating_add(ROUNDING) < self.last {
            let last = self.last;
            return Err(Unfit::Backward { start, last });
        }
        self.end = start.max(self.last);
        let duration = self.end - self.last;
        let told = u64::from(self.table.last_duration());
        if duration == told {
            return Ok(());
        }
        let gap = duration.abs_diff(told);
        let duration = u32::try_from(duration).map_err(|_| Unfit::Gap { start, gap })?;
        self.table.set_last_duration(duration);
        if gap > u64::from(self.timescale) / NOTED_GAPS_PER_SECOND {
            self.gaps.count = self.gaps.count.saturating_add(1);
            self.gaps.longest = self.gaps.longest.max((gap, moof));
        }
        Ok(())
    }
}
