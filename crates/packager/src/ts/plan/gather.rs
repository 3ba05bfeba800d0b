//! A rendition's samples with their times on the 90 kHz clock, and where their bytes lie.
use std::ops::Range;

use super::{Sample, presentation_of_0, ticks};
use crate::{Presentation, Rendition, Segment, SourceRange};

/// Sound before presentation time 0 that encoders make (their delay): 150 ms at most, and all of it goes out, as
/// decoders of the source get it. Longer, it is what lies before a clip, and of it goes out one frame, with which the
/// next one can be decoded.
const LONGEST_DELAY_MS: u64 = 150;

/// What a segment holds of one rendition.
#[derive(Debug, Clone)]
pub(super) struct Gathered {
    pub(super) rendition: String,
    pub(super) source_name: String,
    pub(super) ranges: Vec<SourceRange>,
    /// Bytes of all samples.
    pub(super) len: u64,
    samples: Vec<Gather>,
}

#[derive(Debug, Clone, Copy)]
struct Gather {
    pts: i64,
    dts: i64,
    is_sync: bool,
    description: usize,
    size: usize,
}

impl Gathered {
    /// `next`: when what comes after the segment is decoded, ticks.
    pub(super) fn pictures(
        p: &Presentation,
        video: &Rendition,
        segment: usize,
        next: Option<i64>,
    ) -> Self {
        let mut gathered = Self::new(p, video);
        let delay = reorder_delay(p, video);
        for sample in timed(p, video, segment) {
            gathered.push(video, &sample, delay);
        }
        // Where the first segment has promised too little: no picture is decoded after it is shown, or after the next.
        let mut limit = next.unwrap_or(i64::MAX);
        for sample in gathered.samples.iter_mut().rev() {
            sample.dts = sample.dts.min(sample.pts).min(limit.saturating_sub(1));
            limit = sample.dts;
        }
        gathered
    }

    pub(super) fn sounds(p: &Presentation, audio: &Rendition, segments: Range<usize>) -> Self {
        let mut gathered = Self::new(p, audio);
        for segment in segments {
            let left_out = if segment == 0 {
                frames_before(p, audio)
            } else {
                0
            };
            for sample in timed(p, audio, segment).skip(left_out) {
                gathered.push(audio, &sample, 0);
            }
        }
        gathered
    }

    fn new(p: &Presentation, rendition: &Rendition) -> Self {
        let source = p.sources.get(rendition.source);
        Self {
            rendition: rendition.name.clone(),
            source_name: source.map(|source| source.name.clone()).unwrap_or_default(),
            ranges: Vec::new(),
            len: 0,
            samples: Vec::new(),
        }
    }

    fn push(&mut self, rendition: &Rendition, timed: &Timed, delay: i64) {
        let sample = &timed.sample;
        let len = u64::from(sample.size);
        self.len += len;
        match self.ranges.last_mut() {
            Some(last) if last.offset + last.len == sample.offset => last.len += len,
            _ if len == 0 => {}
            _ => self.ranges.push(SourceRange {
                source: rendition.source,
                offset: sample.offset,
                len,
            }),
        }
        self.samples.push(Gather {
            pts: ticks(timed.presentation_time, rendition.timescale),
            dts: ticks(timed.decode_time.saturating_sub(delay), rendition.timescale),
            is_sync: sample.is_sync,
            description: description(rendition, sample.description),
            size: usize::try_from(sample.size).unwrap_or(usize::MAX),
        });
    }

    /// Description and bytes of each sample.
    pub(super) fn lens(&self) -> impl Iterator<Item = (usize, usize)> {
        self.samples
            .iter()
            .map(|sample| (sample.description, sample.size))
    }

    /// Cuts the payload, which has `len` bytes.
    pub(super) fn samples<'a>(&self, mut payload: &'a [u8]) -> Vec<Sample<'a>> {
        let samples = self.samples.iter().map(|sample| {
            let (data, rest) = payload.split_at(sample.size.min(payload.len()));
            payload = rest;
            Sample {
                pts: sample.pts,
                dts: sample.dts,
                is_sync: sample.is_sync,
                description: sample.description,
                data,
            }
        });
        samples.collect()
    }
}

/// A source sample on the presentation's time line, in the rendition's timescale. Both times have the edit list's shift,
/// so that pictures are decoded before they are shown.
struct Timed {
    sample: edgepack_isobmff::Sample,
    decode_time: i64,
    presentation_time: i64,
}

/// The samples of a segment; none past the last one.
fn timed(p: &Presentation, rendition: &Rendition, segment: usize) -> impl Iterator<Item = Timed> {
    let segment = rendition.segments.get(segment);
    let samples = segment.zip(p.track(rendition)).map(|(segment, track)| {
        let count = usize::try_from(segment.sample_count).unwrap_or(usize::MAX);
        track.samples.iter_from(segment.first_sample).take(count)
    });
    let start = segment.map_or(0, |segment| segment_start(rendition, segment));
    let mut first = None;
    samples.into_iter().flatten().map(move |sample| {
        let first = *first.get_or_insert(sample.decode_time);
        let decode_time = start.saturating_add_unsigned(sample.decode_time.saturating_sub(first));
        let offset = i64::from(sample.composition_offset);
        Timed {
            presentation_time: decode_time.saturating_add(offset),
            decode_time,
            sample,
        }
    })
}

/// Where the sample's description stands among those that the rendition uses.
fn description(rendition: &Rendition, of_track: u32) -> usize {
    let place = rendition
        .descriptions
        .iter()
        .position(|used| *used == of_track);
    place.unwrap_or(usize::MAX)
}

/// When a segment's first sample is decoded.
fn segment_start(rendition: &Rendition, segment: &Segment) -> i64 {
    presentation_of_0(rendition).saturating_add_unsigned(segment.base_media_decode_time)
}

/// Decode time of a segment's first picture, ticks. None past the last segment.
pub(super) fn first_decode_time(
    p: &Presentation,
    video: &Rendition,
    segment: usize,
) -> Option<i64> {
    let start = segment_start(video, video.segments.get(segment)?);
    Some(ticks(
        start.saturating_sub(reorder_delay(p, video)),
        video.timescale,
    ))
}

/// When a segment's first frame is played, ticks. None past the last segment.
pub(super) fn first_sound(p: &Presentation, audio: &Rendition, segment: usize) -> Option<i64> {
    let first = timed(p, audio, segment).next()?;
    Some(ticks(first.presentation_time, audio.timescale))
}

/// By how much decode times move to the front, timescale: sources with negative composition offsets decode pictures
/// after they are shown. The same for all segments: what the first one needs.
fn reorder_delay(p: &Presentation, video: &Rendition) -> i64 {
    let late = timed(p, video, 0).map(|sample| sample.decode_time - sample.presentation_time);
    late.max().unwrap_or(0).max(0)
}

/// Frames of the first segment that do not go out.
fn frames_before(p: &Presentation, audio: &Rendition) -> usize {
    if audio.priming.saturating_mul(1000) <= LONGEST_DELAY_MS * u64::from(audio.timescale) {
        return 0;
    }
    let over = timed(p, audio, 0).take_while(|timed| {
        timed
            .presentation_time
            .saturating_add(i64::from(timed.sample.duration))
            <= 0
    });
    over.count().saturating_sub(1)
}
