//! A rendition as one file: CMAF header, one `sidx`, all segments. What byte-range profiles of HLS and DASH address.
//!
//! The segments are those that [`SegmentPlan`](crate::SegmentPlan) makes, byte for byte.
use std::ops::Range;

use bytes::Bytes;
use edgepack_drm::SampleEncryptor;
use edgepack_isobmff::BoxWriter;

use crate::{Media, Presentation, Rendition, Result, Segment, cmaf};

/// `sidx` (ISO/IEC 14496-12, 8.16.3) counts references with 16 bits …
const MAX_REFERENCES: usize = u16::MAX as usize;
/// … and their bytes with 31.
const MAX_REFERENCED_SIZE: u64 = (1 << 31) - 1;

/// Where everything is in the file. Offsets are bytes from its start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    /// CMAF header and `sidx`.
    head: Bytes,
    header_len: u64,
    /// Where each segment begins, and where the last one ends.
    offsets: Vec<u64>,
}

/// None where the length of a segment is not known before its samples are read (protected video, subtitles), where there
/// are no segments (images), and where a segment or their number is more than `sidx` can say (2 GiB, 65,535).
///
/// # Errors
/// Those of [`cmaf::header`].
pub fn layout(
    p: &Presentation,
    r: &Rendition,
    enc: Option<&SampleEncryptor>,
) -> Result<Option<Layout>> {
    if !matches!(r.media, Media::Video { .. } | Media::Audio { .. })
        || r.segments.len() > MAX_REFERENCES
    {
        return Ok(None);
    }
    let mut references = Vec::with_capacity(r.segments.len());
    for segment in &r.segments {
        let Some(reference) = Reference::of(segment, r.sap_type, enc) else {
            return Ok(None);
        };
        references.push(reference);
    }
    let encryption = enc.map(SampleEncryptor::track_encryption);
    let header = cmaf::header(p, r, encryption.into(), &[])?;
    let start = r.segments.first().map_or(0, |segment| segment.start);
    let head = Bytes::from([&header, &sidx(r.timescale, start, &references)[..]].concat());
    let mut end = length(&head);
    let mut offsets = Vec::with_capacity(references.len() + 1);
    offsets.push(end);
    for reference in &references {
        end += u64::from(reference.size);
        offsets.push(end);
    }
    Ok(Some(Layout {
        header_len: length(&header),
        head,
        offsets,
    }))
}

impl Layout {
    /// CMAF header and `sidx`: the file's first bytes.
    pub fn head(&self) -> &Bytes {
        &self.head
    }

    /// The CMAF header.
    pub fn header(&self) -> Range<u64> {
        0..self.header_len
    }

    /// The `sidx`.
    pub fn index(&self) -> Range<u64> {
        self.header_len..length(&self.head)
    }

    pub fn segment_count(&self) -> usize {
        self.offsets.len().saturating_sub(1)
    }

    /// Segment `number`, counted from 0.
    pub fn segment(&self, number: usize) -> Option<Range<u64>> {
        Some(*self.offsets.get(number)?..*self.offsets.get(number + 1)?)
    }

    /// The segments (from 0) that hold bytes of `range`; what lies before the first of them is [`head`](Self::head).
    pub fn segments_in(&self, range: Range<u64>) -> Range<usize> {
        let count = self.segment_count();
        let first = self
            .offsets
            .partition_point(|offset| *offset <= range.start);
        let end = self.offsets.partition_point(|offset| *offset < range.end);
        let first = first.saturating_sub(1).min(count);
        first..end.min(count).max(first)
    }

    pub fn total_len(&self) -> u64 {
        self.offsets.last().copied().unwrap_or(length(&self.head))
    }
}

#[derive(Debug, Clone, Copy)]
struct Reference {
    size: u32,
    duration: u32,
    sap_type: u8,
}

impl Reference {
    fn of(segment: &Segment, sap_type: u8, enc: Option<&SampleEncryptor>) -> Option<Self> {
        let protection = match enc {
            None => 0,
            Some(enc) => {
                let mut boxes = BoxWriter::new();
                enc.fixed_aux(segment.first_sample, segment.sample_count)?
                    .write_boxes(&mut boxes);
                u64::try_from(boxes.len()).ok()?
            }
        };
        let size = Some(segment.len + protection).filter(|size| *size <= MAX_REFERENCED_SIZE)?;
        Some(Self {
            size: u32::try_from(size).ok()?,
            duration: u32::try_from(segment.duration).ok()?,
            sap_type,
        })
    }
}

fn sidx(timescale: u32, earliest_presentation_time: u64, references: &[Reference]) -> Vec<u8> {
    let mut w = BoxWriter::with_capacity(40 + 12 * references.len());
    w.full_box(b"sidx", 1, 0, |w| {
        w.u32(cmaf::TRACK_ID);
        w.u32(timescale);
        w.u64(earliest_presentation_time);
        // The first segment follows at once.
        w.u64(0);
        w.u16(0);
        w.u16(u16::try_from(references.len()).unwrap_or(u16::MAX));
        for reference in references {
            // reference_type 0: media.
            w.u32(reference.size);
            w.u32(reference.duration);
            // starts_with_SAP, SAP_type, SAP_delta_time 0.
            w.u32(1 << 31 | u32::from(reference.sap_type) << 28);
        }
    });
    w.into_vec()
}

fn length(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
