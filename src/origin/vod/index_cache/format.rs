//! A file of the cache, byte by byte.
//!
//! ```text
//!  0  4  "EPIX"
//!  4  4  format version
//!  8 32  key
//! 40  8  bytes of the value
//! 48 32  SHA-256 of the 48 bytes before and the value
//! 80  …  value
//! ```
use std::os::unix::ffi::OsStrExt;

use bytes::Bytes;
use ring::digest::{Context, Digest, SHA256};

use crate::storage::SourceFile;

const MAGIC: &[u8; 4] = b"EPIX";
const FORMAT: u32 = 1;
/// Bytes before the checksum.
const HEAD: usize = 48;
const CHECKSUM: usize = 32;
/// Bytes before the value.
pub(super) const OVERHEAD: usize = HEAD + CHECKSUM;
/// Of every file of the cache.
const SUFFIX: &str = ".index";

/// One version of one file, in one format: a digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Key([u8; 32]);

impl Key {
    pub(super) fn of(file: &SourceFile) -> Self {
        let version = file.version();
        let mut digest = Context::new(&SHA256);
        digest.update(MAGIC);
        digest.update(&FORMAT.to_be_bytes());
        for number in [version.dev, version.ino, version.len] {
            digest.update(&number.to_be_bytes());
        }
        for time in [version.mtime_ns, version.ctime_ns] {
            digest.update(&time.to_be_bytes());
        }
        digest.update(file.path().as_os_str().as_bytes());
        Self(bytes_of(&digest.finish()))
    }

    pub(super) fn file_name(&self) -> String {
        format!("{}{SUFFIX}", hex::encode(self.0))
    }
}

/// Whether a file of that name can only be one of the cache's.
pub(super) fn is_file_name(name: &str) -> bool {
    name.strip_suffix(SUFFIX).is_some_and(|digits| {
        digits.len() == 64
            && digits
                .bytes()
                .all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
    })
}

/// What goes before the value.
pub(super) fn head(key: &Key, value: &[u8]) -> [u8; OVERHEAD] {
    let mut head = [0; OVERHEAD];
    head[..4].copy_from_slice(MAGIC);
    head[4..8].copy_from_slice(&FORMAT.to_be_bytes());
    head[8..40].copy_from_slice(&key.0);
    head[40..HEAD].copy_from_slice(&(value.len() as u64).to_be_bytes());
    let checksum = checksum(&head[..HEAD], value);
    head[HEAD..].copy_from_slice(&checksum);
    head
}

/// The value of a whole file. `None`: damaged, or another key's or format's.
pub(super) fn value(key: &Key, file: &Bytes) -> Option<Bytes> {
    let (found, value) = file.split_at_checked(OVERHEAD)?;
    (found == head(key, value)).then(|| file.slice(OVERHEAD..))
}

fn checksum(head: &[u8], value: &[u8]) -> [u8; CHECKSUM] {
    let mut digest = Context::new(&SHA256);
    digest.update(head);
    digest.update(value);
    bytes_of(&digest.finish())
}

fn bytes_of(digest: &Digest) -> [u8; 32] {
    let mut bytes = [0; 32];
    bytes.copy_from_slice(digest.as_ref());
    bytes
}
