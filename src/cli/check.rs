//! `edgepack check`: every fault of a configuration and of asset descriptions, one a line.
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use edgepack_isobmff::{Handler, Track};

use crate::config::{Config, ConfigFault};
use crate::description::{
    ASSET_FILE, Description, FileTrack, Kind, is_description_name, is_text_name,
};
use crate::movie_file;

/// Folders below a mount's root that are looked into for descriptions.
const MAX_DEPTH: usize = 16;
const MAX_ENTRIES: usize = 1_000_000;

#[derive(Debug, Args)]
#[group(id = "what", required = true, multiple = true, args = ["config", "asset"])]
pub(super) struct Check {
    /// A configuration
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// With --config: also every description below the mounts' roots, without the media files they name
    #[arg(long, requires = "config")]
    assets: bool,
    /// An asset's description, or a folder with an asset.toml, and the media files it names; may be given several times
    #[arg(long, value_name = "FILE")]
    asset: Vec<PathBuf>,
}

pub(super) fn run(options: &Check) -> ExitCode {
    let mut faults: Vec<ConfigFault> = Vec::new();
    let mut good = Vec::new();
    if let Some(file) = &options.config {
        match Config::load(file) {
            Ok(config) => {
                let mounts = config.mounts.len();
                good.push(format!("{} with {mounts} mount(s)", file.display()));
                if options.assets {
                    let roots: BTreeSet<_> =
                        config.mounts.iter().map(|mount| &mount.root).collect();
                    let checked: usize = roots
                        .into_iter()
                        .map(|root| check_below(root, &mut faults))
                        .sum();
                    good.push(format!("{checked} asset description(s)"));
                }
            }
            Err(found) => faults.extend(found),
        }
    }
    for file in &options.asset {
        let file = if file.is_dir() {
            file.join(ASSET_FILE)
        } else {
            file.clone()
        };
        let folder = file.parent().unwrap_or(Path::new("")).to_owned();
        let mut tracks_of = |name: &str| tracks_of(&folder.join(name));
        match Description::load_with_files(&file, &mut tracks_of) {
            Ok(description) => good.push(summary(&file, &description)),
            Err(found) => faults.extend(found),
        }
    }
    if faults.is_empty() {
        println!("ok: {}", good.join(", "));
        return ExitCode::SUCCESS;
    }
    for fault in &faults {
        println!("{fault}");
    }
    eprintln!("edgepack: {} fault(s)", faults.len());
    ExitCode::FAILURE
}

fn summary(file: &Path, description: &Description) -> String {
    format!(
        "{} with {} period(s) and {} file(s)",
        file.display(),
        description.periods.len(),
        description.files().len()
    )
}

/// Checks every description below `root`, links to folders aside; how many there are.
fn check_below(root: &Path, faults: &mut Vec<ConfigFault>) -> usize {
    let unreadable = |path: &Path, message: String, remedy: &str| ConfigFault {
        file: path.to_owned(),
        line: None,
        key: String::new(),
        message,
        remedy: remedy.to_owned(),
    };
    let mut folders = vec![(root.to_owned(), 0)];
    let (mut entries_seen, mut checked) = (0, 0);
    while let Some((folder, depth)) = folders.pop() {
        let entries = match std::fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) => {
                let why = format!("the folder cannot be read: {error}");
                faults.push(unreadable(&folder, why, "make it readable"));
                continue;
            }
        };
        let mut files = Vec::new();
        for entry in entries.filter_map(Result::ok) {
            entries_seen += 1;
            if entries_seen > MAX_ENTRIES {
                let why = format!("more than {MAX_ENTRIES} files and folders");
                faults.push(unreadable(root, why, "name descriptions with --asset"));
                return checked;
            }
            let name = entry.file_name();
            let name = name.to_string_lossy();
            match entry.file_type() {
                Ok(kind) if kind.is_dir() && !name.starts_with('.') && depth < MAX_DEPTH => {
                    folders.push((entry.path(), depth + 1));
                }
                Ok(kind) if !kind.is_dir() && is_description_name(&name) => {
                    files.push(entry.path());
                }
                _ => {}
            }
        }
        files.sort();
        checked += files.len();
        for file in files {
            faults.extend(Description::load(&file).err().into_iter().flatten());
        }
    }
    checked
}

fn tracks_of(path: &Path) -> Result<Vec<FileTrack>, String> {
    let metadata = std::fs::metadata(path).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => format!("{} does not exist", path.display()),
        _ => format!("{}: {error}", path.display()),
    })?;
    if !metadata.is_file() {
        return Err(format!("{} is not a file", path.display()));
    }
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    if is_text_name(&name) {
        return Ok(vec![FileTrack {
            id: 0,
            kind: Some(Kind::Text),
        }]);
    }
    let movie = movie_file::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let tracks = movie.tracks.iter().map(|track| FileTrack {
        id: track.track_id,
        kind: kind(track),
    });
    Ok(tracks.collect())
}

fn kind(track: &Track) -> Option<Kind> {
    let format = track
        .sample_entries
        .first()
        .map(|entry| entry.format.to_string());
    match (track.handler, format.as_deref()) {
        // Motion JPEG: sheets of thumbnails. MPEG-4 Part 2 shares the name `mp4v`, and is not packaged.
        (Handler::Video, Some("mp4v" | "jpeg" | "mjpg")) => Some(Kind::Image),
        (Handler::Video, _) => Some(Kind::Video),
        (Handler::Audio, _) => Some(Kind::Audio),
        (Handler::Text, _) => Some(Kind::Text),
        (Handler::Other(_), _) => None,
    }
}
