//! Keys that outlive the process: one sealed file per request.
//!
//! ```text
//! magic (8) · nonce (12) · count (4) · that many key ids (16 each) · AES-256-GCM of the records and its tag
//! ```
//! The magic, the request's identity and the key ids are authenticated with the records, so that a file that was
//! changed, cut, or moved under another name is refused. The nonce is random; files are replaced, never changed.
use std::fmt;
use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::rand::{SecureRandom, SystemRandom};
use zeroize::Zeroizing;

use super::identity::Identity;
use super::{Given, KeyRequest, MAX_KEYS};
use crate::config::KeyCache;

mod records;

pub(super) use records::Stored;

const MAGIC: &[u8; 8] = b"epkeys1\n";
const HEAD: usize = MAGIC.len() + NONCE_LEN + 4;
const MAX_FILE_BYTES: u64 = 64 << 20;
const SUFFIX: &str = "keys";
const UNFINISHED: &str = "part";
/// An unfinished file this old belongs to nobody.
const ABANDONED: Duration = Duration::from_secs(600);
/// Writes after which the folder is looked through for files beyond the limit.
const WRITES_PER_LOOK: usize = 256;

/// Never holds a key, nor the path's content.
#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    #[error("{}: {source}", path.display())]
    Io { path: PathBuf, source: io::Error },
    #[error(
        "{}: not what this node sealed for these keys: changed, damaged, moved, or sealed with another cache key; \
         remove it if the cache key was replaced",
        path.display()
    )]
    NotGenuine { path: PathBuf },
    #[error("the cache key cannot be used")]
    Key,
    #[error("the system gives no random bytes")]
    Random,
}

/// The folder of one mount's keys; others may share it.
pub(super) struct Disk {
    dir: PathBuf,
    key: LessSafeKey,
    /// Whose keys they are.
    scope: [u8; 32],
    max_files: usize,
    writes: AtomicUsize,
}

impl Disk {
    /// Makes the folder if it is not there. `scope` names the mount and its provider.
    pub(super) fn open(scope: &str, cache: &KeyCache, max_files: usize) -> Result<Self, Error> {
        let key = UnboundKey::new(&AES_256_GCM, cache.key.expose()).map_err(|_| Error::Key)?;
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&cache.dir)
            .map_err(at(&cache.dir))?;
        let disk = Self {
            dir: cache.dir.clone(),
            key: LessSafeKey::new(key),
            scope: Identity::new("key cache").text(scope).digest(),
            max_files,
            writes: AtomicUsize::new(0),
        };
        disk.tidy().map_err(at(&cache.dir))?;
        Ok(disk)
    }

    fn identity(&self, request: &KeyRequest) -> [u8; 32] {
        Identity::new("key file")
            .bytes(&self.scope)
            .request(request)
            .digest()
    }

    fn path(&self, identity: &[u8; 32]) -> PathBuf {
        self.dir.join(hex::encode(identity)).with_extension(SUFFIX)
    }

    /// What was kept for a request. `None`: nothing.
    pub(super) fn read(&self, request: &KeyRequest) -> Result<Option<Stored>, Error> {
        let identity = self.identity(request);
        let path = self.path(&identity);
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(at(&path)(error)),
        };
        let mut bytes = Vec::new();
        file.take(MAX_FILE_BYTES + 1)
            .read_to_end(&mut bytes)
            .map_err(at(&path))?;
        self.unseal(&identity, &bytes)
            .map(Some)
            .ok_or(Error::NotGenuine { path })
    }

    fn unseal(&self, identity: &[u8; 32], bytes: &[u8]) -> Option<Stored> {
        let head = bytes.get(..HEAD)?;
        let (magic, rest) = head.split_at(MAGIC.len());
        let (nonce, count) = rest.split_at(NONCE_LEN);
        let count = u32::from_be_bytes(count.try_into().ok()?) as usize;
        if magic != MAGIC || count > MAX_KEYS {
            return None;
        }
        let kids = bytes.get(HEAD..HEAD + count * 16)?;
        let mut sealed = Zeroizing::new(bytes.get(HEAD + kids.len()..)?.to_vec());
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let plain = self
            .key
            .open_in_place(nonce, aad(identity, kids), &mut sealed)
            .ok()?;
        let stored = records::read(plain)?;
        // The ids outside are the ids inside.
        let inside = stored.given.iter().map(|given| given.record.key.kid.0);
        kids.chunks_exact(16)
            .map(<[u8; 16]>::try_from)
            .map(Result::ok)
            .eq(inside.map(Some))
            .then_some(stored)
    }

    pub(super) fn write(
        &self,
        request: &KeyRequest,
        given: &[Given],
        written: SystemTime,
    ) -> Result<(), Error> {
        let random = SystemRandom::new();
        let mut nonce = [0; NONCE_LEN];
        let mut name = [0; 8];
        random
            .fill(&mut nonce)
            .and_then(|()| random.fill(&mut name))
            .map_err(|_| Error::Random)?;
        let identity = self.identity(request);
        let kids: Vec<u8> = given
            .iter()
            .flat_map(|given| given.record.key.kid.0)
            .collect();
        let mut records = records::write(given, written);
        let tag = self
            .key
            .seal_in_place_separate_tag(
                Nonce::assume_unique_for_key(nonce),
                aad(&identity, &kids),
                &mut records,
            )
            .map_err(|_| Error::Key)?;
        let path = self.path(&identity);
        let unfinished = path.with_extension(format!("{}.{UNFINISHED}", hex::encode(name)));
        let count = u32::try_from(given.len()).unwrap_or(u32::MAX).to_be_bytes();
        let put = || -> io::Result<()> {
            let mut file = OpenOptions::new()
                .write(true)
                .create_new(true)
                .mode(0o600)
                .open(&unfinished)?;
            for part in [&MAGIC[..], &nonce, &count, &kids, &records, tag.as_ref()] {
                file.write_all(part)?;
            }
            file.sync_all()?;
            std::fs::rename(&unfinished, &path)
        };
        if let Err(error) = put() {
            // It may not have come to be at all.
            let _ = std::fs::remove_file(&unfinished);
            return Err(at(&path)(error));
        }
        let writes = self.writes.fetch_add(1, Ordering::Relaxed) + 1;
        if writes.is_multiple_of(WRITES_PER_LOOK) {
            self.tidy().map_err(at(&self.dir))?;
        }
        Ok(())
    }

    /// Removes what nobody finished, and the oldest files beyond the limit.
    fn tidy(&self) -> io::Result<()> {
        let mut files = Vec::new();
        for entry in std::fs::read_dir(&self.dir)? {
            let entry = entry?;
            let path = entry.path();
            let Ok(modified) = entry.metadata().and_then(|metadata| metadata.modified()) else {
                continue;
            };
            match path.extension().and_then(|extension| extension.to_str()) {
                Some(SUFFIX) => files.push((modified, path)),
                Some(UNFINISHED) if modified.elapsed().is_ok_and(|age| age > ABANDONED) => {
                    std::fs::remove_file(path)?;
                }
                _ => {}
            }
        }
        let beyond = files.len().saturating_sub(self.max_files);
        files.sort_unstable();
        for (_, path) in files.into_iter().take(beyond) {
            match std::fs::remove_file(path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Disk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Disk")
            .field("dir", &self.dir)
            .finish_non_exhaustive()
    }
}

fn aad(identity: &[u8; 32], kids: &[u8]) -> Aad<Vec<u8>> {
    Aad::from([&MAGIC[..], identity, kids].concat())
}

fn at(path: &Path) -> impl Fn(io::Error) -> Error + use<> {
    let path = path.to_owned();
    move |source| Error::Io {
        path: path.clone(),
        source,
    }
}

#[cfg(test)]
mod tests;
