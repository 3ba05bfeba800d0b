//! Byte ranges, and where those without an offset begin (4.4.4.2).
use std::ops::Range;

use url::Url;

use super::super::text::integer;
use crate::presentation::ReadError;

/// `n[@o]`.
#[derive(Clone, Copy, Debug)]
pub(super) struct ByteRange {
    length: u64,
    pub(super) offset: Option<u64>,
}

impl ByteRange {
    pub(super) fn read(value: &str, line: usize) -> Result<Self, ReadError> {
        let (length, offset) = match value.split_once('@') {
            Some((length, offset)) => (length, Some(integer(offset, line, "BYTERANGE")?)),
            None => (value, None),
        };
        Ok(Self {
            length: integer(length, line, "BYTERANGE")?,
            offset,
        })
    }

    /// Without an offset, from the beginning of the resource.
    pub(super) fn alone(self, line: usize) -> Result<Range<u64>, ReadError> {
        span(self.offset.unwrap_or(0), self.length, line)
    }

    /// Without an offset, behind the range before it, which is of the same resource.
    pub(super) fn behind(
        self,
        end: &mut Option<(Url, u64)>,
        url: &Url,
        line: usize,
    ) -> Result<Range<u64>, ReadError> {
        let before = end.as_ref().filter(|(before, _)| before == url);
        let start = match (self.offset, before) {
            (Some(offset), _) => offset,
            (None, Some((_, end))) => *end,
            (None, None) => {
                let what = "a byte range without an offset, and none of that resource before it";
                return Err(ReadError::Malformed {
                    line,
                    what: what.to_owned(),
                });
            }
        };
        let range = span(start, self.length, line)?;
        *end = Some((url.clone(), range.end));
        Ok(range)
    }
}

fn span(start: u64, length: u64, line: usize) -> Result<Range<u64>, ReadError> {
    let end = start.checked_add(length).filter(|_| length > 0);
    let end = end.ok_or_else(|| ReadError::Malformed {
        line,
        what: "a byte range that is empty or beyond 64 bits".to_owned(),
    })?;
    Ok(start..end)
}
