//! Thumbnails: each sample of the track is a sheet and a segment.
use super::bandwidth::{Stretch, bandwidths};
use super::clip::Span;
use super::select::Chosen;
use super::{Media, Rendition, Segment, Tiles, media};
use crate::Result;
use crate::timeline::Moment;
use crate::timing::{EditMap, Survey, composition_time};

/// Where a period begins on the time line of its sources, and where it ends there.
#[derive(Debug, Clone, Copy)]
pub(super) struct Origin {
    pub(super) start_us: i64,
    end: Option<Moment>,
    is_clip: bool,
}

impl Origin {
    pub(super) fn at(common: Moment) -> Self {
        Self {
            start_us: common.nearest_in(1_000_000),
            end: None,
            is_clip: false,
        }
    }

    /// A clip on the time line that began at this origin, whose tracks all begin late by `common`.
    pub(super) fn clip(&mut self, span: Span, common: Moment) {
        let before = Moment::micros(self.start_us);
        self.start_us += span.start.nearest_in(1_000_000) + common.nearest_in(1_000_000);
        self.end = span
            .end
            .map(|end| Moment::micros(end.nearest_in(1_000_000) + before.value));
        self.is_clip = self.start_us > before.value;
    }
}

/// The reason is the inner error when the asset can do without.
pub(super) fn rendition(
    chosen: &Chosen<'_>,
    period: usize,
    origin: &Origin,
) -> Result<std::result::Result<Rendition, String>> {
    let track = chosen.track;
    let fault = |reason: String| chosen.fault(&reason);
    let edits = EditMap::new(track, chosen.movie_timescale).map_err(fault)?;
    let start = Moment::micros(origin.start_us).nearest_in(track.timescale);
    // Presentation time of the sources − composition time.
    let offset = edits.delay - edits.media_time;
    let edits = edits.clipped(start - offset, origin.end, offset, track.timescale);
    let Some(survey) = Survey::stills(track, &edits).map_err(fault)? else {
        return Ok(Err("nothing of it is left".to_owned()));
    };
    let codec = track.sample_entries.first().map(|entry| &entry.codec);
    let media = codec.and_then(|codec| media::media(codec, track, chosen.settings, &survey.rate));
    let media = media.ok_or_else(|| chosen.fault("unsupported codec"))?;
    let tiles = match media {
        Media::Image { tiles, .. } => tiles,
        _ => return Err(chosen.fault("no still pictures")),
    };
    if origin.is_clip && tiles.columns.saturating_mul(tiles.rows) > 1 {
        return Ok(Err(
            "sheets of several thumbnails cannot begin in the middle of a clip".to_owned(),
        ));
    }
    let mut segments = segments(chosen, &survey, offset - start);
    if origin.end.is_none() && !origin.is_clip {
        last_lasts(&mut segments, tiles, track.timescale);
    }
    let stretches: Vec<Stretch> = segments
        .iter()
        .map(|segment| Stretch {
            duration: segment.duration,
            clear: segment.len,
            protection: 0,
        })
        .collect();
    let (average_bandwidth, peak_bandwidth) = bandwidths(&stretches, track.timescale);
    Ok(Ok(Rendition {
        name: String::new(),
        period,
        source: chosen.source,
        track: Some(chosen.index),
        media,
        codecs: "jpeg".to_owned(),
        supplemental_codecs: None,
        language: chosen.language().to_owned(),
        settings: chosen.settings.clone(),
        timescale: track.timescale,
        average_bandwidth,
        peak_bandwidth,
        priming: 0,
        composition_shift: 0,
        descriptions: survey.descriptions,
        sap_type: 1,
        segments,
    }))
}

/// One per sample, the first from 0 on.
fn segments(chosen: &Chosen<'_>, survey: &Survey, offset: i64) -> Vec<Segment> {
    let count = usize::try_from(survey.end_sample - survey.first_sample).unwrap_or(usize::MAX);
    let samples = chosen.track.samples.iter_from(survey.first_sample);
    let mut segments: Vec<Segment> = Vec::new();
    for sample in samples.take(count) {
        let at = composition_time(&sample) + offset;
        let start = match segments.is_empty() {
            true => 0,
            false => u64::try_from(at).unwrap_or(0),
        };
        let end = u64::try_from(at + i64::from(sample.duration)).unwrap_or(0);
        if let Some(last) = segments.last_mut() {
            last.duration = start.saturating_sub(last.start).max(1);
        }
        let bytes = u64::from(sample.size);
        segments.push(Segment {
            first_sample: sample.index,
            sample_count: 1,
            base_media_decode_time: start,
            start,
            duration: end.saturating_sub(start).max(1),
            bytes,
            len: bytes,
        });
    }
    segments
}

/// Writers give the last sample of a track any duration: a sheet lasts as long as its thumbnails do, at most.
fn last_lasts(segments: &mut [Segment], tiles: Tiles, timescale: u32) {
    let count = u64::from(tiles.columns) * u64::from(tiles.rows);
    let sheet_ms = count.saturating_mul(tiles.interval_ms);
    let sheet = u128::from(sheet_ms) * u128::from(timescale) / 1000;
    if let (Some(last), Ok(sheet)) = (segments.last_mut(), u64::try_from(sheet)) {
        last.duration = last.duration.min(sheet.max(1));
    }
}
