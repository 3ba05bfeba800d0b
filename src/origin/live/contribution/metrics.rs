//! Metrics of contributions.
use prometheus::{IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts};

use crate::telemetry::{Error, Telemetry};

const LABELS: [&str; 2] = ["mount", "channel"];

/// Of all channels.
#[derive(Debug)]
pub(in crate::origin::live) struct Metrics {
    up: IntGaugeVec,
    restarts: IntCounterVec,
    bytes: IntCounterVec,
}

/// Of one channel.
#[derive(Debug)]
pub(in crate::origin::live) struct Cells {
    pub(super) up: IntGauge,
    pub(super) restarts: IntCounter,
    pub(super) bytes: IntCounter,
}

impl Metrics {
    /// # Errors
    /// When they are there already.
    pub(in crate::origin::live) fn register(telemetry: &Telemetry) -> Result<Self, Error> {
        let counter = |name: &str, help: &str| IntCounterVec::new(Opts::new(name, help), &LABELS);
        let metrics = Self {
            up: IntGaugeVec::new(
                Opts::new(
                    "edgepack_contribution_up",
                    "1 while the channel's ingest child delivers media.",
                ),
                &LABELS,
            )?,
            restarts: counter(
                "edgepack_contribution_restarts_total",
                "Times the channel's ingest child ended and was started again.",
            )?,
            bytes: counter(
                "edgepack_contribution_bytes_total",
                "Bytes that the channel's ingest child delivered.",
            )?,
        };
        telemetry.register(Box::new(metrics.up.clone()))?;
        telemetry.register(Box::new(metrics.restarts.clone()))?;
        telemetry.register(Box::new(metrics.bytes.clone()))?;
        Ok(metrics)
    }

    pub(in crate::origin::live) fn of(&self, mount: &str, channel: &str) -> Cells {
        let labels = [mount, channel];
        Cells {
            up: self.up.with_label_values(&labels),
            restarts: self.restarts.with_label_values(&labels),
            bytes: self.bytes.with_label_values(&labels),
        }
    }
}
