//! What a server dictates goes into manifests and headers: it is looked at before.
use super::xml::{Child, Tree};
use super::{Error, Limits, Result};
use crate::{KeyId, pssh};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;

/// `urn:mpeg:cenc:2013`.
const CENC: &str = "urn:mpeg:cenc:2013";
/// Lines of HLS signalling for one key and system.
const MAX_LINES: usize = 16;
/// Bytes of each signal of one key and system.
const MAX_BYTES: usize = 64 << 10;

/// Tags of RFC 8216 and its successor that would change a playlist if a key server wrote them.
const PLAYLIST_TAGS: [&str; 29] = [
    "EXTM3U",
    "EXTINF",
    "EXT-X-VERSION",
    "EXT-X-INDEPENDENT-SEGMENTS",
    "EXT-X-START",
    "EXT-X-DEFINE",
    "EXT-X-TARGETDURATION",
    "EXT-X-MEDIA-SEQUENCE",
    "EXT-X-DISCONTINUITY-SEQUENCE",
    "EXT-X-DISCONTINUITY",
    "EXT-X-ENDLIST",
    "EXT-X-PLAYLIST-TYPE",
    "EXT-X-I-FRAMES-ONLY",
    "EXT-X-PART-INF",
    "EXT-X-SERVER-CONTROL",
    "EXT-X-BYTERANGE",
    "EXT-X-MAP",
    "EXT-X-PROGRAM-DATE-TIME",
    "EXT-X-GAP",
    "EXT-X-BITRATE",
    "EXT-X-PART",
    "EXT-X-DATERANGE",
    "EXT-X-SKIP",
    "EXT-X-PRELOAD-HINT",
    "EXT-X-RENDITION-REPORT",
    "EXT-X-MEDIA",
    "EXT-X-STREAM-INF",
    "EXT-X-I-FRAME-STREAM-INF",
    "EXT-X-SESSION-DATA",
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Playlist {
    Media,
    Multivariant,
}

/// One `pssh` box of the system; a version 1 box names the key.
pub(super) fn check_pssh(kid: KeyId, system_id: [u8; 16], data: &[u8]) -> Result<()> {
    let fault = |reason| fault(kid, "PSSH", reason);
    check_size(data).map_err(fault)?;
    let boxes = pssh::parse(data).map_err(|_| fault("not a pssh box"))?;
    let [only] = boxes.as_slice() else {
        return Err(fault("not one pssh box"));
    };
    if only.system_id != system_id {
        return Err(fault("of another DRM system"));
    }
    match only.kids.is_empty() || only.kids.contains(&kid) {
        true => Ok(()),
        false => Err(fault("of another key")),
    }
}

/// A well-formed fragment that stands alone, and the same `pssh` box as `PSSH` (SPEKE v2 demands it).
pub(super) fn check_content_protection(kid: KeyId, xml: &str, pssh: Option<&[u8]>) -> Result<()> {
    let fault = |reason| fault(kid, "ContentProtectionData", reason);
    check_size(xml.as_bytes()).map_err(fault)?;
    // Several elements side by side are a fragment too.
    let whole = format!("<fragment>{xml}</fragment>");
    let tree = Tree::parse(whole.as_bytes(), &Limits::default())
        .map_err(|_| fault("not a well-formed fragment of XML"))?;
    for (id, element) in tree.elements().skip(1) {
        if !element.is(CENC, "pssh") {
            continue;
        }
        let text: String = tree.text(id).unwrap_or_default().concat();
        let text: String = text.split_ascii_whitespace().collect();
        let inner = BASE64_STANDARD.decode(text);
        let inner = inner.map_err(|_| fault("cenc:pssh is not base64"))?;
        if pssh.is_some_and(|outer| outer != inner) {
            return Err(fault("cenc:pssh is not the box in PSSH"));
        }
    }
    let elements = |child: &Child| matches!(child, Child::Element(_));
    match tree.get(Tree::ROOT).children.iter().any(elements) {
        true => Ok(()),
        false => Err(fault("without elements")),
    }
}

/// Lines to insert, each ended by a line feed: the key tag of the playlist, and tags of others, but none of HLS's own.
pub(super) fn hls_lines(kid: KeyId, text: &str, playlist: Playlist) -> Result<String> {
    let fault = |reason| fault(kid, "HLSSignalingData", reason);
    check_size(text.as_bytes()).map_err(fault)?;
    let tag = match playlist {
        Playlist::Media => "#EXT-X-KEY:",
        Playlist::Multivariant => "#EXT-X-SESSION-KEY:",
    };
    let mut lines = String::with_capacity(text.len() + 1);
    let mut keys = 0;
    let filled = text.lines().map(str::trim).filter(|line| !line.is_empty());
    for (number, line) in filled.enumerate() {
        if number == MAX_LINES {
            return Err(fault("too many lines"));
        }
        if line.chars().any(char::is_control) {
            return Err(fault("a control character"));
        }
        let Some(name) = line.strip_prefix('#') else {
            return Err(fault("a line that is not a tag"));
        };
        let name = name.split(':').next().unwrap_or(name);
        if let Some(attributes) = line.strip_prefix(tag) {
            keys += 1;
            if attributes.split(',').any(|a| a.trim() == "METHOD=NONE") {
                return Err(fault("METHOD=NONE"));
            }
        } else if PLAYLIST_TAGS.contains(&name) || name.ends_with("-KEY") {
            return Err(fault("a tag that does not belong there"));
        }
        lines.push_str(line);
        lines.push('\n');
    }
    match keys {
        0 => Err(fault("without the key tag of the playlist")),
        _ => Ok(lines),
    }
}

/// Fit for a quoted string of HLS.
pub(super) fn check_uri(kid: KeyId, uri: &str) -> Result<()> {
    let fault = |reason| fault(kid, "URIExtXKey", reason);
    check_size(uri.as_bytes()).map_err(fault)?;
    let unfit = |c: char| c.is_control() || c.is_whitespace() || c == '"';
    match uri.contains(':') && !uri.contains(unfit) {
        true => Ok(()),
        false => Err(fault("not a URI")),
    }
}

fn check_size(bytes: &[u8]) -> std::result::Result<(), &'static str> {
    match bytes.len() > MAX_BYTES {
        true => Err("too long"),
        false => Ok(()),
    }
}

fn fault(kid: KeyId, element: &'static str, reason: &'static str) -> Error {
    Error::Key {
        kid,
        element,
        reason,
    }
}
