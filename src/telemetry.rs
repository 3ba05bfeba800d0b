//! What the node tells of itself: prometheus metrics and the access log.
//!
//! Every label child is resolved when the node starts; a request touches atomics only. Each request has an
//! [`Exchange`], which counts and logs when it is dropped, however it ended.
use std::path::PathBuf;
use std::sync::Arc;

use prometheus::{Encoder, Registry, TextEncoder};

pub mod access_log;
mod connections;
mod exchange;
pub mod keys;
pub mod live;
mod machine;
mod quic;
mod requests;

pub use access_log::{AccessLog, Sink};
pub use connections::{Closed, Connections, OpenConnection};
pub(crate) use exchange::clip;
pub use exchange::{CacheStatus, Exchange, Kind, Start};
pub use quic::Quic;
pub use requests::Requests;

use prometheus::{IntCounter, IntGauge, Opts};

/// Content type of [`Telemetry::render`].
pub const METRICS_CONTENT_TYPE: &str = prometheus::TEXT_FORMAT;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("metric: {0}")]
    Metric(#[from] prometheus::Error),
    #[error("access log {}: {source}; check the directory and its permissions", path.display())]
    AccessLog {
        path: PathBuf,
        source: std::io::Error,
    },
}

/// Shared by all workers of a node.
#[derive(Debug)]
pub struct Telemetry {
    registry: Registry,
    pub requests: Requests,
    pub connections: Connections,
    pub quic: Quic,
    /// 1 from SIGTERM on.
    pub draining: IntGauge,
    /// 1 while all listeners are up.
    pub ready: IntGauge,
    pub workers: IntGauge,
    /// 1 where TLS connections over TCP are given to the kernel.
    pub tls_kernel: IntGauge,
    log: Option<AccessLog>,
}

impl Telemetry {
    /// # Errors
    /// [`Error::AccessLog`] when the log cannot be opened.
    pub fn new(sink: Option<Sink>) -> Result<Arc<Self>, Error> {
        let registry = Registry::new();
        let log = sink.map(AccessLog::open).transpose()?;
        let dropped = IntCounter::new(
            "edgepack_access_log_dropped_lines_total",
            "Access log lines dropped because the disk did not keep up.",
        )?;
        registry.register(Box::new(dropped.clone()))?;
        let log = log.map(|log| log.counting_drops(dropped));
        let gauge = |name: &str, help: &str| -> Result<IntGauge, Error> {
            let gauge = IntGauge::new(name, help)?;
            registry.register(Box::new(gauge.clone()))?;
            Ok(gauge)
        };
        let build = IntGauge::with_opts(
            Opts::new("edgepack_build_info", "Always 1; the label is the version.")
                .const_label("version", env!("CARGO_PKG_VERSION")),
        )?;
        registry.register(Box::new(build.clone()))?;
        build.set(1);
        registry.register(Box::new(
            prometheus::process_collector::ProcessCollector::for_self(),
        ))?;
        machine::register(&registry)?;
        Ok(Arc::new(Self {
            requests: Requests::register(&registry)?,
            connections: Connections::register(&registry)?,
            quic: Quic::register(&registry)?,
            draining: gauge(
                "edgepack_draining",
                "1 while the node finishes its last requests.",
            )?,
            ready: gauge(
                "edgepack_ready",
                "1 while all listeners are up and the node takes requests.",
            )?,
            workers: gauge("edgepack_workers", "Worker threads.")?,
            tls_kernel: gauge(
                "edgepack_tls_kernel",
                "1 where TLS connections over TCP are given to the kernel.",
            )?,
            registry,
            log,
        }))
    }

    /// Metrics that another part keeps: it is asked when they are scraped.
    ///
    /// # Errors
    /// When a metric of that name is there already.
    pub fn register(&self, collector: Box<dyn prometheus::core::Collector>) -> Result<(), Error> {
        Ok(self.registry.register(collector)?)
    }

    /// All metrics in prometheus' text format.
    ///
    /// # Errors
    /// When a collector yields what the format cannot say.
    pub fn render(&self) -> Result<Vec<u8>, Error> {
        let mut text = Vec::with_capacity(16 * 1024);
        TextEncoder::new().encode(&self.registry.gather(), &mut text)?;
        Ok(text)
    }

    /// Waits until what was logged is written, for the end of the process.
    pub fn flush(&self) {
        if let Some(log) = &self.log {
            log.flush();
        }
    }

    fn log(&self) -> Option<&AccessLog> {
        self.log.as_ref()
    }
}

#[cfg(test)]
mod tests;
