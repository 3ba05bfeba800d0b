//! What a line's samples weigh, and how many there are in a second.
use std::collections::VecDeque;

use super::{LineOptions, Segment};
use crate::presentation::{
    PROTECTION_BOXES, PROTECTION_PER_AUDIO_SAMPLE, PROTECTION_PER_VIDEO_SAMPLE, Stretch, bandwidths,
};
use crate::timing::SampleRate;

#[derive(Debug, Default)]
pub(super) struct Measure {
    rate: SampleRate,
    has_samples: bool,
    timescale: u32,
    /// The most that protection adds to a sample, bytes.
    per_sample: u64,
    /// Of whole segments in the window: number, and weight.
    segments: VecDeque<(u64, Stretch)>,
}

impl Measure {
    pub(super) fn new(options: &LineOptions) -> Self {
        Self {
            timescale: options.timescale,
            per_sample: match options.all_sync {
                true => PROTECTION_PER_AUDIO_SAMPLE,
                false => PROTECTION_PER_VIDEO_SAMPLE,
            },
            ..Self::default()
        }
    }

    pub(super) fn sample(&mut self, duration: u32) {
        self.rate.add(duration, 1);
        self.has_samples = true;
    }

    /// Of another header.
    pub(super) fn restart_rate(&mut self) {
        self.rate = SampleRate::default();
        self.has_samples = false;
    }

    pub(super) fn segment(&mut self, segment: &Segment) {
        let stretch = self.stretch(segment);
        self.segments.push_back((segment.number, stretch));
    }

    pub(super) fn forget_before(&mut self, number: Option<u64>) {
        while let (Some((first, _)), Some(number)) = (self.segments.front(), number)
            && *first < number
        {
            self.segments.pop_front();
        }
    }

    pub(super) fn frame_rate(&self) -> Option<(u32, u32)> {
        if !self.has_samples {
            return None;
        }
        let mut rate = self.rate.clone();
        rate.finish();
        Some(rate.frame_rate(self.timescale))
    }

    /// `growing`: counted where there is no whole segment.
    pub(super) fn bandwidths(&self, growing: Option<&Segment>) -> Option<(u64, u64)> {
        let whole: Vec<Stretch> = self.segments.iter().map(|(_, stretch)| *stretch).collect();
        if !whole.is_empty() {
            return Some(bandwidths(&whole, self.timescale));
        }
        Some(bandwidths(&[self.stretch(growing?)], self.timescale))
    }

    fn stretch(&self, segment: &Segment) -> Stretch {
        let parts = segment.parts.iter().enumerate();
        let clear = parts.map(|(index, part)| part.clear_len(index == 0));
        let protection = segment.parts.iter().map(|part| {
            let samples = u64::try_from(part.samples.len()).unwrap_or(0);
            PROTECTION_BOXES + self.per_sample * samples
        });
        Stretch {
            duration: segment.parts.iter().map(|part| part.duration).sum(),
            clear: clear.sum(),
            protection: protection.sum(),
        }
    }
}
