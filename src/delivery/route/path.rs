//! Percent-decoding, and the refusal of every path that a file system could read otherwise than we do.
use std::borrow::Cow;

use super::PATH_MAX;
use crate::delivery::Fault;

/// The decoded path. Its elements, between slashes, are neither `.` nor `..`, hold no backslash and no
/// control character, and are not empty, save one after a slash at the end.
///
/// A percent-encoded slash is refused and not decoded: it would move the borders between elements.
/// Decoding happens once: `%252e` is the three characters `%2e`.
pub fn decode(raw: &str) -> Result<Cow<'_, str>, Fault> {
    if raw.len() > PATH_MAX {
        return Err(Fault::bad_request(
            "path-too-long",
            format!("The path is longer than {PATH_MAX} bytes."),
        ));
    }
    let decoded = if raw.contains('%') {
        Cow::Owned(percent_decode(raw)?)
    } else {
        Cow::Borrowed(raw)
    };
    check(&decoded)?;
    Ok(decoded)
}

fn percent_decode(raw: &str) -> Result<String, Fault> {
    let mut bytes = Vec::with_capacity(raw.len());
    let mut rest = raw.as_bytes();
    while let [first, tail @ ..] = rest {
        rest = tail;
        if *first != b'%' {
            bytes.push(*first);
            continue;
        }
        let [high, low, tail @ ..] = rest else {
            return Err(bad_path("ends in the middle of a percent-encoding"));
        };
        let (Some(high), Some(low)) = (hex_digit(*high), hex_digit(*low)) else {
            return Err(bad_path("has a percent sign without two hex digits"));
        };
        rest = tail;
        match high << 4 | low {
            b'/' => return Err(bad_path("has a percent-encoded slash")),
            byte => bytes.push(byte),
        }
    }
    String::from_utf8(bytes).map_err(|_| bad_path("is not UTF-8 when decoded"))
}

fn hex_digit(byte: u8) -> Option<u8> {
    char::from(byte)
        .to_digit(16)
        .and_then(|digit| u8::try_from(digit).ok())
}

fn check(path: &str) -> Result<(), Fault> {
    let elements = path
        .strip_prefix('/')
        .ok_or_else(|| bad_path("does not begin with a slash"))?;
    if path.chars().any(|c| c.is_control() || c == '\\') {
        return Err(bad_path("has a backslash or a control character"));
    }
    let inner = elements.strip_suffix('/').unwrap_or(elements);
    if elements.is_empty() {
        return Ok(());
    }
    for element in inner.split('/') {
        match element {
            "" => return Err(bad_path("has an empty element")),
            "." | ".." => return Err(bad_path("has a dot element")),
            _ => {}
        }
    }
    Ok(())
}

fn bad_path(what: &str) -> Fault {
    Fault::bad_request("bad-path", format!("The path {what}."))
}
