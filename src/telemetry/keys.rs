//! Metrics of key providers.
use std::sync::Arc;
use std::time::Duration;

use prometheus::{Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, Opts};

use super::{Error, Telemetry};

/// Seconds of one request, retries included.
const DURATIONS: &[f64] = &[
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0,
];

#[derive(Debug, Clone)]
pub struct KeyMetrics {
    requests: IntCounterVec,
    duration: HistogramVec,
    stale: IntCounterVec,
    files: IntCounterVec,
}

/// Those of one mount.
#[derive(Debug, Clone)]
pub struct MountKeyMetrics(Arc<Cells>);

#[derive(Debug)]
struct Cells {
    mount: String,
    provider: &'static str,
    requests: IntCounterVec,
    duration: Histogram,
    stale: IntCounter,
    files: IntCounterVec,
}

impl KeyMetrics {
    /// # Errors
    /// When they are there already: a node has one key store.
    pub fn register(telemetry: &Telemetry) -> Result<Self, Error> {
        let metrics = Self {
            requests: IntCounterVec::new(
                Opts::new(
                    "edgepack_key_requests_total",
                    "Requests to key providers, retries included in one, by outcome.",
                ),
                &["mount", "provider", "outcome"],
            )?,
            duration: HistogramVec::new(
                HistogramOpts::new(
                    "edgepack_key_request_duration_seconds",
                    "Requests to key providers, retries included.",
                )
                .buckets(DURATIONS.to_vec()),
                &["mount", "provider"],
            )?,
            stale: IntCounterVec::new(
                Opts::new(
                    "edgepack_key_stale_served_total",
                    "Times keys past their time served because the provider could not be had.",
                ),
                &["mount"],
            )?,
            files: IntCounterVec::new(
                Opts::new(
                    "edgepack_key_cache_files_total",
                    "Files of the key cache read, written, refused, or failed to be written.",
                ),
                &["mount", "outcome"],
            )?,
        };
        telemetry.register(Box::new(metrics.requests.clone()))?;
        telemetry.register(Box::new(metrics.duration.clone()))?;
        telemetry.register(Box::new(metrics.stale.clone()))?;
        telemetry.register(Box::new(metrics.files.clone()))?;
        Ok(metrics)
    }

    pub fn of(&self, mount: &str, provider: &'static str) -> MountKeyMetrics {
        MountKeyMetrics(Arc::new(Cells {
            mount: mount.to_owned(),
            provider,
            requests: self.requests.clone(),
            duration: self.duration.with_label_values(&[mount, provider]),
            stale: self.stale.with_label_values(&[mount]),
            files: self.files.clone(),
        }))
    }
}

impl MountKeyMetrics {
    /// `outcome` is one of the program's own words.
    pub fn asked(&self, outcome: &'static str, took: Duration) {
        let cells = &self.0;
        cells
            .requests
            .with_label_values(&[cells.mount.as_str(), cells.provider, outcome])
            .inc();
        cells.duration.observe(took.as_secs_f64());
    }

    pub fn stale_served(&self) {
        self.0.stale.inc();
    }

    /// `outcome` is one of the program's own words.
    pub fn file(&self, outcome: &'static str) {
        let cells = &self.0;
        cells
            .files
            .with_label_values(&[cells.mount.as_str(), outcome])
            .inc();
    }
}
