//! Subtitles: streams of the source, and files beside it, named as players expect them: `film.en.srt`,
//! `film.de.forced.vtt`, `film.en.sdh.srt`.
use std::path::{Path, PathBuf};

use super::Error;
use super::probe::Said;
use crate::description::{Accessibility, language};

/// Entries of the source's folder looked at.
const MAX_ENTRIES: usize = 10_000;
const MAX_SIDE_FILES: usize = 64;

/// How subtitles get into the asset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// To WebVTT.
    Converted,
    /// As they are: WebVTT keeps its styles, and ffmpeg reads no TTML.
    Copied(&'static str),
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct SideFile {
    pub(super) path: PathBuf,
    pub(super) form: Form,
    pub(super) said: Said,
}

/// The extension says what it is; none for another.
fn form(path: &Path) -> Option<Form> {
    let extension = path.extension()?.to_str()?.to_ascii_lowercase();
    match extension.as_str() {
        "srt" | "ass" | "ssa" => Some(Form::Converted),
        "vtt" | "webvtt" => Some(Form::Copied("vtt")),
        "ttml" | "dfxp" => Some(Form::Copied("ttml")),
        _ => None,
    }
}

/// Subtitles in the source's folder whose names begin with the source's own, in order.
pub(super) fn beside(source: &Path) -> Result<Vec<SideFile>, Error> {
    let folder = match source.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let Some(stem) = source.file_stem().and_then(|stem| stem.to_str()) else {
        return Ok(Vec::new());
    };
    let entries = std::fs::read_dir(folder).map_err(Error::io(folder))?;
    let mut found = Vec::new();
    for entry in entries.take(MAX_ENTRIES).filter_map(Result::ok) {
        let path = entry.path();
        let name = entry.file_name();
        let rest = name.to_str().and_then(|name| name.strip_prefix(stem));
        if let Some(form) = form(&path)
            && let Some(rest) = rest.filter(|rest| rest.starts_with('.'))
            && path.is_file()
        {
            let said = said(rest);
            found.push(SideFile { path, form, said });
        }
    }
    found.sort_by(|one, other| one.path.cmp(&other.path));
    found.truncate(MAX_SIDE_FILES);
    Ok(found)
}

/// A file that was named on the command line.
pub(super) fn named(path: &Path) -> Result<SideFile, Error> {
    let form = form(path).ok_or_else(|| {
        Error::source_file(
            path,
            "no subtitles by its name: .srt, .ass, .vtt or .ttml are read",
        )
    })?;
    if !path.is_file() {
        return Err(Error::source_file(path, "there is no such file"));
    }
    let name = path
        .file_name()
        .and_then(|name| name.to_str())
        .unwrap_or("");
    Ok(SideFile {
        path: path.to_owned(),
        form,
        said: said(name),
    })
}

/// What the parts of a name between dots say, the extension aside.
fn said(name: &str) -> Said {
    let mut said = Said::default();
    let parts: Vec<&str> = name.split('.').collect();
    let inner = parts.len().saturating_sub(1);
    // The first part is the film's name, which can read like a language: `it.srt` is no Italian film.
    for part in parts.iter().take(inner).skip(1) {
        match part.to_ascii_lowercase().as_str() {
            "forced" => said.forced = true,
            "sdh" | "cc" | "hi" => said.accessibility = Some(Accessibility::Sdh),
            "default" => said.default = true,
            _ => {
                let short = part
                    .split('-')
                    .next()
                    .is_some_and(|code| matches!(code.len(), 2 | 3));
                if let Some(tag) = language(part).filter(|_| short)
                    && super::language::three_letters(&tag).is_some()
                {
                    said.language = Some(tag);
                }
            }
        }
    }
    said
}

#[cfg(test)]
mod tests;
