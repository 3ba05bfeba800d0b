//! How a source track's media times become presentation times: edit lists, and what a first walk over the
//! sample table finds.
//!
//! ISO/IEC 14496-12, 8.6.6: an edit list is zero or more empty edits, which delay the track, and here one edit
//! that says from which media time on it is shown. A sample's presentation time is
//! `decode_time + composition_offset + delay − media_time`.
use edgepack_isobmff::{Sample, Track};

#[cfg(test)]
mod tests;

/// Media times beyond this are refused, so that sums and cross products of times stay inside `i64` and `i128`.
pub(crate) const MAX_MEDIA_TIME: i64 = 1 << 56;

/// Audio kept before the edit's start, so that decoders have what they need to start: one second.
const AUDIO_PREROLL_SECONDS: i64 = 1;

/// Different sample durations counted; a table with more is taken as having a variable rate.
const MAX_DURATIONS: usize = 16;

/// What a track's edit list says, media timescale.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct EditMap {
    /// Whether there is an edit list at all.
    pub(crate) explicit: bool,
    /// The leading empty edits.
    pub(crate) delay: i64,
    /// Where in the media the presentation starts.
    pub(crate) media_time: i64,
    /// Composition time from which on nothing is shown, as a fraction: (ticks × movie timescale, movie timescale).
    end: Option<(i128, i128)>,
}

impl EditMap {
    /// Why the list cannot be honoured is the error.
    pub(crate) fn new(track: &Track, movie_timescale: u32) -> Result<Self, String> {
        let mut map = Self {
            explicit: !track.edits.is_empty(),
            ..Self::default()
        };
        let movie_timescale = i128::from(movie_timescale.max(1));
        let timescale = i128::from(track.timescale);
        let mut shown = false;
        for edit in &track.edits {
            let duration = i128::from(edit.segment_duration) * timescale;
            if edit.media_time < 0 {
                // An empty edit after the shown one shows nothing.
                if !shown {
                    // To the nearest tick.
                    let delay = (duration + movie_timescale / 2) / movie_timescale;
                    map.delay = bounded(i128::from(map.delay) + delay)
                        .ok_or("an empty edit of absurd length")?;
                }
                continue;
            }
            if shown {
                return Err("an edit list with several edits".to_owned());
            }
            shown = true;
            if edit.media_rate != 1 << 16 {
                return Err(format!(
                    "an edit with media rate {} instead of 1",
                    f64::from(edit.media_rate) / 65536.0
                ));
            }
            map.media_time =
                bounded(i128::from(edit.media_time)).ok_or("an edit at an absurd media time")?;
            // A duration of 0 leaves the end open (8.6.6.1).
            if edit.segment_duration > 0 {
                map.end = Some((
                    i128::from(map.media_time) * movie_timescale + duration,
                    movie_timescale,
                ));
            }
        }
        Ok(map)
    }

    /// Whether a sample of this composition time comes after the end of the edit.
    fn is_past_end(&self, composition_time: i64) -> bool {
        self.end
            .is_some_and(|(end, scale)| i128::from(composition_time) * scale >= end)
    }
}

/// A sync sample and its composition time (media timescale; presentation time once a shift was added).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SyncPoint {
    pub(crate) sample: u32,
    pub(crate) time: i64,
}

/// What one walk over a track's samples finds. Times are composition times, media timescale.
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
    pub(crate) rate: SampleRate,
}

impl Survey {
    pub(crate) fn video(track: &Track, edits: &EditMap) -> Result<Self, String> {
        // Where the edit starts behind the first sync sample, decoding starts at the last one before it.
        let first = track
            .samples
            .iter_from(0)
            .filter(|sample| sample.is_sync)
            .map(|sample| (sample.index, composition_time(&sample)))
            .take_while(|(_, time)| *time <= edits.media_time)
            .last()
            .map_or(0, |(index, _)| index);
        Self::walk(track, edits, first, true)
    }

    pub(crate) fn audio(track: &Track, edits: &EditMap) -> Result<Self, String> {
        let start = edits.media_time - AUDIO_PREROLL_SECONDS * i64::from(track.timescale);
        let first = track
            .samples
            .iter_from(0)
            .find(|sample| composition_time(sample) + i64::from(sample.duration) > start);
        Self::walk(track, edits, first.map_or(0, |sample| sample.index), false)
    }

    fn walk(track: &Track, edits: &EditMap, first: u32, gather_sync: bool) -> Result<Self, String> {
        let mut survey = Self {
            first_sample: first,
            earliest: i64::MAX,
            end: i64::MIN,
            ..Self::default()
        };
        let mut description = None;
        // Of samples past the edit's end, which are kept only when a shown one follows in decode order.
        let mut pending_end = i64::MIN;
        for sample in track.samples.iter_from(first) {
            if i64::try_from(sample.decode_time).map_or(true, |time| time > MAX_MEDIA_TIME) {
                return Err(format!("sample {} at an absurd decode time", sample.index));
            }
            if *description.get_or_insert(sample.description) != sample.description {
                return Err(format!(
                    "sample {} changes to another sample description",
                    sample.index
                ));
            }
            if sample.index == first {
                survey.first_decode_time = decode_time(&sample);
            }
            let time = composition_time(&sample);
            let end = time + i64::from(sample.duration.max(1));
            if edits.is_past_end(time) {
                pending_end = pending_end.max(end);
                continue;
            }
            survey.end_sample = sample.index + 1;
            survey.earliest = survey.earliest.min(time);
            survey.end = survey.end.max(end).max(pending_end);
            survey.rate.add(sample.duration);
            if gather_sync && sample.is_sync {
                survey.sync.push(SyncPoint {
                    sample: sample.index,
                    time,
                });
            }
        }
        if survey.end_sample == 0 {
            return Err("an edit list that shows no sample".to_owned());
        }
        if survey.rate.common() == 0 {
            return Err("samples without duration".to_owned());
        }
        Ok(survey)
    }
}

pub(crate) fn composition_time(sample: &Sample) -> i64 {
    decode_time(sample) + i64::from(sample.composition_offset)
}

/// Saturating: [`Survey`] has refused what lies beyond [`MAX_MEDIA_TIME`].
fn decode_time(sample: &Sample) -> i64 {
    i64::try_from(sample.decode_time)
        .unwrap_or(MAX_MEDIA_TIME)
        .min(MAX_MEDIA_TIME)
}

fn bounded(time: i128) -> Option<i64> {
    i64::try_from(time)
        .ok()
        .filter(|time| *time <= MAX_MEDIA_TIME)
}

/// How long samples are, counted.
#[derive(Debug, Clone, Default)]
pub(crate) struct SampleRate {
    /// (duration, samples), in the order met.
    counts: Vec<(u32, u64)>,
    samples: u64,
    total: u64,
    /// The latest sample's: left out of `counts` until another follows, since the last of a track is often odd.
    last: Option<u32>,
}

impl SampleRate {
    fn add(&mut self, duration: u32) {
        if let Some(last) = self.last.replace(duration) {
            self.samples += 1;
            self.total += u64::from(last);
            match self.counts.iter().position(|(known, _)| *known == last) {
                Some(at) => self.counts[at].1 += 1,
                None if self.counts.len() < MAX_DURATIONS => self.counts.push((last, 1)),
                None => {}
            }
        }
    }

    /// The most common sample duration, media timescale.
    pub(crate) fn common(&self) -> u32 {
        let most = self
            .counts
            .iter()
            .filter(|(duration, _)| *duration > 0)
            .max_by_key(|(_, count)| *count);
        most.map_or(self.last.unwrap_or(0), |(duration, _)| *duration)
    }

    /// Frames ÷ seconds, reduced.
    ///
    /// The exact fraction of the most common duration; where a coarse timescale makes durations jump between
    /// neighbours (33 and 34 ms), the mean, as the standard rate it lies within 0.1 % of.
    pub(crate) fn frame_rate(&self, timescale: u32) -> (u32, u32) {
        let common = self.common();
        let neighbours: u64 = self
            .counts
            .iter()
            .filter(|(duration, _)| duration.abs_diff(common) == 1)
            .map(|(_, count)| count)
            .sum();
        if neighbours * 20 <= self.samples || self.total == 0 {
            return reduce(u64::from(timescale), u64::from(common.max(1)));
        }
        let frames = u128::from(self.samples) * u128::from(timescale);
        // 24 and 24000/1001 are only 0.1 % apart: the nearest one counts, not the first within reach.
        let deviation = |(numerator, denominator): &(u32, u32)| {
            let expected = u128::from(self.total) * u128::from(*numerator);
            (frames * u128::from(*denominator)).abs_diff(expected) * 1_000_000_000 / expected
        };
        let nearest = STANDARD_RATES.into_iter().min_by_key(deviation);
        let standard = nearest.filter(|rate| deviation(rate) <= 1_000_000);
        standard.unwrap_or_else(|| reduce(u64::try_from(frames).unwrap_or(u64::MAX), self.total))
    }
}

/// Frames ÷ seconds that cameras and encoders are set to.
const STANDARD_RATES: [(u32, u32); 16] = [
    (10, 1),
    (12, 1),
    (15, 1),
    (24000, 1001),
    (24, 1),
    (25, 1),
    (30000, 1001),
    (30, 1),
    (48000, 1001),
    (48, 1),
    (50, 1),
    (60000, 1001),
    (60, 1),
    (100, 1),
    (120_000, 1001),
    (120, 1),
];

/// In lowest terms; in thousandths where those do not fit.
fn reduce(numerator: u64, denominator: u64) -> (u32, u32) {
    let (mut a, mut b) = (numerator, denominator);
    while b > 0 {
        (a, b) = (b, a % b);
    }
    let divisor = a.max(1);
    match (
        u32::try_from(numerator / divisor),
        u32::try_from(denominator / divisor),
    ) {
        (Ok(numerator), Ok(denominator)) => (numerator, denominator),
        _ => {
            let thousandths = u128::from(numerator) * 1000 / u128::from(denominator.max(1));
            (u32::try_from(thousandths).unwrap_or(u32::MAX), 1000)
        }
    }
}
