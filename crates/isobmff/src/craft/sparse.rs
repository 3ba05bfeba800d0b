//! Files of any length of which only the headers are there.
#![allow(clippy::unwrap_used, clippy::panic)]
use bytes::Bytes;

use crate::{ByteRange, Limits, Movie, MovieReader, Result, Step};

/// A file whose media are holes.
#[derive(Debug, Default)]
pub(crate) struct Sparse {
    len: u64,
    pieces: Vec<(u64, Vec<u8>)>,
}

impl Sparse {
    pub(crate) fn len(&self) -> u64 {
        self.len
    }

    pub(crate) fn append(&mut self, bytes: &[u8]) {
        self.pieces.push((self.len, bytes.to_vec()));
        self.len += bytes.len() as u64;
    }

    /// An `mdat` of `len` bytes of media. Tells where they begin.
    pub(crate) fn append_media(&mut self, len: u64, large: bool) -> u64 {
        let header = match u32::try_from(len + 8) {
            Ok(size) if !large => [&size.to_be_bytes()[..], b"mdat"].concat(),
            _ => [&[0, 0, 0, 1], &b"mdat"[..], &(len + 16).to_be_bytes()].concat(),
        };
        self.append(&header);
        self.len += len;
        self.len - len
    }

    pub(crate) fn cut(&mut self, len: u64) {
        self.len = len;
    }

    /// Media come as zeros; so many of them in a row that no window needs them are not there.
    pub(crate) fn read(&self, range: ByteRange) -> Bytes {
        let end = range.offset + range.len;
        assert!(
            range.len > 0 && end <= self.len,
            "{range:?} of {}",
            self.len
        );
        let mut out = vec![0; usize::try_from(range.len).unwrap()];
        let first = self
            .pieces
            .partition_point(|(at, piece)| at + piece.len() as u64 <= range.offset);
        let mut there = 0;
        for (at, piece) in &self.pieces[first..] {
            if *at >= end {
                break;
            }
            let from = (*at).max(range.offset);
            let to = (at + piece.len() as u64).min(end);
            let place = |position: u64, base: u64| usize::try_from(position - base).unwrap();
            out[place(from, range.offset)..place(to, range.offset)]
                .copy_from_slice(&piece[place(from, *at)..place(to, *at)]);
            there += to - from;
        }
        assert!(
            range.len - there <= 64 << 10,
            "{} bytes of media read at {}",
            range.len - there,
            range.offset
        );
        Bytes::from(out)
    }

    /// Every range asked for, too.
    pub(crate) fn movie(&self, limits: Limits) -> (Result<Movie>, Vec<ByteRange>) {
        let mut reader = MovieReader::new(self.len, limits);
        let mut asked = Vec::new();
        loop {
            match reader.step() {
                Ok(Step::Need(range)) => {
                    asked.push(range);
                    reader.supply(range, self.read(range)).unwrap();
                }
                Ok(Step::Done(movie)) => return (Ok(*movie), asked),
                Err(error) => return (Err(error), asked),
            }
        }
    }
}
