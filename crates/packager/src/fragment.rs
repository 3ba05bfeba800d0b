//! The boxes before a segment's media: `styp`, `moof` and the header of `mdat` (ISO/IEC 14496-12, 8.8;
//! ISO/IEC 23000-19, 7.3 and 7.5).
//!
//! One `moof` with one `traf` and one `trun`. What all samples share stands once in `tfhd` (which 23000-19 asks to be
//! complete by itself, so that a segment does not depend on `trex`), what differs stands per sample in `trun`.
use bytes::Bytes;
use edgepack_drm::{SegmentAux, TrackEncryption, boxes};
use edgepack_isobmff::{BoxWriter, Sample, SampleRun, SampleSpan};

/// Sample flags (14496-12, 8.8.3.1): depends on no other sample.
pub(crate) const SYNC_SAMPLE: u32 = 0x0200_0000;
/// Depends on others, is no sync sample.
pub(crate) const NON_SYNC_SAMPLE: u32 = 0x0101_0000;

const TFHD_SAMPLE_DESCRIPTION_INDEX: u32 = 0x02;
const TFHD_DEFAULT_DURATION: u32 = 0x08;
const TFHD_DEFAULT_SIZE: u32 = 0x10;
const TFHD_DEFAULT_FLAGS: u32 = 0x20;
const TFHD_DEFAULT_BASE_IS_MOOF: u32 = 0x02_0000;

const TRUN_DATA_OFFSET: u32 = 0x001;
const TRUN_FIRST_SAMPLE_FLAGS: u32 = 0x004;
const TRUN_DURATION: u32 = 0x100;
const TRUN_SIZE: u32 = 0x200;
const TRUN_FLAGS: u32 = 0x400;
const TRUN_COMPOSITION_OFFSET: u32 = 0x800;

/// CMAF segment, and media segment for DASH. Not `msix`: there is no `sidx`.
const SEGMENT_BRANDS: [&[u8; 4]; 2] = [b"msdh", b"cmfs"];

pub(crate) const STYP_LEN: u64 = 16 + 4 * SEGMENT_BRANDS.len() as u64;

/// `sgpd` and `sbgp` of one protected group, with a constant IV.
const GROUP_ROOM: usize = 128;

/// One sample as `trun` describes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RunSample {
    pub(crate) size: u32,
    pub(crate) duration: u32,
    pub(crate) composition_offset: i32,
    pub(crate) is_sync: bool,
}

/// What the samples of a run have in common; gathered sample by sample.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct RunShape {
    pub(crate) count: u32,
    pub(crate) payload: u64,
    first: Option<RunSample>,
    sizes_differ: bool,
    durations_differ: bool,
    has_composition_offsets: bool,
    /// `sample_description_index`, where not all of the rendition's samples have the same.
    description: Option<u32>,
    /// Of the samples after the first: whether they are sync samples.
    rest_sync: Option<bool>,
    rest_differ: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum SyncPattern {
    All(bool),
    /// The first differs from the rest, which are as said.
    FirstThen(bool),
    Mixed,
}

impl RunShape {
    /// Of a run in a rendition that uses so many sample entries; which of them does not matter to the length.
    pub(crate) fn of_descriptions(count: usize) -> Self {
        Self {
            description: (count > 1).then_some(1),
            ..Self::default()
        }
    }

    /// Of a run that begins with `first`. `descriptions`: the sample entries in use, in the order of the header.
    pub(crate) fn of_description(descriptions: &[u32], first: Option<Sample>) -> Self {
        let mut shape = Self::of_descriptions(descriptions.len());
        let place = descriptions
            .iter()
            .zip(1..)
            .find(|(description, _)| first.is_some_and(|first| first.description == **description));
        if let (Some(description), Some((_, place))) = (&mut shape.description, place) {
            *description = place;
        }
        shape
    }

    /// The same samples under a header whose clear sample entries come behind `protected` ones.
    pub(crate) fn behind(mut self, protected: usize) -> Self {
        let place = self.description.unwrap_or(1);
        let protected = u32::try_from(protected).unwrap_or(u32::MAX);
        self.description = Some(place.saturating_add(protected));
        self
    }

    pub(crate) fn add(&mut self, sample: RunSample) {
        self.count += 1;
        self.payload += u64::from(sample.size);
        self.has_composition_offsets |= sample.composition_offset != 0;
        let Some(first) = self.first else {
            self.first = Some(sample);
            return;
        };
        self.sizes_differ |= sample.size != first.size;
        self.durations_differ |= sample.duration != first.duration;
        self.rest_differ |= *self.rest_sync.get_or_insert(sample.is_sync) != sample.is_sync;
    }

    /// The samples of `run`, which are like `alike` in all but their sizes.
    pub(crate) fn add_run(&mut self, alike: RunSample, run: &SampleRun<'_>) {
        let first_of_all = self.first.is_none();
        self.add(RunSample {
            size: run.first.size,
            ..alike
        });
        if run.count == 1 {
            return;
        }
        if first_of_all {
            // The second tells what the rest is like.
            self.rest_sync = Some(alike.is_sync);
        }
        let size = self.first.map_or(0, |first| first.size);
        run.each_size(|other| self.sizes_differ |= other != size);
        self.count += run.count - 1;
        self.payload += run.bytes - u64::from(run.first.size);
    }

    /// The samples of `span` and no others. `first`: its first one as the output has it; `all_sync`: so are all.
    pub(crate) fn of_span(&mut self, first: RunSample, span: &SampleSpan, all_sync: bool) {
        let syncs = match all_sync {
            true => span.count,
            false => span.sync_count,
        };
        let rest = span.count - 1;
        let rest_syncs = syncs.saturating_sub(u32::from(first.is_sync)).min(rest);
        let (least, most) = span.composition_offsets;
        self.first = Some(first);
        self.count = span.count;
        self.payload = span.bytes;
        self.sizes_differ = span.sizes.0 != span.sizes.1;
        self.durations_differ = span.durations.0 != span.durations.1;
        self.has_composition_offsets = least != most || first.composition_offset != 0;
        self.rest_sync = (rest > 0).then_some(rest_syncs > 0);
        self.rest_differ = rest_syncs > 0 && rest_syncs < rest;
    }

    fn sync_pattern(&self) -> SyncPattern {
        let first = self.first.is_none_or(|sample| sample.is_sync);
        match self.rest_sync {
            _ if self.rest_differ => SyncPattern::Mixed,
            Some(rest) if rest != first => SyncPattern::FirstThen(rest),
            _ => SyncPattern::All(first),
        }
    }

    fn tfhd_flags(&self) -> u32 {
        TFHD_DEFAULT_BASE_IS_MOOF
            | TFHD_DEFAULT_FLAGS
            | if self.description.is_some() {
                TFHD_SAMPLE_DESCRIPTION_INDEX
            } else {
                0
            }
            | if self.durations_differ {
                0
            } else {
                TFHD_DEFAULT_DURATION
            }
            | if self.sizes_differ {
                0
            } else {
                TFHD_DEFAULT_SIZE
            }
    }

    fn trun_flags(&self) -> u32 {
        let mut flags = TRUN_DATA_OFFSET;
        for (present, flag) in [
            (
                matches!(self.sync_pattern(), SyncPattern::FirstThen(_)),
                TRUN_FIRST_SAMPLE_FLAGS,
            ),
            (self.durations_differ, TRUN_DURATION),
            (self.sizes_differ, TRUN_SIZE),
            (self.sync_pattern() == SyncPattern::Mixed, TRUN_FLAGS),
            (self.has_composition_offsets, TRUN_COMPOSITION_OFFSET),
        ] {
            flags |= if present { flag } else { 0 };
        }
        flags
    }

    /// Length of everything before the media of a clear segment: what [`header`] writes without `aux`.
    pub(crate) fn header_len(&self) -> u64 {
        const MOOF_MFHD_TRAF: u64 = 8 + 16 + 8;
        const TFHD: u64 = 16;
        const TFDT: u64 = 20;
        const TRUN: u64 = 16;
        let fields = |flags: u32, among: u32| 4 * u64::from((flags & among).count_ones());
        let tfhd = fields(
            self.tfhd_flags(),
            TFHD_SAMPLE_DESCRIPTION_INDEX
                | TFHD_DEFAULT_DURATION
                | TFHD_DEFAULT_SIZE
                | TFHD_DEFAULT_FLAGS,
        );
        let trun = fields(
            self.trun_flags(),
            TRUN_DATA_OFFSET | TRUN_FIRST_SAMPLE_FLAGS,
        );
        let per_sample = fields(
            self.trun_flags(),
            TRUN_DURATION | TRUN_SIZE | TRUN_FLAGS | TRUN_COMPOSITION_OFFSET,
        );
        let mdat = u64::from(mdat_header_len(self.payload));
        STYP_LEN
            + MOOF_MFHD_TRAF
            + TFHD
            + tfhd
            + TFDT
            + TRUN
            + trun
            + per_sample * u64::from(self.count)
            + mdat
    }
}

/// `styp`, `moof` and the header of an `mdat` that the samples fill. `sequence_number`: from 1. `group`: what protects
/// the samples, where the CMAF header says something else.
pub(crate) fn header(
    sequence_number: u32,
    base_media_decode_time: u64,
    samples: &[RunSample],
    shape: &RunShape,
    aux: Option<&SegmentAux>,
    group: Option<&TrackEncryption>,
) -> Bytes {
    let len = usize::try_from(shape.header_len()).unwrap_or(0);
    let mut w = BoxWriter::with_capacity(
        len + aux.map_or(0, SegmentAux::boxes_len) + group.map_or(0, |_| GROUP_ROOM),
    );
    write_styp(&mut w);
    write_chunk(
        &mut w,
        sequence_number,
        base_media_decode_time,
        samples,
        shape,
        aux,
        group,
    );
    Bytes::from(w.into_vec())
}

/// What a segment begins with.
pub(crate) fn write_styp(w: &mut BoxWriter) {
    w.boxed(b"styp", |w| {
        w.bytes(SEGMENT_BRANDS[0]);
        w.u32(0);
        SEGMENT_BRANDS.iter().for_each(|brand| w.bytes(*brand));
    });
}

/// `moof` and the header of `mdat`: one of the CMAF chunks that a segment is made of (23000-19, 7.3.2.3).
pub(crate) fn write_chunk(
    w: &mut BoxWriter,
    sequence_number: u32,
    base_media_decode_time: u64,
    samples: &[RunSample],
    shape: &RunShape,
    aux: Option<&SegmentAux>,
    group: Option<&TrackEncryption>,
) {
    let moof = w.len();
    let mut data_offset_field = 0;
    let mut saio = None;
    w.boxed(b"moof", |w| {
        w.full_box(b"mfhd", 0, 0, |w| w.u32(sequence_number));
        w.boxed(b"traf", |w| {
            write_tfhd(w, shape);
            w.full_box(b"tfdt", 1, 0, |w| w.u64(base_media_decode_time));
            data_offset_field = write_trun(w, samples, shape);
            if let Some(group) = group {
                boxes::write_sample_group(w, group, shape.count);
            }
            saio = aux.and_then(|aux| aux.write_boxes(w));
        });
    });
    let moof_len = w.len() - moof;
    if let Some(saio) = saio {
        // Counted from moof, as tfhd's default-base-is-moof makes all offsets (14496-12, 8.7.9.3).
        w.patch_u32(saio.offset_field, offset(saio.first_aux_byte - moof));
    }
    w.patch_u32(
        data_offset_field,
        offset(moof_len) + mdat_header_len(shape.payload),
    );
    write_mdat_header(w, shape.payload);
}

fn write_tfhd(w: &mut BoxWriter, shape: &RunShape) {
    let flags = shape.tfhd_flags();
    w.full_box(b"tfhd", 0, flags, |w| {
        w.u32(crate::cmaf::TRACK_ID);
        if let Some(description) = shape.description {
            w.u32(description);
        }
        if flags & TFHD_DEFAULT_DURATION != 0 {
            w.u32(shape.first.map_or(0, |sample| sample.duration));
        }
        if flags & TFHD_DEFAULT_SIZE != 0 {
            w.u32(shape.first.map_or(0, |sample| sample.size));
        }
        w.u32(match shape.sync_pattern() {
            SyncPattern::All(sync) | SyncPattern::FirstThen(sync) => sample_flags(sync),
            SyncPattern::Mixed => NON_SYNC_SAMPLE,
        });
    });
}

/// Returns the position of `data_offset`.
fn write_trun(w: &mut BoxWriter, samples: &[RunSample], shape: &RunShape) -> usize {
    let flags = shape.trun_flags();
    let mut data_offset_field = 0;
    w.full_box(b"trun", 1, flags, |w| {
        w.u32(shape.count);
        data_offset_field = w.len();
        w.u32(0);
        if flags & TRUN_FIRST_SAMPLE_FLAGS != 0 {
            w.u32(sample_flags(
                shape.first.is_none_or(|sample| sample.is_sync),
            ));
        }
        for sample in samples {
            if flags & TRUN_DURATION != 0 {
                w.u32(sample.duration);
            }
            if flags & TRUN_SIZE != 0 {
                w.u32(sample.size);
            }
            if flags & TRUN_FLAGS != 0 {
                w.u32(sample_flags(sample.is_sync));
            }
            if flags & TRUN_COMPOSITION_OFFSET != 0 {
                w.i32(sample.composition_offset);
            }
        }
    });
    data_offset_field
}

fn write_mdat_header(w: &mut BoxWriter, payload: u64) {
    match u32::try_from(payload + 8) {
        Ok(size) => {
            w.u32(size);
            w.bytes(b"mdat");
        }
        // 14496-12, 4.2: size 1 announces a 64-bit size.
        Err(_) => {
            w.u32(1);
            w.bytes(b"mdat");
            w.u64(payload + 16);
        }
    }
}

fn mdat_header_len(payload: u64) -> u32 {
    if u32::try_from(payload + 8).is_ok() {
        8
    } else {
        16
    }
}

fn sample_flags(is_sync: bool) -> u32 {
    if is_sync {
        SYNC_SAMPLE
    } else {
        NON_SYNC_SAMPLE
    }
}

/// Offsets inside a `moof`, which the reader's bound on `moov` keeps far below 4 GiB.
fn offset(position: usize) -> u32 {
    u32::try_from(position).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;
