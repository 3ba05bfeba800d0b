//! Subtitles: each source comes out in two forms, cut with the video.
use super::bandwidth::bits_per_second;
use super::select::{Chosen, SideFile};
use super::stills::Origin;
use super::{Media, Presentation, Rendition, Segment, TextForm, TextSample, TrackSettings};
use crate::timeline::Moment;
use crate::timing::{EditMap, composition_time};
use crate::{Result, SourceRange};

const TIMESCALE: u32 = 1000;
const UNDETERMINED: &str = "und";

/// What a segment takes beside its text: boxes and a document around it, or the lines before the first cue; bytes.
const IMSC1_PER_SEGMENT: u64 = 800;
const WEBVTT_PER_SEGMENT: u64 = 160;
/// Cues come in bursts: the densest segments of films hold this many times the average.
const PEAK_TO_AVERAGE: u64 = 4;

/// Where segments of text begin and end, milliseconds: the video's boundaries, rounded down, so that they tile.
#[derive(Debug)]
pub(super) struct Grid(Vec<(u64, u64)>);

impl Grid {
    /// Without video (no `boundaries`) every target duration. `end`: of the period, rounded up.
    pub(super) fn new(boundaries: &[Moment], end: Option<Moment>, target_ms: u32) -> Self {
        let millis = |moment: &Moment| u64::try_from(moment.millis()).unwrap_or(0);
        let end = end.map_or(0, |end| {
            let exact = end.in_timescale(TIMESCALE);
            let up = i64::from(Moment::new(exact, TIMESCALE) < end);
            u64::try_from(exact + up).unwrap_or(0)
        });
        let mut starts: Vec<u64> = if boundaries.is_empty() {
            let step = u64::from(target_ms.max(1));
            (0..end.div_ceil(step)).map(|index| index * step).collect()
        } else {
            boundaries.iter().map(millis).collect()
        };
        starts.dedup();
        starts.retain(|start| *start < end);
        let ends = starts.iter().skip(1).copied().chain([end]);
        Self(starts.iter().copied().zip(ends).collect())
    }

    fn duration(&self) -> u64 {
        self.0.last().map_or(0, |(_, end)| *end)
    }

    fn segments(&self) -> Vec<Segment> {
        let segment = |(start, end): &(u64, u64)| Segment {
            first_sample: 0,
            sample_count: 0,
            base_media_decode_time: *start,
            start: *start,
            duration: end - start,
            bytes: 0,
            len: 0,
        };
        self.0.iter().map(segment).collect()
    }
}

/// # Errors
/// An edit list that cannot be honoured.
pub(super) fn of_track(
    chosen: &Chosen<'_>,
    period: usize,
    origin: &Origin,
    grid: &Grid,
) -> Result<Vec<Rendition>> {
    EditMap::new(chosen.track, chosen.movie_timescale).map_err(|reason| chosen.fault(&reason))?;
    let samples = &chosen.track.samples;
    let source = Text {
        source: chosen.source,
        track: Some(chosen.index),
        language: chosen.language(),
        settings: chosen.settings,
        bytes: samples.bytes_in(0..samples.len()),
    };
    Ok(source.renditions(period, origin, grid))
}

pub(super) fn of_file(
    file: &SideFile,
    period: usize,
    origin: &Origin,
    grid: &Grid,
) -> Vec<Rendition> {
    let source = Text {
        source: file.source,
        track: None,
        language: file.settings.language.as_deref().unwrap_or(UNDETERMINED),
        settings: &file.settings,
        bytes: file.len,
    };
    source.renditions(period, origin, grid)
}

struct Text<'a> {
    source: usize,
    track: Option<usize>,
    language: &'a str,
    settings: &'a TrackSettings,
    bytes: u64,
}

impl Text<'_> {
    /// None for a period without time.
    fn renditions(&self, period: usize, origin: &Origin, grid: &Grid) -> Vec<Rendition> {
        if grid.0.is_empty() {
            return Vec::new();
        }
        let forms = [
            (TextForm::Imsc1, "stpp.ttml.im1t", IMSC1_PER_SEGMENT),
            (TextForm::WebVtt, "wvtt", WEBVTT_PER_SEGMENT),
        ];
        let rendition = |(form, codecs, per_segment): (TextForm, &str, u64)| {
            let count = u64::try_from(grid.0.len()).unwrap_or(u64::MAX);
            let bytes = self.bytes.saturating_add(count.saturating_mul(per_segment));
            let average_bandwidth = bits_per_second(bytes, grid.duration(), TIMESCALE);
            Rendition {
                name: String::new(),
                period,
                source: self.source,
                track: self.track,
                media: Media::Text { form },
                codecs: codecs.to_owned(),
                supplemental_codecs: None,
                language: self.language.to_owned(),
                settings: self.settings.clone(),
                timescale: TIMESCALE,
                average_bandwidth,
                peak_bandwidth: average_bandwidth.saturating_mul(PEAK_TO_AVERAGE),
                priming: 0,
                composition_shift: -Moment::micros(origin.start_us).nearest_in(TIMESCALE),
                descriptions: Vec::new(),
                sap_type: 1,
                segments: grid.segments(),
            }
        };
        forms.into_iter().map(rendition).collect()
    }
}

pub(super) fn samples(p: &Presentation, r: &Rendition) -> Option<Vec<TextSample>> {
    if !matches!(r.media, Media::Text { .. }) {
        return None;
    }
    let track = p.track(r)?;
    let movie = p.sources.get(r.source)?.movie()?;
    // A list that cannot be honoured was refused when the presentation was composed.
    let edits = EditMap::new(track, movie.timescale).ok()?;
    let offset = edits.delay - edits.media_time;
    let end_time = edits.end_time();
    let sample = |sample: edgepack_isobmff::Sample| {
        let time = composition_time(&sample);
        if time >= end_time {
            return None;
        }
        let end = u64::try_from(time + offset + i64::from(sample.duration)).ok()?;
        let start = u64::try_from(time + offset).unwrap_or(0);
        (end > start).then_some(TextSample {
            range: SourceRange {
                source: r.source,
                offset: sample.offset,
                len: u64::from(sample.size),
            },
            start,
            duration: end - start,
        })
    };
    Some(track.samples.iter_from(0).filter_map(sample).collect())
}
