//! WebVTT in MP4: samples of `vttc` and `vtte` boxes (ISO/IEC 14496-30, 7).
use std::ops::Range;

use edgepack_isobmff::BoxWriter;

use super::boxes::{boxes, sample_entry_content};
use super::joiner::{Joiner, Piece};
use super::track::Builder;
use super::webvtt::{self, Timestamp, has_timestamps, moved_timestamps, parse_timestamp};
use super::{
    Cue, Error, MAX_DOCUMENT_BYTES, MAX_SEGMENT_BYTES, Result, SourceSample, TextSample, Track,
    milliseconds,
};

/// A track from its sample entry (the whole `wvtt` box) and all its samples, in order.
///
/// # Errors
/// [`Error::SampleEntry`], [`Error::Sample`] for what is not `wvtt`; [`Error::Limit`].
pub fn from_wvtt(
    sample_entry: &[u8],
    timescale: u32,
    samples: impl IntoIterator<Item = SourceSample>,
) -> Result<Track> {
    let mut builder = Builder::default();
    read_config(sample_entry, &mut builder)?;
    let mut joiner = Joiner::default();
    let mut pieces_left = super::MAX_CUES;
    for (index, sample) in samples.into_iter().enumerate() {
        if sample.data.len() > MAX_DOCUMENT_BYTES {
            return Err(Error::limit("bytes of a sample", MAX_DOCUMENT_BYTES).in_sample(index));
        }
        let (start, end) = sample.interval(timescale);
        let mut pieces = vec![];
        let mut understood = 0;
        for (kind, content) in boxes(&sample.data) {
            understood += 8 + content.len();
            if &kind == b"vttc" {
                pieces_left = pieces_left
                    .checked_sub(1)
                    .ok_or_else(|| Error::limit("cues", super::MAX_CUES))?;
                pieces.push((start..end, read_cue(content, start)));
            }
        }
        if understood != sample.data.len() {
            return Err(Error::Sample {
                index,
                reason: format!("no box at byte {understood}"),
            });
        }
        joiner.sample(start, end, pieces);
    }
    joiner.finish(&mut builder)?;
    Ok(builder.finish())
}

/// `vttC` holds what stands before the first cue of a file.
fn read_config(sample_entry: &[u8], builder: &mut Builder) -> Result<()> {
    let content = sample_entry_content(sample_entry, b"wvtt").ok_or(Error::SampleEntry {
        reason: "not a wvtt box".to_owned(),
    })?;
    let config = boxes(content).find(|(kind, _)| kind == b"vttC");
    let Some((_, config)) = config else {
        return Ok(());
    };
    // Some writers end the string with NUL.
    let config = config.strip_suffix(b"\0").unwrap_or(config);
    // A track that plays without its styles is better than none.
    let Ok(header) = webvtt::parse_webvtt(config) else {
        builder.warn();
        return Ok(());
    };
    header
        .styles()
        .iter()
        .for_each(|css| builder.push_style(css));
    for region in header.regions() {
        builder.push_region(region.clone());
    }
    Ok(())
}

/// `start`: of the sample, microseconds.
fn read_cue(content: &[u8], start: u64) -> Piece {
    let mut piece = Piece {
        source: None,
        id: String::new(),
        settings: String::new(),
        payload: String::new(),
    };
    let mut current_time = None;
    for (kind, content) in boxes(content) {
        let text = || String::from_utf8_lossy(content).into_owned();
        match &kind {
            b"vsid" => piece.source = content.first_chunk().map(|id| u32::from_be_bytes(*id)),
            b"iden" => piece.id = text(),
            b"sttg" => piece.settings = text(),
            b"payl" => piece.payload = text(),
            b"ctim" => current_time = parse_timestamp(&text()).map(|(millis, _)| millis * 1000),
            _ => {}
        }
    }
    // Timestamps in the text count from where `ctim` says that the sample begins.
    if let Some(current) = current_time.filter(|current| *current != start) {
        piece.payload = moved_timestamps(&piece.payload, |time| {
            time.saturating_add(start).saturating_sub(current)
        });
    }
    piece
}

/// The samples of a segment (milliseconds), one for each interval in which the same cues are shown. They fill the
/// segment without gap.
///
/// # Errors
/// [`Error::Interval`]; [`Error::Limit`] where the cues overlap so much that repeating them takes more than
/// [`MAX_SEGMENT_BYTES`].
pub fn wvtt_samples(track: &Track, segment: Range<u64>) -> Result<Vec<TextSample>> {
    super::cmaf::check(&segment)?;
    let mut shown = vec![];
    let mut boundaries = vec![segment.start, segment.end];
    // Rounding may put a cue's end into the segment or out of it.
    let reach = segment.start.saturating_sub(1) * 1000..segment.end.saturating_add(1) * 1000;
    for (number, cue) in track.overlapping(reach.start, reach.end) {
        let (start, end) = milliseconds(cue.start, cue.end);
        if start < segment.end && end > segment.start {
            let inside = segment.start..=segment.end;
            boundaries.extend(
                [start, end]
                    .into_iter()
                    .filter(|time| inside.contains(time)),
            );
            shown.push((number, start..end, cue));
        }
    }
    boundaries.sort_unstable();
    boundaries.dedup();
    let mut samples = vec![];
    let mut bytes = 0;
    for interval in boundaries.windows(2) {
        let (from, to) = (interval[0], interval[1]);
        let data = sample(&shown, from, to);
        bytes += data.len();
        if bytes > MAX_SEGMENT_BYTES {
            return Err(Error::limit(
                "bytes of text in one segment",
                MAX_SEGMENT_BYTES,
            ));
        }
        samples.push(TextSample {
            duration: u32::try_from(to - from).unwrap_or(u32::MAX),
            data,
        });
    }
    Ok(samples)
}

fn sample(shown: &[(usize, Range<u64>, &Cue)], from: u64, to: u64) -> Vec<u8> {
    let mut w = BoxWriter::new();
    // Sorted by begin.
    let begun = shown.partition_point(|(_, times, _)| times.start <= from);
    for (number, times, cue) in &shown[..begun] {
        if times.end > from {
            // The number in the track tells the pieces of one cue, in this segment and in the next.
            let is_cut = times.start < from || times.end > to;
            write_cue(&mut w, cue, is_cut.then_some(*number), from);
        }
    }
    if w.is_empty() {
        w.boxed(b"vtte", |_| {});
    }
    w.into_vec()
}

fn write_cue(w: &mut BoxWriter, cue: &Cue, source: Option<usize>, from: u64) {
    w.boxed(b"vttc", |w| {
        if let Some(source) = source.and_then(|number| u32::try_from(number).ok()) {
            w.boxed(b"vsid", |w| w.u32(source));
        }
        if !cue.id.is_empty() {
            w.boxed(b"iden", |w| w.bytes(cue.id.as_bytes()));
        }
        if has_timestamps(&cue.payload) {
            w.boxed(b"ctim", |w| w.bytes(Timestamp(from).to_string().as_bytes()));
        }
        if !cue.settings.is_empty() {
            w.boxed(b"sttg", |w| w.bytes(cue.settings.as_bytes()));
        }
        w.boxed(b"payl", |w| w.bytes(cue.payload.as_bytes()));
    });
}

/// The `wvtt` box of `stsd`.
pub(super) fn sample_entry(track: &Track) -> Vec<u8> {
    let mut w = BoxWriter::new();
    let header = webvtt::header(track, None);
    w.boxed(b"wvtt", |w| {
        w.zeros(6);
        w.u16(1);
        w.boxed(b"vttC", |w| w.bytes(header.trim_end().as_bytes()));
    });
    w.into_vec()
}

#[cfg(test)]
mod tests;
