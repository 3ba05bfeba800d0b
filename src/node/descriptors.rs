//! Connections and media files take descriptors: the process uses as many as it may.
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::config::Config;

/// For the program itself: listeners, rings, logs.
const OWN: u64 = 64;

/// Raises the soft limit to the hard one, and says where that is less than the configuration may come to need.
pub(super) fn raise(config: &Config) {
    let before = getrlimit(Resource::Nofile);
    let all = Rlimit {
        current: before.maximum,
        maximum: before.maximum,
    };
    if let Err(error) = setrlimit(Resource::Nofile, all) {
        tracing::warn!(%error, "the limit of open files cannot be raised");
    }
    let limit = getrlimit(Resource::Nofile).current;
    let needed = needed(config);
    if let Some(limit) = limit.filter(|limit| *limit < needed) {
        tracing::warn!(
            limit,
            needed,
            "listen.max_connections_per_worker and storage.max_open_files may come to need more open files than the \
             process may have: raise its hard limit (LimitNOFILE=, ulimit -Hn), or lower them"
        );
    }
}

/// How many the process may have open.
pub(super) fn limit() -> usize {
    let limit = getrlimit(Resource::Nofile).current;
    // No limit at all is as good as any large one.
    limit.map_or(usize::MAX, |files| {
        usize::try_from(files).unwrap_or(usize::MAX)
    })
}

fn needed(config: &Config) -> u64 {
    let workers = config.node.worker_count();
    let connections = workers.saturating_mul(config.listen.max_connections_per_worker);
    let handles = if config.storage.direct { 2 } else { 1 };
    let files = config.storage.max_open_files.saturating_mul(handles);
    let all = connections.saturating_add(files);
    u64::try_from(all).unwrap_or(u64::MAX).saturating_add(OWN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_soft_limit_becomes_the_hard_one() {
        raise(&Config::default());
        let limit = getrlimit(Resource::Nofile);
        assert_eq!(limit.current, limit.maximum);
    }

    #[test]
    fn connections_and_files_count() {
        let mut config = Config::default();
        config.node.workers = 2;
        assert_eq!(needed(&config), 2 * 10_000 + 1024 + OWN);
        config.storage.direct = true;
        assert_eq!(needed(&config), 2 * 10_000 + 2 * 1024 + OWN);
    }
}
