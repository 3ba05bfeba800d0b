//! Where a token rides in a request, and how to get it off again: it belongs neither into a cache key, nor into a
//! request to an upstream, nor, in full, into a log.
use std::borrow::Cow;
use std::fmt::Write as _;

use http::header::{AUTHORIZATION, COOKIE};
use http::{HeaderMap, HeaderValue};

/// Letters of a token that a log may show: of a JWT they are always the same, of other formats too few to matter.
const SHOWN: usize = 6;

/// `/t/{token}/rest` → the token and `/rest`; any other path as it is. One token is taken off, not more.
pub fn split_path_token(path: &str) -> (Option<&str>, &str) {
    let Some(after) = path.strip_prefix("/t/") else {
        return (None, path);
    };
    let (token, rest) = match after.find('/') {
        Some(end) => after.split_at(end),
        None => (after, "/"),
    };
    if token.is_empty() {
        (None, path)
    } else {
        (Some(token), rest)
    }
}

/// The query without the parameter `name`, the others in their order; empty when nothing is left.
pub fn strip_token_query(query: &str, name: &str) -> String {
    let mut kept = String::with_capacity(query.len());
    for pair in query.split('&').filter(|pair| pair_name(pair) != name) {
        if !kept.is_empty() {
            kept.push('&');
        }
        kept.push_str(pair);
    }
    kept
}

/// Takes bearer authorisation and the cookie `cookie_name` out; other schemes and cookies stay.
pub fn strip_token_headers(headers: &mut HeaderMap, cookie_name: &str) {
    if in_authorization(headers).is_some() {
        headers.remove(AUTHORIZATION);
    }
    if in_cookies(headers, cookie_name).is_none() {
        return;
    }
    let mut kept = String::new();
    for cookie in cookies(headers).filter(|cookie| pair_name(cookie) != cookie_name) {
        let separator = if kept.is_empty() { "" } else { "; " };
        // Writing to a string does not fail.
        let _ = write!(kept, "{separator}{cookie}");
    }
    headers.remove(COOKIE);
    if let Ok(value) = HeaderValue::from_str(&kept)
        && !kept.is_empty()
    {
        headers.insert(COOKIE, value);
    }
}

/// A token as a log may have it: its first letters and its length.
pub fn redact(token: &str) -> String {
    let whole_letters = token
        .char_indices()
        .map(|(at, letter)| at + letter.len_utf8())
        .take_while(|end| *end <= SHOWN);
    let head = token.get(..whole_letters.last().unwrap_or(0)).unwrap_or("");
    format!("{head}…({})", token.len())
}

pub(super) fn in_query<'r>(query: &'r str, name: &str) -> Option<Cow<'r, str>> {
    query
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .find(|(known, _)| *known == name)
        .map(|(_, value)| percent_decoded(value))
}

pub(super) fn in_cookies<'r>(headers: &'r HeaderMap, name: &str) -> Option<Cow<'r, str>> {
    cookies(headers)
        .filter_map(|cookie| cookie.split_once('='))
        .find(|(known, _)| *known == name)
        .map(|(_, value)| {
            // RFC 6265, 4.1.1: a value may stand in quotes.
            let unquoted = value
                .strip_prefix('"')
                .and_then(|value| value.strip_suffix('"'));
            percent_decoded(unquoted.unwrap_or(value))
        })
}

/// RFC 6750, 2.1; the scheme's case does not matter (RFC 9110, 11.1).
pub(super) fn in_authorization(headers: &HeaderMap) -> Option<Cow<'_, str>> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme
        .eq_ignore_ascii_case("bearer")
        .then(|| Cow::Borrowed(token.trim()))
}

/// HTTP/2 and HTTP/3 may send each cookie in a line of its own (RFC 9113, 8.2.3).
fn cookies(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    headers
        .get_all(COOKIE)
        .into_iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|line| line.split(';'))
        .map(str::trim)
        .filter(|cookie| !cookie.is_empty())
}

fn pair_name(pair: &str) -> &str {
    pair.split_once('=').map_or(pair, |(name, _)| name)
}

/// Tokens need no escapes; some clients put them all the same. What is no escape, or no text, stays as it is.
pub(crate) fn percent_decoded(text: &str) -> Cow<'_, str> {
    if !text.contains('%') {
        return Cow::Borrowed(text);
    }
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let digits = bytes.get(at + 1..at + 3).filter(|_| byte == b'%');
        let mut value = [0];
        if digits.is_some_and(|digits| hex::decode_to_slice(digits, &mut value).is_ok()) {
            decoded.push(value[0]);
            at += 3;
        } else {
            decoded.push(byte);
            at += 1;
        }
    }
    String::from_utf8(decoded).map_or(Cow::Borrowed(text), Cow::Owned)
}

#[cfg(test)]
mod tests;
