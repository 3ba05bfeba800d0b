//! From movies to a presentation: choose tracks, place them in time, cut them, weigh them, name them.
use std::cmp::Reverse;

use edgepack_isobmff::{CodecConfig, Track};

use super::bandwidth::{Weight, bandwidths};
use super::notes::Notes;
use super::select::{Chosen, select};
use super::shift::{Placed, Shift, shifts};
use super::{Media, Options, Presentation, Rendition, Segment, Source, identity};
use crate::fragment::RunShape;
use crate::plan::run_sample;
use crate::timeline::{AudioCutter, Cuts, Moment, VideoTrack, boundaries};
use crate::timing::{EditMap, SampleRate, Survey, SyncPoint, composition_time};
use crate::{Error, Result};

/// `saiz`, `saio` and `senc` without their entries.
const PROTECTION_BOXES: u64 = 17 + 20 + 16;
/// One byte in `saiz`, an IV, and for video the count and 5 subsamples of 6 bytes: more slices than encoders for
/// delivery make.
const PROTECTION_PER_VIDEO_SAMPLE: u64 = 1 + 8 + 2 + 5 * 6;
const PROTECTION_PER_AUDIO_SAMPLE: u64 = 1 + 8;

pub(super) fn build(sources: Vec<Source>, options: &Options) -> Result<Presentation> {
    let selection = select(&sources)?;
    let chosen: Vec<Chosen> = selection
        .video
        .iter()
        .chain(&selection.audio)
        .copied()
        .collect();
    let video_count = selection.video.len();
    let placed = chosen
        .iter()
        .enumerate()
        .map(|(index, chosen)| place(&sources, *chosen, index < video_count))
        .collect::<Result<Vec<_>>>()?;
    let mut tracks: Vec<Cutting<'_>> = Vec::with_capacity(chosen.len());
    for ((chosen, placed), shift) in chosen.iter().zip(&placed).zip(shifts(&placed)) {
        tracks.push(Cutting {
            source: &sources[chosen.source],
            track: track(&sources, *chosen),
            chosen: *chosen,
            placed,
            shift,
        });
    }
    let (video, audio) = tracks.split_at(video_count);

    let mut notes = Notes::default();
    let target_ms = options.target_duration_ms;
    let sync: Vec<Vec<SyncPoint>> = video.iter().map(Cutting::sync_points).collect();
    let rungs: Vec<VideoTrack<'_>> = video
        .iter()
        .zip(&sync)
        .map(|(cutting, sync)| cutting.video_track(sync))
        .collect();
    let found = boundaries(&rungs, target_ms);
    notes.of_shifts(&tracks);
    notes.of_boundaries(&found, target_ms);
    notes.of_durations(video, audio);

    let video_end = video.iter().map(Cutting::end).max();
    let mut renditions = Vec::with_capacity(tracks.len());
    for (cutting, cuts) in video.iter().zip(&found.cuts) {
        renditions.push(cutting.rendition(cuts)?);
    }
    for cutting in audio {
        let moments = if video.is_empty() {
            &[]
        } else {
            found.moments.as_slice()
        };
        let cutter = AudioCutter::new(
            moments,
            video_end.unwrap_or(Moment::new(0, 1)),
            cutting.end(),
            target_ms,
        );
        renditions.push(cutting.rendition(&cutting.cut_audio(cutter))?);
    }

    let order = name_and_order(&mut renditions, video_count);
    let misalignments = notes.named(&order);
    let mut sorted: Vec<(usize, Rendition)> = order
        .into_iter()
        .map(|(place, _)| place)
        .zip(renditions)
        .collect();
    sorted.sort_by_key(|(place, _)| *place);
    let renditions: Vec<Rendition> = sorted.into_iter().map(|(_, rendition)| rendition).collect();
    let longest = renditions.iter().map(|rendition| {
        (u128::from(rendition.duration()) * 1000).div_ceil(u128::from(rendition.timescale))
    });
    Ok(Presentation {
        fingerprint: identity::fingerprint(&sources, options),
        target_duration_ms: target_ms,
        duration_ms: longest
            .max()
            .and_then(|longest| u64::try_from(longest).ok())
            .unwrap_or(0),
        sources,
        renditions,
        misalignments,
        ignored: selection.ignored,
    })
}

fn track(sources: &[Source], chosen: Chosen) -> &Track {
    &sources[chosen.source].movie.tracks[chosen.track]
}

fn place(sources: &[Source], chosen: Chosen, is_video: bool) -> Result<Placed> {
    let source = &sources[chosen.source];
    let track = track(sources, chosen);
    let fault = |reason: String| source_error(source, track, &reason);
    let edits = EditMap::new(track, source.movie.timescale).map_err(fault)?;
    let survey = if is_video {
        Survey::video(track, &edits)
    } else {
        Survey::audio(track, &edits)
    };
    Ok(Placed {
        is_video,
        timescale: track.timescale,
        edits,
        survey: survey.map_err(fault)?,
    })
}

fn source_error(source: &Source, track: &Track, reason: &str) -> Error {
    Error::Source {
        source_name: source.name.clone(),
        reason: format!("track {}: {reason}", track.track_id),
    }
}

/// A chosen track whose place in time is known.
pub(super) struct Cutting<'a> {
    source: &'a Source,
    track: &'a Track,
    chosen: Chosen,
    pub(super) placed: &'a Placed,
    pub(super) shift: Shift,
}

impl Cutting<'_> {
    pub(super) fn moment(&self, time: i64) -> Moment {
        Moment::new(time, self.track.timescale)
    }

    pub(super) fn end(&self) -> Moment {
        self.moment(self.placed.survey.end + self.shift.presentation())
    }

    pub(super) fn frame_duration(&self) -> u32 {
        self.placed.survey.rate.common()
    }

    fn sync_points(&self) -> Vec<SyncPoint> {
        let offset = self.shift.presentation();
        let points = self.placed.survey.sync.iter();
        points
            .map(|point| SyncPoint {
                time: point.time + offset,
                ..*point
            })
            .collect()
    }

    fn video_track<'s>(&self, sync: &'s [SyncPoint]) -> VideoTrack<'s> {
        VideoTrack {
            timescale: self.track.timescale,
            first_sample: self.placed.survey.first_sample,
            sync,
            end: self.end().value,
            frame_duration: self.frame_duration(),
        }
    }

    fn cut_audio(&self, mut cutter: AudioCutter<'_>) -> Cuts {
        let survey = &self.placed.survey;
        let count = usize::try_from(survey.end_sample - survey.first_sample).unwrap_or(usize::MAX);
        for sample in self
            .track
            .samples
            .iter_from(survey.first_sample)
            .take(count)
        {
            cutter.frame(
                sample.index,
                composition_time(&sample) + self.shift.presentation(),
            );
        }
        cutter.finish().unwrap_or(Cuts(Vec::new()))
    }

    fn rendition(&self, cuts: &Cuts) -> Result<Rendition> {
        let fault = |reason: &str| source_error(self.source, self.track, reason);
        let (segments, weights) = self.segments(cuts)?;
        let timescale = self.track.timescale;
        let (average_bandwidth, peak_bandwidth) = bandwidths(&segments, &weights, timescale);
        let first_sample = segments.first().map_or(0, |segment| segment.first_sample);
        let description = self
            .track
            .samples
            .sample(first_sample)
            .map_or(0, |sample| sample.description);
        let entry = usize::try_from(description)
            .ok()
            .and_then(|index| self.track.sample_entries.get(index));
        let codec = &entry.ok_or_else(|| fault("no sample entry"))?.codec;
        Ok(Rendition {
            name: String::new(),
            source: self.chosen.source,
            track: self.chosen.track,
            media: media(codec, self.track, &self.placed.survey.rate)
                .ok_or_else(|| fault("unsupported codec"))?,
            codecs: codec.rfc6381().ok_or_else(|| fault("unsupported codec"))?,
            language: self.track.language.clone(),
            timescale,
            average_bandwidth,
            peak_bandwidth,
            priming: u64::try_from(self.shift.priming)
                .map_err(|_| fault("an edit before the first sample"))?,
            composition_shift: self.shift.composition,
            segments,
        })
    }

    /// One walk over the samples: what each segment holds and weighs.
    fn segments(&self, cuts: &Cuts) -> Result<(Vec<Segment>, Vec<Weight>)> {
        let fault = |reason: &str| source_error(self.source, self.track, reason);
        let survey = &self.placed.survey;
        let per_sample = if self.placed.is_video {
            PROTECTION_PER_VIDEO_SAMPLE
        } else {
            PROTECTION_PER_AUDIO_SAMPLE
        };
        let mut samples = self.track.samples.iter_from(survey.first_sample);
        let mut segments = Vec::with_capacity(cuts.0.len());
        let mut weights = Vec::with_capacity(cuts.0.len());
        for (number, cut) in cuts.0.iter().enumerate() {
            let next = cuts.0.get(number + 1);
            let end_sample = next.map_or(survey.end_sample, |next| next.sample);
            let end = next.map_or(self.end().value, |next| next.time);
            let mut shape = RunShape::default();
            let mut base_media_decode_time = None;
            let count = end_sample - cut.sample;
            for sample in samples
                .by_ref()
                .take(usize::try_from(count).unwrap_or(usize::MAX))
            {
                let shifted = i64::from(sample.composition_offset) + self.shift.composition;
                if i32::try_from(shifted).is_err() {
                    return Err(fault(
                        "composition offsets that do not fit 32 bits once the edit list is applied",
                    ));
                }
                base_media_decode_time.get_or_insert(sample.decode_time);
                shape.add(run_sample(&sample, self.shift.composition));
            }
            let decode_time =
                base_media_decode_time.and_then(|time| time.checked_add_signed(self.shift.decode));
            segments.push(Segment {
                first_sample: cut.sample,
                sample_count: shape.count,
                base_media_decode_time: decode_time
                    .ok_or_else(|| fault("decode times before 0"))?,
                start: unsigned(cut.time),
                duration: unsigned(end - cut.time).max(1),
                bytes: shape.payload,
            });
            weights.push(Weight {
                clear: shape.header_len() + shape.payload,
                protection: PROTECTION_BOXES + per_sample * u64::from(shape.count),
            });
        }
        Ok((segments, weights))
    }
}

fn unsigned(time: i64) -> u64 {
    u64::try_from(time).unwrap_or(0)
}

fn media(codec: &CodecConfig, track: &Track, rate: &SampleRate) -> Option<Media> {
    if let Some(audio) = codec.audio() {
        return Some(Media::Audio {
            sample_rate: audio.sample_rate,
            channels: audio.channels,
        });
    }
    let video = codec.video().filter(|_| !codec.is_image())?;
    let or = |coded: u32, presented: u32| if coded > 0 { coded } else { presented };
    Some(Media::Video {
        width: or(video.width, track.presentation_width),
        height: or(video.height, track.presentation_height),
        frame_rate: rate.frame_rate(track.timescale),
        pixel_aspect: video.pixel_aspect,
        colour: video.colour,
    })
}

/// Names the renditions; returns for each, in the order given, its place in the presentation and its name.
fn name_and_order(renditions: &mut [Rendition], video_count: usize) -> Vec<(usize, String)> {
    let mut order: Vec<usize> = (0..renditions.len()).collect();
    // Stable: equal bandwidths stay in the order of the sources, audio in that of its first appearance.
    order.sort_by_key(|index| {
        let rendition = &renditions[*index];
        (
            *index >= video_count,
            (*index < video_count).then_some(Reverse((
                rendition.peak_bandwidth,
                rendition.average_bandwidth,
            ))),
        )
    });
    let mut taken: Vec<String> = Vec::with_capacity(order.len());
    for index in &order {
        let rendition = &mut renditions[*index];
        let stem = match &rendition.media {
            Media::Video { height, .. } => format!("v{height}"),
            Media::Audio { .. } => format!("a-{}", rendition.language),
        };
        let mut name = stem.clone();
        let mut number = 1;
        while taken.contains(&name) {
            number += 1;
            name = format!("{stem}-{number}");
        }
        taken.push(name.clone());
        rendition.name = name;
    }
    let mut places = vec![(0, String::new()); order.len()];
    for ((place, index), name) in order.iter().enumerate().zip(taken) {
        places[*index] = (place, name);
    }
    places
}
