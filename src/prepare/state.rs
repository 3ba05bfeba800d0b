//! What has been made of which source with which settings: kept beside the outputs, so that another run makes only
//! what is missing or differs.
use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read as _;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use ring::digest;
use serde::{Deserialize, Serialize};

use super::Error;
use super::loudness::Measured;

/// Below the asset's folder: state, lock, unfinished files.
const FOLDER: &str = ".prepare";
const STATE_FILE: &str = "state.json";
const LOCK_FILE: &str = "lock";
const MAX_STATE_BYTES: u64 = 4 << 20;
const UNFINISHED: &str = ".part";
/// Part of every key: raised when equal arguments come to mean another output.
const VERSION: &str = "1";
const KEPT_DESCRIPTIONS: usize = 2;
/// Places of a source whose bytes take part in its identity, and how many at each.
const PROBES: u64 = 32;
const PROBE_BYTES: u64 = 4096;

#[derive(Debug, Default, Serialize, Deserialize)]
struct Kept {
    /// By file name.
    outputs: BTreeMap<String, Output>,
    /// By key.
    loudness: BTreeMap<String, Measured>,
    /// Digests of the last descriptions that were written: the one that is there, and the one on its way.
    descriptions: Vec<String>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Output {
    key: String,
    bytes: u64,
}

/// The asset's folder, held against other runs.
#[derive(Debug)]
pub(super) struct Workshop {
    dir: PathBuf,
    kept: Kept,
    _lock: File,
}

impl Workshop {
    /// Makes `dir` where it is missing, and throws away what an interrupted run left unfinished.
    pub(super) fn open(dir: &Path) -> Result<Self, Error> {
        let folder = dir.join(FOLDER);
        std::fs::create_dir_all(&folder).map_err(Error::io(&folder))?;
        let lock_file = folder.join(LOCK_FILE);
        let lock = File::create(&lock_file).map_err(Error::io(&lock_file))?;
        lock.try_lock().map_err(|error| match error {
            std::fs::TryLockError::WouldBlock => Error::Busy(dir.to_owned()),
            std::fs::TryLockError::Error(source) => Error::io(&lock_file)(source),
        })?;
        for entry in std::fs::read_dir(&folder).map_err(Error::io(&folder))? {
            let path = entry.map_err(Error::io(&folder))?.path();
            if path.to_string_lossy().ends_with(UNFINISHED) {
                std::fs::remove_file(&path).map_err(Error::io(&path))?;
            }
        }
        Ok(Self {
            dir: dir.to_owned(),
            kept: Self::read(dir)?,
            _lock: lock,
        })
    }

    /// A state that cannot be understood counts as none.
    fn read(dir: &Path) -> Result<Kept, Error> {
        let path = dir.join(FOLDER).join(STATE_FILE);
        let mut text = Vec::new();
        match File::open(&path) {
            Ok(file) => file
                .take(MAX_STATE_BYTES)
                .read_to_end(&mut text)
                .map_err(Error::io(&path))?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => 0,
            Err(error) => return Err(Error::io(&path)(error)),
        };
        Ok(serde_json::from_slice(&text).unwrap_or_default())
    }

    /// Whether the output is there as these settings make it.
    pub(super) fn has(&self, output: &str, key: &str) -> bool {
        has(&self.dir, &self.kept, output, key)
    }

    /// Fails where a file is in the way that no run has made.
    pub(super) fn check_ours(&self, output: &str) -> Result<(), Error> {
        let path = self.dir.join(output);
        if path.symlink_metadata().is_ok() && !self.kept.outputs.contains_key(output) {
            return Err(Error::NotOurs(path));
        }
        Ok(())
    }

    /// Where an output is written until it is complete.
    pub(super) fn unfinished(&self, output: &str) -> PathBuf {
        self.dir.join(FOLDER).join(format!("{output}{UNFINISHED}"))
    }

    /// Gives a complete output its name.
    pub(super) fn finish(&mut self, output: &str, key: &str) -> Result<(), Error> {
        let (from, to) = (self.unfinished(output), self.dir.join(output));
        let file = File::open(&from).map_err(Error::io(&from))?;
        // A name must not survive a crash that its content did not.
        file.sync_all().map_err(Error::io(&from))?;
        let bytes = file.metadata().map_err(Error::io(&from))?.len();
        let entry = Output {
            key: key.to_owned(),
            bytes,
        };
        // Noted first: a file without a note would be taken for somebody else's.
        self.kept.outputs.insert(output.to_owned(), entry);
        self.save()?;
        std::fs::rename(&from, &to).map_err(Error::io(&to))
    }

    pub(super) fn loudness(&self, key: &str) -> Option<Measured> {
        self.kept.loudness.get(key).copied()
    }

    pub(super) fn set_loudness(&mut self, key: &str, measured: Measured) -> Result<(), Error> {
        self.kept.loudness.insert(key.to_owned(), measured);
        self.save()
    }

    /// Outputs of earlier runs that `wanted` no longer names.
    pub(super) fn leftovers(&self, wanted: &[&str]) -> Vec<String> {
        let there = |output: &&String| self.dir.join(output).exists();
        self.kept
            .outputs
            .keys()
            .filter(|output| !wanted.contains(&output.as_str()))
            .filter(there)
            .cloned()
            .collect()
    }

    /// Writes the description, unless somebody has changed the one that is there: then beside it, as `{name}.new`.
    /// The name it was written under.
    pub(super) fn describe(&mut self, name: &str, text: &str) -> Result<String, Error> {
        let path = self.dir.join(name);
        let there = match std::fs::read(&path) {
            Ok(bytes) => Some(bytes),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
            Err(error) => return Err(Error::io(&path)(error)),
        };
        if there.as_deref() == Some(text.as_bytes()) {
            return Ok(name.to_owned());
        }
        let ours = there
            .as_ref()
            .is_none_or(|bytes| self.kept.descriptions.contains(&hex_digest(bytes)));
        let name = if ours {
            let kept = &mut self.kept.descriptions;
            kept.push(hex_digest(text.as_bytes()));
            kept.drain(..kept.len().saturating_sub(KEPT_DESCRIPTIONS));
            self.save()?;
            name.to_owned()
        } else {
            format!("{name}.new")
        };
        let unfinished = self.unfinished(&name);
        std::fs::write(&unfinished, text).map_err(Error::io(&unfinished))?;
        let path = self.dir.join(&name);
        std::fs::rename(&unfinished, &path).map_err(Error::io(&path))?;
        Ok(name)
    }

    fn save(&self) -> Result<(), Error> {
        let path = self.dir.join(FOLDER).join(STATE_FILE);
        let unfinished = self.unfinished(STATE_FILE);
        let text = serde_json::to_vec_pretty(&self.kept)
            .map_err(|error| Error::io(&path)(error.into()))?;
        std::fs::write(&unfinished, text).map_err(Error::io(&unfinished))?;
        std::fs::rename(&unfinished, &path).map_err(Error::io(&path))
    }
}

/// What is there already, without touching anything.
pub(super) fn peek(dir: &Path) -> Result<impl Fn(&str, &str) -> bool, Error> {
    let kept = Workshop::read(dir)?;
    let dir = dir.to_owned();
    Ok(move |output: &str, key: &str| has(&dir, &kept, output, key))
}

fn has(dir: &Path, kept: &Kept, output: &str, key: &str) -> bool {
    let noted = kept.outputs.get(output).filter(|noted| noted.key == key);
    noted.is_some_and(|noted| {
        std::fs::metadata(dir.join(output))
            .is_ok_and(|metadata| metadata.is_file() && metadata.len() == noted.bytes)
    })
}

/// Tells one source from another by length and bytes sampled all over it: a moved or copied one is the same.
pub(super) fn identity(source: &Path) -> Result<String, Error> {
    let fault = || Error::io(source);
    let file = File::open(source).map_err(fault())?;
    let length = file.metadata().map_err(fault())?.len();
    let mut context = digest::Context::new(&digest::SHA256);
    context.update(&length.to_le_bytes());
    let last = length.saturating_sub(PROBE_BYTES);
    let mut bytes = vec![0; PROBE_BYTES.min(length) as usize];
    for index in 0..PROBES {
        let offset = u128::from(last) * u128::from(index) / u128::from(PROBES - 1);
        file.read_exact_at(&mut bytes, offset as u64)
            .map_err(fault())?;
        context.update(&bytes);
    }
    Ok(hex::encode(context.finish()))
}

/// Of what is made from a source by these arguments.
pub(super) fn key(identity: &str, arguments: &[String]) -> String {
    let mut context = digest::Context::new(&digest::SHA256);
    let all = [VERSION, identity].into_iter();
    for part in all.chain(arguments.iter().map(String::as_str)) {
        context.update(&(part.len() as u64).to_le_bytes());
        context.update(part.as_bytes());
    }
    hex::encode(&context.finish().as_ref()[..16])
}

fn hex_digest(bytes: &[u8]) -> String {
    hex::encode(digest::digest(&digest::SHA256, bytes))
}

#[cfg(test)]
mod tests;
