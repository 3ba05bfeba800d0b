//! Sample auxiliary information (ISO/IEC 23001-7, 7): gathered sample by sample, written as `saiz`, `saio` and `senc`.
use super::{Parse, Subsample};
use crate::{Error, Result};
use edgepack_isobmff::BoxWriter;

#[cfg(test)]
mod tests;

/// `senc`: UseSubSampleEncryption (7.2.2).
const USE_SUBSAMPLES: u32 = 2;
const SUBSAMPLE_SIZE: usize = 6;

/// Auxiliary information of the samples of one segment, in order, as `senc` will carry it.
///
/// One flat buffer, so that gathering it costs no allocation per sample; [`clear`](Self::clear) keeps the buffer.
#[derive(Debug, Default, Clone)]
pub struct SegmentAux {
    layout: Option<Layout>,
    bytes: Vec<u8>,
    /// Where in `bytes` each sample's information ends.
    ends: Vec<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Layout {
    iv_size: usize,
    subsamples: bool,
}

/// What `senc` says of one sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SampleAux<'a> {
    /// Empty with a constant IV.
    pub iv: &'a [u8],
    entries: &'a [u8],
}

/// Where the caller writes, once it knows it, the distance from the start of `moof` to the auxiliary information.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SaioPatch {
    /// Position of `saio`'s 32-bit offset in the writer.
    pub offset_field: usize,
    /// Position of `senc`'s first byte of auxiliary information in the writer.
    pub first_aux_byte: usize,
}

impl SegmentAux {
    pub fn new() -> Self {
        Self::default()
    }

    /// Number of samples.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Forgets all samples and keeps the memory, for the next segment.
    pub fn clear(&mut self) {
        self.layout = None;
        self.bytes.clear();
        self.ends.clear();
    }

    pub fn samples(&self) -> impl Iterator<Item = SampleAux<'_>> {
        let iv_size = self.layout.map_or(0, |layout| layout.iv_size);
        self.sizes().scan(0, move |at, size| {
            let (iv, rest) = self.bytes[*at..*at + size].split_at(iv_size);
            *at += size;
            Some(SampleAux {
                iv,
                entries: rest.get(2..).unwrap_or_default(),
            })
        })
    }

    /// Writes `saiz`, `saio` and `senc` into an open `traf`. Returns the position of saio's 32-bit offset field and of
    /// senc's first aux byte in the writer, so that the caller can patch the offset relative to `moof`.
    ///
    /// `senc` stands alone, and nothing is to be patched, in two cases:
    /// - The samples have no auxiliary information (`cbcs` audio: constant IV, no subsamples). The `senc` then tells their
    ///   number only, as shaka-packager writes it: a player that looks for the box finds it.
    /// - A sample's information is longer than the 255 bytes that `saiz` can say (ISO/IEC 14496-12, 8.7.8), as with
    ///   pictures of more than 40 slices. `senc` counts its own entries, and leaving slices clear instead, or protecting
    ///   the headers between them, would break 23001-7. Readers that look at `senc` first (ffmpeg, Chromium, ExoPlayer)
    ///   miss nothing.
    ///
    /// Nothing at all is written for no samples.
    pub fn write_boxes(&self, w: &mut BoxWriter) -> Option<SaioPatch> {
        let layout = self.layout?;
        let count = u32::try_from(self.len()).unwrap_or(u32::MAX);
        let largest = self.sizes().max().unwrap_or(0);
        let offset_field = (largest > 0 && largest <= usize::from(u8::MAX)).then(|| {
            self.write_saiz(w, count);
            w.full_box(b"saio", 0, 0, |w| {
                w.u32(1);
                w.u32(0);
            });
            w.len() - 4
        });
        let flags = if layout.subsamples { USE_SUBSAMPLES } else { 0 };
        w.full_box(b"senc", 0, flags, |w| {
            w.u32(count);
            w.bytes(&self.bytes);
        });
        offset_field.map(|offset_field| SaioPatch {
            offset_field,
            first_aux_byte: w.len() - self.bytes.len(),
        })
    }

    /// Bytes that [`write_boxes`](Self::write_boxes) writes at most.
    pub fn boxes_len(&self) -> usize {
        const SAIZ: usize = 17;
        const SAIO: usize = 20;
        const SENC: usize = 16;
        SAIZ + SAIO + SENC + self.len() + self.bytes.len()
    }

    /// Opens the next sample.
    pub(super) fn begin(&mut self, iv: &[u8], subsamples: bool) -> Result<()> {
        let layout = Layout {
            iv_size: iv.len(),
            subsamples,
        };
        if self.layout.is_some_and(|other| other != layout) {
            return Err(Error::MixedAux);
        }
        self.layout = Some(layout);
        self.bytes.extend_from_slice(iv);
        if subsamples {
            self.bytes.extend_from_slice(&[0; 2]);
        }
        Ok(())
    }

    /// Adds a subsample to the open sample.
    pub(super) fn push(&mut self, subsample: Subsample) -> Parse<()> {
        let start = self.open_start();
        let at = start + self.layout.map_or(0, |layout| layout.iv_size);
        let Some(count) = self
            .bytes
            .get_mut(at..)
            .and_then(|rest| rest.first_chunk_mut::<2>())
        else {
            return Err("no subsamples in this layout".into());
        };
        let more = u16::from_be_bytes(*count)
            .checked_add(1)
            .ok_or("more than 65535 subsamples")?;
        *count = more.to_be_bytes();
        self.bytes.extend_from_slice(&subsample.clear.to_be_bytes());
        self.bytes
            .extend_from_slice(&subsample.protected.to_be_bytes());
        Ok(())
    }

    /// Closes the open sample.
    pub(super) fn commit(&mut self) {
        self.ends.push(self.bytes.len());
    }

    /// Drops the open sample.
    pub(super) fn roll_back(&mut self) {
        self.bytes.truncate(self.open_start());
        if self.ends.is_empty() {
            self.layout = None;
        }
    }

    fn open_start(&self) -> usize {
        self.ends.last().copied().unwrap_or(0)
    }

    fn sizes(&self) -> impl Iterator<Item = usize> {
        self.ends.iter().scan(0, |start, &end| {
            let size = end - *start;
            *start = end;
            Some(size)
        })
    }

    fn write_saiz(&self, w: &mut BoxWriter, count: u32) {
        let byte = |size| u8::try_from(size).unwrap_or(u8::MAX);
        let first = self.sizes().next().unwrap_or(0);
        let same = self.sizes().all(|size| size == first);
        w.full_box(b"saiz", 0, 0, |w| {
            w.u8(if same { byte(first) } else { 0 });
            w.u32(count);
            if !same {
                for size in self.sizes() {
                    w.u8(byte(size));
                }
            }
        });
    }
}

impl<'a> SampleAux<'a> {
    /// None for samples that are encrypted whole.
    pub fn subsamples(self) -> impl Iterator<Item = Subsample> + 'a {
        let (entries, _) = self.entries.as_chunks::<SUBSAMPLE_SIZE>();
        entries.iter().map(|&[c0, c1, p0, p1, p2, p3]| Subsample {
            clear: u16::from_be_bytes([c0, c1]),
            protected: u32::from_be_bytes([p0, p1, p2, p3]),
        })
    }
}
