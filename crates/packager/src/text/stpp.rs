//! TTML in MP4: each sample a document (ISO/IEC 14496-30, 5).
use std::ops::Range;

use edgepack_isobmff::BoxWriter;

use super::joiner::{Joiner, Piece};
use super::track::Builder;
use super::ttml::{self, Documents};
use super::{Result, SourceSample, TextSample, Track};

const NAMESPACE: &[u8] = b"http://www.w3.org/ns/ttml\0";

/// A track from all samples of an `stpp` track, in order. Times in the documents are those of the track; of each
/// document only what falls into its sample is shown.
///
/// # Errors
/// [`super::Error::Sample`] for what is not TTML; [`super::Error::Limit`].
pub fn from_stpp(timescale: u32, samples: impl IntoIterator<Item = SourceSample>) -> Result<Track> {
    let mut builder = Builder::default();
    let mut joiner = Joiner::default();
    let mut documents = Documents::default();
    let mut room = super::MAX_CUES;
    for (index, sample) in samples.into_iter().enumerate() {
        let (start, end) = sample.interval(timescale);
        let (document, cues) = ttml::read(&sample.data, start, end, &mut builder)
            .map_err(|error| error.in_sample(index))?;
        documents.push(document);
        room = room
            .checked_sub(cues.len())
            .ok_or_else(|| super::Error::limit("cues", super::MAX_CUES))?;
        let pieces = cues.into_iter().map(|cue| {
            let piece = Piece {
                source: None,
                id: cue.id,
                settings: cue.settings,
                payload: cue.payload,
            };
            (cue.start..cue.end, piece)
        });
        joiner.sample(start, end, pieces);
    }
    joiner.finish(&mut builder)?;
    builder.documents(documents.finish());
    Ok(builder.finish())
}

/// The samples of a segment (milliseconds): one document, cut to the segment; more than one only where a source in
/// several documents changes its styles or regions inside of the segment.
///
/// # Errors
/// [`super::Error::Interval`]; [`super::Error::Limit`] for more than [`super::MAX_SEGMENT_BYTES`].
pub fn imsc1_samples(track: &Track, segment: Range<u64>) -> Result<Vec<TextSample>> {
    super::cmaf::check(&segment)?;
    let micros = |ms: u64| ms * 1000;
    let (from, to) = (micros(segment.start), micros(segment.end));
    let language = track.language();
    let mut documents: Vec<_> = track
        .documents()
        .iter()
        .filter(|document| document.from.div_ceil(1000) < segment.end && document.to > from)
        .collect();
    // Boundaries between documents are sample boundaries, in whole milliseconds.
    documents.dedup_by_key(|document| document.from.max(from).div_ceil(1000));
    let of_cues;
    if track.documents().is_empty() {
        of_cues = ttml::document_of_cues(track, from, to);
        documents.push(&of_cues);
    }
    let sample = |duration: u64, data| TextSample {
        duration: u32::try_from(duration).unwrap_or(u32::MAX),
        data,
    };
    if documents.is_empty() {
        let data = ttml::empty(language);
        return Ok(vec![sample(segment.end - segment.start, data)]);
    }
    let mut samples = vec![];
    let mut start = segment.start;
    for (number, document) in documents.iter().enumerate() {
        let next = documents.get(number + 1);
        let end = next.map_or(segment.end, |next| next.from.div_ceil(1000));
        let data = ttml::write(document, micros(start), micros(end), language)?;
        samples.push(sample(end - start, data));
        start = end;
    }
    Ok(samples)
}

/// The `stpp` box of `stsd`.
pub(super) fn sample_entry() -> Vec<u8> {
    let mut w = BoxWriter::new();
    w.boxed(b"stpp", |w| {
        w.zeros(6);
        w.u16(1);
        w.bytes(NAMESPACE);
        // Schema location and types of auxiliary files: none.
        w.zeros(2);
    });
    w.into_vec()
}

#[cfg(test)]
mod tests;
