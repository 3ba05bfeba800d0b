//! Parts as they are sent: boxes and media of a CMAF chunk.
use bytes::Bytes;
use edgepack_drm::{SampleEncryptor, SegmentAux, TrackEncryption};
use edgepack_isobmff::BoxWriter;

use super::{Part, Sample};
use crate::fragment::{self, RunSample, RunShape, STYP_LEN};
use crate::{Error, Result};

impl Part {
    /// In the clear, under a clear header: `styp` before the first part of a segment, boxes that came with it, `moof`, and
    /// the media as it came. `sequence_number`: of `mfhd`, from 1, rising; [`Part::sequence_number`] is one.
    pub fn clear(&self, styp: bool, sequence_number: u32) -> Vec<Bytes> {
        self.in_the_clear(self.shape(), styp, sequence_number)
    }

    /// In the clear, under a header made [`WithLead`](crate::HeaderProtection::WithLead).
    pub fn lead(&self, styp: bool, sequence_number: u32) -> Vec<Bytes> {
        self.in_the_clear(self.shape().behind(1), styp, sequence_number)
    }

    /// Bytes of what [`clear`](Self::clear) makes.
    pub fn clear_len(&self, styp: bool) -> u64 {
        let shape = self.shape();
        let prefix = u64::try_from(self.prefix.len()).unwrap_or(u64::MAX);
        let styp = if styp { 0 } else { STYP_LEN };
        prefix + shape.header_len() - styp + shape.payload
    }

    /// Encrypted. The parts of a segment go through one encryptor, in order, and each segment has an encryptor of its own
    /// ([`SampleEncryptor`] says why). `group`: the fragment names its key in a `seig` sample group, since the header names
    /// another.
    ///
    /// # Errors
    /// [`Error::Drm`] for samples that cannot be protected, [`Error::Part`] where IVs of the track's life have been used
    /// up: a life has 2³² samples, two years of 60 frames/s.
    pub fn protect(
        &self,
        encryptor: &mut SampleEncryptor,
        group: bool,
        styp: bool,
        sequence_number: u32,
    ) -> Result<Vec<Bytes>> {
        let spent = |_| Error::Part {
            start: self.start,
            reason: "no IV is left for its samples",
        };
        let count = u64::try_from(self.samples.len()).unwrap_or(u64::MAX);
        u32::try_from(self.first_sample.saturating_add(count)).map_err(spent)?;
        let first = u32::try_from(self.first_sample).map_err(spent)?;
        let mut media = self.media.concat();
        let mut aux = SegmentAux::default();
        let sizes = self.samples.iter();
        let sizes = sizes.map(|sample| usize::try_from(sample.size).unwrap_or(usize::MAX));
        encryptor.encrypt_all(first, sizes, &mut media, &mut aux)?;
        let group = group.then(|| encryptor.track_encryption().clone());
        let mut pieces = self.head(
            &self.shape(),
            styp,
            sequence_number,
            Some(&aux),
            group.as_ref(),
        );
        pieces.push(media.into());
        Ok(pieces)
    }

    /// Rises from part to part of a track in this life; not by one.
    pub fn sequence_number(&self) -> u32 {
        let number = self.first_sample % u64::from(u32::MAX) + 1;
        u32::try_from(number).unwrap_or(1)
    }

    fn in_the_clear(&self, shape: RunShape, styp: bool, sequence_number: u32) -> Vec<Bytes> {
        let mut pieces = self.head(&shape, styp, sequence_number, None, None);
        pieces.extend(self.media.iter().cloned());
        pieces
    }

    /// What goes before the media.
    fn head(
        &self,
        shape: &RunShape,
        styp: bool,
        sequence_number: u32,
        aux: Option<&SegmentAux>,
        group: Option<&TrackEncryption>,
    ) -> Vec<Bytes> {
        let samples: Vec<RunSample> = self.samples.iter().map(run_sample).collect();
        let mut w = BoxWriter::new();
        if styp {
            fragment::write_styp(&mut w);
        }
        w.bytes(&self.prefix);
        fragment::write_chunk(
            &mut w,
            sequence_number,
            self.start,
            &samples,
            shape,
            aux,
            group,
        );
        let mut pieces = Vec::with_capacity(1 + self.media.len());
        pieces.push(Bytes::from(w.into_vec()));
        pieces
    }

    fn shape(&self) -> RunShape {
        let mut shape = RunShape::default();
        self.samples
            .iter()
            .for_each(|sample| shape.add(run_sample(sample)));
        shape
    }
}

fn run_sample(sample: &Sample) -> RunSample {
    RunSample {
        size: sample.size,
        duration: sample.duration,
        composition_offset: sample.composition_offset,
        is_sync: sample.is_sync,
    }
}
