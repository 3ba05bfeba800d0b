//! Cue text: tags, escapes and timestamps (W3C WebVTT, 6.4).
use std::borrow::Cow;
use std::fmt::Write;

use super::{Timestamp, parse_timestamp};

/// A piece of cue text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in super::super) enum Token<'a> {
    /// Escapes resolved.
    Text(Cow<'a, str>),
    Start {
        name: &'a str,
        /// Separated by `.`.
        classes: &'a str,
        annotation: &'a str,
    },
    End(&'a str),
}

/// The text's pieces in order. Timestamps are left out: they say when a part of the text is spoken.
pub(in super::super) fn tokens(payload: &str) -> impl Iterator<Item = Token<'_>> {
    let mut rest = payload;
    std::iter::from_fn(move || {
        loop {
            if rest.is_empty() {
                return None;
            }
            let Some(tag) = rest.strip_prefix('<') else {
                let len = rest.find('<').unwrap_or(rest.len());
                let (text, behind) = rest.split_at(len);
                rest = behind;
                return Some(Token::Text(unescape(text)));
            };
            let (tag, behind) = tag.split_once('>').unwrap_or((tag, ""));
            rest = behind;
            if tag.starts_with(|c: char| c.is_ascii_digit()) {
                continue;
            }
            return Some(match tag.strip_prefix('/') {
                Some(name) => Token::End(name.trim_ascii()),
                None => start(tag),
            });
        }
    })
}

fn start(tag: &str) -> Token<'_> {
    let (head, annotation) = tag
        .split_once(|c: char| c.is_ascii_whitespace())
        .unwrap_or((tag, ""));
    let (name, classes) = head.split_once('.').unwrap_or((head, ""));
    Token::Start {
        name,
        classes,
        annotation: annotation.trim_ascii(),
    }
}

/// Plain text as cue text.
pub(in super::super) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\u{a0}' => out.push_str("&nbsp;"),
            '\u{200e}' => out.push_str("&lrm;"),
            '\u{200f}' => out.push_str("&rlm;"),
            c => out.push(c),
        }
    }
    out
}

/// The longest character reference that is looked for.
const MAX_REFERENCE: usize = 12;

fn unescape(text: &str) -> Cow<'_, str> {
    if !text.contains('&') {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        let (before, reference) = rest.split_at(at);
        out.push_str(before);
        let end = reference
            .bytes()
            .take(MAX_REFERENCE)
            .position(|byte| byte == b';');
        match end.and_then(|end| Some((character(reference.get(1..end)?)?, end))) {
            Some((c, end)) => {
                out.push(c);
                rest = &reference[end + 1..];
            }
            None => {
                out.push('&');
                rest = &reference[1..];
            }
        }
    }
    out.push_str(rest);
    Cow::Owned(out)
}

fn character(name: &str) -> Option<char> {
    Some(match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "nbsp" => '\u{a0}',
        "lrm" => '\u{200e}',
        "rlm" => '\u{200f}',
        "quot" => '"',
        "apos" => '\'',
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(code)?
        }
    })
}

/// The text says when its parts are spoken.
pub(in super::super) fn has_timestamps(payload: &str) -> bool {
    payload
        .match_indices('<')
        .any(|(at, _)| timestamp_tag(&payload[at..]).is_some())
}

/// The same text with each timestamp (microseconds) as `moved` says.
pub(in super::super) fn moved_timestamps(payload: &str, moved: impl Fn(u64) -> u64) -> String {
    let mut out = String::with_capacity(payload.len());
    let mut rest = payload;
    while let Some(at) = rest.find('<') {
        let (before, tag) = rest.split_at(at);
        out.push_str(before);
        rest = match timestamp_tag(tag) {
            Some((millis, behind)) => {
                _ = write!(out, "<{}>", Timestamp((moved(millis * 1000) + 500) / 1000));
                behind
            }
            None => {
                out.push('<');
                &tag[1..]
            }
        };
    }
    out.push_str(rest);
    out
}

/// `<00:00:05.000>` at the beginning of `text`: milliseconds, and what follows.
fn timestamp_tag(text: &str) -> Option<(u64, &str)> {
    let (millis, rest) = parse_timestamp(text.strip_prefix('<')?)?;
    Some((millis, rest.strip_prefix('>')?))
}
