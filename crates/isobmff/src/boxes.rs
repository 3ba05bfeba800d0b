//! Boxes in bytes at hand: headers, children and fields, each knowing where in the file it stands.
use std::fmt;

use bytes::Bytes;

use crate::{Error, FourCc, Result};

/// What stands before a box's content (ISO/IEC 14496-12, 4.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BoxHeader {
    pub(crate) kind: FourCc,
    pub(crate) header_len: u64,
    /// Header included; none: the box reaches to the end of the file.
    pub(crate) size: Option<u64>,
}

impl BoxHeader {
    /// None when `data` ends inside the header.
    pub(crate) fn parse(data: &[u8]) -> Option<Self> {
        let (first, rest) = data.split_first_chunk::<4>()?;
        let (kind, rest) = rest.split_first_chunk::<4>()?;
        let kind = FourCc(*kind);
        Some(match u32::from_be_bytes(*first) {
            0 => Self {
                kind,
                header_len: 8,
                size: None,
            },
            1 => {
                let large = u64::from_be_bytes(*rest.first_chunk::<8>()?);
                Self {
                    kind,
                    header_len: 16,
                    size: Some(large),
                }
            }
            size => Self {
                kind,
                header_len: 8,
                size: Some(u64::from(size)),
            },
        })
    }
}

/// The way from the top of the file to a box, kept on the stack until a message needs it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Path<'p> {
    parent: Option<&'p Path<'p>>,
    kind: FourCc,
    ordinal: Option<usize>,
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(parent) = self.parent {
            write!(f, "{parent}/")?;
        }
        write!(f, "{}", self.kind)?;
        match self.ordinal {
            Some(ordinal) => write!(f, "[{ordinal}]"),
            None => Ok(()),
        }
    }
}

/// One box, whole, with the place it was found.
#[derive(Debug, Clone)]
pub(crate) struct Node<'p> {
    path: Path<'p>,
    offset: u64,
    header_len: usize,
    whole: Bytes,
}

impl<'p> Node<'p> {
    /// `whole` is exactly one box, header included, found at `offset` of the file.
    pub(crate) fn top(offset: u64, header: BoxHeader, whole: Bytes) -> Self {
        let path = Path {
            parent: None,
            kind: header.kind,
            ordinal: None,
        };
        let header_len =
            usize::try_from(header.header_len).map_or(whole.len(), |len| len.min(whole.len()));
        Self {
            path,
            offset,
            header_len,
            whole,
        }
    }

    /// The same box, told from its siblings of one kind in messages.
    pub(crate) fn numbered(mut self, ordinal: usize) -> Self {
        self.path.ordinal = Some(ordinal);
        self
    }

    /// As messages show it.
    pub(crate) fn path(&self) -> String {
        self.path.to_string()
    }

    pub(crate) fn kind(&self) -> FourCc {
        self.path.kind
    }

    pub(crate) fn offset(&self) -> u64 {
        self.offset
    }

    /// Header included.
    pub(crate) fn whole(&self) -> &Bytes {
        &self.whole
    }

    /// The content from `skip` bytes on (past the fields that stand before the child boxes).
    pub(crate) fn children(&self, skip: usize) -> Children<'_> {
        Children {
            node: self,
            at: self.header_len + skip,
        }
    }

    pub(crate) fn fields(&self) -> Fields<'_> {
        Fields {
            node: self,
            at: self.header_len,
        }
    }

    pub(crate) fn malformed(&self, reason: impl Into<String>) -> Error {
        Error::Malformed {
            path: self.path.to_string(),
            offset: self.offset,
            reason: reason.into(),
        }
    }

    pub(crate) fn truncated(&self, reason: impl Into<String>) -> Error {
        Error::Truncated {
            path: self.path.to_string(),
            offset: self.offset,
            reason: reason.into(),
        }
    }

    pub(crate) fn unsupported(&self, what: &'static str) -> Error {
        Error::Unsupported {
            path: self.path.to_string(),
            offset: self.offset,
            what,
        }
    }

    pub(crate) fn limit(&self, what: &'static str, limit: u64) -> Error {
        Error::LimitExceeded {
            path: self.path.to_string(),
            offset: self.offset,
            what,
            limit,
        }
    }

    /// Puts `self` into `slot`; a second box of a kind that may stand only once is an error.
    pub(crate) fn once(self, slot: &mut Option<Node<'p>>) -> Result<()> {
        if slot.is_some() {
            return Err(self.malformed("a second box of a kind that stands once"));
        }
        *slot = Some(self);
        Ok(())
    }

    /// `slot`, or an error saying that `self` lacks its `kind` box.
    pub(crate) fn require<'c>(&self, slot: Option<Node<'c>>, kind: &[u8; 4]) -> Result<Node<'c>> {
        slot.ok_or_else(|| self.malformed(format!("has no {} box", FourCc(*kind))))
    }
}

/// The boxes inside a box.
#[derive(Debug)]
pub(crate) struct Children<'n> {
    node: &'n Node<'n>,
    at: usize,
}

impl<'n> Iterator for Children<'n> {
    type Item = Result<Node<'n>>;

    fn next(&mut self) -> Option<Self::Item> {
        let rest = self.node.whole.get(self.at..)?;
        if rest.is_empty() {
            return None;
        }
        let child = self.read(rest);
        match &child {
            Some(Ok(node)) => self.at += node.whole.len(),
            _ => self.at = usize::MAX,
        }
        child
    }
}

impl<'n> Children<'n> {
    fn read(&self, rest: &[u8]) -> Option<Result<Node<'n>>> {
        let offset = self.node.offset + self.at as u64;
        let parent = &self.node.path;
        let Some(header) = BoxHeader::parse(rest) else {
            // QuickTime ends some lists of boxes with a 32-bit zero.
            if rest.len() < 8 && rest.iter().all(|byte| *byte == 0) {
                return None;
            }
            return Some(Err(Error::Malformed {
                path: parent.to_string(),
                offset,
                reason: format!("{} bytes left over, too few for a box", rest.len()),
            }));
        };
        let path = Path {
            parent: Some(parent),
            kind: header.kind,
            ordinal: None,
        };
        let malformed = |reason: String| {
            Some(Err(Error::Malformed {
                path: path.to_string(),
                offset,
                reason,
            }))
        };
        let Some(size) = header.size else {
            return malformed("size 0 (to the end of the file) inside another box".to_owned());
        };
        if size < header.header_len {
            return malformed(format!("size {size} is less than its own header"));
        }
        let Some(len) = usize::try_from(size).ok().filter(|len| *len <= rest.len()) else {
            return malformed(format!(
                "size {size} reaches past the end of {parent}, {} bytes away",
                rest.len()
            ));
        };
        let header_len = if header.header_len == 16 { 16 } else { 8 };
        let whole = self.node.whole.slice(self.at..self.at + len);
        Some(Ok(Node {
            path,
            offset,
            header_len,
            whole,
        }))
    }
}

/// Reads the fields of a box one after the other.
#[derive(Debug)]
pub(crate) struct Fields<'n> {
    node: &'n Node<'n>,
    at: usize,
}

impl Fields<'_> {
    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        let found = self
            .node
            .whole
            .get(self.at..)
            .and_then(|rest| rest.first_chunk::<N>())
            .copied();
        let Some(array) = found else {
            return Err(self.too_short(N));
        };
        self.at += N;
        Ok(array)
    }

    pub(crate) fn u8(&mut self) -> Result<u8> {
        self.array::<1>().map(|[byte]| byte)
    }

    pub(crate) fn u16(&mut self) -> Result<u16> {
        self.array().map(u16::from_be_bytes)
    }

    pub(crate) fn u32(&mut self) -> Result<u32> {
        self.array().map(u32::from_be_bytes)
    }

    pub(crate) fn u64(&mut self) -> Result<u64> {
        self.array().map(u64::from_be_bytes)
    }

    pub(crate) fn i32(&mut self) -> Result<i32> {
        self.array().map(i32::from_be_bytes)
    }

    pub(crate) fn i64(&mut self) -> Result<i64> {
        self.array().map(i64::from_be_bytes)
    }

    pub(crate) fn fourcc(&mut self) -> Result<FourCc> {
        self.array().map(FourCc)
    }

    /// Version and flags of a full box.
    pub(crate) fn version_and_flags(&mut self) -> Result<(u8, u32)> {
        let [version, a, b, c] = self.array()?;
        Ok((version, u32::from_be_bytes([0, a, b, c])))
    }

    /// A 32-bit field in version 0, a 64-bit one in version 1.
    pub(crate) fn u32_or_u64(&mut self, version: u8) -> Result<u64> {
        if version == 1 {
            self.u64()
        } else {
            self.u32().map(u64::from)
        }
    }

    pub(crate) fn bytes(&mut self, len: usize) -> Result<Bytes> {
        let end = self
            .at
            .checked_add(len)
            .filter(|end| *end <= self.node.whole.len());
        let Some(end) = end else {
            return Err(self.too_short(len));
        };
        let bytes = self.node.whole.slice(self.at..end);
        self.at = end;
        Ok(bytes)
    }

    pub(crate) fn skip(&mut self, len: usize) -> Result<()> {
        self.bytes(len).map(|_| ())
    }

    /// All that is left.
    pub(crate) fn rest(&mut self) -> Bytes {
        let rest = self.node.whole.slice(self.at..);
        self.at = self.node.whole.len();
        rest
    }

    fn too_short(&self, needed: usize) -> Error {
        let left = self.node.whole.len() - self.at;
        self.node.malformed(format!(
            "the box is too short: {needed} bytes wanted, {left} left"
        ))
    }
}

#[cfg(test)]
mod tests;
