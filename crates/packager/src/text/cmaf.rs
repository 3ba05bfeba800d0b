//! CMAF headers and segments of generated text tracks (ISO/IEC 23000-19, 11).
use std::borrow::Cow;
use std::ops::Range;

use bytes::Bytes;
use edgepack_isobmff::BoxWriter;

use super::{Error, Result, TIMESCALE, TextForm, Track, stpp, wvtt};
use crate::cmaf::{
    UNITY_MATRIX, write_dinf, write_mdhd, write_mvhd, write_stbl, write_tkhd, write_trex,
};
use crate::fragment::{self, RunSample, RunShape, SYNC_SAMPLE};

/// The CMAF header of the track in one of its forms. `duration`: where the last segment ends, milliseconds.
pub fn cmaf_header(track: &Track, form: TextForm, duration: u64) -> Bytes {
    let sample_entry = match form {
        TextForm::Imsc1 => stpp::sample_entry(),
        TextForm::WebVtt => wvtt::sample_entry(track),
    };
    let mut w = BoxWriter::new();
    w.boxed(b"ftyp", |w| {
        w.bytes(b"cmfc");
        w.u32(0);
        w.bytes(b"iso6");
        w.bytes(b"cmfc");
        w.bytes(brand(form));
        w.bytes(b"dash");
    });
    w.boxed(b"moov", |w| {
        write_mvhd(w, TIMESCALE);
        w.boxed(b"trak", |w| {
            write_tkhd(w, 0, &UNITY_MATRIX, (0, 0));
            w.boxed(b"mdia", |w| {
                let language = Some(track.language()).filter(|language| !language.is_empty());
                write_mdhd(w, TIMESCALE, language.unwrap_or("und"));
                write_hdlr(w, form);
                w.boxed(b"minf", |w| {
                    // 14496-12, 12.6.2 and 8.4.5.2: subtitles have a media header of their own.
                    let media_header = match form {
                        TextForm::Imsc1 => b"sthd",
                        TextForm::WebVtt => b"nmhd",
                    };
                    w.full_box(media_header, 0, 0, |_| {});
                    write_dinf(w);
                    write_stbl(w, &[Cow::Borrowed(&sample_entry)]);
                });
            });
        });
        w.boxed(b"mvex", |w| {
            w.full_box(b"mehd", 1, 0, |w| w.u64(duration));
            write_trex(w, SYNC_SAMPLE);
        });
    });
    Bytes::from(w.into_vec())
}

/// One CMAF segment: what is shown in `segment` (milliseconds), whose begin is its decode time. `sequence_number`:
/// from 1.
///
/// # Errors
/// [`Error::Interval`]; [`Error::Limit`] for more than [`super::MAX_SEGMENT_BYTES`].
pub fn cmaf_segment(
    track: &Track,
    form: TextForm,
    sequence_number: u32,
    segment: Range<u64>,
) -> Result<Bytes> {
    let samples = match form {
        TextForm::Imsc1 => stpp::imsc1_samples(track, segment.clone())?,
        TextForm::WebVtt => wvtt::wvtt_samples(track, segment.clone())?,
    };
    let mut shape = RunShape::default();
    let mut run = Vec::with_capacity(samples.len());
    for sample in &samples {
        let described = RunSample {
            size: u32::try_from(sample.data.len()).unwrap_or(u32::MAX),
            duration: sample.duration,
            composition_offset: 0,
            is_sync: true,
        };
        shape.add(described);
        run.push(described);
    }
    let mut out =
        fragment::header(sequence_number, segment.start, &run, &shape, None, None).to_vec();
    samples.iter().for_each(|sample| out.extend(&sample.data));
    Ok(out.into())
}

/// A segment whose duration `trun` can hold.
pub(super) fn check(segment: &Range<u64>) -> Result<()> {
    let duration = segment.end.checked_sub(segment.start);
    match duration.map(u32::try_from) {
        Some(Ok(1..)) if segment.end < super::MAX_TIME / 1000 => Ok(()),
        _ => Err(Error::Interval {
            start: segment.start,
            end: segment.end,
        }),
    }
}

/// CMAF media profiles of 23000-19, 11.3 and 11.4.
fn brand(form: TextForm) -> &'static [u8; 4] {
    match form {
        TextForm::Imsc1 => b"im1t",
        TextForm::WebVtt => b"cwvt",
    }
}

fn write_hdlr(w: &mut BoxWriter, form: TextForm) {
    w.full_box(b"hdlr", 0, 0, |w| {
        w.u32(0);
        w.bytes(match form {
            TextForm::Imsc1 => b"subt",
            TextForm::WebVtt => b"text",
        });
        w.zeros(12);
        w.bytes(match form {
            TextForm::Imsc1 => b"SubtitleHandler\0".as_slice(),
            TextForm::WebVtt => b"TextHandler\0",
        });
    });
}

#[cfg(test)]
mod tests;
