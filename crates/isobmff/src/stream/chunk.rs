//! A `moof` with its media data (ISO/IEC 23000-19, 7.3.2.3).
use std::cell::Cell;
use std::ops::Range;

use bytes::Bytes;

use super::{Header, Prelude, StreamError, StreamLimits};
use crate::FourCc;
use crate::boxes::Node;
use crate::fragments::layout::lay_out;
use crate::fragments::moof::{Traf, parse_moof};

/// What comes at once: some samples of each track, whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chunk {
    /// Of the `moof`, from the start of the body.
    pub offset: u64,
    /// `mfhd`; none where the `moof` has none.
    pub sequence: Option<u32>,
    pub prelude: Prelude,
    /// Of the last segment of the stream (brand `lmsg`). All chunks of the segment say so.
    pub last: bool,
    /// Of a segment that stands in for content that the encoder did not get (brand `slat`).
    pub filler: bool,
    /// In the order of the `traf` boxes; those without samples are left out.
    pub fragments: Vec<Fragment>,
    /// The whole `moof`.
    pub moof: Bytes,
}

/// The samples of one `traf`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fragment {
    /// Index into the tracks of the header's movie.
    pub track: usize,
    pub track_id: u32,
    /// `tfdt`, timescale of the track. With all durations it stays within 64 bits.
    pub decode_time: u64,
    /// Index into `Track::sample_entries`.
    pub description: u32,
    /// Never empty.
    pub samples: Vec<Sample>,
    /// The samples, one after the other: a slice of the `mdat`, as long as their sizes are together.
    pub data: Bytes,
}

/// One sample, as its fragment describes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sample {
    pub size: u32,
    /// Timescale of the track. That of a fragment's last sample is often a guess: the next `tfdt` decides.
    pub duration: u32,
    /// Composition time − decode time, read as signed in both versions of `trun`.
    pub composition_offset: i32,
    /// As the flags say. Some encoders leave them alone in sound.
    pub is_sync: bool,
}

impl Fragment {
    /// Of all samples, timescale of the track.
    pub fn duration(&self) -> u64 {
        self.samples.iter().map(|s| u64::from(s.duration)).sum()
    }
}

/// A `moof` whose media data are not all there.
#[derive(Debug)]
pub(super) struct Pending {
    chunk: Chunk,
    path: String,
    trafs: Vec<Traf>,
    /// Offset and bytes of what each `mdat` so far holds.
    media: Vec<(u64, Bytes)>,
}

impl Pending {
    /// `marks`: of the segment, last and filler.
    pub(super) fn read(
        moof: &Node<'_>,
        header: &Header,
        prelude: Prelude,
        marks: (bool, bool),
        limits: &StreamLimits,
    ) -> Result<Self, StreamError> {
        let unknown = Cell::new(None);
        let track_of = |id| {
            let track = header.track(id);
            if track.is_none() {
                unknown.set(Some(id));
            }
            track
        };
        let mut trafs = parse_moof(moof, track_of).map_err(|error| {
            let error = StreamError::from(error);
            match (unknown.get(), error) {
                (Some(track_id), StreamError::Malformed { path, offset, .. }) => {
                    StreamError::UnknownTrack {
                        path,
                        offset,
                        track_id,
                    }
                }
                (_, error) => error,
            }
        })?;
        trafs.retain(|traf| !traf.runs.is_empty());
        let runs = trafs.iter().flat_map(|traf| &traf.runs);
        let samples: u64 = runs.map(|run| u64::from(run.count)).sum();
        let limit = u64::from(limits.max_chunk_samples);
        if samples > limit {
            return Err(moof.limit("samples in one chunk", limit).into());
        }
        let fragments = trafs.iter().map(|traf| fragment(moof, header, traf));
        let (last, filler) = marks;
        Ok(Self {
            chunk: Chunk {
                offset: moof.offset(),
                sequence: sequence(moof)?,
                prelude,
                last,
                filler,
                fragments: fragments.collect::<Result<_, _>>()?,
                moof: moof.whole().clone(),
            },
            path: moof.path(),
            trafs,
            media: Vec::new(),
        })
    }

    /// The content of an `mdat`, and where it stands.
    pub(super) fn media(&mut self, offset: u64, content: Bytes) {
        self.media.push((offset, content));
    }

    pub(super) fn media_boxes(&self) -> u64 {
        self.media.len() as u64
    }

    pub(super) fn media_bytes(&self) -> u64 {
        self.media.iter().map(|(_, bytes)| bytes.len() as u64).sum()
    }

    /// The chunk, when all its samples are there.
    pub(super) fn complete(mut self) -> Result<Result<Chunk, Box<Self>>, StreamError> {
        let Some(spans) = self.spans()? else {
            return Ok(Err(Box::new(self)));
        };
        for (ordinal, span) in spans.into_iter().enumerate() {
            let data = self.data_at(ordinal, span)?;
            if let Some(fragment) = self.chunk.fragments.get_mut(ordinal) {
                fragment.data = data;
            }
        }
        Ok(Ok(self.chunk))
    }

    /// Where the data of each `traf` lie; none as long as they are not all between the first byte of media and the last.
    fn spans(&self) -> Result<Option<Vec<Range<u64>>>, StreamError> {
        let media = self.media_range();
        let placed = lay_out(&self.trafs, self.chunk.offset, media.clone());
        let Some(placed) = placed else {
            return Err(StreamError::Malformed {
                path: self.path.clone(),
                offset: self.chunk.offset,
                reason: "data offsets beyond 64 bits".to_owned(),
            });
        };
        let mut spans = Vec::with_capacity(self.trafs.len());
        let mut all_there = true;
        let mut scattered = None;
        for (ordinal, (traf, offsets)) in self.trafs.iter().zip(&placed.runs).enumerate() {
            let mut span = 0..0;
            for (run, offset) in traf.runs.iter().zip(offsets) {
                let len = run.data_len();
                if len == 0 {
                    continue;
                }
                if span.is_empty() {
                    span = *offset..*offset;
                } else if span.end != *offset {
                    scattered = scattered.or(Some(ordinal));
                }
                let end = offset + len;
                let within = |media: &Range<u64>| media.start <= *offset && end <= media.end;
                all_there &= media.as_ref().is_some_and(within);
                span.end = end;
            }
            spans.push(span);
        }
        if !all_there {
            return Ok(None);
        }
        match scattered {
            Some(traf) => Err(self.scattered(traf, "the samples have other data between them")),
            None => Ok(Some(spans)),
        }
    }

    fn media_range(&self) -> Option<Range<u64>> {
        let (start, _) = self.media.first()?;
        let (offset, bytes) = self.media.last()?;
        Some(*start..offset + bytes.len() as u64)
    }

    fn data_at(&self, traf: usize, span: Range<u64>) -> Result<Bytes, StreamError> {
        if span.is_empty() {
            return Ok(Bytes::new());
        }
        let found = self.media.iter().find_map(|(offset, bytes)| {
            let start = usize::try_from(span.start.checked_sub(*offset)?).ok()?;
            let end = usize::try_from(span.end - offset).ok()?;
            (end <= bytes.len()).then(|| bytes.slice(start..end))
        });
        found.ok_or_else(|| self.scattered(traf, "the samples lie in more than one mdat"))
    }

    fn scattered(&self, traf: usize, reason: &str) -> StreamError {
        StreamError::Scattered {
            path: format!("{}/traf[{traf}]", self.path),
            offset: self.chunk.offset,
            reason: reason.to_owned(),
        }
    }

    /// The error that no more media data follow. `found`: what does.
    pub(super) fn unfinished(&self, found: Option<FourCc>) -> StreamError {
        let (path, offset) = (self.path.clone(), self.chunk.offset);
        let Some(media) = self.media_range() else {
            return StreamError::NoMedia {
                path,
                offset,
                found,
            };
        };
        let needed = self.trafs.iter().flat_map(|traf| &traf.runs);
        let needed: u64 = needed.map(|run| run.data_len()).sum();
        StreamError::OutsideMedia {
            path,
            offset,
            reason: format!(
                "samples of {needed} bytes reach out of the mdat, whose {} bytes are at {}",
                self.media_bytes(),
                media.start
            ),
        }
    }
}

/// Without its data.
fn fragment(moof: &Node<'_>, header: &Header, traf: &Traf) -> Result<Fragment, StreamError> {
    let track = header.movie.tracks.get(traf.track);
    let track_id = track.map_or(0, |track| track.track_id);
    let malformed = |reason: &str| moof.malformed(format!("track {track_id}: {reason}"));
    let decode_time = traf.decode_time.ok_or_else(|| malformed("has no tfdt"))?;
    let entries = track.map_or(0, |track| track.sample_entries.len());
    let description = traf.defaults.description.checked_sub(1);
    let description = description
        .filter(|index| usize::try_from(*index).is_ok_and(|index| index < entries))
        .ok_or_else(|| {
            let told = traf.defaults.description;
            malformed(&format!("sample description {told} of {entries}"))
        })?;
    let alike = traf.runs.iter().flat_map(|run| run.samples());
    let samples = alike.flat_map(|alike| {
        let sample = Sample {
            size: alike.size,
            duration: alike.duration,
            composition_offset: alike.composition_offset,
            is_sync: alike.is_sync,
        };
        std::iter::repeat_n(sample, usize::try_from(alike.count).unwrap_or(0))
    });
    let fragment = Fragment {
        track: traf.track,
        track_id,
        decode_time,
        description,
        samples: samples.collect(),
        data: Bytes::new(),
    };
    let end = decode_time.checked_add(fragment.duration());
    end.ok_or_else(|| malformed("decode times beyond 64 bits"))?;
    Ok(fragment)
}

/// `mfhd` (ISO/IEC 14496-12, 8.8.5).
fn sequence(moof: &Node<'_>) -> Result<Option<u32>, StreamError> {
    for child in moof.children(0) {
        let child = child?;
        if child.kind() == FourCc(*b"mfhd") {
            let mut fields = child.fields();
            fields.version_and_flags()?;
            return Ok(Some(fields.u32()?));
        }
    }
    Ok(None)
}
