//! The CMAF header of a stream: `ftyp` and `moov` (ISO/IEC 23000-19, 7.3.1).
use std::sync::Arc;

use bytes::Bytes;

use super::{Item, StreamError, StreamLimits, StreamReader, TrackDefaults};
use crate::boxes::Node;
use crate::fragments::{announced, track_defaults};
use crate::movie::parse_movie;
use crate::{FourCc, Limits, Movie};

/// What chunks are read with.
#[derive(Debug, Clone)]
pub struct Header {
    /// The whole box; none where the `moov` came without one.
    pub ftyp: Option<Bytes>,
    /// `movie.moov` is the whole box as it came. No track has samples here.
    pub movie: Movie,
    /// `trex` of each track of the movie, in its order; where one has none, its fragments say everything themselves.
    pub defaults: Vec<TrackDefaults>,
}

impl Header {
    /// A header by itself, as [`Header::bytes`] gives it.
    ///
    /// # Errors
    /// Those of [`StreamReader::next`], and [`StreamError::NoHeader`] when there is none.
    pub fn parse(bytes: Bytes, limits: &StreamLimits) -> Result<Arc<Self>, StreamError> {
        let offset = bytes.len() as u64;
        let mut reader = StreamReader::new(*limits);
        reader.push(bytes);
        reader.end();
        match reader.next()? {
            Some(Item::Header { header, .. }) => Ok(header),
            _ => Err(StreamError::NoHeader { offset }),
        }
    }

    /// Both boxes, as they came.
    pub fn bytes(&self) -> Bytes {
        match &self.ftyp {
            Some(ftyp) => Bytes::from([ftyp.as_ref(), &self.movie.moov].concat()),
            None => self.movie.moov.clone(),
        }
    }

    /// Index of the track with this id, and its defaults.
    pub(super) fn track(&self, id: u32) -> Option<(usize, TrackDefaults)> {
        let index = self
            .movie
            .tracks
            .iter()
            .position(|track| track.track_id == id)?;
        Some((index, *self.defaults.get(index)?))
    }

    pub(super) fn read(
        ftyp: Option<Bytes>,
        moov: &Node<'_>,
        limits: &StreamLimits,
    ) -> Result<Self, StreamError> {
        let bounds = Limits {
            max_tracks: limits.max_tracks,
            ..Limits::default()
        };
        // Without `ftyp` as ISO/IEC 14496-12, 4.3 has it.
        let brand = ftyp.as_deref().and_then(major_brand);
        let brand = brand.unwrap_or(FourCc(*b"mp41"));
        // Where the samples of a track lie is not to be asked: there must be none.
        let movie = parse_movie(moov, brand, u64::MAX, &bounds).map_err(StreamError::of_header)?;
        let bad = |reason: &str| StreamError::BadHeader(moov.malformed(reason));
        if !announced(moov) {
            return Err(bad("has no mvex box: it announces no fragments"));
        }
        if movie.tracks.is_empty() {
            return Err(bad("has no track"));
        }
        if movie.tracks.iter().any(|track| !track.samples.is_empty()) {
            return Err(bad(
                "has samples of its own: a header has none (ffmpeg: -movflags +empty_moov)",
            ));
        }
        let told = track_defaults(moov, movie.tracks.len()).map_err(StreamError::of_header)?;
        let of_track = |id: u32| {
            let own = told.iter().find(|(track_id, _)| *track_id == id);
            own.map(|(_, own)| *own).unwrap_or_default()
        };
        let defaults = movie.tracks.iter().map(|track| of_track(track.track_id));
        let defaults = defaults.collect();
        let len = ftyp.as_ref().map_or(0, Bytes::len) + movie.moov.len();
        Ok(Self {
            movie: Movie {
                file_len: len as u64,
                fragmented: true,
                ..movie
            },
            ftyp,
            defaults,
        })
    }
}

/// Whether a major brand stands in it.
pub(super) fn check_ftyp(ftyp: &Node<'_>) -> Result<(), StreamError> {
    let brand = ftyp.fields().fourcc();
    brand.map(|_| ()).map_err(StreamError::of_header)
}

/// Of a whole `ftyp` box.
fn major_brand(ftyp: &[u8]) -> Option<FourCc> {
    let large = ftyp.first_chunk::<4>() == Some(&[0, 0, 0, 1]);
    let brand = ftyp.get(if large { 16 } else { 8 }..)?;
    brand.first_chunk::<4>().map(|brand| FourCc(*brand))
}
