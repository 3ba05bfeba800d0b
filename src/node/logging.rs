//! The node's own log, on stderr.
use std::io;

use tracing_subscriber::EnvFilter;

use crate::config::{Log, LogFormat};

/// Libraries tell of their own doings at `info`; an operator wants to hear of the node's.
const QUIET: &str = "pingora_core=warn,pingora_runtime=warn,quinn=warn,quinn_proto=warn,rustls=warn,h2=warn,hyper=warn";

/// Once per process; a log that is there already stays. `RUST_LOG` outranks the configuration.
pub(super) fn start(log: &Log) {
    let filter = EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| EnvFilter::new(format!("{},{QUIET}", log.level.as_str())));
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .with_ansi(false);
    // Fails where a log was set before, which is then the one that is wanted.
    let _ = match log.format {
        LogFormat::Text => builder.try_init(),
        LogFormat::Json => builder.json().try_init(),
    };
}
