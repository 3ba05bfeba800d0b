//! Requests that somebody may have recorded and sent again: those of TLS early data (RFC 8470).
use http::{HeaderName, HeaderValue, Method, StatusCode};

use super::{Blame, Fault, Request};

/// `1` on a request that came, or was forwarded, before its handshake was complete (RFC 8470, 5.1).
/// Adapters set it on what came to themselves so; proxies on what they forward.
pub const EARLY_DATA: HeaderName = HeaderName::from_static("early-data");

/// The field's only value.
pub const IS_EARLY: HeaderValue = HeaderValue::from_static("1");

/// Lets through what may be answered twice: safe methods (RFC 9110, 9.2.1). A token may be shown any number
/// of times, so one in early data gives nothing away.
///
/// # Errors
/// 425, upon which a client repeats the request after its handshake.
pub(super) fn check(request: &Request) -> Result<(), Fault> {
    let safe = matches!(request.method, Method::GET | Method::HEAD | Method::OPTIONS);
    // Of several fields, each was set by a hop that saw early data (RFC 8470, 5.1).
    if safe || !request.headers.contains_key(EARLY_DATA) {
        return Ok(());
    }
    Err(Fault::new(
        StatusCode::TOO_EARLY,
        Blame::Viewer,
        "too-early",
        "This request may change something, and came before the handshake was complete.",
    ))
}

#[cfg(test)]
mod tests;
