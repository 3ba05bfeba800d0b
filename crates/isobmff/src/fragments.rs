//! Fragmented movies (ISO/IEC 14496-12, 8.8): the samples of all `moof` boxes become one table per track.
//!
//! The reader hands over every `moof` and tells where the boxes behind it lie. At the end a `moov` with
//! full sample tables is written and read: whoever uses the movie meets a progressive one.
//!
//! Decode times: `tfdt` decides. The last sample of a fragment lasts until the next fragment begins. What the first
//! sample is late by becomes an empty edit.
use std::ops::Range;

use bytes::Bytes;

use crate::boxes::{BoxHeader, Node};
use crate::movie::{NewTrack, parse_rewritten};
use crate::{CodecConfig, Error, FourCc, Handler, Limits, Movie, Result, SampleEntry};

mod edits;
pub(crate) mod layout;
pub(crate) mod moof;
mod track;

use edits::Edits;
use layout::{Reading, lay_out};
use moof::{Defaults, Traf, parse_moof};
use track::{Growing, Unfit};

/// What [`Limits::max_index_bytes`] bounds.
const INDEX_BYTES: &str = "bytes of sample tables";

/// Gathers the fragments of one movie.
#[derive(Debug)]
pub(crate) struct Fragments {
    moov: Node<'static>,
    /// As its `moov` alone tells it.
    movie: Movie,
    tracks: Vec<Growing>,
    limits: Limits,
    /// How many `moof` boxes were handed over.
    seen: u32,
    /// The last one: whether its samples are there shows in what follows.
    pending: Option<Pending>,
    /// Of those that count their data from their own start, though they say otherwise.
    relative: u32,
    notes: Vec<String>,
}

#[derive(Debug)]
struct Pending {
    moof: Node<'static>,
    trafs: Vec<Traf>,
    /// From the first byte of the `mdat` boxes behind it to the last.
    data: Option<Range<u64>>,
}

impl Fragments {
    /// For a movie with an `mvex` box.
    pub(crate) fn new(moov: Node<'static>, movie: Movie, limits: Limits) -> Result<Self> {
        let defaults = track_defaults(&moov, movie.tracks.len())?;
        let mut tracks = Vec::new();
        let mut budget = limits.max_index_bytes;
        for track in &movie.tracks {
            let own = defaults.iter().find(|(id, _)| *id == track.track_id);
            let own = own.map(|(_, own)| *own).unwrap_or_default();
            let known = |entry: &SampleEntry| !matches!(entry.codec, CodecConfig::Unsupported(_));
            let max_samples = if track.sample_entries.iter().any(known) {
                limits.max_samples_per_track
            } else {
                u32::MAX
            };
            let growing = Growing::new(track, own, max_samples, budget);
            let growing = growing.ok_or_else(|| moov.limit(INDEX_BYTES, limits.max_index_bytes))?;
            budget = budget.saturating_sub(growing.table.held());
            tracks.push(growing);
        }
        Ok(Self {
            tracks,
            moov,
            movie,
            limits,
            seen: 0,
            pending: None,
            relative: 0,
            notes: Vec::new(),
        })
    }

    pub(crate) fn seen(&self) -> u32 {
        self.seen
    }

    /// The next `moof`, whole.
    pub(crate) fn moof(&mut self, offset: u64, header: BoxHeader, whole: Bytes) -> Result<()> {
        let ordinal = usize::try_from(self.seen).unwrap_or(usize::MAX);
        let moof = Node::top(offset, header, whole).numbered(ordinal);
        if self.seen >= self.limits.max_fragments {
            return Err(moof.limit("fragments", u64::from(self.limits.max_fragments)));
        }
        self.seen += 1;
        if let Some(left_out) = self.settle()? {
            return Err(left_out);
        }
        let track_of = |id| {
            let index = self.tracks.iter().position(|track| track.track_id == id)?;
            Some((index, self.tracks.get(index)?.defaults))
        };
        let trafs = parse_moof(&moof, track_of)?;
        self.pending = Some(Pending {
            moof,
            trafs,
            data: None,
        });
        Ok(())
    }

    /// A `moov` behind the first one: recorders that append to a file repeat it.
    pub(crate) fn moov_again(&self, offset: u64, header: BoxHeader, whole: Bytes) -> Result<()> {
        if whole == self.moov.whole() {
            return Ok(());
        }
        Err(Node::top(offset, header, whole)
            .unsupported("a second moov that differs from the first"))
    }

    /// An `mdat` whose content lies at `data`; where its size is wrong, past the end of the file.
    pub(crate) fn media(&mut self, data: Range<u64>) {
        if let Some(pending) = &mut self.pending {
            let before = pending.data.take();
            let start = before.map_or(data.start, |before| before.start);
            pending.data = Some(start..data.end);
        }
    }

    /// Adds the last fragment to the tracks. The error handed back is that its data are not all there.
    fn settle(&mut self) -> Result<Option<Error>> {
        let Some(pending) = self.pending.take() else {
            return Ok(None);
        };
        let file_len = self.movie.file_len;
        let Pending { moof, trafs, data } = pending;
        let placed = lay_out(&trafs, moof.offset(), data);
        let Some(placed) = placed.filter(|placed| placed.end <= file_len) else {
            return Ok(Some(moof.truncated(format!(
                "the samples reach past the end of the file, {file_len}"
            ))));
        };
        if placed.reading == Reading::MoofRelative {
            self.relative += 1;
        }
        for (traf, offsets) in trafs.iter().zip(&placed.runs) {
            let held: u64 = self.tracks.iter().map(|track| track.table.held()).sum();
            let Some(track) = self.tracks.get_mut(traf.track) else {
                continue;
            };
            let free = self.limits.max_index_bytes.saturating_sub(held);
            let budget = track.table.held() + free;
            let id = track.track_id;
            track
                .add(traf, offsets, moof.offset(), budget)
                .map_err(|unfit| match unfit {
                    Unfit::Bytes => moof.limit(INDEX_BYTES, self.limits.max_index_bytes),
                    Unfit::Samples(limit) => moof.limit("samples in a track", u64::from(limit)),
                    other => moof.malformed(format!("track {id}: {other}")),
                })?;
        }
        Ok(None)
    }

    /// All boxes were handed over. `cut` tells the box that the file ends in, if it does so.
    pub(crate) fn finish(mut self, cut: Option<Error>) -> Result<Movie> {
        if self.seen == 0 {
            return cut.map_or(Ok(self.movie), Err);
        }
        let left_out = self.settle()?;
        if let Some(error) = left_out.as_ref().or(cut.as_ref()) {
            let whole = self.seen - u32::from(left_out.is_some());
            if self.tracks.iter().all(|track| track.table.len() == 0) {
                return Err(error.clone());
            }
            self.notes.push(format!(
                "{error}; {whole} whole fragments before that are used"
            ));
        }
        self.tell();
        for (growing, track) in self.tracks.iter_mut().zip(&self.movie.tracks) {
            // Sound that never says "sync" was written without thought of the flag.
            if track.handler == Handler::Audio && growing.table.none_sync() {
                growing.table.mark_all_sync();
            }
        }
        let edits = Edits::new(&self.movie, &self.tracks);
        let tracks = self.tracks.iter().zip(edits.of_tracks);
        let tracks: Vec<NewTrack<'_>> = tracks
            .map(|(track, edits)| NewTrack {
                table: &track.table,
                edits,
            })
            .collect();
        let movie = parse_rewritten(
            &self.moov,
            edits.timescale,
            &tracks,
            &self.movie,
            &self.limits,
        )?;
        Ok(Movie {
            fragmented: true,
            notes: self.notes,
            ..movie
        })
    }

    /// What an operator should know.
    fn tell(&mut self) {
        if self.relative > 0 {
            self.notes.push(format!(
                "{} fragments say where their data are as if counted from the moof, though they name another base",
                self.relative
            ));
        }
        for (track, movie_track) in self.tracks.iter().zip(&self.movie.tracks) {
            let (gap, moof) = track.gaps.longest;
            if track.gaps.count > 0 {
                let milliseconds = u128::from(gap) * 1000 / u128::from(movie_track.timescale);
                self.notes.push(format!(
                    "track {}: {} jumps in decode time between fragments, the longest of {milliseconds} ms before the \
                     moof at {moof}; the sample before a jump lasts until the one after it",
                    track.track_id, track.gaps.count
                ));
            }
        }
    }
}

/// Whether a `moov` announces fragments.
pub(crate) fn announced(moov: &Node<'_>) -> bool {
    moov.children(0)
        .flatten()
        .any(|child| child.kind() == FourCc(*b"mvex"))
}

/// Those of each `trex`, and the track's id.
pub(crate) fn track_defaults(moov: &Node<'_>, tracks: usize) -> Result<Vec<(u32, Defaults)>> {
    let mut defaults = Vec::new();
    for mvex in moov.children(0) {
        let mvex = mvex?;
        if mvex.kind() != FourCc(*b"mvex") {
            continue;
        }
        for trex in mvex.children(0) {
            let trex = trex?;
            if trex.kind() == FourCc(*b"trex") && defaults.len() < tracks {
                defaults.push(Defaults::parse(&trex)?);
            }
        }
    }
    Ok(defaults)
}

#[cfg(test)]
mod tests;
