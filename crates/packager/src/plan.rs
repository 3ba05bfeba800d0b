//! An ordered list of pieces with its exact length, known before any I/O.
use bytes::Bytes;
use edgepack_drm::{SampleEncryptor, SegmentAux, TrackEncryption};

use crate::fragment::{self, RunSample, RunShape};
use crate::{Error, Presentation, Rendition, Result, SegmentProtection, TrickFrame};

/// Bytes of one of the presentation's sources.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SourceRange {
    /// Index into `Presentation::sources`.
    pub source: usize,
    pub offset: u64,
    pub len: u64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    Inline(Bytes),
    Source(SourceRange),
}

/// A CMAF segment: which bytes of the source it holds, and the boxes before them.
#[derive(Debug, Clone)]
pub struct SegmentPlan {
    rendition: String,
    /// From 0.
    number: usize,
    /// In the source track.
    first_sample: u32,
    base_media_decode_time: u64,
    samples: Vec<RunSample>,
    shape: RunShape,
    ranges: Vec<SourceRange>,
    protection: Protection,
    /// Written into the fragment.
    group: Option<TrackEncryption>,
}

/// Whether the header can be written before the media was read.
#[derive(Debug, Clone)]
enum Protection {
    Clear(Bytes),
    /// Protected, and its auxiliary information does not depend on content.
    Foreseeable(Bytes),
    /// Protected: the header takes the subsamples that encrypting finds.
    ByContent,
}

impl SegmentPlan {
    /// `number`: from 0. `protection`: its aux size decides whether the length is known.
    ///
    /// # Errors
    /// [`Error::NoSuchSegment`].
    pub fn new(
        p: &Presentation,
        r: &Rendition,
        number: usize,
        protection: SegmentProtection<'_>,
    ) -> Result<Self> {
        let segment = r.segments.get(number).ok_or_else(|| Error::NoSuchSegment {
            rendition: r.name.clone(),
            number,
            count: r.segments.len(),
        })?;
        let track = p.track(r).ok_or_else(|| Error::NotOffered {
            rendition: r.name.clone(),
            what: "segments of source samples",
        })?;
        let all_sync = p
            .codec(r)
            .is_some_and(crate::presentation::every_sample_is_sync);
        // The table has these samples: the count is that of what was walked when the presentation was built.
        let mut samples = Vec::with_capacity(usize::try_from(segment.sample_count).unwrap_or(0));
        let mut shape = None;
        let mut ranges: Vec<SourceRange> = Vec::new();
        let mut walk = track.samples.iter_from(segment.first_sample);
        let mut left = segment.sample_count;
        while let Some(run) = walk.next_run(left) {
            left -= run.count;
            match ranges.last_mut() {
                Some(last) if last.offset + last.len == run.first.offset => last.len += run.bytes,
                _ if run.bytes == 0 => {}
                _ => ranges.push(SourceRange {
                    source: r.source,
                    offset: run.first.offset,
                    len: run.bytes,
                }),
            }
            let alike = run_sample(&run.first, r.composition_shift, all_sync);
            shape
                .get_or_insert_with(|| RunShape::of_description(&r.descriptions, Some(run.first)))
                .add_run(alike, &run);
            run.each_size(|size| samples.push(RunSample { size, ..alike }));
        }
        let shape = shape.unwrap_or_else(|| RunShape::of_description(&r.descriptions, None));
        let plan = Self {
            rendition: r.name.clone(),
            number,
            first_sample: segment.first_sample,
            base_media_decode_time: segment.base_media_decode_time,
            samples,
            shape,
            ranges,
            protection: Protection::ByContent,
            group: None,
        };
        Ok(plan.protected_by(protection, r.descriptions.len()))
    }

    /// One of [`Presentation::trick_play`]'s frames as a fragment of its own, decoded and presented at the frame's start
    /// for the frame's duration. `number`: of the frame, from 0.
    ///
    /// Its sample keeps the number that it has in the rendition, and so the IV: under one key the same bytes are
    /// encrypted to the same bytes.
    ///
    /// # Errors
    /// [`Error::NotOffered`] for a frame that is no sample of the rendition.
    pub fn keyframe(
        p: &Presentation,
        r: &Rendition,
        number: usize,
        frame: &TrickFrame,
        protection: SegmentProtection<'_>,
    ) -> Result<Self> {
        let sample = p
            .track(r)
            .and_then(|track| track.samples.sample(frame.sample))
            .filter(|sample| sample.is_sync && u64::from(sample.size) == frame.bytes)
            .ok_or_else(|| Error::NotOffered {
                rendition: r.name.clone(),
                what: "such key frame",
            })?;
        let samples = vec![frame.run_sample()];
        let mut shape = RunShape::of_description(&r.descriptions, Some(sample));
        samples.iter().for_each(|sample| shape.add(*sample));
        let plan = Self {
            rendition: r.name.clone(),
            number,
            first_sample: frame.sample,
            // Presentation times are what an edit list in the header leaves of decode times.
            base_media_decode_time: frame.start.saturating_add(r.priming),
            samples,
            shape,
            ranges: vec![SourceRange {
                source: r.source,
                offset: sample.offset,
                len: frame.bytes,
            }],
            protection: Protection::ByContent,
            group: None,
        };
        Ok(plan.protected_by(protection, r.descriptions.len()))
    }

    /// `entries`: sample entries of the rendition.
    fn protected_by(mut self, protection: SegmentProtection<'_>, entries: usize) -> Self {
        if let SegmentProtection::Lead = protection {
            self.shape = self.shape.behind(entries);
        }
        if let SegmentProtection::Group(enc) = protection {
            self.group = Some(enc.track_encryption().clone());
        }
        match protection.encryptor() {
            None => self.protection = Protection::Clear(self.write_header(None)),
            Some(enc) => {
                if let Some(aux) = enc.fixed_aux(self.first_sample, self.shape.count) {
                    self.protection = Protection::Foreseeable(self.write_header(Some(&aux)));
                }
            }
        }
        self
    }

    /// Source ranges in order, adjacent ones merged; concatenated they are the payload of `mdat`.
    pub fn source_ranges(&self) -> &[SourceRange] {
        &self.ranges
    }

    pub fn payload_len(&self) -> u64 {
        self.shape.payload
    }

    /// Whole segment; None while it depends on sample content (encrypted video).
    pub fn content_length(&self) -> Option<u64> {
        match &self.protection {
            Protection::Clear(header) | Protection::Foreseeable(header) => Some(
                u64::try_from(header.len())
                    .unwrap_or(u64::MAX)
                    .saturating_add(self.shape.payload),
            ),
            Protection::ByContent => None,
        }
    }

    /// All pieces of a clear segment. None for a protected one, whose media must not leave as the source has it.
    pub fn pieces(&self) -> Option<Vec<Piece>> {
        match &self.protection {
            Protection::Clear(header) => {
                let media = self.ranges.iter().copied().map(Piece::Source);
                Some(
                    std::iter::once(Piece::Inline(header.clone()))
                        .chain(media)
                        .collect(),
                )
            }
            Protection::Foreseeable(_) | Protection::ByContent => None,
        }
    }

    /// `styp` + `moof` + `mdat` header: of a clear segment, or of a protected one where it does not depend on content
    /// (audio). Empty where it does: there only [`protect`](Self::protect) can make it.
    pub fn header(&self) -> Bytes {
        match &self.protection {
            Protection::Clear(header) | Protection::Foreseeable(header) => header.clone(),
            Protection::ByContent => Bytes::new(),
        }
    }

    /// Encrypts the payload in place, one pass, and returns the header that belongs before it.
    ///
    /// # Errors
    /// [`Error::Payload`] for a payload that is not `payload_len` long, [`Error::Drm`] for one that cannot be
    /// protected. The payload may then hold a mixture of clear and encrypted bytes: it must not be sent.
    pub fn protect(&self, enc: &mut SampleEncryptor, payload: &mut [u8]) -> Result<Bytes> {
        let fault = |reason: String| Error::Payload {
            rendition: self.rendition.clone(),
            number: self.number,
            reason,
        };
        if u64::try_from(payload.len()) != Ok(self.shape.payload) {
            return Err(fault(format!(
                "{} bytes of media instead of {}",
                payload.len(),
                self.shape.payload
            )));
        }
        let mut aux = SegmentAux::default();
        let sizes = self.samples.iter();
        let sizes = sizes.map(|sample| usize::try_from(sample.size).unwrap_or(usize::MAX));
        enc.encrypt_all(self.first_sample, sizes, payload, &mut aux)?;
        let header = self.write_header(Some(&aux));
        match &self.protection {
            Protection::Foreseeable(foreseen) if *foreseen != header => Err(fault(
                "another encryptor than the one it was planned with".to_owned(),
            )),
            _ => Ok(header),
        }
    }

    fn write_header(&self, aux: Option<&SegmentAux>) -> Bytes {
        // mfhd counts from 1 (14496-12, 8.8.5).
        let sequence_number = u32::try_from(self.number)
            .unwrap_or(u32::MAX)
            .saturating_add(1);
        fragment::header(
            sequence_number,
            self.base_media_decode_time,
            &self.samples,
            &self.shape,
            aux,
            self.group.as_ref(),
        )
    }
}

/// A source sample as the output describes it. `Presentation::build` has seen that the shifted offset fits.
pub(crate) fn run_sample(
    sample: &edgepack_isobmff::Sample,
    composition_shift: i64,
    all_sync: bool,
) -> RunSample {
    let composition_offset = i64::from(sample.composition_offset) + composition_shift;
    RunSample {
        size: sample.size,
        duration: sample.duration,
        composition_offset: i32::try_from(composition_offset).unwrap_or(i32::MAX),
        is_sync: all_sync || sample.is_sync,
    }
}

#[cfg(test)]
mod tests;
