//! The cues of an asset's text renditions, read when the first segment of one is asked for.
use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use edgepack_packager::text::{self, SourceSample, Track};
use edgepack_packager::{Kind, Media, Presentation, SourceContent, SourceRange, TextFormat, ts};
use tokio::sync::OnceCell;

use super::faults;
use super::fill::{Target, TextPart, read};
use crate::delivery::Fault;
use crate::storage::Storage;

/// Samples of a text track that are read at a time: with what lies between them, their bytes may spread over a film.
const SAMPLES_AT_ONCE: usize = 4096;

/// One slot for each track of cues and stretch of it; the forms made of it share the slot.
#[derive(Debug)]
pub(super) struct Subtitles {
    /// By rendition: the slot.
    slots: Vec<Option<usize>>,
    cues: Vec<OnceCell<Arc<Track>>>,
}

impl Subtitles {
    pub(super) fn new(presentation: &Presentation) -> Self {
        let mut origins = Vec::new();
        let slots = presentation.renditions.iter().map(|rendition| {
            if rendition.kind() != Kind::Text {
                return None;
            }
            let origin = (
                rendition.source,
                rendition.track,
                rendition.composition_shift,
                rendition.duration(),
                rendition.language.as_str(),
            );
            let known = origins.iter().position(|other| *other == origin);
            Some(known.unwrap_or_else(|| {
                origins.push(origin);
                origins.len() - 1
            }))
        });
        Self {
            slots: slots.collect(),
            cues: origins.iter().map(|_| OnceCell::new()).collect(),
        }
    }

    /// On the period's time line. Read once, whoever asks; a failure is not kept.
    pub(super) async fn cues(
        &self,
        storage: &Storage,
        target: &Target,
    ) -> Result<Arc<Track>, Fault> {
        let slot = self.slots.get(target.rendition).copied().flatten();
        let cell = slot
            .and_then(|slot| self.cues.get(slot))
            .ok_or_else(|| faults::internal("cues of a rendition that has none"))?;
        let track = cell.get_or_try_init(|| load(storage, target)).await?;
        Ok(track.clone())
    }
}

async fn load(storage: &Storage, target: &Target) -> Result<Arc<Track>, Fault> {
    let presentation = &target.asset.presentation;
    let rendition = target.rendition()?;
    let bad = |error: text::Error| faults::bad_source(&target.asset.path, error);
    let source = presentation.sources.get(rendition.source);
    let mut track = match source.map(|source| &source.content) {
        Some(SourceContent::Text { format, len }) => {
            let document = document(storage, target, *len).await?;
            match format {
                TextFormat::WebVtt => text::parse_webvtt(&document).map_err(bad)?,
                TextFormat::Ttml => text::parse_ttml(&document).map_err(bad)?,
            }
        }
        _ => of_samples(storage, target).await?,
    };
    track.set_language(&rendition.language);
    let shift_us = rendition.composition_shift.saturating_mul(1000);
    let end_us = rendition.duration().saturating_mul(1000);
    Ok(Arc::new(track.on_time_line(shift_us, end_us)))
}

async fn document(storage: &Storage, target: &Target, len: u64) -> Result<Bytes, Fault> {
    if len > text::MAX_DOCUMENT_BYTES as u64 {
        let reason = format!(
            "subtitles of {len} bytes, of {} at most",
            text::MAX_DOCUMENT_BYTES
        );
        return Err(faults::bad_source(&target.asset.path, reason));
    }
    let whole = SourceRange {
        source: target.rendition()?.source,
        offset: 0,
        len,
    };
    Ok(read(storage, &target.asset, &[whole]).await?.freeze())
}

async fn of_samples(storage: &Storage, target: &Target) -> Result<Track, Fault> {
    let asset = &target.asset;
    let rendition = target.rendition()?;
    let bad = |reason: &str| faults::bad_source(&asset.path, reason);
    let track = asset
        .presentation
        .track(rendition)
        .ok_or_else(|| bad("no such track"))?;
    let entry = asset.presentation.sample_entry(rendition);
    let entry = entry.ok_or_else(|| bad("a text track without a sample entry"))?;
    let found = asset
        .presentation
        .text_samples(rendition)
        .unwrap_or_default();
    let total: u64 = found.iter().map(|sample| sample.range.len).sum();
    if total > text::MAX_DOCUMENT_BYTES as u64 {
        return Err(bad("a text track of absurd size"));
    }
    let mut samples = Vec::with_capacity(found.len());
    for batch in found.chunks(SAMPLES_AT_ONCE) {
        let ranges: Vec<SourceRange> = batch.iter().map(|sample| sample.range).collect();
        let read = read(storage, asset, &ranges).await?;
        let mut rest = read.as_slice();
        for sample in batch {
            let (data, after) = usize::try_from(sample.range.len)
                .ok()
                .and_then(|len| rest.split_at_checked(len))
                .ok_or_else(|| faults::internal("a read was shorter than asked"))?;
            rest = after;
            samples.push(SourceSample {
                decode_time: sample.start,
                duration: sample.duration,
                // A copy: the buffer belongs to the pool that media is read into.
                data: Bytes::copy_from_slice(data),
            });
        }
    }
    let track = match &entry.format.0 {
        b"wvtt" => text::from_wvtt(&entry.raw, track.timescale, samples),
        b"stpp" => text::from_stpp(track.timescale, samples),
        b"tx3g" => text::from_tx3g(&entry.raw, track.timescale, samples),
        _ => return Err(bad("a text track of an unknown kind")),
    };
    track.map_err(|error| faults::bad_source(&asset.path, error))
}

/// A part of a text rendition, made of its cues.
pub(super) fn part(target: &Target, cues: &Track, part: TextPart) -> Result<Bytes, Fault> {
    let rendition = target.rendition()?;
    let Media::Text { form } = rendition.media else {
        return Err(faults::internal("text of a rendition that is none"));
    };
    let segment = |number: u32| -> Result<Range<u64>, Fault> {
        let segments = &rendition.segments;
        let segment = segments
            .get(number as usize)
            .ok_or_else(|| faults::no_such_segment(number + 1, segments.len()))?;
        Ok(segment.start..segment.start + segment.duration)
    };
    match part {
        TextPart::Header => Ok(text::cmaf_header(cues, form, rendition.duration())),
        TextPart::WebVtt { number, for_ts } => {
            let mpegts = if for_ts { ts::PRESENTATION_START } else { 0 };
            Ok(text::webvtt_segment(cues, segment(number)?, mpegts))
        }
        TextPart::Cmaf { number } => text::cmaf_segment(cues, form, number + 1, segment(number)?)
            .map_err(|error| faults::bad_source(&target.asset.path, error)),
    }
}
