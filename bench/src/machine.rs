//! The machine: what it is, and what it lets this process do.
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::Result;

/// Processor and kernel.
pub(crate) fn line() -> Result<String> {
    let cpu = std::fs::read_to_string("/proc/cpuinfo")?;
    let model = cpu
        .lines()
        .find_map(|line| line.strip_prefix("model name"))
        .unwrap_or("unknown");
    let kernel = std::fs::read_to_string("/proc/sys/kernel/osrelease")?;
    Ok(format!(
        "{}, kernel {}",
        model.trim_start_matches(['\t', ' ', ':']).trim(),
        kernel.trim()
    ))
}

/// As many open files as the system allows; servers that are started later inherit it.
pub(crate) fn raise_file_limit() -> Result<()> {
    let maximum = getrlimit(Resource::Nofile).maximum;
    setrlimit(
        Resource::Nofile,
        Rlimit {
            current: maximum,
            maximum,
        },
    )?;
    Ok(())
}

/// At most this many connections, with room for everything else that is open.
pub(crate) fn connections_possible() -> usize {
    const ELSE: u64 = 1_000;
    let files = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
    usize::try_from(files.saturating_sub(ELSE)).unwrap_or(usize::MAX)
}
