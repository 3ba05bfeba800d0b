//! Extensible priorities (RFC 9218): what of several answers on one connection goes first.
//!
//! The client says so in the request's `priority` field, or in a PRIORITY_UPDATE frame. Where it says
//! nothing, what is asked for decides: a player stalls without its playlist or key at once, without sound
//! sooner than without pictures.
use http::header::{CONTENT_TYPE, HeaderName};
use http::{HeaderMap, HeaderValue};

use super::Response;
use crate::telemetry::Kind;

mod dictionary;

use dictionary::{Item, members};

/// Of requests: what the client wishes. Of responses: what the origin knows better (RFC 9218, 5).
pub const PRIORITY: HeaderName = HeaderName::from_static("priority");

/// How urgent an answer is, and whether half of it is of use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Priority {
    /// 0 (first) to 7 (in the background).
    pub urgency: u8,
    /// Shares the connection with others of the same urgency. Answers that do not are sent one after the
    /// other, the oldest request first.
    pub incremental: bool,
}

impl Default for Priority {
    /// RFC 9218, 4.1 and 4.2.
    fn default() -> Self {
        Self::new(3)
    }
}

impl Priority {
    /// Least urgent.
    pub const URGENCY_MAX: u8 = 7;

    const fn new(urgency: u8) -> Self {
        Self {
            urgency,
            incremental: false,
        }
    }

    /// A Priority Field Value (RFC 9218, 4), as fields and frames carry it. What it does not say, or says
    /// out of bounds, has its default. `None`: no dictionary of RFC 8941, to be ignored as a whole.
    pub fn parse(value: &[u8]) -> Option<Self> {
        let mut priority = Self::default();
        priority.update(value)?;
        Some(priority)
    }

    /// What the client asks for. `None`: it leaves that to us.
    pub fn asked(headers: &HeaderMap) -> Option<Self> {
        Self::of_lines(headers, Self::default())
    }

    /// What serves a player best, by what the answer holds.
    pub fn of_response(response: &Response) -> Self {
        let kind = response.exchange.as_ref().map(|exchange| exchange.kind);
        let content_type = response.headers.get(CONTENT_TYPE);
        Self::of_content(kind, content_type.map_or(b"", HeaderValue::as_bytes))
    }

    /// The client's wish where it has one, else [`Self::of_response`]; a `priority` field of the response
    /// changes in it what it names (RFC 9218, 5).
    pub fn decide(asked: Option<Self>, response: &Response) -> Self {
        let priority = asked.unwrap_or_else(|| Self::of_response(response));
        Self::of_lines(&response.headers, priority).unwrap_or(priority)
    }

    fn of_content(kind: Option<Kind>, content_type: &[u8]) -> Self {
        match kind {
            // Small, and nothing else can be asked for before they are there.
            Some(Kind::Manifest | Kind::Key | Kind::Init) => Self::new(1),
            _ if content_type.starts_with(b"audio/") => Self::new(2),
            _ if content_type.starts_with(b"video/") => Self::new(3),
            // Thumbnails; a page can show half of them.
            _ if content_type.starts_with(b"image/") => Self {
                urgency: 5,
                incremental: true,
            },
            // Text tracks, errors, pages: small next to media.
            _ => Self::new(2),
        }
    }

    /// Several lines are one list (RFC 9110, 5.3).
    fn of_lines(headers: &HeaderMap, before: Self) -> Option<Self> {
        let mut lines = headers.get_all(PRIORITY).iter().peekable();
        lines.peek()?;
        let mut priority = before;
        for line in lines {
            priority.update(line.as_bytes())?;
        }
        Some(priority)
    }

    fn update(&mut self, value: &[u8]) -> Option<()> {
        for member in members(value) {
            match member? {
                (b"u", Item::Integer(urgency @ 0..=7)) => self.urgency = urgency as u8,
                (b"i", Item::Boolean(incremental)) => self.incremental = incremental,
                // Unknown, or of another type: ignored (RFC 9218, 4).
                _ => {}
            }
        }
        Some(())
    }
}

#[cfg(test)]
mod tests;
