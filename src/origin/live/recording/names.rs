//! Names of folders and files.
use std::path::{Path, PathBuf};

/// Of media.
const MEDIA: &str = "mp4";
const INDEX: &str = "idx";

/// What a pair of files begins with: media and index are called alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct FileName {
    pub(super) epoch: u32,
    /// Of the first segment.
    pub(super) number: u64,
}

impl FileName {
    pub(super) fn media(&self, folder: &Path) -> PathBuf {
        folder.join(format!("{:08x}-{}.{MEDIA}", self.epoch, self.number))
    }

    pub(super) fn index(&self, folder: &Path) -> PathBuf {
        folder.join(format!("{:08x}-{}.{INDEX}", self.epoch, self.number))
    }

    pub(super) fn of_index(path: &Path) -> Option<Self> {
        Self::parse(path, INDEX)
    }

    pub(super) fn of_media(path: &Path) -> Option<Self> {
        Self::parse(path, MEDIA)
    }

    fn parse(path: &Path, extension: &str) -> Option<Self> {
        let name = path.file_name()?.to_str()?;
        let stem = name.strip_suffix(extension)?.strip_suffix('.')?;
        let (epoch, number) = stem.split_once('-')?;
        let found = Self {
            epoch: u32::from_str_radix(epoch, 16).ok()?,
            number: number.parse().ok()?,
        };
        // One way to write it, or it is not ours.
        (path.file_name() == found.with(extension).file_name()).then_some(found)
    }

    fn with(&self, extension: &str) -> PathBuf {
        PathBuf::from(format!("{:08x}-{}.{extension}", self.epoch, self.number))
    }
}

/// A name as one path element: what is no letter, digit, `-`, `_`, `~` or inner `.` is written `%xx`.
pub(super) fn folder(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for (at, byte) in name.bytes().enumerate() {
        let plain = byte.is_ascii_alphanumeric() || b"-_~".contains(&byte);
        if plain || (byte == b'.' && at > 0) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02x}"));
        }
    }
    match out.is_empty() {
        true => "%".to_owned(),
        false => out,
    }
}

/// The name that [`folder`] makes this of.
pub(super) fn of_folder(written: &str) -> Option<String> {
    let mut out = Vec::with_capacity(written.len());
    let mut rest = written.as_bytes();
    while let Some((first, behind)) = rest.split_first() {
        rest = behind;
        if *first == b'%' {
            let (digits, behind) = rest.split_at_checked(2).unwrap_or((b"", b""));
            let digits = std::str::from_utf8(digits).ok()?;
            out.extend(u8::from_str_radix(digits, 16).ok());
            rest = behind;
        } else {
            out.push(*first);
        }
    }
    let name = String::from_utf8(out).ok()?;
    (folder(&name) == written).then_some(name)
}

#[cfg(test)]
mod tests;
