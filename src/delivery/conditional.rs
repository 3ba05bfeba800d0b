//! Validators and preconditions (RFC 9110, 8.8 and 13).
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::header::{IF_MATCH, IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_RANGE, IF_UNMODIFIED_SINCE};
use http::{HeaderMap, HeaderName, HeaderValue};

/// Most entity tags looked at in one list; what comes after counts as not matching.
const TAGS_MAX: usize = 64;
/// The first second of the year 10000: a year has four digits (RFC 9110, 5.6.7).
const DATES_END: u64 = 253_402_300_800;
const HEX: &[u8; 16] = b"0123456789abcdef";

/// A strong entity tag: same tag, same bytes, on every node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Etag(HeaderValue);

/// When a representation last changed; written once, for all answers that say it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastModified {
    time: SystemTime,
    header: HeaderValue,
}

/// What the preconditions of a GET or HEAD come to, before any range is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Proceed,
    /// 304
    NotModified,
    /// 412
    Failed,
}

impl Etag {
    /// The tag is the hex of `digest`.
    pub fn from_digest(digest: &[u8]) -> Self {
        Self::from_parts(&[digest])
    }

    /// The tag is the hex of all parts, one after the other.
    pub fn from_parts(parts: &[&[u8]]) -> Self {
        let length = parts.iter().map(|part| part.len()).sum::<usize>();
        let mut quoted = Vec::with_capacity(2 * length + 2);
        quoted.push(b'"');
        for byte in parts.iter().copied().flatten() {
            quoted.extend([byte >> 4, byte & 0xf].map(|digit| HEX[usize::from(digit)]));
        }
        quoted.push(b'"');
        // Quotes and hex digits are always a header value; the fallback is there for the type only.
        Self(
            HeaderValue::from_maybe_shared(bytes::Bytes::from(quoted))
                .unwrap_or(HeaderValue::from_static("\"\"")),
        )
    }

    /// A tag known when the program was built, with its quotes.
    pub const fn from_static(quoted: &'static str) -> Self {
        Self(HeaderValue::from_static(quoted))
    }

    /// With its quotes, as the header wants it.
    pub fn into_header(self) -> HeaderValue {
        self.0
    }

    /// Without the quotes.
    pub fn opaque(&self) -> &[u8] {
        let quoted = self.0.as_bytes();
        quoted
            .get(1..quoted.len().saturating_sub(1))
            .unwrap_or_default()
    }
}

impl LastModified {
    /// `None`: a time that HTTP has no date for (before 1970, after 9999).
    pub fn at(time: SystemTime) -> Option<Self> {
        let since_epoch = time.duration_since(UNIX_EPOCH).ok()?;
        if since_epoch.as_secs() >= DATES_END {
            return None;
        }
        let header = HeaderValue::try_from(httpdate::fmt_http_date(time)).ok()?;
        Some(Self { time, header })
    }

    pub fn time(&self) -> SystemTime {
        self.time
    }

    pub fn into_header(self) -> HeaderValue {
        self.header
    }
}

/// In the order of RFC 9110, 13.2.2.
pub fn evaluate(headers: &HeaderMap, etag: &Etag, last_modified: Option<SystemTime>) -> Outcome {
    if headers.contains_key(IF_MATCH) {
        if !any_tag(headers, IF_MATCH, |tag| tag.matches_strongly(etag)) {
            return Outcome::Failed;
        }
    } else if let (Some(limit), Some(modified)) =
        (date(headers, IF_UNMODIFIED_SINCE), last_modified)
        && whole_seconds(modified) > whole_seconds(limit)
    {
        return Outcome::Failed;
    }
    if headers.contains_key(IF_NONE_MATCH) {
        if any_tag(headers, IF_NONE_MATCH, |tag| tag.matches_weakly(etag)) {
            return Outcome::NotModified;
        }
    } else if let (Some(since), Some(modified)) = (date(headers, IF_MODIFIED_SINCE), last_modified)
        && whole_seconds(modified) <= whole_seconds(since)
    {
        return Outcome::NotModified;
    }
    Outcome::Proceed
}

/// Whether a `Range` header is to be obeyed (RFC 9110, 13.1.5): no `If-Range`, or one that names this
/// very representation. Weak tags never do.
pub fn range_applies(headers: &HeaderMap, etag: &Etag, last_modified: Option<SystemTime>) -> bool {
    let Some(value) = headers.get(IF_RANGE) else {
        return true;
    };
    if let Some((tag, _)) = Tag::parse(value.as_bytes()) {
        return tag.matches_strongly(etag);
    }
    let dated = value
        .to_str()
        .ok()
        .and_then(|text| httpdate::parse_http_date(text).ok());
    matches!((dated, last_modified), (Some(dated), Some(modified)) if whole_seconds(dated) == whole_seconds(modified))
}

/// One member of an entity-tag list.
enum Tag<'a> {
    Any,
    Strong(&'a [u8]),
    Weak(&'a [u8]),
}

impl<'a> Tag<'a> {
    /// The tag at the front and what follows it.
    fn parse(list: &'a [u8]) -> Option<(Self, &'a [u8])> {
        if let Some(rest) = list.strip_prefix(b"*") {
            return Some((Self::Any, rest));
        }
        let (weak, quoted) = match list.strip_prefix(b"W/") {
            Some(rest) => (true, rest),
            None => (false, list),
        };
        let inner = quoted.strip_prefix(b"\"")?;
        let end = inner.iter().position(|&byte| byte == b'"')?;
        let (opaque, rest) = (&inner[..end], &inner[end + 1..]);
        Some((
            if weak {
                Self::Weak(opaque)
            } else {
                Self::Strong(opaque)
            },
            rest,
        ))
    }

    fn matches_strongly(&self, etag: &Etag) -> bool {
        match self {
            Self::Any => true,
            Self::Strong(opaque) => *opaque == etag.opaque(),
            Self::Weak(_) => false,
        }
    }

    fn matches_weakly(&self, etag: &Etag) -> bool {
        match self {
            Self::Any => true,
            Self::Strong(opaque) | Self::Weak(opaque) => *opaque == etag.opaque(),
        }
    }
}

/// Goes through the list until `wanted` is met or something is no entity tag.
fn any_tag(headers: &HeaderMap, name: HeaderName, wanted: impl Fn(&Tag<'_>) -> bool) -> bool {
    let mut left = TAGS_MAX;
    for value in headers.get_all(name) {
        let mut list = value.as_bytes();
        loop {
            list = list.trim_ascii_start();
            if let Some(rest) = list.strip_prefix(b",") {
                list = rest;
                continue;
            }
            let Some((tag, rest)) = Tag::parse(list) else {
                break;
            };
            if wanted(&tag) {
                return true;
            }
            left -= 1;
            if left == 0 {
                return false;
            }
            list = rest;
        }
    }
    false
}

/// More than one line, or no HTTP date: ignored.
fn date(headers: &HeaderMap, name: HeaderName) -> Option<SystemTime> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?;
    if values.next().is_some() {
        return None;
    }
    httpdate::parse_http_date(value.to_str().ok()?).ok()
}

/// HTTP dates know whole seconds only.
fn whole_seconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH)
        .unwrap_or(Duration::ZERO)
        .as_secs()
}

#[cfg(test)]
mod tests;
