//! What a description says, held against the files it names.
use std::collections::HashMap;

use super::model::{Kind, TrackDescription};
use super::read::Written;
use crate::config::document::Source;

/// A track as a file has it. Subtitles in a file of their own are one track of id 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileTrack {
    pub id: u32,
    /// `None`: neither picture, sound nor text.
    pub kind: Option<Kind>,
}

pub(super) fn check(
    written: &Written,
    source: &Source,
    tracks_of: &mut dyn FnMut(&str) -> Result<Vec<FileTrack>, String>,
) {
    let mut known = HashMap::new();
    let mut look = |file: &str| -> Result<Vec<FileTrack>, String> {
        known
            .entry(file.to_owned())
            .or_insert_with(|| tracks_of(file))
            .clone()
    };
    let lists = written.sources.iter().enumerate();
    let lists = lists.map(|(index, list)| (format!("source[{index}].track"), &list.tracks));
    for (list, tracks) in std::iter::once(("track".to_owned(), &written.tracks)).chain(lists) {
        for (index, track) in tracks.iter().enumerate() {
            let Some(track) = track else { continue };
            let key = |name: &str| format!("{list}[{index}].{name}");
            // What is wrong with the name is said already.
            if source.is_faulty(&key("file")) {
                continue;
            }
            match look(&track.file) {
                Ok(found) => held(track, &found, &key, source),
                Err(why) => source.fault(&key("file"), why, "name a file that is there"),
            }
        }
    }
    for (index, clip) in written.clips.iter().enumerate() {
        let key = format!("clip[{index}].file");
        if let Some(file) = &clip.file
            && !source.is_faulty(&key)
            && let Err(why) = look(file)
        {
            source.fault(&key, why, "name a file that is there");
        }
    }
}

fn held(
    track: &TrackDescription,
    found: &[FileTrack],
    key: &dyn Fn(&str) -> String,
    source: &Source,
) {
    let listed = || {
        let tracks = found.iter().map(|track| match track.kind {
            Some(kind) => format!("{} ({})", track.id, kind.as_str()),
            None => track.id.to_string(),
        });
        format!("its tracks: {}", tracks.collect::<Vec<_>>().join(", "))
    };
    let chosen = match track.id {
        Some(id) => found.iter().find(|track| track.id == id),
        None => found
            .iter()
            .find(|found| track.kind.is_none() || found.kind == track.kind),
    };
    match (chosen, track.id, track.kind) {
        (None, Some(id), _) => source.fault(
            &key("id"),
            format_args!("{:?} has no track {id}", track.file),
            listed(),
        ),
        (None, None, Some(kind)) => source.fault(
            &key("type"),
            format_args!("{:?} has no {} track", track.file, kind.as_str()),
            listed(),
        ),
        (None, None, None) => source.fault(
            &key("file"),
            format_args!("{:?} has no track", track.file),
            "name a file with media in it",
        ),
        (Some(chosen), _, Some(kind)) if chosen.kind != Some(kind) => source.fault(
            &key("type"),
            format_args!(
                "track {} of {:?} is not {}",
                chosen.id,
                track.file,
                kind.as_str()
            ),
            listed(),
        ),
        _ => {}
    }
}
