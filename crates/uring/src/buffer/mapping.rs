//! Anonymous memory straight from the kernel, zeroed, and the parts of it that buffers own.
use std::io;
use std::ops::Range;
use std::ptr::NonNull;
use std::sync::Arc;

/// Size and alignment of a huge page.
pub(crate) const HUGE_PAGE: usize = 2 << 20;

/// Owns `len` mapped bytes, reachable through raw pointers only.
pub(crate) struct Mapping {
    start: NonNull<u8>,
    len: usize,
    /// What was mapped to get `len` bytes at a boundary.
    mapped: (NonNull<u8>, usize),
}

// SAFETY: a mapping is plain memory; nothing about it is tied to a thread.
unsafe impl Send for Mapping {}
// SAFETY: through a shared reference there are only addresses to be had.
unsafe impl Sync for Mapping {}

impl Mapping {
    /// Maps `len` > 0 zeroed bytes at a huge page's boundary, in huge pages where the kernel has
    /// them: a first touch then costs a third of what it does page by page.
    pub(crate) fn zeroed(len: usize) -> io::Result<Self> {
        let align = if len < HUGE_PAGE { 0 } else { HUGE_PAGE };
        let with_slack = len.checked_add(align).ok_or(io::ErrorKind::OutOfMemory)?;
        // SAFETY: an anonymous private mapping at an address of the kernel's choice touches no
        // existing memory.
        let mapped = unsafe {
            libc::mmap(
                std::ptr::null_mut(),
                with_slack,
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_PRIVATE | libc::MAP_ANONYMOUS,
                -1,
                0,
            )
        };
        if mapped == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        let mapped: NonNull<u8> = NonNull::new(mapped.cast()).ok_or(io::ErrorKind::OutOfMemory)?;
        let skip = match align {
            0 => 0,
            align => mapped.as_ptr().align_offset(align),
        };
        // SAFETY: less than `align` bytes are skipped, and `len` more are mapped.
        let start = unsafe { mapped.add(skip) };
        if align > 0 {
            // SAFETY: advice about memory just mapped. Refused, pages are small ones.
            unsafe { libc::madvise(start.as_ptr().cast(), len, libc::MADV_HUGEPAGE) };
        }
        Ok(Self {
            start,
            len,
            mapped: (mapped, with_slack),
        })
    }

    pub(crate) fn len(&self) -> usize {
        self.len
    }

    pub(crate) fn as_mut_ptr(&self) -> *mut u8 {
        self.start.as_ptr()
    }

    /// Hands out a part, which keeps the whole mapped; `None` if it does not lie within.
    ///
    /// # Safety
    ///
    /// While the part lives, no other that overlaps it is handed out, and nobody accesses those
    /// bytes but through it.
    pub(crate) unsafe fn part(self: &Arc<Self>, range: Range<usize>) -> Option<MappedPart> {
        if range.start > range.end || range.end > self.len {
            return None;
        }
        Some(MappedPart {
            mapping: Arc::clone(self),
            range,
        })
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        let (start, len) = self.mapped;
        // SAFETY: exactly what `zeroed` mapped; parts keep the mapping alive, and the ring keeps
        // its sink. It can fail only for arguments that are no mapping.
        unsafe { libc::munmap(start.as_ptr().cast(), len) };
    }
}

/// Bytes of a mapping that belong to one buffer.
pub(crate) struct MappedPart {
    mapping: Arc<Mapping>,
    range: Range<usize>,
}

impl MappedPart {
    pub(crate) fn len(&self) -> usize {
        self.range.len()
    }

    pub(crate) fn as_slice(&self) -> &[u8] {
        // SAFETY: mapped for as long as `self` lives, initialised (the kernel zeroes it), and by
        // the promise of `Mapping::part` nobody else's; while the kernel may write, the ring owns
        // the buffer and nobody looks.
        unsafe { std::slice::from_raw_parts(self.as_ptr(), self.range.len()) }
    }

    pub(crate) fn as_mut_slice(&mut self) -> &mut [u8] {
        // SAFETY: as in `as_slice`; `&mut self` makes this the only access.
        unsafe { std::slice::from_raw_parts_mut(self.as_ptr(), self.range.len()) }
    }

    pub(crate) fn as_mut_ptr(&mut self) -> *mut u8 {
        self.as_ptr()
    }

    fn as_ptr(&self) -> *mut u8 {
        // SAFETY: `Mapping::part` checked that the range lies within the mapping.
        unsafe { self.mapping.start.as_ptr().add(self.range.start) }
    }
}
