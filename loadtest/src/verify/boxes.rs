//! Boxes of ISO base media (ISO/IEC 14496-12, 4.2) in bytes that were received: nothing is copied.
use std::ops::Range;

/// One box.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Box<'a> {
    pub(crate) kind: [u8; 4],
    /// Of its first byte, in what was received.
    pub(crate) offset: usize,
    pub(crate) content: &'a [u8],
    /// Of the content.
    pub(crate) header_len: usize,
}

impl<'a> Box<'a> {
    pub(crate) fn name(&self) -> String {
        self.kind.escape_ascii().to_string()
    }

    pub(crate) fn end(&self) -> usize {
        self.offset + self.header_len + self.content.len()
    }

    /// Where the content lies.
    pub(crate) fn data(&self) -> Range<usize> {
        self.offset + self.header_len..self.end()
    }

    pub(crate) fn children(&self) -> Boxes<'a> {
        self.children_from(0)
    }

    /// Behind `skip` bytes of fields.
    pub(crate) fn children_from(&self, skip: usize) -> Boxes<'a> {
        let rest = self.content.get(skip..).unwrap_or_default();
        Boxes {
            rest,
            offset: self.offset + self.header_len + skip,
            nested: true,
        }
    }

    /// The first child of `kind`.
    pub(crate) fn child(&self, kind: &[u8; 4]) -> Option<Box<'a>> {
        self.children().flatten().find(|child| child.kind == *kind)
    }

    pub(crate) fn fields(&self) -> Fields<'a> {
        Fields(self.content)
    }

    /// Version, flags, and what is behind them.
    pub(crate) fn full(&self) -> Option<(u8, u32, Fields<'a>)> {
        let mut fields = self.fields();
        let word = fields.u32()?;
        Some(((word >> 24) as u8, word & 0xff_ffff, fields))
    }
}

/// Boxes one behind the other; the error is where and why they do not tile.
#[derive(Clone, Debug)]
pub(crate) struct Boxes<'a> {
    rest: &'a [u8],
    offset: usize,
    nested: bool,
}

/// All boxes of `bytes`.
pub(crate) fn boxes(bytes: &[u8]) -> Boxes<'_> {
    Boxes {
        rest: bytes,
        offset: 0,
        nested: false,
    }
}

impl<'a> Iterator for Boxes<'a> {
    type Item = Result<Box<'a>, String>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let offset = self.offset;
        let rest = std::mem::take(&mut self.rest);
        let mut fields = Fields(rest);
        let (Some(size), Some(kind)) = (fields.u32(), fields.four()) else {
            return Some(Err(format!("{} bytes at {offset} are no box", rest.len())));
        };
        let name = kind.escape_ascii();
        let (header_len, size) = match size {
            // To the end of the file, which is the end of what was received.
            0 if !self.nested => (8, rest.len() as u64),
            1 => match fields.u64() {
                Some(size) => (16, size),
                None => return Some(Err(format!("{name} at {offset} ends in its size"))),
            },
            size => (8, u64::from(size)),
        };
        let fits = usize::try_from(size)
            .ok()
            .filter(|size| *size >= header_len);
        let whole = fits.and_then(|size| rest.split_at_checked(size));
        let Some((whole, behind)) = whole else {
            let left = rest.len();
            let what = format!("{name} at {offset} is of {size} bytes, where {left} are left");
            return Some(Err(what));
        };
        self.rest = behind;
        self.offset += whole.len();
        let content = whole.get(header_len..).unwrap_or_default();
        Some(Ok(Box {
            kind,
            offset,
            content,
            header_len,
        }))
    }
}

/// Fields in a row; `None` where the bytes end.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fields<'a>(pub(crate) &'a [u8]);

impl<'a> Fields<'a> {
    pub(crate) fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    pub(crate) fn four(&mut self) -> Option<[u8; 4]> {
        self.take(4)?.try_into().ok()
    }

    pub(crate) fn u8(&mut self) -> Option<u8> {
        self.take(1)?.first().copied()
    }

    pub(crate) fn u16(&mut self) -> Option<u16> {
        Some(u16::from_be_bytes(self.take(2)?.try_into().ok()?))
    }

    pub(crate) fn u32(&mut self) -> Option<u32> {
        Some(u32::from_be_bytes(self.four()?))
    }

    pub(crate) fn u64(&mut self) -> Option<u64> {
        Some(u64::from_be_bytes(self.take(8)?.try_into().ok()?))
    }
}
