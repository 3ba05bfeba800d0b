//! What viewers are sent: each part made once per protection, whoever and however many ask.
//!
//! A segment is made when it is first asked for; from then on its parts are made as they come. Parts in the clear share
//! the encoder's bytes; encrypted ones are copies, of which the oldest go first: what is asked for later is made again,
//! and is the same.
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use edgepack_packager::live::{Line, Segment};

use super::protection::Cover;
use crate::cache::{Entry, Filler};
use crate::config::Protection;
use crate::delivery::Fault;
use crate::origin::protection::faults::not_protectable;

/// Entries of all tracks.
#[derive(Debug)]
pub(super) struct Media {
    /// For messages.
    channel: Arc<str>,
    tracks: HashMap<(usize, Protection), Track>,
}

#[derive(Debug, Default)]
struct Track {
    served: BTreeMap<u64, Served>,
}

/// One segment as it is sent: whole, growing with its parts, and part by part.
#[derive(Debug)]
struct Served {
    whole: Arc<Entry>,
    parts: Vec<Arc<Entry>>,
    filler: Option<Filler>,
    cover: Cover,
    bytes: u64,
    /// For messages.
    channel: Arc<str>,
}

impl Media {
    pub(super) fn new(channel: &str) -> Self {
        Self {
            channel: channel.into(),
            tracks: HashMap::new(),
        }
    }

    /// Makes the parts that have come of segments that were asked for, and lets go of what the line has no more, and of
    /// what takes more than `max_copies` bytes.
    pub(super) fn advance(&mut self, track: usize, line: &Line, max_copies: u64) {
        for ((of, protection), made) in &mut self.tracks {
            if *of != track {
                continue;
            }
            for (number, served) in &mut made.served {
                if served.filler.is_some()
                    && let Some(segment) = line.find(*number)
                {
                    served.advance(segment);
                }
            }
            made.served.retain(|number, _| line.find(*number).is_some());
            if protection.needs_key() {
                made.shrink(max_copies);
            }
        }
    }

    /// # Errors
    /// Those of `cover`, and 502 for media that cannot be protected.
    pub(super) fn segment(
        &mut self,
        track: usize,
        protection: Protection,
        segment: &Segment,
        cover: impl FnOnce() -> Result<Cover, Fault>,
    ) -> Result<Arc<Entry>, Fault> {
        let served = self.served(track, protection, segment, cover)?;
        Ok(Arc::clone(&served.whole))
    }

    /// None where the segment has no such part.
    ///
    /// # Errors
    /// Those of [`segment`](Self::segment).
    pub(super) fn part(
        &mut self,
        track: usize,
        protection: Protection,
        segment: &Segment,
        part: usize,
        cover: impl FnOnce() -> Result<Cover, Fault>,
    ) -> Result<Option<Arc<Entry>>, Fault> {
        let served = self.served(track, protection, segment, cover)?;
        Ok(served.parts.get(part).cloned())
    }

    fn served(
        &mut self,
        track: usize,
        protection: Protection,
        segment: &Segment,
        cover: impl FnOnce() -> Result<Cover, Fault>,
    ) -> Result<&mut Served, Fault> {
        use std::collections::btree_map::Entry as Place;
        let made = self.tracks.entry((track, protection)).or_default();
        match made.served.entry(segment.number) {
            Place::Occupied(known) => Ok(known.into_mut()),
            Place::Vacant(place) => {
                let mut served = Served::begin(Arc::clone(&self.channel), cover()?);
                served.advance(segment);
                Ok(place.insert(served))
            }
        }
    }
}

impl Track {
    fn shrink(&mut self, max: u64) {
        let mut bytes: u64 = self.served.values().map(|served| served.bytes).sum();
        while bytes > max
            && let Some(oldest) = self.served.first_entry()
            && oldest.get().filler.is_none()
        {
            bytes -= oldest.remove().bytes;
        }
    }
}

impl Served {
    fn begin(channel: Arc<str>, cover: Cover) -> Self {
        let (whole, filler) = Entry::filling();
        Self {
            whole,
            parts: Vec::new(),
            filler: Some(filler),
            cover,
            bytes: 0,
            channel,
        }
    }

    /// With the segment's further parts. One that cannot be protected fails for all who wait for it, and ends it.
    fn advance(&mut self, segment: &Segment) {
        let Some(mut filler) = self.filler.take() else {
            return;
        };
        for part in segment.parts.iter().skip(self.parts.len()) {
            let (begins, number) = (self.parts.is_empty(), part.sequence_number());
            let pieces = match &mut self.cover {
                Cover::Clear => Ok(part.clear(begins, number)),
                Cover::Samples { encryptor, grouped } => {
                    part.protect(encryptor, *grouped, begins, number)
                }
            };
            match pieces {
                Ok(pieces) => {
                    for piece in &pieces {
                        self.bytes += u64::try_from(piece.len()).unwrap_or(u64::MAX);
                        filler.push(piece.clone());
                    }
                    self.parts.push(Entry::complete(pieces));
                }
                Err(error) => {
                    let detail = format!("segment {}: {error}", segment.number);
                    let fault = || not_protectable(&self.channel, &detail);
                    self.parts.push(Entry::failed(fault()));
                    filler.fail(fault());
                    return;
                }
            }
        }
        if segment.complete {
            filler.finish();
        } else {
            self.filler = Some(filler);
        }
    }
}
