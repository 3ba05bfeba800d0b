//! Texts of a configuration with places for the key id and the content's name.
use crate::{Error, KeyId, Result};
use std::fmt::Write as _;

#[cfg(test)]
mod tests;

/// What stands for the places.
#[derive(Debug, Clone, Copy)]
pub(super) struct Values<'a> {
    pub(super) kid: KeyId,
    pub(super) content_id: &'a str,
}

/// How values are written where the text goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Plain,
    /// Percent-encoded; the text around must be fit for a URI as it is.
    Uri,
}

/// Fills in `{kid}` (32 hexadecimal digits), `{kid_uuid}` and `{content}`.
///
/// # Errors
/// [`Error::Template`]: another word in braces, a brace alone, or a character that no URI has.
pub(super) fn fill(template: &str, form: Form, values: Values<'_>) -> Result<String> {
    let fault = |reason: String| Error::Template {
        template: template.to_owned(),
        reason,
    };
    let mut out = String::with_capacity(template.len() + 32);
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        push_text(&mut out, before, form).map_err(fault)?;
        let (name, after) = after
            .split_once('}')
            .ok_or_else(|| fault("a brace that is not closed".to_owned()))?;
        match (name, form) {
            ("kid", _) => out.push_str(&values.kid.to_hex()),
            ("kid_uuid", _) => out.push_str(&values.kid.to_string()),
            ("content", Form::Plain) => out.push_str(values.content_id),
            ("content", Form::Uri) => push_percent_encoded(&mut out, values.content_id),
            _ => {
                return Err(fault(format!(
                    "{{{name}}} is not among {{kid}}, {{kid_uuid}}, {{content}}"
                )));
            }
        }
        rest = after;
    }
    push_text(&mut out, rest, form).map_err(fault)?;
    Ok(out)
}

fn push_text(out: &mut String, text: &str, form: Form) -> std::result::Result<(), String> {
    if text.contains('}') {
        return Err("a brace that was not opened".to_owned());
    }
    if form == Form::Uri
        && let Some(bad) = text.chars().find(|&c| !is_uri(c))
    {
        return Err(format!("{bad:?} cannot stand in a URI"));
    }
    out.push_str(text);
    Ok(())
}

/// A character that stands in URIs as it is (RFC 3986, 2). All of them may stand in an HLS quoted string.
pub(super) fn is_uri(c: char) -> bool {
    c.is_ascii_graphic() && !matches!(c, '"' | '<' | '>' | '\\' | '^' | '`' | '{' | '|' | '}')
}

fn push_percent_encoded(out: &mut String, text: &str) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            out.push(char::from(byte));
        } else {
            // Writing into a String does not fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
}
