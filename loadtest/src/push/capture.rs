//! A stream as an encoder sends it, read from a file: a CMAF header and chunks, each with its time.
use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use edgepack_isobmff::stream::{Item, StreamError, StreamLimits, StreamReader};

use crate::verify::boxes::{Box, boxes};

/// Larger files are no loops of a test.
const MAX_BYTES: u64 = 1 << 30;

#[derive(Debug, thiserror::Error)]
pub enum CaptureError {
    #[error("{path}: {source}")]
    File {
        path: String,
        source: std::io::Error,
    },
    #[error("{path}: {source}")]
    Stream { path: String, source: StreamError },
    #[error("{path}: {what}")]
    Unusable { path: String, what: String },
}

/// One track.
#[derive(Clone, Debug)]
pub struct Capture {
    /// The file's, which is the stream's, too.
    pub name: String,
    pub(super) header: Bytes,
    pub(super) timescale: u32,
    pub(super) chunks: Vec<Piece>,
    /// From the start of the first chunk to the end of the last, ticks.
    pub(super) length: u64,
}

/// A chunk with what stands before it.
#[derive(Clone, Debug)]
pub(super) struct Piece {
    pub(super) bytes: Bytes,
    /// Where in `bytes` the decode time stands, eight bytes of it.
    time_at: usize,
    /// From the start of the capture, ticks.
    pub(super) start: u64,
    pub(super) end: u64,
    decode_time: u64,
}

impl Capture {
    /// # Errors
    /// A file that cannot be read, or is no stream of one track with 64-bit decode times.
    pub fn open(path: &Path) -> Result<Self, CaptureError> {
        let failed = |source| CaptureError::File {
            path: path.display().to_string(),
            source,
        };
        if std::fs::metadata(path).map_err(failed)?.len() > MAX_BYTES {
            return Err(CaptureError::Unusable {
                path: path.display().to_string(),
                what: format!("more than {MAX_BYTES} bytes"),
            });
        }
        Self::read(path, std::fs::read(path).map_err(failed)?.into())
    }

    /// # Errors
    /// As [`open`](Self::open).
    pub fn read(path: &Path, bytes: Bytes) -> Result<Self, CaptureError> {
        let unusable = |what: &str| CaptureError::Unusable {
            path: path.display().to_string(),
            what: what.to_owned(),
        };
        let (timescale, times) = times(&bytes).map_err(|error| match error {
            Some(source) => CaptureError::Stream {
                path: path.display().to_string(),
                source,
            },
            None => unusable("no stream of one track: each track is a file of its own"),
        })?;
        let (header, pieces) =
            take_apart(&bytes).ok_or_else(|| unusable("no stream of CMAF chunks"))?;
        if pieces.len() != times.len() {
            return Err(unusable("a `moof` and its `mdat` do not stand together"));
        }
        let first = times.first().map_or(0, |(start, _)| *start);
        let mut chunks = Vec::new();
        for (piece, (start, duration)) in pieces.into_iter().zip(times) {
            let time_at =
                time_at(&piece).ok_or_else(|| unusable("a decode time that is not of 64 bits"))?;
            let from = start
                .checked_sub(first)
                .ok_or_else(|| unusable("decode times that go back"))?;
            chunks.push(Piece {
                bytes: piece,
                time_at,
                start: from,
                end: from + duration,
                decode_time: start,
            });
        }
        let length = chunks.last().map(|chunk| chunk.end);
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        Ok(Self {
            name: name.into_owned(),
            header,
            timescale,
            length: length.ok_or_else(|| unusable("no chunk"))?,
            chunks,
        })
    }

    /// How long one round is.
    pub fn duration(&self) -> Duration {
        self.seconds(self.length)
    }

    pub(super) fn seconds(&self, ticks: u64) -> Duration {
        Duration::from_secs_f64(ticks as f64 / f64::from(self.timescale))
    }

    pub(super) fn ticks(&self, time: Duration) -> u64 {
        (time.as_secs_f64() * f64::from(self.timescale)).round() as u64
    }
}

impl Piece {
    /// The chunk so much later.
    pub(super) fn shifted(&self, ticks: u64) -> Vec<u8> {
        let mut bytes = self.bytes.to_vec();
        let time = self.decode_time.wrapping_add(ticks).to_be_bytes();
        if let Some(place) = bytes.get_mut(self.time_at..self.time_at + time.len()) {
            place.copy_from_slice(&time);
        }
        bytes
    }
}

/// Timescale; decode time and duration of each chunk. The error is that of the stream, or none where it has not one
/// track.
type Times = (u32, Vec<(u64, u64)>);

fn times(bytes: &Bytes) -> Result<Times, Option<StreamError>> {
    let mut reader = StreamReader::new(StreamLimits::default());
    reader.push(bytes.clone());
    reader.end();
    let (mut timescale, mut times) = (None, Vec::new());
    while let Some(item) = reader.next().map_err(Some)? {
        match item {
            Item::Header { header, .. } => match header.movie.tracks.as_slice() {
                [track] => timescale = Some(track.timescale),
                _ => return Err(None),
            },
            Item::Chunk(chunk) => {
                let [fragment] = chunk.fragments.as_slice() else {
                    return Err(None);
                };
                times.push((fragment.decode_time, fragment.duration()));
            }
            Item::Trailing(_) | Item::End => {}
        }
    }
    Ok((timescale.ok_or(None)?, times))
}

/// The header, and each chunk with what stands before it.
fn take_apart(bytes: &Bytes) -> Option<(Bytes, Vec<Bytes>)> {
    let (mut header, mut pieces, mut begin) = (None, Vec::new(), 0);
    for found in boxes(bytes) {
        let found = found.ok()?;
        match &found.kind {
            b"moov" => {
                header = Some(bytes.slice(..found.end()));
                begin = found.end();
            }
            b"mdat" => {
                pieces.push(bytes.slice(begin..found.end()));
                begin = found.end();
            }
            _ => {}
        }
    }
    Some((header?, pieces))
}

/// Where `tfdt` says the time.
fn time_at(piece: &[u8]) -> Option<usize> {
    let moof = boxes(piece).flatten().find(|it| it.kind == *b"moof")?;
    let tfdt: Box<'_> = moof.child(b"traf")?.child(b"tfdt")?;
    let (version, ..) = tfdt.full()?;
    // Behind version and flags.
    (version == 1).then(|| tfdt.data().start + 4)
}
