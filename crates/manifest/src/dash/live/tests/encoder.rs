//! An encoder's track, cut as channels cut.
use std::sync::Arc;

use bytes::Bytes;
use edgepack_packager::Rendition;
use edgepack_packager::live::{Part, Sample, Segment, Window};

use super::BEGIN_MS;
use crate::sample;

const TARGET_MS: u64 = 2000;
const PART_MS: u64 = 500;

#[derive(Debug, Clone)]
pub(super) struct Encoder {
    pub(super) rendition: Rendition,
    pub(super) timescale: u32,
    /// Units of a sample.
    pub(super) sample: u64,
    /// Samples of a group of pictures.
    pub(super) group: u64,
    pub(super) lives: Vec<Life>,
    /// Numbers of segments that did not come.
    pub(super) gaps: Vec<u64>,
    pub(super) ended_ms: Option<i64>,
}

/// From start to crash, or for ever.
#[derive(Debug, Clone, Copy)]
pub(super) struct Life {
    pub(super) begin_ms: i64,
    pub(super) end_ms: i64,
    /// Decode time of the first sample.
    pub(super) media: u64,
    pub(super) epoch: u32,
    pub(super) header: u32,
    pub(super) discontinuity: bool,
}

/// The channel's first life.
pub(super) const EPOCH: u32 = 0x6abc_1234;

impl Encoder {
    /// 25 pictures a second in groups of two seconds.
    pub(super) fn video() -> Self {
        let mut rendition = sample::video(1280, 720, 3_100_000, 0);
        rendition.timescale = 12_800;
        rendition.segments.clear();
        Self::of(rendition, 512, 50)
    }

    /// 29.97 pictures a second in groups of 60.
    pub(super) fn ntsc() -> Self {
        let mut rendition = sample::video(1280, 720, 3_100_000, 0);
        rendition.segments.clear();
        Self::of(rendition, 1001, 60)
    }

    pub(super) fn audio() -> Self {
        let mut rendition = sample::audio("en", 2, 131_000, 0);
        rendition.segments.clear();
        Self::of(rendition, 1024, 1)
    }

    fn of(rendition: Rendition, sample: u64, group: u64) -> Self {
        let life = Life {
            begin_ms: BEGIN_MS,
            end_ms: i64::MAX,
            media: 0,
            epoch: EPOCH,
            header: 0,
            discontinuity: false,
        };
        Self {
            timescale: rendition.timescale,
            rendition,
            sample,
            group,
            lives: vec![life],
            gaps: Vec::new(),
            ended_ms: None,
        }
    }

    pub(super) fn named(mut self, name: &str) -> Self {
        name.clone_into(&mut self.rendition.name);
        self
    }

    /// Crashes, and begins anew: other media time, other header.
    pub(super) fn restarts(mut self, end_ms: i64, begin_ms: i64, media_ms: u64) -> Self {
        let last = self.lives.last_mut().unwrap();
        last.end_ms = end_ms;
        let life = Life {
            begin_ms,
            end_ms: i64::MAX,
            media: media_ms * u64::from(self.timescale) / 1000 / self.sample * self.sample,
            epoch: last.epoch,
            header: last.header + 1,
            discontinuity: true,
        };
        self.lives.push(life);
        self
    }

    /// The node is away; the encoder works on, and its header is the first of the channel's next life.
    pub(super) fn survives(mut self, end_ms: i64, begin_ms: i64, epoch: u32) -> Self {
        let timescale = u64::from(self.timescale);
        let last = self.lives.last_mut().unwrap();
        last.end_ms = end_ms;
        let since = u64::try_from(begin_ms - last.begin_ms).unwrap();
        let group = self.sample * self.group;
        let life = Life {
            begin_ms,
            end_ms: i64::MAX,
            media: (last.media + since * timescale / 1000) / group * group,
            epoch,
            header: 0,
            discontinuity: true,
        };
        self.lives.push(life);
        self
    }

    fn ms(&self, units: u64) -> u64 {
        units * 1000 / u64::from(self.timescale)
    }

    /// What has come by a moment: the last `depth` segments.
    pub(super) fn window(&self, now_ms: i64, depth: usize) -> Window {
        let mut segments: Vec<Segment> = Vec::new();
        for life in &self.lives {
            let until = now_ms
                .min(life.end_ms)
                .min(self.ended_ms.unwrap_or(i64::MAX));
            let Ok(lasted) = u64::try_from(until - life.begin_ms) else {
                continue;
            };
            let number = segments.last().map_or_else(
                || u64::try_from(life.begin_ms).unwrap() / TARGET_MS,
                |last| last.number + 1,
            );
            let over = now_ms >= life.end_ms || self.ended_ms.is_some_and(|end| now_ms >= end);
            segments.extend(self.life(life, lasted, number, over));
        }
        let gone = segments.len().saturating_sub(depth);
        let left = segments.split_off(gone);
        Window {
            timescale: self.timescale,
            discontinuities_gone: segments.iter().filter(|s| s.discontinuity).count() as u64,
            segments: left.into_iter().map(Arc::new).collect(),
            ended: self.ended_ms.is_some_and(|end| now_ms >= end),
        }
    }

    /// All of a segment, as far as it has come.
    fn part(&self, start: u64, end: u64) -> Part {
        let count = (end - start) / self.sample;
        let samples = (0..count).map(|index| Sample {
            size: 1,
            duration: u32::try_from(self.sample).unwrap(),
            composition_offset: 0,
            is_sync: index % self.group == 0,
        });
        Part {
            start,
            duration: end - start,
            independent: true,
            first_sample: 0,
            prefix: Bytes::new(),
            samples: samples.collect(),
            media: Vec::new(),
        }
    }

    fn life(&self, life: &Life, lasted_ms: u64, first: u64, over: bool) -> Vec<Segment> {
        let samples = lasted_ms * u64::from(self.timescale) / 1000 / self.sample;
        let cell = |units: u64| self.ms(units) / TARGET_MS;
        let mut starts: Vec<u64> = Vec::new();
        for group in 0..=samples / self.group {
            let at = life.media + group * self.group * self.sample;
            if starts.last().is_none_or(|last| cell(*last) != cell(at)) {
                starts.push(at);
            }
        }
        let available = life.media + samples * self.sample;
        let ends = starts.iter().skip(1).copied().map(Some).chain([None]);
        let mut segments = Vec::new();
        for ((start, end), number) in starts.iter().zip(ends).zip(first..) {
            let complete = over || end.is_some_and(|end| end <= available);
            let end = match end {
                Some(end) if complete => end,
                _ if over => available,
                // Whole parts only.
                _ => {
                    let part = PART_MS * u64::from(self.timescale) / 1000 / self.sample;
                    start + (available - start) / self.sample / part * part * self.sample
                }
            };
            if end == *start {
                continue;
            }
            let since = i64::try_from(self.ms(start - life.media)).unwrap();
            let gap = self.gaps.contains(&number);
            segments.push(Segment {
                number,
                start: *start,
                duration: end - start,
                wall_clock_ms: life.begin_ms + since,
                discontinuity: life.discontinuity && *start == life.media,
                epoch: life.epoch,
                header: life.header,
                gap,
                complete,
                parts: vec![Arc::new(self.part(*start, end))],
            });
        }
        segments
    }
}
