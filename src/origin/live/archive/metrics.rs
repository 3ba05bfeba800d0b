//! Metrics of recordings, read from their own counters when they are scraped.
use std::sync::{Arc, Weak};

use prometheus::core::{Collector, Desc};
use prometheus::proto::MetricFamily;
use prometheus::{IntCounter, IntCounterVec, IntGaugeVec, Opts};

use crate::origin::live::channel::Channel;
use crate::telemetry::Error;

/// Of all channels that are recorded.
pub(in crate::origin::live) struct RecordingCollector {
    channels: Vec<Weak<Channel>>,
    segments: IntCounterVec,
    bytes: IntCounterVec,
    lost: IntCounterVec,
    removed: IntCounterVec,
    queued: IntGaugeVec,
    disk: IntGaugeVec,
    failing: IntGaugeVec,
    oldest: IntGaugeVec,
}

impl RecordingCollector {
    /// # Errors
    /// Names that cannot be used.
    pub(in crate::origin::live) fn new<'a>(
        channels: impl Iterator<Item = &'a Arc<Channel>>,
    ) -> Result<Self, Error> {
        let of = &["mount", "channel"];
        let counter = |name: &str, help: &str, labels: &[&str]| {
            IntCounterVec::new(Opts::new(name, help), labels)
        };
        let gauge = |name: &str, help: &str| IntGaugeVec::new(Opts::new(name, help), of);
        Ok(Self {
            channels: channels.map(Arc::downgrade).collect(),
            segments: counter(
                "edgepack_recording_segments_total",
                "Segments recorded.",
                of,
            )?,
            bytes: counter("edgepack_recording_bytes_total", "Bytes recorded.", of)?,
            lost: counter(
                "edgepack_recording_lost_segments_total",
                "Segments that are gaps of the recording.",
                &["mount", "channel", "reason"],
            )?,
            removed: counter(
                "edgepack_recording_removed_files_total",
                "Files removed for their age or for room.",
                of,
            )?,
            queued: gauge(
                "edgepack_recording_queued_bytes",
                "Bytes of media that wait for the disk.",
            )?,
            disk: gauge("edgepack_recording_disk_bytes", "Bytes on disk.")?,
            failing: gauge(
                "edgepack_recording_failing",
                "1: the latest segment could not be recorded.",
            )?,
            oldest: gauge(
                "edgepack_recording_oldest_timestamp_seconds",
                "Unix time that viewers can go back to; 0: nothing is recorded.",
            )?,
        })
    }

    fn families(&self) -> [&dyn Collector; 8] {
        [
            &self.segments,
            &self.bytes,
            &self.lost,
            &self.removed,
            &self.queued,
            &self.disk,
            &self.failing,
            &self.oldest,
        ]
    }
}

impl Collector for RecordingCollector {
    fn desc(&self) -> Vec<&Desc> {
        let families = self.families();
        families.into_iter().flat_map(Collector::desc).collect()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        for channel in self.channels.iter().filter_map(Weak::upgrade) {
            let Some(archive) = &channel.archive else {
                continue;
            };
            let of = [channel.mount.name.as_str(), channel.name.as_str()];
            let stats = archive.stats();
            raise(&self.segments.with_label_values(&of), stats.segments);
            raise(&self.bytes.with_label_values(&of), stats.bytes);
            raise(&self.removed.with_label_values(&of), stats.files_removed);
            for (reason, count) in [
                ("queue", stats.lost_to_queue),
                ("disk", stats.lost_to_disk),
                ("order", stats.refused),
            ] {
                raise(&self.lost.with_label_values(&[of[0], of[1], reason]), count);
            }
            let level = |bytes: u64| i64::try_from(bytes).unwrap_or(i64::MAX);
            self.queued
                .with_label_values(&of)
                .set(level(stats.queued_bytes));
            self.disk.with_label_values(&of).set(level(archive.bytes()));
            self.failing
                .with_label_values(&of)
                .set(stats.is_failing.into());
            let oldest = archive
                .span()
                .map_or(0, |(oldest_ms, _)| oldest_ms.div_euclid(1000));
            self.oldest.with_label_values(&of).set(oldest);
        }
        let families = self.families();
        families.into_iter().flat_map(Collector::collect).collect()
    }
}

/// Two scrapes at once could both add the same; the second finds nothing missing.
fn raise(counter: &IntCounter, to: u64) {
    counter.inc_by(to.saturating_sub(counter.get()));
}
