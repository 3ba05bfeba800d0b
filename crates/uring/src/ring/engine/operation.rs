//! A planned operation on its way: how far it got, and how the rest is asked for.
use std::fs::File;
use std::os::fd::AsRawFd;

use io_uring::{opcode, squeue, types};

use crate::buffer::{Mapping, PooledBuf};
use crate::plan::{Operation, Part};

/// How the kernel is to go about a read.
///
/// Left to itself, it waits for one stretch of read-ahead after the other in the submitting thread, and many cold reads
/// at a time are no faster than a few: a third of what threads get that block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// What is in the page cache, at once.
    IfCached,
    /// On a thread of the kernel's.
    Blocking,
    /// Around the page cache: nothing blocks.
    Direct,
}

pub(super) struct Running {
    pub(super) batch: usize,
    pub(super) interruptions: u32,
    way: Way,
    operation: Operation,
    span: u64,
    /// Bytes of the span that are done.
    done: u64,
    /// What the kernel was handed, unless a plain read was enough.
    iovecs: Vec<libc::iovec>,
}

impl Running {
    pub(super) fn new(batch: usize, operation: Operation, way: Way) -> Self {
        let span = operation.span();
        Self {
            batch,
            interruptions: 0,
            way,
            operation,
            span,
            done: 0,
            iovecs: Vec::new(),
        }
    }

    pub(super) fn span(&self) -> u64 {
        self.span
    }

    pub(super) fn wanted(&self) -> u64 {
        self.operation.wanted()
    }

    pub(super) fn left(&self) -> u64 {
        self.span - self.done
    }

    /// Where in the file the rest begins.
    pub(super) fn offset(&self) -> u64 {
        self.operation.offset + self.done
    }

    /// What the page cache lacks is read by a thread of the kernel's from here on; says whether that is news.
    pub(super) fn turn_cold(&mut self) -> bool {
        let was_hoped_for = self.way == Way::IfCached;
        if was_hoped_for {
            self.way = Way::Blocking;
        }
        was_hoped_for
    }

    pub(super) fn advance(&mut self, bytes: u64) {
        self.done = (self.done + bytes).min(self.span);
        self.interruptions = 0;
    }

    /// A submission for what is left. Points into `buf` (behind its length), `sink` and `self`.
    pub(super) fn entry(
        &mut self,
        file: &File,
        buf: &mut PooledBuf,
        sink: &Mapping,
    ) -> squeue::Entry {
        let fd = types::Fd(file.as_raw_fd());
        let offset = self.offset();
        self.point_iovecs(buf, sink);
        let rw_flags = match self.way {
            Way::IfCached => libc::RWF_NOWAIT,
            Way::Blocking | Way::Direct => 0,
        };
        let entry = match self.iovecs.as_slice() {
            // A part is at most a span, which is below u32::MAX.
            [only] => opcode::Read::new(fd, only.iov_base.cast(), only.iov_len as u32)
                .offset(offset)
                .rw_flags(rw_flags)
                .build(),
            several => opcode::Readv::new(fd, several.as_ptr(), several.len() as u32)
                .offset(offset)
                .rw_flags(rw_flags)
                .build(),
        };
        match self.way {
            Way::Blocking => entry.flags(squeue::Flags::ASYNC),
            Way::IfCached | Way::Direct => entry,
        }
    }

    fn point_iovecs(&mut self, buf: &mut PooledBuf, sink: &Mapping) {
        let start = buf.len();
        let base = buf.as_mut_ptr();
        let mut dest = start + self.operation.dest as usize;
        let mut skip = self.done;
        self.iovecs.clear();
        for part in &self.operation.parts {
            let (Part::Wanted(len) | Part::Gap(len)) = *part;
            let done = skip.min(len);
            skip -= done;
            let left = (len - done) as usize;
            let iov_base = match part {
                Part::Wanted(_) => base.wrapping_add(dest + done as usize),
                Part::Gap(_) => sink.as_mut_ptr(),
            };
            if let Part::Wanted(_) = part {
                dest += len as usize;
            }
            if left > 0 {
                self.iovecs.push(libc::iovec {
                    iov_base: iov_base.cast(),
                    iov_len: left,
                });
            }
        }
    }
}
