//! Several ranges in one answer: `multipart/byteranges` (RFC 9110, 14.6).
use std::ops::Range;

use bytes::Bytes;
use http::HeaderValue;

use crate::delivery::parts::Piece;

/// Ranges of a whole with `length` bytes of `content_type`, and what stands between them. The boundary follows from
/// the entity tag, so that the bytes are the same on every node.
pub(super) fn multipart(
    ranges: Vec<Range<u64>>,
    length: u64,
    content_type: &str,
    opaque_tag: &[u8],
) -> (HeaderValue, Vec<Piece>) {
    let boundary = format!("edgepack-{}", String::from_utf8_lossy(opaque_tag));
    let mut pieces = Vec::with_capacity(ranges.len() * 2 + 1);
    for range in ranges {
        let separator = if pieces.is_empty() { "" } else { "\r\n" };
        let (first, last) = (range.start, range.end.saturating_sub(1));
        let head = format!(
            "{separator}--{boundary}\r\ncontent-type: {content_type}\r\ncontent-range: bytes {first}-{last}/{length}\r\n\r\n"
        );
        pieces.push(Piece::Inline(head.into()));
        pieces.push(Piece::Span(range));
    }
    let end = Bytes::from(format!("\r\n--{boundary}--\r\n"));
    pieces.push(Piece::Inline(end));
    let whole = HeaderValue::try_from(format!("multipart/byteranges; boundary={boundary}"));
    (
        whole.unwrap_or(HeaderValue::from_static("multipart/byteranges")),
        pieces,
    )
}
