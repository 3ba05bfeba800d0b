//! What must be kept of a movie to have it again without its file.
//!
//! ```text
//! "EPMI"  version u32  file length u64  major brand 4 bytes  flags u32 (1: fragmented)
//! notes u32, each: length u32, UTF-8     moov: the whole box, to the end
//! ```
//! All numbers are big-endian. No checksum: whoever stores an index tells whether it came back as it was, and of which
//! version of the file it is. Other bytes make an error or another movie, never a panic.
use bytes::{Buf, Bytes};

use crate::boxes::{BoxHeader, Node};
use crate::movie::parse_movie;
use crate::{BoxWriter, Error, FourCc, Limits, Movie, Result};

const MAGIC: [u8; 4] = *b"EPMI";
const VERSION: u32 = 1;
const FRAGMENTED: u32 = 1;
/// A movie has a few, and a few for each track.
const MAX_NOTES: usize = 4096;

impl Movie {
    /// The movie in as many bytes as its `moov`, and some: for [`Movie::from_index`].
    pub fn index(&self) -> Bytes {
        let notes = &self.notes[..self.notes.len().min(MAX_NOTES)];
        let notes_len: usize = notes.iter().map(|note| 4 + note.len()).sum();
        let mut w = BoxWriter::with_capacity(28 + notes_len + self.moov.len());
        w.bytes(&MAGIC);
        w.u32(VERSION);
        w.u64(self.file_len);
        w.fourcc(self.major_brand);
        w.u32(if self.fragmented { FRAGMENTED } else { 0 });
        // Lossless: notes are short, and bounded in number.
        w.u32(u32::try_from(notes.len()).unwrap_or(0));
        for note in notes {
            w.u32(u32::try_from(note.len()).unwrap_or(0));
            w.bytes(note.as_bytes());
        }
        w.bytes(&self.moov);
        Bytes::from(w.into_vec())
    }

    /// The movie whose [`Movie::index`] this is, of a file of `file_len` bytes.
    ///
    /// The movie's tables are slices of `index`.
    ///
    /// # Errors
    /// [`Error::Index`] when the bytes are no index, one of another version of this crate or of a file of another
    /// length; else what the `moov` in it makes.
    pub fn from_index(mut index: Bytes, file_len: u64, limits: &Limits) -> Result<Self> {
        if take(&mut index, 4)? != MAGIC[..] {
            return Err(fault("it does not begin with its mark"));
        }
        let version = take_u32(&mut index)?;
        if version != VERSION {
            return Err(fault(format!(
                "it has version {version}, this is {VERSION}"
            )));
        }
        let of = take(&mut index, 8)?.get_u64();
        if of != file_len {
            return Err(fault(format!(
                "it is of a file of {of} bytes, not {file_len}"
            )));
        }
        let major_brand = FourCc(take_u32(&mut index)?.to_be_bytes());
        let flags = take_u32(&mut index)?;
        let count = usize::try_from(take_u32(&mut index)?).unwrap_or(usize::MAX);
        if flags > FRAGMENTED || count > MAX_NOTES {
            return Err(fault(format!("flags {flags} and {count} notes")));
        }
        let mut notes = Vec::new();
        for _ in 0..count {
            let len = usize::try_from(take_u32(&mut index)?).unwrap_or(usize::MAX);
            let note = take(&mut index, len)?;
            let note = std::str::from_utf8(&note).map_err(|_| fault("a note that is no text"))?;
            notes.push(note.to_owned());
        }
        let header = BoxHeader::parse(&index).filter(|header| {
            // A moov at the end of its file may leave its size open.
            header.kind == FourCc(*b"moov")
                && header.size.is_none_or(|size| size == index.len() as u64)
        });
        let header = header.ok_or_else(|| fault("a moov that is not whole"))?;
        let movie = parse_movie(&Node::top(0, header, index), major_brand, file_len, limits)?;
        Ok(Self {
            fragmented: flags & FRAGMENTED != 0,
            notes,
            ..movie
        })
    }
}

fn take(index: &mut Bytes, len: usize) -> Result<Bytes> {
    if len > index.len() {
        return Err(fault("it ends early"));
    }
    Ok(index.split_to(len))
}

fn take_u32(index: &mut Bytes) -> Result<u32> {
    take(index, 4).map(|mut bytes| bytes.get_u32())
}

fn fault(reason: impl Into<String>) -> Error {
    Error::Index {
        reason: reason.into(),
    }
}

#[cfg(test)]
mod tests;
