//! One sealed memfd and its read-only mapping.
use std::fs::File;
use std::io::{self, Write};
use std::ops::Range;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use std::ptr::NonNull;

use bytes::Bytes;

pub(super) struct Mapped {
    pub(super) file: File,
    /// Read only; `None` when there are no bytes, which cannot be mapped.
    start: Option<NonNull<u8>>,
    len: usize,
}

// SAFETY: the mapping is plain memory that nobody writes; nothing about it is tied to a thread.
unsafe impl Send for Mapped {}
// SAFETY: through a shared reference it can only be read.
unsafe impl Sync for Mapped {}

impl Mapped {
    /// `len` is the sum of the chunks' lengths.
    pub(super) fn copy_of(chunks: &[Bytes], len: usize) -> io::Result<Self> {
        let file = create()?;
        for chunk in chunks {
            (&file).write_all(chunk)?;
        }
        seal(&file)?;
        Ok(Self {
            start: map(&file, len)?,
            file,
            len,
        })
    }

    pub(super) fn as_slice(&self) -> &[u8] {
        match self.start {
            // SAFETY: `len` bytes are mapped for as long as `self` lives, and hold the file's content;
            // the seals keep the file from being written, or made shorter, by anyone.
            Some(start) => unsafe { std::slice::from_raw_parts(start.as_ptr(), self.len) },
            None => &[],
        }
    }

    /// `range` lies inside.
    pub(super) fn send(&self, range: Range<usize>, socket: BorrowedFd<'_>) -> io::Result<usize> {
        let mut offset = libc::off_t::try_from(range.start).map_err(io::Error::other)?;
        // SAFETY: both descriptors are open while they are borrowed; `offset` is only used during the call.
        let sent = unsafe {
            libc::sendfile(
                socket.as_raw_fd(),
                self.file.as_raw_fd(),
                &raw mut offset,
                range.len(),
            )
        };
        usize::try_from(sent).map_err(|_| io::Error::last_os_error())
    }
}

impl Drop for Mapped {
    fn drop(&mut self) {
        if let Some(start) = self.start {
            // SAFETY: exactly what `map` mapped, and no slice of it outlives `self`.
            unsafe { libc::munmap(start.as_ptr().cast(), self.len) };
        }
    }
}

fn create() -> io::Result<File> {
    // SAFETY: the name is a string with its NUL; it only shows in /proc.
    let fd = unsafe {
        libc::memfd_create(
            c"edgepack-segment".as_ptr(),
            libc::MFD_CLOEXEC | libc::MFD_ALLOW_SEALING,
        )
    };
    if fd < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: just opened, and nobody else's.
    Ok(File::from(unsafe { OwnedFd::from_raw_fd(fd) }))
}

/// From here on the kernel refuses every change, to this process too.
fn seal(file: &File) -> io::Result<()> {
    let seals = libc::F_SEAL_WRITE | libc::F_SEAL_SHRINK | libc::F_SEAL_GROW | libc::F_SEAL_SEAL;
    // SAFETY: the descriptor is open; the call takes an integer.
    match unsafe { libc::fcntl(file.as_raw_fd(), libc::F_ADD_SEALS, seals) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// Private, because kernels before 6.7 do not share a file that is sealed against writes; nothing is
/// written, so the pages are the file's own.
fn map(file: &File, len: usize) -> io::Result<Option<NonNull<u8>>> {
    if len == 0 {
        return Ok(None);
    }
    // SAFETY: a mapping at an address of the kernel's choice touches no existing memory; the file is
    // `len` bytes long.
    let mapped = unsafe {
        libc::mmap(
            std::ptr::null_mut(),
            len,
            libc::PROT_READ,
            libc::MAP_PRIVATE,
            file.as_raw_fd(),
            0,
        )
    };
    if mapped == libc::MAP_FAILED {
        return Err(io::Error::last_os_error());
    }
    Ok(NonNull::new(mapped.cast()))
}
