//! Lines for playlists that a key server dictates.
use crate::{Error, Result};

#[cfg(test)]
mod tests;

/// Bytes of all lines together.
const MAX_BYTES: usize = 64 * 1024;
const MAX_LINES: usize = 16;

/// Where lines are to stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Playlist {
    /// EXT-X-KEY.
    Media,
    /// EXT-X-SESSION-KEY.
    Multivariant,
}

impl Playlist {
    fn tag(self) -> &'static str {
        match self {
            Self::Media => "#EXT-X-KEY:",
            Self::Multivariant => "#EXT-X-SESSION-KEY:",
        }
    }
}

/// The lines, each ended by one line feed, empty ones left out.
///
/// # Errors
/// [`Error::HlsLines`] for anything but well-formed tags of the playlist's kind that name a METHOD and a URI:
/// `METHOD=NONE` would declare protected media clear.
pub fn check_hls_lines(text: &str, playlist: Playlist) -> Result<String> {
    lines_of(text, playlist, None)
}

/// The same, when every METHOD is this one.
///
/// # Errors
/// [`Error::HlsLines`].
pub(super) fn lines_of(text: &str, playlist: Playlist, method: Option<&str>) -> Result<String> {
    let fault = |reason: String| Err(Error::HlsLines(reason));
    if text.len() > MAX_BYTES {
        return fault(format!("longer than {MAX_BYTES} bytes"));
    }
    let mut out = String::with_capacity(text.len() + 1);
    let lines = text.lines().map(|line| line.trim_end_matches(' '));
    for (number, line) in lines.filter(|line| !line.is_empty()).enumerate() {
        if number == MAX_LINES {
            return fault(format!("more than {MAX_LINES} lines"));
        }
        if line.chars().any(char::is_control) {
            return fault("a control character".to_owned());
        }
        let Some(attributes) = line.strip_prefix(playlist.tag()) else {
            return fault(format!("a line is not {}", playlist.tag()));
        };
        match check_attributes(attributes) {
            Ok(found) if method.is_some_and(|method| method != found) => {
                return fault(format!("METHOD={found} for media of another scheme"));
            }
            Ok(_) => {}
            Err(reason) => return fault(reason),
        }
        out.push_str(line);
        out.push('\n');
    }
    Ok(out)
}

/// An attribute list (draft-pantos-hls-rfc8216bis, 4.2); what it says as METHOD.
fn check_attributes(list: &str) -> std::result::Result<&str, String> {
    let mut rest = list;
    let mut names = Vec::new();
    let mut method = None;
    loop {
        let (name, after) = rest.split_once('=').ok_or("an attribute without a value")?;
        let good = |c: char| matches!(c, 'A'..='Z' | '0'..='9' | '-');
        if name.is_empty() || !name.chars().all(good) {
            return Err(format!("attribute name {name:?}"));
        }
        if names.contains(&name) {
            return Err(format!("{name} twice"));
        }
        names.push(name);
        let quoted = after.strip_prefix('"');
        let (value, after) = match quoted {
            Some(text) => text.split_once('"').ok_or("a quote that is not closed")?,
            None => after.split_at(after.find(',').unwrap_or(after.len())),
        };
        if quoted.is_none() && (value.is_empty() || value.contains(['"', ' '])) {
            return Err(format!("value of {name}"));
        }
        match name {
            "METHOD" if quoted.is_some() || value == "NONE" => {
                return Err(format!("METHOD={value}"));
            }
            "METHOD" => method = Some(value),
            "URI" if quoted.is_none() || value.is_empty() => {
                return Err("URI is not a quoted string".to_owned());
            }
            _ => {}
        }
        if after.is_empty() {
            break;
        }
        rest = after
            .strip_prefix(',')
            .ok_or("attributes without a comma between them")?;
    }
    if !names.contains(&"URI") {
        return Err("no URI".to_owned());
    }
    method.ok_or_else(|| "no METHOD".to_owned())
}
