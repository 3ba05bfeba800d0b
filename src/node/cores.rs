//! Cores that workers stay on.
//!
//! When a part arrives, the worker that took it in wakes the others, and a scheduler that finds no idle core may put
//! two of them on one: thousands of viewers are answered one worker after the other then.
use std::io;

use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

/// Those this process may use, in their order.
///
/// # Errors
/// sched_getaffinity(2).
pub(super) fn usable() -> io::Result<Vec<usize>> {
    let set = sched_getaffinity(None)?;
    Ok((0..CpuSet::MAX_CPU)
        .filter(|core| set.is_set(*core))
        .collect())
}

/// The calling thread leaves this core no more, nor do those that it starts.
///
/// # Errors
/// sched_setaffinity(2).
pub(super) fn stay_on(core: usize) -> io::Result<()> {
    let mut set = CpuSet::new();
    set.set(core);
    Ok(sched_setaffinity(None, &set)?)
}

#[cfg(test)]
mod tests;
