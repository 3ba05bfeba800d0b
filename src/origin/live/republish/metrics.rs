//! Metrics of republishing.
use prometheus::{IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts};

use crate::telemetry::{Error, Telemetry};

const LABELS: [&str; 3] = ["mount", "channel", "destination"];

/// Of all destinations.
#[derive(Debug)]
pub(in crate::origin::live) struct Metrics {
    up: IntGaugeVec,
    bytes: IntCounterVec,
    reconnects: IntCounterVec,
    dropped: IntCounterVec,
}

/// Of one destination.
#[derive(Debug, Clone)]
pub(in crate::origin::live) struct Cells {
    pub(super) up: IntGauge,
    pub(super) bytes: IntCounter,
    pub(super) reconnects: IntCounter,
    pub(super) dropped: IntCounter,
}

impl Metrics {
    /// # Errors
    /// When they are there already.
    pub(in crate::origin::live) fn register(telemetry: &Telemetry) -> Result<Self, Error> {
        let counter = |name: &str, help: &str| IntCounterVec::new(Opts::new(name, help), &LABELS);
        let metrics = Self {
            up: IntGaugeVec::new(
                Opts::new(
                    "edgepack_republish_up",
                    "Tracks that are being pushed to the destination.",
                ),
                &LABELS,
            )?,
            bytes: counter(
                "edgepack_republish_bytes_total",
                "Bytes handed to the connections with the destination.",
            )?,
            reconnects: counter(
                "edgepack_republish_reconnects_total",
                "Pushes that failed, or broke off, and were begun again.",
            )?,
            dropped: counter(
                "edgepack_republish_dropped_segments_total",
                "Segments of a track that the destination was not sent because it was too far behind.",
            )?,
        };
        telemetry.register(Box::new(metrics.up.clone()))?;
        telemetry.register(Box::new(metrics.bytes.clone()))?;
        telemetry.register(Box::new(metrics.reconnects.clone()))?;
        telemetry.register(Box::new(metrics.dropped.clone()))?;
        Ok(metrics)
    }

    pub(in crate::origin::live) fn of(
        &self,
        mount: &str,
        channel: &str,
        destination: &str,
    ) -> Cells {
        let labels = [mount, channel, destination];
        Cells {
            up: self.up.with_label_values(&labels),
            bytes: self.bytes.with_label_values(&labels),
            reconnects: self.reconnects.with_label_values(&labels),
            dropped: self.dropped.with_label_values(&labels),
        }
    }
}
