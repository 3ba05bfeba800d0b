//! Recorded media: bytes as viewers got them, and parts to be encrypted again.
use std::fs::File;
use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use edgepack_isobmff::stream::{Chunk, Item, StreamLimits, StreamReader};
use edgepack_packager::live::{Part, Sample};

use super::files::RecordedHeader;
use super::open::read_checked;
use super::record::Entry;
use super::{Recording, RecordingError};

/// What one part may have: it came through a [`Line`](edgepack_packager::live::Line), which has bounds of its own.
const MAX_PART_SAMPLES: u32 = 1 << 20;

/// Where the bytes of a segment lie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Located {
    pub(super) path: PathBuf,
    offset: u64,
    length: u64,
    crc: u32,
}

impl Located {
    /// Whether these are the bytes that were recorded. Others must not be served.
    pub(in super::super) fn is(&self, bytes: &[u8]) -> bool {
        u64::try_from(bytes.len()) == Ok(self.length) && crc32fast::hash(bytes) == self.crc
    }
}

impl Recording {
    /// # Errors
    /// [`RecordingError::NotThere`].
    pub(super) fn locate(
        &self,
        track: &str,
        epoch: u32,
        number: u64,
    ) -> Result<Located, RecordingError> {
        let catalogue = self.lock();
        let found = catalogue.find(track, epoch, number);
        let found = found.filter(|found| !found.entry.gap);
        let found = found.ok_or_else(|| not_there(track, epoch, number))?;
        Ok(Located {
            path: found.file.name.media(&self.track_folder(track)),
            offset: found.entry.offset,
            length: found.entry.length,
            crc: found.entry.crc,
        })
    }

    /// A segment in the clear, byte by byte as viewers got it, under its [`header`](Self::header).
    ///
    /// # Errors
    /// [`RecordingError::NotThere`]; [`RecordingError::Damaged`] where the bytes are not those that were recorded, which
    /// makes it a gap; [`RecordingError::Io`].
    pub(in super::super) fn read(
        &self,
        track: &str,
        epoch: u32,
        number: u64,
    ) -> Result<Bytes, RecordingError> {
        let located = self.locate(track, epoch, number)?;
        let media = match File::open(&located.path) {
            Ok(media) => media,
            // Removed in the meantime.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Err(not_there(track, epoch, number));
            }
            Err(source) => {
                return Err(RecordingError::Io {
                    path: located.path,
                    source,
                });
            }
        };
        let bytes = read_checked(&media, located.offset, located.length, located.crc);
        bytes.ok_or_else(|| self.found_damaged(track, epoch, number, located))
    }

    /// The same, part by part: what encrypts live parts encrypts these to the same bytes.
    ///
    /// # Errors
    /// Those of [`read`](Self::read), and [`RecordingError::NoMedia`].
    pub(in super::super) fn parts(
        &self,
        track: &str,
        epoch: u32,
        number: u64,
    ) -> Result<Vec<Part>, RecordingError> {
        let bytes = self.read(track, epoch, number)?;
        let located = self.locate(track, epoch, number)?;
        let found = {
            let catalogue = self.lock();
            let found = catalogue.find(track, epoch, number);
            found.and_then(|found| Some((found.file.header.clone()?, *found.entry)))
        };
        let (header, entry) = found.ok_or_else(|| not_there(track, epoch, number))?;
        parts(&header, &entry, bytes).map_err(|reason| RecordingError::NoMedia {
            path: located.path,
            offset: located.offset,
            reason,
        })
    }

    /// What a segment is decoded with. None where it is not there, or is a gap.
    pub(in super::super) fn header_of(
        &self,
        track: &str,
        epoch: u32,
        number: u64,
    ) -> Option<Arc<RecordedHeader>> {
        let catalogue = self.lock();
        let found = catalogue.find(track, epoch, number)?;
        found.file.header.clone().filter(|_| !found.entry.gap)
    }

    fn found_damaged(
        &self,
        track: &str,
        epoch: u32,
        number: u64,
        located: Located,
    ) -> RecordingError {
        tracing::error!(file = %located.path.display(), number, "a recorded segment is damaged: it is a gap");
        let mut catalogue = self.lock();
        let name = catalogue.find(track, epoch, number).map(|f| f.file.name);
        if let Some(name) = name {
            catalogue.lose(track, name, number);
        }
        RecordingError::Damaged {
            path: located.path,
            offset: located.offset,
        }
    }
}

/// Each chunk of a segment is a part.
fn parts(header: &RecordedHeader, entry: &Entry, bytes: Bytes) -> Result<Vec<Part>, String> {
    let mut first_sample = entry.first_sample;
    let mut parts = Vec::new();
    for chunk in chunks(header, bytes)? {
        let prefix = chunk.prelude.bytes();
        let [fragment] = &chunk.fragments[..] else {
            return Err(format!("{} tracks in one chunk", chunk.fragments.len()));
        };
        let samples = fragment.samples.iter().map(|sample| Sample {
            size: sample.size,
            duration: sample.duration,
            composition_offset: sample.composition_offset,
            is_sync: sample.is_sync,
        });
        let samples: Vec<Sample> = samples.collect();
        let count = u64::try_from(samples.len()).unwrap_or(u64::MAX);
        parts.push(Part {
            start: fragment.decode_time,
            duration: fragment.duration(),
            independent: samples.first().is_some_and(|first| first.is_sync),
            first_sample,
            prefix,
            media: vec![fragment.data.clone()],
            samples,
        });
        first_sample = first_sample.saturating_add(count);
    }
    Ok(parts)
}

/// The `moof`s of a segment with their media.
pub(super) fn chunks(header: &RecordedHeader, bytes: Bytes) -> Result<Vec<Chunk>, String> {
    let whole = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    let limits = StreamLimits {
        max_prelude_bytes: whole,
        max_prelude_boxes: u32::MAX,
        max_chunk_bytes: whole,
        max_chunk_samples: MAX_PART_SAMPLES,
        ..StreamLimits::default()
    };
    let mut reader = StreamReader::with_header(limits, header.stream.clone());
    reader.push(bytes);
    reader.end();
    let mut chunks = Vec::new();
    while let Some(item) = reader.next().map_err(|error| error.to_string())? {
        if let Item::Chunk(chunk) = item {
            chunks.push(*chunk);
        }
    }
    match chunks.is_empty() {
        true => Err("no samples".to_owned()),
        false => Ok(chunks),
    }
}

fn not_there(track: &str, epoch: u32, number: u64) -> RecordingError {
    RecordingError::NotThere {
        track: track.to_owned(),
        epoch,
        number,
    }
}
