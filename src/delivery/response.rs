//! What the core answers; adapters add nothing but framing (and Alt-Svc, Date, Server).
use std::fmt;
use std::io::Write;

use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

use super::{Body, Fault, Outgoing};
use crate::access::CHALLENGE;
use crate::telemetry::{CacheStatus, Exchange};

/// Names the [`Fault::code`] of a refusal.
pub const REASON: HeaderName = HeaderName::from_static("edgepack-reason");

/// How long a 404 may be kept: long enough to take a stampede off the node, short enough for a file
/// that is just being put there.
const NOT_FOUND_CACHE: HeaderValue = HeaderValue::from_static("public, max-age=1");
/// What a segment's answer carries: 11 of ours, and the adapter's.
const USUAL_HEADERS: usize = 14;
/// Holds the largest `u64` thrice.
const SHORT_MAX: usize = 64;
const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

#[derive(Debug)]
pub struct Response {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Body,
    /// For log and metrics only.
    pub fault: Option<Fault>,
    /// For log and metrics only.
    pub cache: Option<CacheStatus>,
    /// Counts the body and logs when all of it is out, or will never be.
    pub(crate) exchange: Option<Exchange>,
}

impl Response {
    /// No headers, no body.
    pub fn new(status: StatusCode) -> Self {
        Self {
            status,
            headers: HeaderMap::with_capacity(USUAL_HEADERS),
            body: Body::Empty,
            fault: None,
            cache: None,
            exchange: None,
        }
    }

    pub fn bytes(status: StatusCode, content_type: &'static str, bytes: impl Into<Bytes>) -> Self {
        let mut response =
            Self::new(status).header(CONTENT_TYPE, HeaderValue::from_static(content_type));
        response.body = Body::Bytes(bytes.into());
        response
    }

    /// Sets one header, replacing what was there.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }

    #[must_use]
    pub fn with_body(mut self, body: Body) -> Self {
        self.body = body;
        self
    }

    /// Status, final headers and the body as a stream of `Bytes`. `content-length` is there whenever the
    /// length is known and the status allows one (RFC 9110, 8.6): an adapter sends the headers as they are.
    pub fn into_parts(mut self) -> (StatusCode, HeaderMap, Outgoing) {
        let bodiless = self.status.is_informational()
            || self.status == StatusCode::NO_CONTENT
            || self.status == StatusCode::NOT_MODIFIED;
        if bodiless {
            self.body = Body::Empty;
            if self.status != StatusCode::NOT_MODIFIED {
                self.headers.remove(CONTENT_LENGTH);
            }
        } else if !self.headers.contains_key(CONTENT_LENGTH)
            && let Some(length) = self.body.length_header()
        {
            self.headers.insert(CONTENT_LENGTH, length);
        }
        (
            self.status,
            self.headers,
            Outgoing::new(self.body, self.exchange),
        )
    }
}

/// A number as a header has it.
pub(crate) fn decimal(number: u64) -> HeaderValue {
    // Digits are always a header value.
    short(format_args!("{number}")).unwrap_or(HeaderValue::from_static("0"))
}

/// A header of at most [`SHORT_MAX`] bytes, in one allocation. `None`: longer, or no header value.
pub(super) fn short(text: fmt::Arguments<'_>) -> Option<HeaderValue> {
    let mut bytes = [0; SHORT_MAX];
    let mut rest = bytes.as_mut_slice();
    rest.write_fmt(text).ok()?;
    let written = SHORT_MAX - rest.len();
    HeaderValue::from_bytes(&bytes[..written]).ok()
}

impl From<Fault> for Response {
    /// `code: message` as text, the code in `edgepack-reason`; never stored, but for a 404 that may be for a second.
    fn from(fault: Fault) -> Self {
        let text = format!("{}: {}\n", fault.code, fault.message);
        let mut response = Self::bytes(fault.status, "text/plain; charset=utf-8", text)
            .header(REASON, HeaderValue::from_static(fault.code))
            .header(
                CACHE_CONTROL,
                if fault.status == StatusCode::NOT_FOUND {
                    NOT_FOUND_CACHE
                } else {
                    NO_STORE
                },
            );
        if fault.status == StatusCode::UNAUTHORIZED {
            response = response.header(WWW_AUTHENTICATE, CHALLENGE);
        }
        if let Some(seconds) = fault.retry_after_s {
            response
                .headers
                .insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        response.fault = Some(fault);
        response
    }
}
