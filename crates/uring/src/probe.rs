//! Is io_uring usable here? Old kernels lack it, `kernel.io_uring_disabled` and seccomp filters of
//! container runtimes forbid it.
use std::io;

use io_uring::{IoUring, Probe, opcode};

/// How well io_uring is supported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Support {
    /// `IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_COOP_TASKRUN` (Linux 6.0): completions do not
    /// interrupt the worker while it runs.
    pub cooperative: bool,
}

/// Why io_uring cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Unavailable {
    #[error("this kernel has no io_uring")]
    NotInKernel,
    #[error("io_uring is forbidden here (sysctl kernel.io_uring_disabled, or a seccomp filter)")]
    Forbidden,
    #[error("this kernel's io_uring is too old: it lacks {0}")]
    TooOld(&'static str),
    #[error("setting up io_uring failed: {0}")]
    Other(#[source] io::Error),
}

impl From<io::Error> for Unavailable {
    fn from(error: io::Error) -> Self {
        match error.raw_os_error() {
            Some(libc::ENOSYS) => Self::NotInKernel,
            Some(libc::EPERM | libc::EACCES) => Self::Forbidden,
            _ => Self::Other(error),
        }
    }
}

/// Sets up a small ring, checks that it can read, and takes it down.
pub fn probe() -> Result<Support, Unavailable> {
    let (uring, support) = set_up(2)?;
    let mut operations = Probe::new();
    uring
        .submitter()
        .register_probe(&mut operations)
        .map_err(|_| Unavailable::TooOld("the operation probe"))?;
    for (code, name) in [
        (opcode::Read::CODE, "IORING_OP_READ"),
        (opcode::Readv::CODE, "IORING_OP_READV"),
    ] {
        if !operations.is_supported(code) {
            return Err(Unavailable::TooOld(name));
        }
    }
    Ok(support)
}

/// A ring of `entries` with the best setup flags this kernel takes.
///
/// `IORING_SETUP_DEFER_TASKRUN` is not among them: its completions wake nobody who polls the
/// ring's descriptor, and a warm read costs the same without it.
pub(crate) fn set_up(entries: u32) -> io::Result<(IoUring, Support)> {
    let mut builder = IoUring::builder();
    builder
        .setup_clamp()
        .setup_single_issuer()
        .setup_coop_taskrun();
    match builder.build(entries) {
        // Unknown flags: an older kernel.
        Err(error) if error.raw_os_error() == Some(libc::EINVAL) => {}
        outcome => return Ok((outcome?, Support { cooperative: true })),
    }
    let uring = IoUring::builder().setup_clamp().build(entries)?;
    Ok((uring, Support { cooperative: false }))
}

#[cfg(test)]
mod tests;
