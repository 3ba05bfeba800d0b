//! Which requests of an encoder belong together: header and media of one track are called alike.
//!
//! DASH-IF ingest pushes a track under one name for as long as it lasts. Encoders that write files push header and
//! segments under names of their own: `init-stream0.m4s` and `chunk-stream0-00017.m4s`, `v360/init.mp4` and
//! `v360/17.m4s`, `init_0.mp4` and `seg_0_17.m4s`. What remains without the words for header and segment, and without
//! the segment's number, is the same.

/// Words that say what a file is, not of which track.
const KINDS: [&str; 8] = [
    "init", "header", "chunk", "segment", "seg", "media", "part", "frag",
];

/// What an encoder pushes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Pushed {
    /// Of the track with this key.
    Track(String),
    /// Playlists and MPDs of the encoder's own, which the node writes itself.
    Manifest,
}

/// `stream`: the path below `ingest/`.
pub(super) fn pushed(stream: &str) -> Pushed {
    // `Streams(video-2.cmfv)` (DASH-IF Live Media Ingest, 6.2): of a track, whatever words and numbers it has.
    if let Some((_, rest)) = stream.split_once("Streams(") {
        let name = rest.trim_end_matches(')');
        let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
        return Pushed::Track(stem.to_owned());
    }
    let (folder, file) = stream.rsplit_once('/').unwrap_or(("", stream));
    let (stem, extension) = file.rsplit_once('.').unwrap_or((file, ""));
    if matches!(extension, "m3u8" | "mpd") {
        return Pushed::Manifest;
    }
    let mut words: Vec<&str> = stem
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .collect();
    let is_header = words.iter().any(|word| is_kind(word, &["init", "header"]));
    // One number among other words is the track's; the last of a segment is its own.
    if !is_header && words.len() > 1 && words.last().is_some_and(|word| is_number(word)) {
        words.pop();
    } else if !is_header && !folder.is_empty() && words.len() == 1 && is_number(words[0]) {
        words.clear();
    }
    words.retain(|word| !is_kind(word, &KINDS));
    let mut key = folder.to_owned();
    for word in words {
        if !key.is_empty() {
            key.push('/');
        }
        key.push_str(word);
    }
    Pushed::Track(key)
}

/// Of a segment whose own name says nothing of its track (`live17.m4s`, `v/17.m4s`): the folder whose only header it
/// belongs to, as ffmpeg's HLS has it.
pub(super) fn folder_of_segment(stream: &str) -> Option<&str> {
    let (folder, file) = stream.rsplit_once('/').unwrap_or(("", stream));
    let (stem, _) = file.rsplit_once('.')?;
    let is_word = stem.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let digits = stem.trim_start_matches(|c: char| !c.is_ascii_digit());
    (is_word && !digits.is_empty() && is_number(digits)).then_some(folder)
}

/// Whether a track's key is of a header that is called after its folder alone, or with a number: `init.mp4`,
/// `v/init_0.mp4`.
pub(super) fn is_folders_header(key: &str, folder: &str) -> bool {
    let Some(rest) = key.strip_prefix(folder) else {
        return false;
    };
    let number = match folder.is_empty() {
        true => rest,
        false if rest.is_empty() => "",
        false => match rest.strip_prefix('/') {
            Some(number) => number,
            None => return false,
        },
    };
    is_number(number)
}

fn is_kind(word: &str, kinds: &[&str]) -> bool {
    kinds.iter().any(|kind| word.eq_ignore_ascii_case(kind))
}

fn is_number(word: &str) -> bool {
    word.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests;
