//! URL templates: places in braces, filled with percent-encoded values.
use http::uri::PathAndQuery;

use crate::keys::KeyError;

/// A path and query whose places stand for the values. Values cannot break out of their place: all but unreserved
/// characters (RFC 3986, 2.3) and the slash between a path's parts is encoded, and no part is `.` or `..`.
///
/// # Errors
/// A value with `.` or `..` as a part, or a result that is no request target.
pub(in crate::keys) fn fill(
    template: &str,
    values: &[(&str, &str)],
) -> Result<PathAndQuery, KeyError> {
    let mut target = String::with_capacity(template.len());
    let mut rest = template;
    while let Some(start) = rest.find('{') {
        target.push_str(&rest[..start]);
        rest = &rest[start..];
        let found = values.iter().find_map(|(place, value)| {
            let after = rest
                .strip_prefix('{')?
                .strip_prefix(place)?
                .strip_prefix('}')?;
            Some((value, after))
        });
        let (value, after) = found.ok_or(KeyError::Unreasonable("a place in the URL"))?;
        if value.split('/').any(|part| matches!(part, "." | "..")) {
            return Err(KeyError::Unreasonable("a path with dots alone"));
        }
        encode(value, &mut target);
        rest = after;
    }
    target.push_str(rest);
    if target.starts_with('?') {
        target.insert(0, '/');
    }
    target
        .parse()
        .map_err(|_| KeyError::Unreasonable("the URL that comes of it"))
}

fn encode(value: &str, to: &mut String) {
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            to.push(char::from(byte));
        } else {
            to.push_str(&format!("%{byte:02X}"));
        }
    }
}

#[cfg(test)]
mod tests;
