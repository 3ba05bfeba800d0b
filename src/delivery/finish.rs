//! From what the origin offers to what goes out: preconditions, ranges, `HEAD` (RFC 9110).
//!
//! The order is that of RFC 9110, 13.2.2: a precondition that fails costs no byte of content, a range is
//! looked at only when all preconditions hold.
use std::ops::Range;

use http::header::{
    ACCEPT_RANGES, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE,
    ETAG, LAST_MODIFIED, RANGE,
};
use http::{HeaderValue, Method, StatusCode};

use super::conditional::{self, Outcome};
use super::range::{self, Ranges};
use super::representation::{Audience, Representation};
use super::response::decimal;
use super::{Blame, Fault, LastModified, Request, Response};

mod multipart;
mod opened;

use multipart::multipart;
use opened::Opened;

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
    let modified = last_modified.as_ref().map(LastModified::time);
    let outcome = conditional::evaluate(&request.headers, &etag, modified);
    let ranged = request.headers.contains_key(RANGE)
        && request.method != Method::HEAD
        && conditional::range_applies(&request.headers, &etag, modified);
    // Names the parts, where there come to be several.
    let parts_tag = ranged.then(|| etag.clone());
    let mut response = Response::new(StatusCode::OK)
        .header(ETAG, etag.into_header())
        .header(CACHE_CONTROL, cache.header(audience));
    if let Some(modified) = last_modified {
        response = response.header(LAST_MODIFIED, modified.into_header());
    }
    match outcome {
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
            .extend(length.map(|length| (CONTENT_LENGTH, decimal(length))));
        return Ok(response);
    }

    let Some(etag) = parts_tag else {
        let opened = Opened::from(content, false, &mut response).await?;
        return opened.whole(response).await;
    };
    // A range that is not there need not be filled for.
    if let Some(length) = content.length()
        && range::evaluate(&request.headers, length) == Ranges::Unsatisfiable
    {
        return Ok(unsatisfiable(length));
    }
    let opened = Opened::from(content, true, &mut response).await?;
    let Some(length) = opened.length() else {
        return opened.whole(response).await;
    };
    match range::evaluate(&request.headers, length) {
        Ranges::Whole => opened.whole(response).await,
        Ranges::Unsatisfiable => Ok(unsatisfiable(length)),
        Ranges::Some(ranges) => {
            response.status = StatusCode::PARTIAL_CONTENT;
            if let [range] = ranges.as_slice() {
                let range = range.clone();
                response = response.header(CONTENT_RANGE, content_range(&range, length));
                return opened.span(range, response).await;
            }
            let (content_type, pieces) = multipart(ranges, length, content_type, etag.opaque());
            let response = response.header(CONTENT_TYPE, content_type);
            opened.pieces(pieces, response).await
        }
    }
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

#[cfg(test)]
mod tests;
