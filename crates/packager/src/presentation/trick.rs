//! A video's sync samples, each by itself.
use super::bandwidth::{Stretch, bandwidths};
use super::{Media, Presentation, Rendition, TrickFrame, TrickPlay};
use crate::fragment::{RunSample, RunShape};
use crate::timing::composition_time;

pub(super) fn trick_play(p: &Presentation, r: &Rendition) -> Option<TrickPlay> {
    if !matches!(r.media, Media::Video { .. }) {
        return None;
    }
    let samples = &p.track(r)?.samples;
    let (first, last) = (r.segments.first()?, r.segments.last()?);
    let end = last.first_sample.saturating_add(last.sample_count);
    let offset = presentation_offset(p, r)?;
    let mut frames: Vec<TrickFrame> = Vec::new();
    let mut walk = samples.iter_from(first.first_sample);
    let syncs = samples.sync_samples_from(first.first_sample);
    for index in syncs.take_while(|index| *index < end) {
        walk.advance_to(index);
        let sample = walk.next()?;
        // A sync sample before the edit list's start is shown at 0.
        let start = u64::try_from(composition_time(&sample) + offset).unwrap_or(0);
        frames.push(TrickFrame {
            sample: sample.index,
            start,
            duration: 0,
            bytes: u64::from(sample.size),
            len: 0,
        });
    }
    finish(&mut frames, r.duration());
    let stretches: Vec<Stretch> = frames
        .iter()
        .map(|frame| Stretch {
            duration: frame.duration,
            clear: frame.len,
            protection: super::cutting::VIDEO_PROTECTION_OF_ONE,
        })
        .collect();
    let (average_bandwidth, peak_bandwidth) = bandwidths(&stretches, r.timescale);
    Some(TrickPlay {
        frames,
        average_bandwidth,
        peak_bandwidth,
    })
}

/// Each frame lasts until the next one, the last until `end`.
fn finish(frames: &mut [TrickFrame], end: u64) {
    let mut next = end;
    for frame in frames.iter_mut().rev() {
        frame.duration = next.saturating_sub(frame.start).max(1);
        next = frame.start;
        let mut shape = RunShape::default();
        shape.add(frame.run_sample());
        frame.len = shape.header_len() + shape.payload;
    }
}

impl TrickFrame {
    /// The frame as its own fragment describes it.
    pub(crate) fn run_sample(&self) -> RunSample {
        RunSample {
            size: u32::try_from(self.bytes).unwrap_or(u32::MAX),
            duration: u32::try_from(self.duration).unwrap_or(u32::MAX),
            composition_offset: 0,
            is_sync: true,
        }
    }
}

/// Presentation time − the source's composition time, media timescale.
fn presentation_offset(p: &Presentation, r: &Rendition) -> Option<i64> {
    let first = r.segments.first()?;
    let decode_time = p.track(r)?.samples.sample(first.first_sample)?.decode_time;
    let signed = |time: u64| i64::try_from(time).unwrap_or(i64::MAX);
    Some(
        signed(first.base_media_decode_time) - signed(decode_time) + r.composition_shift
            - signed(r.priming),
    )
}
