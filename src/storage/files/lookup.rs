//! The blocking half: from a path to an open file, without leaving the root.
use std::fs::{File, Metadata, OpenOptions};
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::{Folder, Resolved};
use crate::description::ASSET_FILE;
use crate::storage::error::StorageError;
use crate::storage::open::{Handles, OpenFiles};
use crate::storage::source::{FileVersion, Origin, SourceFile};
use crate::storage::stats::StorageStats;

/// Media files in one folder at most.
pub const MAX_FOLDER_FILES: usize = 256;
/// Directory entries looked at for them.
const MAX_FOLDER_ENTRIES: usize = 65_536;
/// Bytes of a relative path (PATH_MAX).
const MAX_PATH_BYTES: usize = 4096;
/// ISO base media files, CMAF tracks among them (ISO/IEC 23000-19, 7.3.1).
const MOVIE_EXTENSIONS: [&str; 8] = ["mp4", "m4v", "m4a", "mov", "cmfv", "cmfa", "cmft", "cmfm"];
const WEBVTT_EXTENSIONS: [&str; 2] = ["vtt", "webvtt"];
const TTML_EXTENSIONS: [&str; 2] = ["ttml", "dfxp"];

/// Coarse file clocks tick this often (CONFIG_HZ = 100, two ticks): of two changes within a tick,
/// the second leaves no trace in the times.
const CLOCK_TICK: Duration = Duration::from_millis(20);
/// Times a file that changes under our eyes is looked at.
const MAX_LOOKS: usize = 3;

pub(super) fn check_relative(path: &str) -> Result<(), StorageError> {
    let refuse = |reason| {
        Err(StorageError::BadPath {
            path: path.escape_debug().to_string(),
            reason,
        })
    };
    if path.is_empty() || path.len() > MAX_PATH_BYTES {
        return refuse("is empty or too long");
    }
    if path.contains('\0') {
        return refuse("contains NUL");
    }
    let odd = |component: &str| matches!(component, "" | "." | "..");
    if path.split('/').any(odd) {
        return refuse("is not a plain relative path");
    }
    Ok(())
}

/// How files are opened.
#[derive(Debug, Clone, Copy)]
pub(super) struct Opening<'a> {
    /// The bound on what is open; none where another holds to it.
    pub(super) among: Option<&'a Arc<OpenFiles>>,
    /// Movies are to be read around the page cache, and refusals counted.
    pub(super) direct: Option<&'a StorageStats>,
}

/// What is at `path` below `root`. Returns `known` itself if the file is still that version.
pub(super) fn look_up(
    root: &Path,
    path: &str,
    known: Option<&Resolved>,
    opening: Opening<'_>,
) -> Result<Resolved, StorageError> {
    let asked = root.join(path);
    let real_root = root.canonicalize().map_err(|source| StorageError::Io {
        path: root.into(),
        doing: "finding the mount's root",
        source,
    })?;
    let real = real_root
        .join(path)
        .canonicalize()
        .map_err(|error| finding(&asked, error))?;
    if !real.starts_with(&real_root) {
        return Err(StorageError::OutsideRoot {
            path: asked,
            target: real,
        });
    }
    let (handle, metadata) = pin(&real, &asked)?;
    if metadata.is_dir() {
        return list(&real, &asked).map(|folder| Resolved::Folder(Arc::new(folder)));
    }
    if !metadata.is_file() {
        return Err(StorageError::WrongKind {
            path: asked,
            wanted: "regular file",
        });
    }
    if let Some(Resolved::File(file)) = known
        && file.version() == FileVersion::of(&metadata)
    {
        return Ok(Resolved::File(Arc::clone(file)));
    }
    let file = File::open(through_proc(&handle)).map_err(|error| finding(&asked, error))?;
    let version = settled_version(&file, &asked)?;
    let direct = opening
        .direct
        .filter(|_| MediaKind::of_name(path) == Some(MediaKind::Movie))
        .and_then(|stats| open_direct(&handle, &asked, stats));
    let handles = Handles {
        file: Arc::new(file),
        direct: direct.map(Arc::new),
    };
    let found = match opening.among {
        Some(open) => {
            let origin = Origin {
                root: root.into(),
                path: path.into(),
            };
            SourceFile::among(open, origin, handles, version, asked.into())
        }
        None => SourceFile::new(handles, version, asked.into()),
    };
    Ok(Resolved::File(Arc::new(found)))
}

/// None where the file system refuses.
fn open_direct(handle: &File, asked: &Path, stats: &StorageStats) -> Option<File> {
    let opened = OpenOptions::new()
        .read(true)
        .custom_flags(libc::O_DIRECT)
        .open(through_proc(handle));
    opened
        .inspect_err(|error| stats.refused_direct(asked, error))
        .ok()
}

/// Holds on to what is at `real` without opening it: no FIFO is waited for, no device touched.
/// Makes sure that it still is there, through no link that appeared since the path was resolved.
fn pin(real: &Path, asked: &Path) -> Result<(File, Metadata), StorageError> {
    let failed = |error| finding(asked, error);
    let handle = OpenOptions::new()
        .read(true)
        .custom_flags(libc::O_PATH | libc::O_NOFOLLOW)
        .open(real)
        .map_err(failed)?;
    let place = std::fs::read_link(through_proc(&handle)).map_err(failed)?;
    if place != real {
        return Err(StorageError::Changed { path: asked.into() });
    }
    let metadata = handle.metadata().map_err(failed)?;
    Ok((handle, metadata))
}

fn through_proc(handle: &File) -> PathBuf {
    format!("/proc/self/fd/{}", handle.as_raw_fd()).into()
}

/// The file's version, once a further change is sure to make another one.
fn settled_version(file: &File, asked: &Path) -> Result<FileVersion, StorageError> {
    for _ in 0..MAX_LOOKS {
        let metadata = file.metadata().map_err(|error| finding(asked, error))?;
        let version = FileVersion::of(&metadata);
        let last_change = u64::try_from(version.mtime_ns.max(version.ctime_ns)).unwrap_or(0);
        let last_change = SystemTime::UNIX_EPOCH + Duration::from_nanos(last_change);
        // Changed in the future: another machine's clock, about which nothing is known.
        let age = last_change.elapsed().unwrap_or(CLOCK_TICK);
        if age >= CLOCK_TICK {
            return Ok(version);
        }
        std::thread::sleep(CLOCK_TICK - age);
    }
    Err(StorageError::Changed { path: asked.into() })
}

fn list(real: &Path, asked: &Path) -> Result<Folder, StorageError> {
    let failed = |error| finding(asked, error);
    let mut names = Vec::new();
    let mut has_description = false;
    for entry in std::fs::read_dir(real)
        .map_err(failed)?
        .take(MAX_FOLDER_ENTRIES)
    {
        let entry = entry.map_err(failed)?;
        // A name that is not UTF-8 cannot be asked for.
        let Ok(name) = entry.file_name().into_string() else {
            continue;
        };
        let kind = entry.file_type().map_err(failed)?;
        if !(kind.is_file() || kind.is_symlink()) {
            continue;
        }
        has_description |= name == ASSET_FILE;
        if MediaKind::of_name(&name).is_none() {
            continue;
        }
        if names.len() == MAX_FOLDER_FILES {
            return Err(StorageError::TooManyFiles {
                path: asked.into(),
                limit: MAX_FOLDER_FILES,
            });
        }
        names.push(name);
    }
    names.sort_unstable();
    Ok(Folder {
        names,
        has_description,
    })
}

/// What a file holds, as its name says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MediaKind {
    Movie,
    WebVtt,
    Ttml,
}

impl MediaKind {
    /// None for other files and for hidden ones.
    pub fn of_name(name: &str) -> Option<Self> {
        let (stem, extension) = name.rsplit_once('.')?;
        let is_one_of = |known: &[&str]| known.iter().any(|k| extension.eq_ignore_ascii_case(k));
        if stem.is_empty() || name.starts_with('.') {
            None
        } else if is_one_of(&MOVIE_EXTENSIONS) {
            Some(Self::Movie)
        } else if is_one_of(&WEBVTT_EXTENSIONS) {
            Some(Self::WebVtt)
        } else if is_one_of(&TTML_EXTENSIONS) {
            Some(Self::Ttml)
        } else {
            None
        }
    }
}

fn finding(path: &Path, source: io::Error) -> StorageError {
    let path = path.to_path_buf();
    match (source.kind(), source.raw_os_error()) {
        (io::ErrorKind::NotFound | io::ErrorKind::NotADirectory, _)
        | (_, Some(libc::ELOOP | libc::ENAMETOOLONG)) => StorageError::NotFound { path },
        _ => StorageError::Io {
            path,
            doing: "opening",
            source,
        },
    }
}
