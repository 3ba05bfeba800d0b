//! What the system lets a process have.
use rustix::process::{Resource, getrlimit, setrlimit};

use super::RunError;

/// Besides connections: the runtime's own, libraries, files.
const OTHER_FILES: u64 = 256;
/// Less leaves no room for a run.
const FEWEST: u64 = 64;

/// Raises the soft limit of open files towards what so many connections need.
///
/// # Errors
/// When even the hard limit leaves next to nothing.
pub(crate) fn raise_open_files(connections: u64) -> Result<(), RunError> {
    let needed = connections.saturating_add(OTHER_FILES);
    let mut limit = getrlimit(Resource::Nofile);
    let current = limit.current.unwrap_or(u64::MAX);
    if current >= needed {
        return Ok(());
    }
    let allowed = limit.maximum.unwrap_or(u64::MAX).min(needed);
    if allowed < FEWEST {
        return Err(RunError::OpenFiles { needed, allowed });
    }
    limit.current = Some(allowed.max(current));
    if let Err(error) = setrlimit(Resource::Nofile, limit) {
        tracing::warn!(%error, "the limit of open files stays at {current}");
    } else if allowed < needed {
        tracing::info!("{allowed} open files are allowed, fewer than limits.connections may need");
    }
    Ok(())
}
