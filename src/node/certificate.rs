//! Another certificate while the node runs: on SIGHUP, and when the files change.
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use pingora_core::server::{ListenFds, ShutdownWatch};
use pingora_core::services::Service;
use prometheus::{IntCounterVec, IntGauge, Opts};
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::config::Tls;
use crate::delivery::tls::{self, Certificates};
use crate::telemetry::Telemetry;

/// Longest that reading two small files may take before the next look.
const READ_TIMEOUT: Duration = Duration::from_secs(30);

/// The certificate in use, and where the next one will lie.
#[derive(Debug, Clone)]
pub(super) struct Renewal {
    certificates: Arc<Certificates>,
    certificate: PathBuf,
    private_key: PathBuf,
    interval: Duration,
    reloads: IntCounterVec,
    since: IntGauge,
}

/// What tells a file from its successor.
type Stamp = (u64, u64, i64, i64, u64);

impl Renewal {
    pub(super) fn new(
        certificates: Arc<Certificates>,
        tls: &Tls,
        telemetry: &Telemetry,
    ) -> Result<Self, crate::telemetry::Error> {
        let reloads = IntCounterVec::new(
            Opts::new(
                "edgepack_certificate_reloads_total",
                "Times the files of the certificate were read again, by outcome.",
            ),
            &["outcome"],
        )?;
        for outcome in ["replaced", "unchanged", "failed"] {
            reloads.with_label_values(&[outcome]);
        }
        let since = IntGauge::new(
            "edgepack_certificate_since_timestamp_seconds",
            "When the node began to use the certificate it has.",
        )?;
        telemetry.register(Box::new(reloads.clone()))?;
        telemetry.register(Box::new(since.clone()))?;
        since.set(now());
        Ok(Self {
            certificates,
            certificate: tls.certificate.clone(),
            private_key: tls.private_key.clone(),
            interval: tls.reload_interval,
            reloads,
            since,
        })
    }

    /// `None` where one of the files is not there.
    fn stamps(&self) -> Option<[Stamp; 2]> {
        Some([stamp(&self.certificate)?, stamp(&self.private_key)?])
    }

    /// Whether the files could be used.
    fn reload(&self) -> bool {
        let outcome = self
            .certificates
            .reload(&self.certificate, &self.private_key);
        self.tell(&outcome);
        outcome.is_ok()
    }

    fn tell(&self, outcome: &Result<bool, tls::Error>) {
        let label = match outcome {
            Ok(true) => {
                self.since.set(now());
                tracing::info!(certificate = %self.certificate.display(), "another certificate from now on");
                "replaced"
            }
            Ok(false) => "unchanged",
            Err(error) => {
                tracing::error!(%error, "the certificate stays the old one");
                "failed"
            }
        };
        self.reloads.with_label_values(&[label]).inc();
    }
}

fn stamp(path: &Path) -> Option<Stamp> {
    let file = std::fs::metadata(path).ok()?;
    Some((
        file.dev(),
        file.ino(),
        file.mtime(),
        file.mtime_nsec(),
        file.size(),
    ))
}

fn now() -> i64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    since.map_or(0, |since| {
        i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
    })
}

/// Receives SIGHUP, and looks at the files at intervals. Without a certificate the signal means nothing,
/// and does not end the node.
pub(super) struct CertificateService {
    renewal: Option<Renewal>,
}

impl CertificateService {
    pub(super) fn new(renewal: Option<Renewal>) -> Self {
        Self { renewal }
    }

    async fn watch(&self, hangup: &mut Signal) {
        let Some(renewal) = &self.renewal else {
            while hangup.recv().await.is_some() {
                tracing::info!("SIGHUP: there is no certificate to read again");
            }
            return;
        };
        // Files that could not be used are tried again at the next look: the two may be replaced one after
        // the other.
        let mut used = renewal.stamps();
        loop {
            let told = tokio::select! {
                received = hangup.recv() => received.is_some(),
                () = pause(renewal.interval) => false,
            };
            let renewal = renewal.clone();
            let seen = used;
            let looked = tokio::task::spawn_blocking(move || {
                // Before the look at the content: what changes in between is seen next time.
                let stamps = renewal.stamps();
                let unchanged = !told && stamps.is_some() && stamps == seen;
                (unchanged || renewal.reload()).then_some(stamps).flatten()
            });
            match tokio::time::timeout(READ_TIMEOUT, looked).await {
                Ok(Ok(stamps)) => used = stamps,
                Ok(Err(error)) => tracing::error!(%error, "the certificate was not read again"),
                Err(_) => tracing::error!("the files of the certificate cannot be read in time"),
            }
        }
    }
}

async fn pause(interval: Duration) {
    if interval.is_zero() {
        std::future::pending::<()>().await;
    } else {
        tokio::time::sleep(interval).await;
    }
}

#[async_trait]
impl Service for CertificateService {
    async fn start_service(&mut self, _: Option<ListenFds>, mut stop: ShutdownWatch, _: usize) {
        let mut hangup = match signal(SignalKind::hangup()) {
            Ok(hangup) => hangup,
            Err(error) => return tracing::error!(%error, "SIGHUP cannot be received"),
        };
        tokio::select! {
            () = self.watch(&mut hangup) => {}
            _ = stop.changed() => {}
        }
    }

    fn name(&self) -> &str {
        "certificate"
    }

    fn threads(&self) -> Option<usize> {
        Some(1)
    }
}

#[cfg(test)]
mod tests;
