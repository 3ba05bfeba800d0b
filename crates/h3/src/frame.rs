//! Frame types and headers (RFC 9114, 7).
use bytes::{Buf, Bytes};

use crate::varint;

/// A frame's type (7.2). Types without a name here are extensions or reserved for greasing (7.2.8).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FrameType(pub(crate) u64);

impl FrameType {
    pub(crate) const DATA: Self = Self(0x00);
    pub(crate) const HEADERS: Self = Self(0x01);
    pub(crate) const CANCEL_PUSH: Self = Self(0x03);
    pub(crate) const SETTINGS: Self = Self(0x04);
    pub(crate) const PUSH_PROMISE: Self = Self(0x05);
    pub(crate) const GOAWAY: Self = Self(0x07);
    pub(crate) const MAX_PUSH_ID: Self = Self(0x0d);
    /// Of a request stream, and of a push (RFC 9218, 7.2).
    pub(crate) const PRIORITY_UPDATE: Self = Self(0xf0700);
    pub(crate) const PRIORITY_UPDATE_PUSH: Self = Self(0xf0701);

    /// PRIORITY, PING, WINDOW_UPDATE and CONTINUATION of HTTP/2, which have no place in HTTP/3 (11.2.1).
    pub(crate) fn is_reserved_for_http2(self) -> bool {
        matches!(self.0, 0x02 | 0x06 | 0x08 | 0x09)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FrameHeader {
    pub(crate) kind: FrameType,
    /// Payload bytes that follow.
    pub(crate) length: u64,
}

impl FrameHeader {
    fn decode(input: &[u8]) -> Option<(Self, usize)> {
        let (kind, kind_bytes) = varint::decode(input)?;
        let (length, length_bytes) = varint::decode(input.get(kind_bytes..)?)?;
        let header = Self {
            kind: FrameType(kind),
            length,
        };
        Some((header, kind_bytes + length_bytes))
    }
}

/// Finds frame headers in chunks that may end anywhere.
#[derive(Debug, Default)]
pub(crate) struct HeaderReader {
    partial: [u8; Self::LONGEST],
    filled: usize,
}

impl HeaderReader {
    /// Two integers of eight bytes.
    const LONGEST: usize = 16;

    /// Takes a header off the front of `chunk`. `None`: all of `chunk` was taken, and more is needed.
    pub(crate) fn read(&mut self, chunk: &mut Bytes) -> Option<FrameHeader> {
        if self.filled == 0
            && let Some((header, length)) = FrameHeader::decode(chunk)
        {
            chunk.advance(length);
            return Some(header);
        }
        while !chunk.is_empty() && self.filled < Self::LONGEST {
            self.partial[self.filled] = chunk.get_u8();
            self.filled += 1;
            if let Some((header, _)) = FrameHeader::decode(&self.partial[..self.filled]) {
                self.filled = 0;
                return Some(header);
            }
        }
        None
    }

    /// A header has begun and not ended.
    pub(crate) fn is_partial(&self) -> bool {
        self.filled > 0
    }
}

/// Takes up to `wanted` bytes off the front of `chunk`, as a slice of the same buffer.
pub(crate) fn take(chunk: &mut Bytes, wanted: u64) -> Bytes {
    let length = usize::try_from(wanted).map_or(chunk.len(), |wanted| wanted.min(chunk.len()));
    chunk.split_to(length)
}
