//! A chosen track whose place in time is known, and what it becomes once it is cut.
use edgepack_isobmff::CodecConfig;

use super::bandwidth::{Stretch, bandwidths};
use super::select::Chosen;
use super::shift::{Placed, Shift};
use super::{Rendition, Segment, media};
use crate::Result;
use crate::fragment::RunShape;
use crate::plan::run_sample;
use crate::timeline::{AudioCutter, Cuts, Frames, Moment, VideoTrack};
use crate::timing::{SyncPoint, run_time};

/// `saiz`, `saio` and `senc` without their entries.
pub(crate) const PROTECTION_BOXES: u64 = 17 + 20 + 16;
/// One byte in `saiz`, an IV, and for video the count and 5 subsamples of 6 bytes: more slices than encoders for
/// delivery make.
pub(crate) const PROTECTION_PER_VIDEO_SAMPLE: u64 = 1 + 8 + 2 + 5 * 6;
pub(crate) const PROTECTION_PER_AUDIO_SAMPLE: u64 = 1 + 8;
pub(super) const VIDEO_PROTECTION_OF_ONE: u64 = PROTECTION_BOXES + PROTECTION_PER_VIDEO_SAMPLE;

/// Stream access points (ISO/IEC 14496-12, annex I).
const SAP_CLOSED: u8 = 1;
const SAP_OPEN: u8 = 3;

#[derive(Debug)]
pub(super) struct Cutting<'a> {
    pub(super) period: usize,
    pub(super) chosen: Chosen<'a>,
    pub(super) placed: Placed,
    pub(super) shift: Shift,
}

impl Cutting<'_> {
    pub(super) fn moment(&self, time: i64) -> Moment {
        Moment::new(time, self.placed.timescale)
    }

    pub(super) fn end(&self) -> Moment {
        self.moment(self.placed.survey.end + self.shift.presentation())
    }

    /// Whether less than half a frame is left at `time`.
    pub(super) fn has_ended(&self, time: Moment) -> bool {
        let frame = self.moment(i64::from(self.frame_duration()));
        self.end() <= time || self.end().within_half(time, frame)
    }

    pub(super) fn frame_duration(&self) -> u32 {
        self.placed.survey.rate.common()
    }

    /// On the presentation time line.
    pub(super) fn sync_points(&self) -> Vec<SyncPoint> {
        let offset = self.shift.presentation();
        let points = self.placed.survey.sync.iter();
        points
            .map(|point| SyncPoint {
                time: point.time + offset,
                ..*point
            })
            .collect()
    }

    pub(super) fn video_track<'s>(&'s self, sync: &'s [SyncPoint]) -> VideoTrack<'s> {
        VideoTrack {
            timescale: self.placed.timescale,
            first_sample: self.placed.survey.first_sample,
            sync,
            changes: &self.placed.survey.changes,
            end: self.end().value,
            frame_duration: self.frame_duration(),
        }
    }

    pub(super) fn cut_audio(&self, mut cutter: AudioCutter<'_>) -> Cuts {
        let survey = &self.placed.survey;
        let samples = &self.chosen.track.samples;
        let all_sync = !self.placed.preroll.at_sync;
        let offset = self.shift.presentation();
        let mut changes = survey.changes.iter().copied().peekable();
        let mut syncs = samples.sync_samples_from(survey.first_sample).peekable();
        let mut walk = samples.timings_from(survey.first_sample);
        let mut from = survey.first_sample;
        while from < survey.end_sample {
            let change = changes.next_if_eq(&from).is_some();
            let is_sync = all_sync || syncs.next_if_eq(&from).is_some();
            let next = [changes.peek(), syncs.peek().filter(|_| !all_sync)];
            let next = next.into_iter().flatten().copied().min();
            let until = match change || (is_sync && !all_sync) {
                true => from + 1,
                false => next.map_or(survey.end_sample, |next| next.min(survey.end_sample)),
            };
            let mut left = until - from;
            while let Some(run) = walk.next_run(left) {
                left -= run.count;
                let time = run_time(&run) + offset;
                match change {
                    true => cutter.frame(run.first, time, is_sync, true),
                    false => cutter.frames(&Frames {
                        first: run.first,
                        count: run.count,
                        time,
                        duration: run.duration,
                        are_sync: is_sync,
                    }),
                }
            }
            from = until;
        }
        cutter.finish().unwrap_or(Cuts(Vec::new()))
    }

    pub(super) fn codec(&self) -> Option<&CodecConfig> {
        let first = self.placed.survey.descriptions.first()?;
        let entries = &self.chosen.track.sample_entries;
        Some(&entries.get(usize::try_from(*first).ok()?)?.codec)
    }

    pub(super) fn rendition(&self, cuts: &Cuts) -> Result<Rendition> {
        let fault = |reason: &str| self.chosen.fault(reason);
        let (segments, stretches) = self.segments(cuts)?;
        let timescale = self.placed.timescale;
        let (average_bandwidth, peak_bandwidth) = bandwidths(&stretches, timescale);
        let codec = self.codec().ok_or_else(|| fault("no sample entry"))?;
        let survey = &self.placed.survey;
        let settings = self.chosen.settings;
        Ok(Rendition {
            name: String::new(),
            period: self.period,
            source: self.chosen.source,
            track: Some(self.chosen.index),
            media: media::media(codec, self.chosen.track, settings, &survey.rate)
                .ok_or_else(|| fault("unsupported codec"))?,
            codecs: codec.rfc6381().ok_or_else(|| fault("unsupported codec"))?,
            supplemental_codecs: codec.supplemental_rfc6381(),
            language: self.chosen.language().to_owned(),
            settings: settings.clone(),
            timescale,
            average_bandwidth,
            peak_bandwidth,
            priming: u64::try_from(self.shift.priming)
                .map_err(|_| fault("an edit before the first sample"))?,
            composition_shift: self.shift.composition,
            descriptions: survey.descriptions.clone(),
            sap_type: if survey.has_leading {
                SAP_OPEN
            } else {
                SAP_CLOSED
            },
            segments,
        })
    }

    /// One pass over each table: what each segment holds and weighs.
    fn segments(&self, cuts: &Cuts) -> Result<(Vec<Segment>, Vec<Stretch>)> {
        let fault = |reason: &str| self.chosen.fault(reason);
        let survey = &self.placed.survey;
        let all_sync = !self.placed.is_video && !self.placed.preroll.at_sync;
        let per_sample = if self.placed.is_video {
            PROTECTION_PER_VIDEO_SAMPLE
        } else {
            PROTECTION_PER_AUDIO_SAMPLE
        };
        let mut samples = self.chosen.track.samples.iter_from(survey.first_sample);
        let mut segments = Vec::with_capacity(cuts.0.len());
        let mut stretches = Vec::with_capacity(cuts.0.len());
        for (number, cut) in cuts.0.iter().enumerate() {
            let next = cuts.0.get(number + 1);
            let end_sample = next.map_or(survey.end_sample, |next| next.sample);
            let end = next.map_or(self.end().value, |next| next.time);
            let mut shape = RunShape::of_descriptions(survey.descriptions.len());
            let span = samples.next_span(end_sample - cut.sample);
            if let Some(span) = &span {
                let (least, most) = span.composition_offsets;
                let fits =
                    |offset: i32| i32::try_from(i64::from(offset) + self.shift.composition).is_ok();
                if !fits(least) || !fits(most) {
                    return Err(fault(
                        "composition offsets that do not fit 32 bits once the edit list is applied",
                    ));
                }
                if span.descriptions.0 != span.descriptions.1 {
                    return Err(fault(
                        "another sample description where no segment can begin",
                    ));
                }
                let first = run_sample(&span.first, self.shift.composition, all_sync);
                shape.of_span(first, span, all_sync);
            }
            let decode_time = span.and_then(|span| {
                let time = span.first.decode_time;
                time.checked_add_signed(self.shift.decode)
            });
            let len = shape.header_len() + shape.payload;
            let duration = unsigned(end - cut.time).max(1);
            segments.push(Segment {
                first_sample: cut.sample,
                sample_count: shape.count,
                base_media_decode_time: decode_time
                    .ok_or_else(|| fault("decode times before 0"))?,
                start: unsigned(cut.time),
                duration,
                bytes: shape.payload,
                len,
            });
            stretches.push(Stretch {
                duration,
                clear: len,
                protection: PROTECTION_BOXES + per_sample * u64::from(shape.count),
            });
        }
        Ok((segments, stretches))
    }
}

fn unsigned(time: i64) -> u64 {
    u64::try_from(time).unwrap_or(0)
}
