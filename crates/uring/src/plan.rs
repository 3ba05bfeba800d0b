//! From wanted ranges of a file to read operations. Pure.
//!
//! The ranges land one after the other, in the given order, with nothing between. Neighbours in
//! the file become one operation. Where a small gap lies between two (interleaved MP4: the audio
//! between two pictures) reading over it costs less than another operation, so one vectored read
//! takes the whole run, and its gaps go to a sink that nobody reads:
//!
//! ```text
//! file      ▒▒▒▒[ v1 ][a1][ v2 ][a2][ v3 ]▒▒▒▒
//!                  │    ╲     │   ╲     │
//! buffer        [ v1 ]   [ v2 ]    [ v3 ]      one readv: v1, sink, v2, sink, v3
//! ```
use crate::ReadError;

/// iovecs in one operation, the kernel's UIO_MAXIOV.
pub const MAX_IOVECS: usize = 1024;
/// Bytes one operation spans at most, gaps included. The kernel stops at 2 GiB less a page.
pub const MAX_SPAN_BYTES: u64 = 1 << 30;

/// Bytes of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct FileRange {
    pub offset: u64,
    pub len: u64,
}

/// What to do with the next bytes of an operation's span.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// They belong into the buffer, right after the ones before.
    Wanted(u64),
    /// They are passed over.
    Gap(u64),
}

/// One read of a run of bytes. Begins and ends with a wanted part; wanted parts and gaps alternate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operation {
    /// Where the run starts in the file.
    pub offset: u64,
    /// Where its first wanted byte goes, counted from the first byte the whole batch appends.
    pub dest: u64,
    pub parts: Vec<Part>,
}

impl Operation {
    /// Length of the run in the file, gaps included.
    pub fn span(&self) -> u64 {
        self.parts
            .iter()
            .map(|part| match part {
                Part::Wanted(len) | Part::Gap(len) => len,
            })
            .sum()
    }

    /// Bytes that land in the buffer.
    pub fn wanted(&self) -> u64 {
        self.parts
            .iter()
            .map(|part| {
                if let Part::Wanted(len) = part {
                    *len
                } else {
                    0
                }
            })
            .sum()
    }
}

/// The operations that bring `ranges`, in order. Gaps of up to `gap_limit` bytes are read over.
pub fn plan(ranges: &[FileRange], gap_limit: u64) -> Result<Vec<Operation>, ReadError> {
    let mut planner = Planner {
        gap_limit,
        dest: 0,
        done: Vec::new(),
        current: None,
    };
    for range in ranges {
        planner.add(*range)?;
    }
    planner
        .done
        .extend(planner.current.map(|run| run.operation));
    Ok(planner.done)
}

struct Planner {
    gap_limit: u64,
    /// Wanted bytes so far.
    dest: u64,
    done: Vec<Operation>,
    current: Option<Run>,
}

struct Run {
    operation: Operation,
    span: u64,
}

impl Planner {
    fn add(&mut self, range: FileRange) -> Result<(), ReadError> {
        let FileRange {
            mut offset,
            mut len,
        } = range;
        // File offsets are signed in the kernel.
        if offset
            .checked_add(len)
            .is_none_or(|end| i64::try_from(end).is_err())
        {
            return Err(ReadError::RangeOverflow { offset, len });
        }
        while len > 0 {
            let step = len.min(MAX_SPAN_BYTES);
            let extended = self
                .current
                .as_mut()
                .is_some_and(|run| run.extend(offset, step, self.gap_limit));
            if !extended {
                self.begin(offset, step);
            }
            self.dest += step;
            offset += step;
            len -= step;
        }
        Ok(())
    }

    fn begin(&mut self, offset: u64, len: u64) {
        let parts = vec![Part::Wanted(len)];
        let operation = Operation {
            offset,
            dest: self.dest,
            parts,
        };
        let finished = self.current.replace(Run {
            operation,
            span: len,
        });
        self.done.extend(finished.map(|run| run.operation));
    }
}

impl Run {
    /// Takes the bytes into this run if they lie close behind it and it has room.
    fn extend(&mut self, offset: u64, len: u64, gap_limit: u64) -> bool {
        let Some(gap) = offset.checked_sub(self.operation.offset + self.span) else {
            return false;
        };
        if gap > gap_limit || self.span + gap + len > MAX_SPAN_BYTES {
            return false;
        }
        let parts = &mut self.operation.parts;
        let full = parts.len() + 2 > MAX_IOVECS;
        match parts.last_mut() {
            Some(Part::Wanted(last)) if gap == 0 => *last += len,
            _ if full => return false,
            _ => parts.extend([Part::Gap(gap), Part::Wanted(len)]),
        }
        self.span += gap + len;
        true
    }
}

#[cfg(test)]
mod tests;
