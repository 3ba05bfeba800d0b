//! What an asset is made of: a TOML file → typed [`Description`], with every fault named at once.
//!
//! A description lists tracks from several files, says what manifests say of them, cuts clips and puts them one after
//! the other. Parsing touches no file and no clock. `config/asset.toml` shows every key; `docs/reference/asset.md`
//! lists them.
use std::fs::File;
use std::io::Read as _;
use std::path::Path;

mod check;
mod files;
mod model;
mod read;
mod values;
mod write;

pub use crate::config::ConfigFault;
use crate::config::document::Source;
use crate::storage::MediaKind;
pub use files::FileTrack;
pub use model::{
    Accessibility, CaptionChannel, Clip, ClosedCaptions, Description, Kind, PeriodDescription,
    Role, Tiles, TrackDescription,
};
use read::Written;

/// In a folder, the file that decides alone what the asset is.
pub const ASSET_FILE: &str = "asset.toml";
/// A description of [`MAX_TRACKS`] tracks with all keys takes half of it.
pub const MAX_DESCRIPTION_BYTES: u64 = 256 << 10;
/// `[[track]]` in one list, and tracks of all clips together.
pub const MAX_TRACKS: usize = 256;
pub const MAX_CLIP_TRACKS: usize = 2048;
pub const MAX_CLIPS: usize = 128;
pub const MAX_SOURCES: usize = 64;
/// CC1 to CC4 and SERVICE1 to SERVICE63.
pub const MAX_CAPTIONS: usize = 67;
/// Files of one asset.
pub const MAX_FILES: usize = 256;

impl Description {
    /// Reads and checks `file`. All faults are found, not just the first.
    pub fn load(file: &Path) -> Result<Self, Vec<ConfigFault>> {
        Self::parse(&readable(file)?, file)
    }

    /// Checks `text` as if read from `file`, whose name the faults bear.
    pub fn parse(text: &str, file: &Path) -> Result<Self, Vec<ConfigFault>> {
        Self::read(text, file, |_, _| ())
    }

    /// As [`Description::load`], and holds it against the files it names. `tracks_of` is asked once for each, by its
    /// name in the description.
    pub fn load_with_files(
        file: &Path,
        tracks_of: &mut dyn FnMut(&str) -> Result<Vec<FileTrack>, String>,
    ) -> Result<Self, Vec<ConfigFault>> {
        let text = readable(file)?;
        Self::read(&text, file, |written, source| {
            files::check(written, source, tracks_of);
        })
    }

    fn read(
        text: &str,
        file: &Path,
        further: impl FnOnce(&Written, &Source),
    ) -> Result<Self, Vec<ConfigFault>> {
        let source = Source::new(text, file);
        let mut written = read::document(&source, text);
        let description = if source.is_unreadable() {
            None
        } else {
            let description = check::resolve(&mut written, &source);
            further(&written, &source);
            Some(description)
        };
        let faults = source.into_faults();
        match description {
            Some(description) if faults.is_empty() => Ok(description),
            _ => Err(faults),
        }
    }
}

pub(crate) use values::{language, name};

/// Is this the name of a description? Hidden ones are none.
pub fn is_description_name(name: &str) -> bool {
    name.rsplit_once('.').is_some_and(|(stem, extension)| {
        !stem.is_empty() && !name.starts_with('.') && extension.eq_ignore_ascii_case("toml")
    })
}

/// Is this the name of a file of subtitles?
pub fn is_text_name(name: &str) -> bool {
    matches!(
        MediaKind::of_name(name),
        Some(MediaKind::WebVtt | MediaKind::Ttml)
    )
}

fn readable(file: &Path) -> Result<String, Vec<ConfigFault>> {
    text(file).map_err(|why| {
        vec![ConfigFault {
            file: file.to_owned(),
            line: None,
            key: String::new(),
            message: format!("the description cannot be read: {why}"),
            remedy: "name a readable TOML file".into(),
        }]
    })
}

fn text(path: &Path) -> Result<String, String> {
    let described = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::NotFound => "it does not exist".to_owned(),
        _ => error.to_string(),
    };
    // Looked at before it is opened: opening a pipe would wait for its writer.
    if !std::fs::metadata(path).map_err(described)?.is_file() {
        return Err("it is not a file".into());
    }
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(MAX_DESCRIPTION_BYTES + 1).read_to_end(&mut bytes))
        .map_err(described)?;
    if bytes.len() as u64 > MAX_DESCRIPTION_BYTES {
        return Err(format!(
            "it is larger than {} KiB",
            MAX_DESCRIPTION_BYTES / 1024
        ));
    }
    String::from_utf8(bytes).map_err(|_| "it is not UTF-8 text".into())
}

#[cfg(test)]
mod tests;
