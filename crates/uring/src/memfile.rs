//! Memory that the kernel sends from: files without a name (memfd), mapped for everyone else.
//!
//! A page given to `sendfile(2)` is not copied: the socket refers to it until the client has it, long
//! after the call has returned. It must never change again. So every [`MemFile`] is a file of its own,
//! written once, then sealed by the kernel against writes and truncation, and never used again: when
//! its last handle is gone the file goes as a whole, and pages that a socket still refers to stay what
//! they are until it lets go. (A hole punched for reuse would not do: in a huge page it is zeros
//! written in place.)
mod mapped;

use std::fmt;
use std::io;
use std::ops::Range;
use std::os::fd::BorrowedFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use bytes::Bytes;

use self::mapped::Mapped;
use crate::buffer::Quota;

const PAGE: usize = 4096;

/// Bounds of [`MemFiles`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MemFileOptions {
    /// Bytes in all files at a time, counted in whole pages.
    pub max_bytes: usize,
    /// Files at a time: each takes a file descriptor and a mapping.
    pub max_files: usize,
}

/// What there is at the moment, and what was refused so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct MemFileUsage {
    pub bytes: usize,
    pub files: usize,
    /// Times a bound or the system refused a file.
    pub refused: u64,
}

/// Why there is no file.
#[derive(Debug, thiserror::Error)]
pub enum MemFileError {
    #[error("{wanted} bytes more than the {bytes} in {files} files would exceed the bounds")]
    Full {
        wanted: usize,
        bytes: usize,
        files: usize,
    },
    #[error("{wanted} bytes more are not to be had beside the memory in use")]
    NoMemory { wanted: usize },
    #[error("the system gives no file in memory: {0}")]
    System(#[from] io::Error),
}

/// Makes files within bounds. Cloning clones the handle.
#[derive(Clone)]
pub struct MemFiles {
    account: Arc<Account>,
}

struct Account {
    options: MemFileOptions,
    quota: Option<Arc<dyn Quota>>,
    bytes: AtomicUsize,
    files: AtomicUsize,
    refused: AtomicU64,
}

impl MemFiles {
    /// Makes one file to see whether the system allows it.
    ///
    /// # Errors
    /// What the system says to a file in memory.
    pub fn new(options: MemFileOptions) -> io::Result<Self> {
        Self::of(options, None)
    }

    /// The same, within what `quota` allows beside other memory.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn with_quota(options: MemFileOptions, quota: Arc<dyn Quota>) -> io::Result<Self> {
        Self::of(options, Some(quota))
    }

    fn of(options: MemFileOptions, quota: Option<Arc<dyn Quota>>) -> io::Result<Self> {
        Mapped::copy_of(&[Bytes::from_static(&[0])], 1)?;
        Ok(Self {
            account: Arc::new(Account {
                options,
                quota,
                bytes: AtomicUsize::new(0),
                files: AtomicUsize::new(0),
                refused: AtomicU64::new(0),
            }),
        })
    }

    /// A file with a copy of `chunks`, one after the other.
    ///
    /// # Errors
    /// When a bound or the system is against it; nothing is kept then.
    pub fn store(&self, chunks: &[Bytes]) -> Result<MemFile, MemFileError> {
        let len = chunks.iter().map(Bytes::len).sum();
        let refused = |error| {
            self.account.refused.fetch_add(1, Ordering::Relaxed);
            error
        };
        let share = Share::take(&self.account, len).map_err(refused)?;
        let mapped = Mapped::copy_of(chunks, len).map_err(|error| refused(error.into()))?;
        Ok(MemFile(Arc::new(Stored {
            mapped,
            _share: share,
        })))
    }

    pub fn usage(&self) -> MemFileUsage {
        MemFileUsage {
            bytes: self.account.bytes.load(Ordering::Relaxed),
            files: self.account.files.load(Ordering::Relaxed),
            refused: self.account.refused.load(Ordering::Relaxed),
        }
    }

    pub fn options(&self) -> MemFileOptions {
        self.account.options
    }
}

impl fmt::Debug for MemFiles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("MemFiles").field(&self.usage()).finish()
    }
}

/// A file's part of the bounds; given back when dropped.
struct Share {
    account: Arc<Account>,
    bytes: usize,
    /// It was taken from the quota, too.
    within_quota: bool,
}

impl Share {
    fn take(account: &Arc<Account>, len: usize) -> Result<Self, MemFileError> {
        let wanted = len.div_ceil(PAGE).max(1).saturating_mul(PAGE);
        let MemFileOptions {
            max_bytes,
            max_files,
        } = account.options;
        let bytes = account.bytes.fetch_add(wanted, Ordering::Relaxed);
        let files = account.files.fetch_add(1, Ordering::Relaxed);
        let mut share = Self {
            account: Arc::clone(account),
            bytes: wanted,
            within_quota: false,
        };
        if bytes.saturating_add(wanted) > max_bytes || files >= max_files {
            // Dropped, the share is given back.
            return Err(MemFileError::Full {
                wanted,
                bytes,
                files,
            });
        }
        if let Some(quota) = &account.quota {
            if !quota.may_map(wanted) {
                return Err(MemFileError::NoMemory { wanted });
            }
            share.within_quota = true;
        }
        Ok(share)
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.account.bytes.fetch_sub(self.bytes, Ordering::Relaxed);
        self.account.files.fetch_sub(1, Ordering::Relaxed);
        if let Some(quota) = self.account.quota.as_ref().filter(|_| self.within_quota) {
            quota.unmapped(self.bytes);
        }
    }
}

/// Bytes in a file of their own, immutable. Cloning clones the handle; [`bytes`](Self::bytes) is one, too.
#[derive(Clone)]
pub struct MemFile(Arc<Stored>);

struct Stored {
    mapped: Mapped,
    _share: Share,
}

impl MemFile {
    pub fn len(&self) -> usize {
        self.0.mapped.as_slice().len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The content; it keeps the file.
    pub fn bytes(&self) -> Bytes {
        Bytes::from_owner(self.clone())
    }

    /// Where `slice` lies in the file, if it is a part of its [`bytes`](Self::bytes): an address decides,
    /// not the content.
    pub fn range_of(&self, slice: &[u8]) -> Option<Range<usize>> {
        let whole = self.0.mapped.as_slice();
        let start = (slice.as_ptr() as usize).checked_sub(whole.as_ptr() as usize)?;
        let end = start.checked_add(slice.len())?;
        (end <= whole.len()).then_some(start..end)
    }

    /// Sends from `range` to `socket`, without copying; returns how much the socket took, which may be
    /// less (sendfile(2)).
    ///
    /// # Errors
    /// What the system says; `WouldBlock` when the socket takes nothing for the moment.
    pub fn send(&self, range: Range<usize>, socket: BorrowedFd<'_>) -> io::Result<usize> {
        let range = range.start.min(self.len())..range.end.min(self.len());
        self.0.mapped.send(range, socket)
    }
}

impl AsRef<[u8]> for MemFile {
    fn as_ref(&self) -> &[u8] {
        self.0.mapped.as_slice()
    }
}

impl fmt::Debug for MemFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MemFile({} bytes)", self.len())
    }
}

#[cfg(test)]
mod tests;
