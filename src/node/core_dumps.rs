//! The memory of this process holds keys: it is not written to disk when the process crashes.
use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};

/// No core dump of this process, into a file or a pipe, and no debugger of another process of its user
/// (`PR_SET_DUMPABLE`, prctl(2); the limit alone does not hold for pipes, core(5)).
pub(super) fn forbid() {
    let none = Rlimit {
        current: Some(0),
        maximum: Some(0),
    };
    let done = setrlimit(Resource::Core, none)
        .and_then(|()| set_dumpable_behavior(DumpableBehavior::NotDumpable));
    if let Err(error) = done {
        tracing::warn!(%error, "core dumps cannot be forbidden; they would hold keys");
    }
}
