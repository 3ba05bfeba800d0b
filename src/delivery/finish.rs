//! From what the origin offers to what goes out: preconditions, ranges, `HEAD` (RFC 9110).
//!
//! The order is that of RFC 9110, 13.2.2: a precondition that fails costs no byte of content, a range is
//! looked at only when all preconditions hold.
use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::stream;
use http::header::{
    ACCEPT_RANGES, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE,
    ETAG, LAST_MODIFIED, RANGE,
};
use http::{HeaderName, HeaderValue, Method, StatusCode};

use super::conditional::{self, Outcome};
use super::range::{self, Ranges};
use super::representation::{Audience, Content, Representation, Sending, Source};
use super::{Blame, Body, Fault, Request, Response};
use crate::cache::Entry;
use crate::telemetry::CacheStatus;

const CACHE_STATUS: HeaderName = HeaderName::from_static("cache-status");

/// Answers a `GET` or `HEAD` of `representation`.
///
/// # Errors
/// What filling the content came to. A precondition that fails or a range that cannot be met is an
/// answer (412, 416), and comes as one.
pub async fn finish(
    request: &Request,
    representation: Representation,
    audience: Audience,
) -> Result<Response, Fault> {
    let Representation {
        etag,
        last_modified,
        content_type,
        encoding,
        cache,
        content,
    } = representation;
    let mut response = Response::new(StatusCode::OK)
        .header(ETAG, etag.header())
        .header(CACHE_CONTROL, cache.header(audience));
    if let Some(modified) = last_modified {
        let date = HeaderValue::try_from(httpdate::fmt_http_date(modified));
        response
            .headers
            .extend(date.ok().map(|date| (LAST_MODIFIED, date)));
    }
    match conditional::evaluate(&request.headers, &etag, last_modified) {
        Outcome::Proceed => {}
        Outcome::NotModified => {
            response.status = StatusCode::NOT_MODIFIED;
            return Ok(response);
        }
        Outcome::Failed => {
            let fault = Fault::new(
                StatusCode::PRECONDITION_FAILED,
                Blame::Viewer,
                "precondition-failed",
                "The representation is not the one the request names.",
            );
            return Ok(fault.into());
        }
    }
    response = response
        .header(CONTENT_TYPE, HeaderValue::from_static(content_type))
        .header(ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    if let Some(encoding) = encoding {
        response = response.header(CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }

    if request.method == Method::HEAD {
        // RFC 9110, 14.2: a Range header means nothing here.
        let length = match content.length() {
            Some(length) => Some(length),
            None => Opened::from(content, true, &mut response).await?.length(),
        };
        response
            .headers
            .extend(length.map(|length| (CONTENT_LENGTH, HeaderValue::from(length))));
        return Ok(response);
    }

    let ranged = request.headers.contains_key(RANGE)
        && conditional::range_applies(&request.headers, &etag, last_modified);
    if !ranged {
        let opened = Opened::from(content, false, &mut response).await?;
        return Ok(response.with_body(opened.whole()));
    }
    // A range that is not there need not be filled for.
    if let Some(length) = content.length()
        && range::evaluate(&request.headers, length) == Ranges::Unsatisfiable
    {
        return Ok(unsatisfiable(length));
    }
    let opened = Opened::from(content, true, &mut response).await?;
    let Some(length) = opened.length() else {
        return Ok(response.with_body(opened.whole()));
    };
    match range::evaluate(&request.headers, length) {
        Ranges::Whole => Ok(response.with_body(opened.whole())),
        Ranges::Unsatisfiable => Ok(unsatisfiable(length)),
        Ranges::Some(ranges) => match ranges.as_slice() {
            [range] => {
                response.status = StatusCode::PARTIAL_CONTENT;
                let body = opened.part(range.clone());
                Ok(response
                    .header(CONTENT_RANGE, content_range(range, length))
                    .with_body(body))
            }
            _ => multipart(
                response,
                &opened,
                &ranges,
                length,
                content_type,
                etag.opaque(),
            ),
        },
    }
}

/// Content that is there, or there from the front on.
enum Opened {
    Bytes(Bytes),
    Entry {
        entry: Arc<Entry>,
        length: Option<u64>,
    },
}

impl Opened {
    /// `need_length`: wait for the end of an entry whose length is not known before.
    async fn from(
        content: Content,
        need_length: bool,
        response: &mut Response,
    ) -> Result<Self, Fault> {
        match content {
            Content::Bytes(bytes) => Ok(Self::Bytes(bytes)),
            Content::Entry {
                length,
                sending,
                open,
            } => {
                let Source { entry, cache } = open().await?;
                note(cache, response);
                let wait = sending == Sending::WhenComplete || (need_length && length.is_none());
                let length = if wait {
                    Some(
                        entry
                            .completed()
                            .await
                            .map_err(|fault| Fault::clone(&fault))?,
                    )
                } else {
                    entry
                        .started()
                        .await
                        .map_err(|fault| Fault::clone(&fault))?;
                    length.or_else(|| entry.len_if_complete())
                };
                Ok(Self::Entry { entry, length })
            }
        }
    }

    fn length(&self) -> Option<u64> {
        match self {
            Self::Bytes(bytes) => Some(bytes.len() as u64),
            Self::Entry { length, .. } => *length,
        }
    }

    fn whole(self) -> Body {
        match self {
            Self::Bytes(bytes) => Body::Bytes(bytes),
            Self::Entry { entry, length } => Body::Entry {
                entry,
                range: 0..length.unwrap_or(u64::MAX),
            },
        }
    }

    /// `range` lies inside.
    fn part(&self, range: Range<u64>) -> Body {
        match self {
            Self::Bytes(bytes) => Body::Bytes(slice(bytes, &range)),
            Self::Entry { entry, .. } => Body::Entry {
                entry: Arc::clone(entry),
                range,
            },
        }
    }
}

/// RFC 9211, 2.
fn note(cache: Option<CacheStatus>, response: &mut Response) {
    response.cache = cache;
    let text = match cache {
        Some(CacheStatus::Hit) => "edgepack; hit",
        Some(CacheStatus::Miss) => "edgepack; fwd=miss; stored",
        None => return,
    };
    response
        .headers
        .insert(CACHE_STATUS, HeaderValue::from_static(text));
}

fn slice(bytes: &Bytes, range: &Range<u64>) -> Bytes {
    let bound = |position: u64| {
        usize::try_from(position)
            .unwrap_or(usize::MAX)
            .min(bytes.len())
    };
    bytes.slice(bound(range.start)..bound(range.end))
}

fn content_range(range: &Range<u64>, length: u64) -> HeaderValue {
    let text = format!(
        "bytes {}-{}/{length}",
        range.start,
        range.end.saturating_sub(1)
    );
    HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static("bytes */*"))
}

fn unsatisfiable(length: u64) -> Response {
    let fault = Fault::new(
        StatusCode::RANGE_NOT_SATISFIABLE,
        Blame::Viewer,
        "range-not-satisfiable",
        format!("No range asked for lies within the {length} bytes there are."),
    );
    let total = HeaderValue::try_from(format!("bytes */{length}"));
    let mut response = Response::from(fault);
    response
        .headers
        .extend(total.ok().map(|total| (CONTENT_RANGE, total)));
    response
}

/// RFC 9110, 14.6. The boundary follows from the entity tag, so that the bytes are the same on every node.
fn multipart(
    mut response: Response,
    opened: &Opened,
    ranges: &[Range<u64>],
    length: u64,
    content_type: &str,
    opaque_tag: &[u8],
) -> Result<Response, Fault> {
    let boundary = format!("edgepack-{}", String::from_utf8_lossy(opaque_tag));
    let mut chunks = Vec::with_capacity(ranges.len() * 2 + 1);
    for range in ranges {
        let separator = if chunks.is_empty() { "" } else { "\r\n" };
        let (first, last) = (range.start, range.end.saturating_sub(1));
        let head = format!(
            "{separator}--{boundary}\r\ncontent-type: {content_type}\r\ncontent-range: bytes {first}-{last}/{length}\r\n\r\n"
        );
        chunks.push(Bytes::from(head));
        match opened {
            Opened::Bytes(bytes) => chunks.push(slice(bytes, range)),
            Opened::Entry { entry, .. } => {
                chunks.extend(entry.slices(range.clone()).ok_or_else(incomplete)?);
            }
        }
    }
    chunks.push(Bytes::from(format!("\r\n--{boundary}--\r\n")));
    let total = chunks.iter().map(|chunk| chunk.len() as u64).sum();
    let content_type = HeaderValue::try_from(format!("multipart/byteranges; boundary={boundary}"));
    response.headers.insert(
        CONTENT_TYPE,
        content_type.unwrap_or(HeaderValue::from_static("multipart/byteranges")),
    );
    response.status = StatusCode::PARTIAL_CONTENT;
    Ok(response.with_body(Body::Stream {
        length: Some(total),
        stream: Box::pin(stream::iter(chunks.into_iter().map(Ok))),
    }))
}

fn incomplete() -> Fault {
    Fault::unavailable(
        "not-complete",
        "Several ranges at once need all of it, and it still grows.",
        1,
    )
}

#[cfg(test)]
mod tests;
