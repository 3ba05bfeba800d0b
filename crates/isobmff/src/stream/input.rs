//! The bytes that came and are not read yet, in the pieces that they came in.
use std::collections::VecDeque;

use bytes::{Bytes, BytesMut};

/// Pieces smaller than this are gathered: what a piece costs to hold is then little beside its bytes.
const SMALL: usize = 2048;
/// As much of them as makes one piece.
const GATHERED: usize = 16 << 10;

#[derive(Debug, Default)]
pub(super) struct Input {
    /// Oldest first, none empty.
    pieces: VecDeque<Bytes>,
    /// Small pieces that came after them.
    tail: BytesMut,
    len: usize,
    /// Of the first byte, from the start of the body.
    offset: u64,
}

impl Input {
    pub(super) fn push(&mut self, piece: Bytes) {
        self.len += piece.len();
        if piece.len() < SMALL {
            self.tail.extend_from_slice(&piece);
            if self.tail.len() >= GATHERED {
                self.seal();
            }
        } else {
            self.seal();
            self.pieces.push_back(piece);
        }
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    pub(super) fn offset(&self) -> u64 {
        self.offset
    }

    /// As many of the first bytes as are there and have room in `head`.
    pub(super) fn peek<'h>(&self, head: &'h mut [u8; 16]) -> &'h [u8] {
        let bytes = self.pieces.iter().flatten().chain(&self.tail);
        let mut filled = 0;
        for (slot, byte) in head.iter_mut().zip(bytes) {
            *slot = *byte;
            filled += 1;
        }
        head.get(..filled).unwrap_or_default()
    }

    /// The first `len` bytes, or all where there are fewer: copied, so that what is kept of them keeps nothing else.
    pub(super) fn take(&mut self, len: usize) -> Bytes {
        let mut taken = Vec::with_capacity(len.min(self.len));
        self.pass(len, |piece| taken.extend_from_slice(piece));
        Bytes::from(taken)
    }

    /// Passes over `len` bytes, or all where there are fewer.
    pub(super) fn skip(&mut self, len: u64) {
        self.pass(usize::try_from(len).unwrap_or(usize::MAX), |_| {});
    }

    fn pass(&mut self, len: usize, mut each: impl FnMut(&[u8])) {
        let mut left = len.min(self.len);
        self.len -= left;
        self.offset += left as u64;
        if left == 0 {
            return;
        }
        self.seal();
        while left > 0 {
            let Some(mut piece) = self.pieces.pop_front() else {
                return;
            };
            let passed = piece.split_to(left.min(piece.len()));
            each(&passed);
            left -= passed.len();
            if !piece.is_empty() {
                self.pieces.push_front(piece);
            }
        }
    }

    fn seal(&mut self) {
        if !self.tail.is_empty() {
            self.pieces.push_back(self.tail.split().freeze());
        }
    }
}
