//! The sans-I/O movie reader: says which bytes it needs next, ends with a [`Movie`].
use bytes::Bytes;

use crate::boxes::{BoxHeader, Node};
use crate::movie::parse_movie;
use crate::{Error, FourCc, Movie, Result};

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
    /// How many boxes may stand before the `moov`.
    pub max_top_level_boxes: u32,
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

/// Finds and reads the `moov` of a progressive MP4, wherever it stands.
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
    file_len: u64,
    limits: Limits,
    state: State,
    /// Where the next box starts.
    cursor: u64,
    /// The bytes last supplied for the walk, and where they stand.
    window: (u64, Bytes),
    windows_asked: u32,
    boxes_seen: u32,
    /// A file without `ftyp` is to be read as `mp41` (ISO/IEC 14496-12, 4.3).
    major_brand: FourCc,
    asked: Option<ByteRange>,
}

#[derive(Debug, Clone)]
enum State {
    Walking,
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
}

/// One read finds the `moov` of most small files, and of those with the `moov` in front.
const WINDOW: u64 = 64 << 10;
/// After so many windows the file is a long row of boxes: only their headers are of use.
const LARGE_WINDOWS: u32 = 16;
const SMALL_WINDOW: u64 = 512;
/// A 64-bit header; the major brand of an `ftyp` lies in it too.
const HEADER_LEN: u64 = 16;

/// What a file may begin with: ISO/IEC 14496-12 and QuickTime.
const FIRST_BOXES: [&[u8; 4]; 15] = [
    b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"uuid", b"pnot", b"pdin", b"styp",
    b"sidx", b"moof", b"meta", b"emsg", b"prft",
];

impl MovieReader {
    /// For a file of `file_len` bytes.
    pub fn new(file_len: u64, limits: Limits) -> Self {
        Self {
            file_len,
            limits,
            state: State::Walking,
            cursor: 0,
            window: (0, Bytes::new()),
            windows_asked: 0,
            boxes_seen: 0,
            major_brand: FourCc(*b"mp41"),
            asked: None,
        }
    }

    /// The next thing to do; call after `new` and after each `supply`.
    ///
    /// # Errors
    /// Whatever is wrong with the file; the reader is of no further use then.
    pub fn step(&mut self) -> Result<Step> {
        while let State::Walking = self.state {
            if let Some(range) = self.walk()? {
                return Ok(self.ask(range));
            }
        }
        match &self.state {
            State::Ready {
                header,
                offset,
                moov,
            } => {
                let node = Node::top(*offset, *header, moov.clone());
                let movie = parse_movie(&node, self.major_brand, self.file_len, &self.limits)?;
                Ok(Step::Done(Box::new(movie)))
            }
            State::Found { range, .. } => {
                let range = *range;
                Ok(self.ask(range))
            }
            State::Walking => Err(Error::NoMovie),
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
        match self.state {
            State::Found { header, .. } => {
                self.state = State::Ready {
                    header,
                    offset: range.offset,
                    moov: bytes,
                };
            }
            State::Walking => self.window = (range.offset, bytes),
            State::Ready { .. } => {}
        }
        Ok(())
    }

    fn ask(&mut self, range: ByteRange) -> Step {
        self.asked = Some(range);
        Step::Need(range)
    }

    /// Passes one top-level box, or says which bytes that takes.
    fn walk(&mut self) -> Result<Option<ByteRange>> {
        let left = self.file_len - self.cursor;
        if self.cursor == 0 && left < 8 {
            return Err(Error::NotMp4 {
                reason: format!("{left} bytes hold no box"),
            });
        }
        if left == 0 {
            return Err(Error::NoMovie);
        }
        let Some(head) = self.at_hand(HEADER_LEN.min(left)) else {
            return Ok(Some(self.next_window()));
        };
        let header = BoxHeader::parse(&head);
        let Some(header) = header else {
            return Err(Error::Truncated {
                path: "(top level)".to_owned(),
                offset: self.cursor,
                reason: format!("{left} bytes are too few for a box header"),
            });
        };
        let size = self.check(header, left)?;
        self.boxes_seen += 1;
        match &header.kind.0 {
            b"moov" => self.found(header, size)?,
            b"moof" => {
                return Err(Error::Fragmented {
                    kind: header.kind,
                    offset: self.cursor,
                });
            }
            b"ftyp" => {
                let brand = head
                    .get(8..)
                    .filter(|_| header.header_len == 8)
                    .and_then(<[u8]>::first_chunk::<4>);
                if let Some(brand) = brand {
                    self.major_brand = FourCc(*brand);
                }
            }
            _ => {}
        }
        self.cursor += size;
        Ok(None)
    }

    /// The size of the box at the cursor, when it can be one.
    fn check(&self, header: BoxHeader, left: u64) -> Result<u64> {
        let kind = header.kind;
        let size = header.size.unwrap_or(left);
        let path = || kind.to_string();
        if self.cursor == 0 {
            if !FIRST_BOXES.iter().any(|first| **first == kind.0) {
                return Err(Error::NotMp4 {
                    reason: format!("it begins with \"{kind}\" where a box type should stand"),
                });
            }
            if size < header.header_len {
                return Err(Error::NotMp4 {
                    reason: format!("its first box has the size {size}"),
                });
            }
        }
        if self.boxes_seen >= self.limits.max_top_level_boxes {
            return Err(Error::LimitExceeded {
                path: path(),
                offset: self.cursor,
                what: "boxes before the moov",
                limit: u64::from(self.limits.max_top_level_boxes),
            });
        }
        if size < header.header_len {
            return Err(Error::Malformed {
                path: path(),
                offset: self.cursor,
                reason: format!("size {size} is less than its own header"),
            });
        }
        if size > left {
            return Err(Error::Truncated {
                path: path(),
                offset: self.cursor,
                reason: format!("the box has {size} bytes, the file has {left} from there"),
            });
        }
        Ok(size)
    }

    fn found(&mut self, header: BoxHeader, size: u64) -> Result<()> {
        if size > self.limits.max_moov_bytes {
            return Err(Error::LimitExceeded {
                path: header.kind.to_string(),
                offset: self.cursor,
                what: "bytes",
                limit: self.limits.max_moov_bytes,
            });
        }
        self.state = match self.at_hand(size) {
            // A copy: a slice would keep the whole window for as long as the movie lives.
            Some(moov) => State::Ready {
                header,
                offset: self.cursor,
                moov: Bytes::copy_from_slice(&moov),
            },
            None => State::Found {
                header,
                range: ByteRange {
                    offset: self.cursor,
                    len: size,
                },
            },
        };
        Ok(())
    }

    /// `len` bytes from the cursor on, if the window holds them.
    fn at_hand(&self, len: u64) -> Option<Bytes> {
        let (offset, bytes) = &self.window;
        let start = usize::try_from(self.cursor.checked_sub(*offset)?).ok()?;
        let end = start.checked_add(usize::try_from(len).ok()?)?;
        (end <= bytes.len()).then(|| bytes.slice(start..end))
    }

    fn next_window(&mut self) -> ByteRange {
        let len = if self.windows_asked < LARGE_WINDOWS {
            WINDOW
        } else {
            SMALL_WINDOW
        };
        self.windows_asked += 1;
        ByteRange {
            offset: self.cursor,
            len: len.min(self.file_len - self.cursor),
        }
    }
}

#[cfg(test)]
mod tests;
