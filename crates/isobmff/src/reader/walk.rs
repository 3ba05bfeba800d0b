//! The walk over the boxes at the top of a file, through windows onto it.
use bytes::Bytes;

use super::ByteRange;
use crate::boxes::BoxHeader;
use crate::{Error, Result};

/// One read finds the `moov` of most small files, and of those with the `moov` in front.
pub(super) const WINDOW: u64 = 64 << 10;
/// After so many windows the file is a long row of boxes: only their headers are of use.
const LARGE_WINDOWS: u32 = 16;
const SMALL_WINDOW: u64 = 512;
/// A 64-bit header; the major brand of an `ftyp` lies in it too.
const HEADER_LEN: u64 = 16;
/// What stands beside a `moof` and is read with it: `styp`, `sidx`, `prft`, the header of the `mdat`.
const BESIDE_MOOF: u64 = 1024;
const PAGE: u64 = 4096;

/// What a file may begin with: ISO/IEC 14496-12 and QuickTime.
const FIRST_BOXES: [&[u8; 4]; 15] = [
    b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"uuid", b"pnot", b"pdin", b"styp",
    b"sidx", b"moof", b"meta", b"emsg", b"prft",
];

#[derive(Debug)]
pub(super) struct Walk {
    file_len: u64,
    /// Where the next box starts.
    cursor: u64,
    /// The bytes last supplied, and where they stand.
    window: (u64, Bytes),
    windows_asked: u32,
    /// The last `moof`.
    last_moof: Option<Moof>,
    boxes_seen: u32,
}

#[derive(Debug, Clone, Copy)]
struct Moof {
    offset: u64,
    size: u64,
    /// From the one before to this one.
    stride: u64,
}

/// A box at the cursor.
#[derive(Debug)]
pub(super) struct TopBox {
    pub(super) offset: u64,
    pub(super) header: BoxHeader,
    /// Header included.
    pub(super) size: u64,
    /// The header, and what follows it up to 16 bytes.
    pub(super) head: Bytes,
}

#[derive(Debug)]
pub(super) enum Next {
    Need(ByteRange),
    Box(TopBox),
    /// The file ends inside this box, or inside its header.
    Cut(Option<TopBox>, Error),
    End,
}

impl Walk {
    pub(super) fn new(file_len: u64) -> Self {
        Self {
            file_len,
            cursor: 0,
            window: (0, Bytes::new()),
            windows_asked: 0,
            last_moof: None,
            boxes_seen: 0,
        }
    }

    pub(super) fn boxes_seen(&self) -> u32 {
        self.boxes_seen
    }

    /// The bytes last asked for.
    pub(super) fn supply(&mut self, offset: u64, bytes: Bytes) {
        self.window = (offset, bytes);
    }

    /// From here on fragments are walked over.
    pub(super) fn enter_fragments(&mut self) {
        self.windows_asked = 0;
    }

    /// The box at the cursor, which stays where it is.
    pub(super) fn next_box(&mut self) -> Result<Next> {
        let left = self.file_len - self.cursor;
        if self.cursor == 0 && left < 8 {
            return Err(Error::NotMp4 {
                reason: format!("{left} bytes hold no box"),
            });
        }
        if left == 0 {
            return Ok(Next::End);
        }
        let Some(head) = self.at_hand(HEADER_LEN.min(left)) else {
            return Ok(Next::Need(self.window_for(HEADER_LEN)));
        };
        let Some(header) = BoxHeader::parse(&head) else {
            let error = Error::Truncated {
                path: "(top level)".to_owned(),
                offset: self.cursor,
                reason: format!("{left} bytes are too few for a box header"),
            };
            return Ok(Next::Cut(None, error));
        };
        let size = self.check(header, left)?;
        let found = TopBox {
            offset: self.cursor,
            header,
            size,
            head,
        };
        if size > left {
            let error = Error::Truncated {
                path: header.kind.to_string(),
                offset: self.cursor,
                reason: format!("the box has {size} bytes, the file has {left} from there"),
            };
            return Ok(Next::Cut(Some(found), error));
        }
        Ok(Next::Box(found))
    }

    /// Goes on behind the box at the cursor, of `size` bytes.
    pub(super) fn pass(&mut self, size: u64) {
        self.cursor += size;
        self.boxes_seen = self.boxes_seen.saturating_add(1);
    }

    /// … which was a `moof`.
    pub(super) fn pass_moof(&mut self, size: u64) {
        let offset = self.cursor;
        self.last_moof = Some(Moof {
            offset,
            size,
            stride: self.last_moof.map_or(0, |last| offset - last.offset),
        });
        self.pass(size);
    }

    /// The size of the box at the cursor, when it can be one.
    fn check(&self, header: BoxHeader, left: u64) -> Result<u64> {
        let kind = header.kind;
        let size = header.size.unwrap_or(left);
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
        if size < header.header_len {
            return Err(Error::Malformed {
                path: kind.to_string(),
                offset: self.cursor,
                reason: format!("size {size} is less than its own header"),
            });
        }
        Ok(size)
    }

    /// `len` bytes from the cursor on, if the window holds them.
    pub(super) fn at_hand(&self, len: u64) -> Option<Bytes> {
        let (offset, bytes) = &self.window;
        let start = usize::try_from(self.cursor.checked_sub(*offset)?).ok()?;
        let end = start.checked_add(usize::try_from(len).ok()?)?;
        (end <= bytes.len()).then(|| bytes.slice(start..end))
    }

    /// The next window, which holds at least `len` bytes from the cursor on, as far as the file goes.
    ///
    /// Where several fragments lie in one window, so large is the next, too. Where the media of one reach past it, all
    /// that is of use is one `moof` and what stands beside it.
    pub(super) fn window_for(&mut self, len: u64) -> ByteRange {
        let wanted = match self.last_moof {
            Some(moof) if moof.stride > WINDOW / 2 => {
                (moof.size + BESIDE_MOOF).next_multiple_of(PAGE).min(WINDOW)
            }
            Some(_) => WINDOW,
            None if self.windows_asked < LARGE_WINDOWS => WINDOW,
            None => SMALL_WINDOW,
        };
        self.windows_asked = self.windows_asked.saturating_add(1);
        ByteRange {
            offset: self.cursor,
            len: wanted.max(len).min(self.file_len - self.cursor),
        }
    }
}
