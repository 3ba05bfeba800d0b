//! The sans-I/O movie reader: says which bytes it needs next, ends with a [`Movie`].
use std::ops::Range;

use bytes::Bytes;

use crate::boxes::{BoxHeader, Node};
use crate::fragments::{self, Fragments};
use crate::movie::parse_movie;
use crate::repair::repair;
use crate::{Error, FourCc, Movie, Result};

mod walk;

use walk::{Next, TopBox, Walk};

/// Bytes of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ByteRange {
    /// From the start of the file.
    pub offset: u64,
    pub len: u64,
}

/// Bounds on what a file can make the reader hold and do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The largest `moov` box that is read.
    pub max_moov_bytes: u64,
    /// How many boxes may stand before the `moov`, and behind a fragmented one besides 16 for every `moof`.
    pub max_top_level_boxes: u32,
    /// How many `moof` boxes are read.
    pub max_fragments: u32,
    /// The largest `moof` box that is read.
    pub max_fragment_bytes: u64,
    /// What the sample tables gathered from all fragments may take in memory. As long again is the `moov` made of them.
    pub max_index_bytes: u64,
    pub max_tracks: u32,
    /// Counts in tracks whose codec this crate reads; in others, raw audio makes a sample of every
    /// few bytes, and nothing here grows with their number.
    pub max_samples_per_track: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_moov_bytes: 256 << 20,
            max_top_level_boxes: 10_000,
            max_fragments: 10_000_000,
            max_fragment_bytes: 64 << 20,
            max_index_bytes: 256 << 20,
            max_tracks: 256,
            max_samples_per_track: 20_000_000,
        }
    }
}

/// What the reader wants, or has.
#[derive(Debug)]
pub enum Step {
    /// Supply exactly these bytes (the range never reaches past the file's end).
    Need(ByteRange),
    Done(Box<Movie>),
}

/// Finds and reads the `moov` of an MP4, wherever it stands, and after one that announces fragments every `moof`.
///
/// Of a recording that was cut off the whole fragments are used; [`Movie::notes`] tells of it.
///
/// ```
/// use edgepack_isobmff::{Limits, Movie, MovieReader, Result, Step};
///
/// fn read(file: &bytes::Bytes) -> Result<Movie> {
///     let mut reader = MovieReader::new(file.len() as u64, Limits::default());
///     loop {
///         match reader.step()? {
///             Step::Need(range) => {
///                 let start = range.offset as usize;
///                 reader.supply(range, file.slice(start..start + range.len as usize))?;
///             }
///             Step::Done(movie) => return Ok(*movie),
///         }
///     }
/// }
/// assert!(read(&bytes::Bytes::from_static(b"no movie at all")).is_err());
/// ```
#[derive(Debug)]
pub struct MovieReader {
    walk: Walk,
    file_len: u64,
    limits: Limits,
    state: State,
    /// A file without `ftyp` is to be read as `mp41` (ISO/IEC 14496-12, 4.3).
    major_brand: FourCc,
    /// From the first byte in the `mdat` boxes so far to the last.
    media: Option<Range<u64>>,
    asked: Option<ByteRange>,
}

#[derive(Debug)]
enum State {
    /// No `moov` was met.
    Seeking,
    /// The `moov` was found and is not at hand.
    Found {
        header: BoxHeader,
        range: ByteRange,
    },
    Ready {
        header: BoxHeader,
        offset: u64,
        moov: Bytes,
    },
    /// Behind the `moov` of a fragmented movie.
    Gathering(Box<Fragments>),
    /// Behind a `moov` whose samples reach past the end of the file: where do the media lie?
    Measuring(Box<(Node<'static>, Error)>),
    Over,
}

/// Boxes that may stand beside each fragment: `styp`, `sidx`, `prft`, `emsg`, `mdat`.
const BOXES_PER_FRAGMENT: u32 = 16;

impl MovieReader {
    /// For a file of `file_len` bytes.
    pub fn new(file_len: u64, limits: Limits) -> Self {
        Self {
            walk: Walk::new(file_len),
            file_len,
            limits,
            state: State::Seeking,
            major_brand: FourCc(*b"mp41"),
            media: None,
            asked: None,
        }
    }

    /// The next thing to do; call after `new` and after each `supply`.
    ///
    /// # Errors
    /// Whatever is wrong with the file; the reader is of no further use then.
    pub fn step(&mut self) -> Result<Step> {
        loop {
            let needed = match &self.state {
                State::Seeking => self.seek()?,
                State::Found { range, .. } => Some(*range),
                State::Ready { .. } => match self.begin()? {
                    Some(movie) => return Ok(Step::Done(movie)),
                    None => None,
                },
                State::Gathering(_) => match self.gather()? {
                    Gathered::Passed => None,
                    Gathered::Need(range) => Some(range),
                    Gathered::All(movie) => return Ok(Step::Done(movie)),
                },
                State::Measuring(_) => match self.measure()? {
                    Gathered::Passed => None,
                    Gathered::Need(range) => Some(range),
                    Gathered::All(movie) => return Ok(Step::Done(movie)),
                },
                State::Over => return Err(Error::NoMovie),
            };
            if let Some(range) = needed {
                self.asked = Some(range);
                return Ok(Step::Need(range));
            }
        }
    }

    /// The bytes last asked for.
    ///
    /// # Errors
    /// [`Error::WrongBytes`] when they are others.
    pub fn supply(&mut self, range: ByteRange, bytes: Bytes) -> Result<()> {
        let asked = self.asked.unwrap_or(ByteRange { offset: 0, len: 0 });
        if asked != range || bytes.len() as u64 != range.len {
            return Err(Error::WrongBytes {
                asked_offset: asked.offset,
                asked: asked.len,
                got_offset: range.offset,
                got: bytes.len() as u64,
            });
        }
        self.asked = None;
        if let State::Found { header, .. } = self.state {
            self.state = State::Ready {
                header,
                offset: range.offset,
                moov: bytes,
            };
        } else {
            self.walk.supply(range.offset, bytes);
        }
        Ok(())
    }

    /// Passes one box before the `moov`, or says which bytes that takes.
    fn seek(&mut self) -> Result<Option<ByteRange>> {
        let found = match self.walk.next_box()? {
            Next::Need(range) => return Ok(Some(range)),
            Next::Box(found) => found,
            Next::Cut(_, error) => return Err(error),
            Next::End => return Err(Error::NoMovie),
        };
        if self.walk.boxes_seen() >= self.limits.max_top_level_boxes {
            let limit = u64::from(self.limits.max_top_level_boxes);
            return Err(limit_exceeded(&found, "boxes before the moov", limit));
        }
        match &found.header.kind.0 {
            b"moov" => self.found(&found)?,
            b"moof" => {
                return Err(Error::NoHeader {
                    offset: found.offset,
                });
            }
            b"ftyp" => {
                let brand = found
                    .head
                    .get(8..)
                    .filter(|_| found.header.header_len == 8)
                    .and_then(<[u8]>::first_chunk::<4>);
                if let Some(brand) = brand {
                    self.major_brand = FourCc(*brand);
                }
            }
            b"mdat" => self.note_media(&found),
            _ => {}
        }
        self.walk.pass(found.size);
        Ok(None)
    }

    fn found(&mut self, found: &TopBox) -> Result<()> {
        if found.size > self.limits.max_moov_bytes {
            return Err(limit_exceeded(found, "bytes", self.limits.max_moov_bytes));
        }
        let header = found.header;
        self.state = match self.walk.at_hand(found.size) {
            // A copy: a slice would keep the whole window for as long as the movie lives.
            Some(moov) => State::Ready {
                header,
                offset: found.offset,
                moov: Bytes::copy_from_slice(&moov),
            },
            None => State::Found {
                header,
                range: ByteRange {
                    offset: found.offset,
                    len: found.size,
                },
            },
        };
        Ok(())
    }

    /// Reads the `moov`; that is all, unless it announces fragments.
    fn begin(&mut self) -> Result<Option<Box<Movie>>> {
        let State::Ready {
            header,
            offset,
            moov,
        } = std::mem::replace(&mut self.state, State::Over)
        else {
            return Ok(None);
        };
        let node = Node::top(offset, header, moov);
        let fragmented = fragments::announced(&node);
        let movie = match parse_movie(&node, self.major_brand, self.file_len, &self.limits) {
            Ok(movie) => movie,
            Err(fault @ Error::Truncated { .. }) if !fragmented => {
                self.state = State::Measuring(Box::new((node, fault)));
                return Ok(None);
            }
            Err(error) => return Err(error),
        };
        if !fragmented {
            return Ok(Some(Box::new(movie)));
        }
        let fragments = Fragments::new(node, movie, self.limits)?;
        self.state = State::Gathering(Box::new(fragments));
        self.walk.enter_fragments();
        Ok(None)
    }

    /// Passes one box behind a `moov` whose samples reach past the end of the file.
    fn measure(&mut self) -> Result<Gathered> {
        let found = match self.walk.next_box()? {
            Next::Need(range) => return Ok(Gathered::Need(range)),
            Next::Box(found) => found,
            end => {
                // Of a box that is cut off nobody knows what should have been in it.
                let whole = matches!(end, Next::End);
                let State::Measuring(measured) = std::mem::replace(&mut self.state, State::Over)
                else {
                    return Err(Error::NoMovie);
                };
                let (moov, fault) = *measured;
                let media = self.media.take().filter(|_| whole);
                let movie = repair(
                    &moov,
                    self.major_brand,
                    self.file_len,
                    media,
                    fault,
                    &self.limits,
                )?;
                return Ok(Gathered::All(Box::new(movie)));
            }
        };
        if self.walk.boxes_seen() >= self.limits.max_top_level_boxes {
            let limit = u64::from(self.limits.max_top_level_boxes);
            return Err(limit_exceeded(&found, "boxes", limit));
        }
        if found.header.kind == FourCc(*b"mdat") {
            self.note_media(&found);
        }
        self.walk.pass(found.size);
        Ok(Gathered::Passed)
    }

    fn note_media(&mut self, mdat: &TopBox) {
        let content = mdat.offset + mdat.header.header_len;
        let start = self.media.take().map_or(content, |media| media.start);
        self.media = Some(start..mdat.offset + mdat.size);
    }

    /// Passes one box behind the `moov`.
    fn gather(&mut self) -> Result<Gathered> {
        let State::Gathering(fragments) = &mut self.state else {
            return Err(Error::NoMovie);
        };
        let (found, cut) = match self.walk.next_box()? {
            Next::Need(range) => return Ok(Gathered::Need(range)),
            Next::Box(found) => (Some(found), None),
            Next::Cut(found, error) => (found, Some(error)),
            Next::End => (None, None),
        };
        if let Some(found) = &found
            && found.header.kind == FourCc(*b"mdat")
        {
            let end = found.offset.saturating_add(found.size);
            fragments.media(found.offset + found.header.header_len..end);
        }
        let Some(found) = found.filter(|_| cut.is_none()) else {
            let State::Gathering(fragments) = std::mem::replace(&mut self.state, State::Over)
            else {
                return Err(Error::NoMovie);
            };
            return fragments
                .finish(cut)
                .map(|movie| Gathered::All(Box::new(movie)));
        };
        let boxes = fragments.seen().saturating_mul(BOXES_PER_FRAGMENT);
        let boxes = boxes.saturating_add(self.limits.max_top_level_boxes);
        if self.walk.boxes_seen() >= boxes {
            return Err(limit_exceeded(
                &found,
                "boxes beside the fragments",
                u64::from(boxes),
            ));
        }
        let (whole_of, limit) = match &found.header.kind.0 {
            b"moof" => (true, self.limits.max_fragment_bytes),
            b"moov" => (true, self.limits.max_moov_bytes),
            _ => (false, 0),
        };
        if !whole_of {
            self.walk.pass(found.size);
            return Ok(Gathered::Passed);
        }
        if found.size > limit {
            return Err(limit_exceeded(&found, "bytes", limit));
        }
        let Some(whole) = self.walk.at_hand(found.size) else {
            return Ok(Gathered::Need(self.walk.window_for(found.size)));
        };
        if found.header.kind == FourCc(*b"moof") {
            fragments.moof(found.offset, found.header, whole)?;
            self.walk.pass_moof(found.size);
        } else {
            fragments.moov_again(found.offset, found.header, whole)?;
            self.walk.pass(found.size);
        }
        Ok(Gathered::Passed)
    }
}

/// What came of one step behind the `moov`.
enum Gathered {
    Passed,
    Need(ByteRange),
    All(Box<Movie>),
}

fn limit_exceeded(found: &TopBox, what: &'static str, limit: u64) -> Error {
    Error::LimitExceeded {
        path: found.header.kind.to_string(),
        offset: found.offset,
        what,
        limit,
    }
}

#[cfg(test)]
mod tests;
