//! Metrics of live channels.
use std::sync::Arc;
use std::time::Duration;

use edgepack_packager::live::Outcome;
use edgepack_packager::live::events::Told;
use prometheus::{
    Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts,
};

use super::{Error, Telemetry};

/// Seconds that media takes from the encoder's clock to the playlist.
const LAGS: &[f64] = &[
    0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0, 30.0,
];
/// Seconds that a part comes earlier or later than parts last.
const JITTERS: &[f64] = &[0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0];

#[derive(Debug, Clone)]
pub struct LiveMetrics {
    bytes: IntCounterVec,
    events: IntCounterVec,
    dropped: IntCounterVec,
    refused: IntCounterVec,
    messages: IntCounterVec,
    unused_messages: IntCounterVec,
    interstitials: IntGaugeVec,
    lag: HistogramVec,
    jitter: HistogramVec,
    waiting: IntGaugeVec,
    encoders: IntGaugeVec,
    last_media: IntGaugeVec,
}

/// Those of one channel.
#[derive(Debug, Clone)]
pub struct ChannelMetrics(Arc<Cells>);

#[derive(Debug)]
struct Cells {
    mount: String,
    channel: String,
    all: LiveMetrics,
    bytes: IntCounter,
    interstitials: IntGauge,
    lag: Histogram,
    jitter: Histogram,
    waiting: IntGauge,
    encoders: IntGauge,
    last_media: IntGauge,
}

/// Counted as long as it lives.
#[derive(Debug)]
pub struct Counted(IntGauge);

impl Counted {
    fn new(gauge: &IntGauge) -> Self {
        gauge.inc();
        Self(gauge.clone())
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.dec();
    }
}

impl LiveMetrics {
    /// # Errors
    /// When they are there already: a node has one set of channels.
    pub fn register(telemetry: &Telemetry) -> Result<Self, Error> {
        let channel = &["mount", "channel"];
        let counter = |name: &str, help: &str, label: &str| {
            IntCounterVec::new(Opts::new(name, help), &["mount", "channel", label])
        };
        let gauge = |name: &str, help: &str| IntGaugeVec::new(Opts::new(name, help), channel);
        let histogram = |name: &str, help: &str, buckets: &[f64]| {
            let options = HistogramOpts::new(name, help).buckets(buckets.to_vec());
            HistogramVec::new(options, channel)
        };
        let metrics = Self {
            bytes: IntCounterVec::new(
                Opts::new(
                    "edgepack_live_ingest_bytes_total",
                    "Bytes that encoders pushed.",
                ),
                channel,
            )?,
            events: counter(
                "edgepack_live_events_total",
                "What became of what encoders pushed: parts, segments, gaps, discontinuities, takeovers, clocks refused.",
                "event",
            )?,
            dropped: counter(
                "edgepack_live_dropped_samples_total",
                "Samples of encoders that are in no segment.",
                "reason",
            )?,
            refused: counter(
                "edgepack_live_refused_total",
                "Requests of encoders that were refused or broke.",
                "reason",
            )?,
            messages: counter(
                "edgepack_live_messages_total",
                "Events that encoders told beside picture and sound, each once.",
                "scheme",
            )?,
            unused_messages: counter(
                "edgepack_live_unused_messages_total",
                "Events of encoders that could not be used, or not in all ways.",
                "reason",
            )?,
            interstitials: gauge(
                "edgepack_live_interstitials",
                "Interstitials that playlists name.",
            )?,
            lag: histogram(
                "edgepack_live_lag_seconds",
                "From the wall clock of a chunk's end, as the encoder tells it, to its arrival.",
                LAGS,
            )?,
            jitter: histogram(
                "edgepack_live_part_jitter_seconds",
                "How much earlier or later a part became available than one part's duration after the one before.",
                JITTERS,
            )?,
            waiting: gauge(
                "edgepack_live_waiting_requests",
                "Requests of viewers that wait for what comes next.",
            )?,
            encoders: gauge("edgepack_live_encoders", "Open requests of encoders.")?,
            last_media: gauge(
                "edgepack_live_last_media_timestamp_seconds",
                "Unix time at which media came last; 0: none has.",
            )?,
        };
        telemetry.register(Box::new(metrics.bytes.clone()))?;
        telemetry.register(Box::new(metrics.events.clone()))?;
        telemetry.register(Box::new(metrics.dropped.clone()))?;
        telemetry.register(Box::new(metrics.refused.clone()))?;
        telemetry.register(Box::new(metrics.messages.clone()))?;
        telemetry.register(Box::new(metrics.unused_messages.clone()))?;
        telemetry.register(Box::new(metrics.interstitials.clone()))?;
        telemetry.register(Box::new(metrics.lag.clone()))?;
        telemetry.register(Box::new(metrics.jitter.clone()))?;
        telemetry.register(Box::new(metrics.waiting.clone()))?;
        telemetry.register(Box::new(metrics.encoders.clone()))?;
        telemetry.register(Box::new(metrics.last_media.clone()))?;
        Ok(metrics)
    }

    pub fn of(&self, mount: &str, channel: &str) -> ChannelMetrics {
        let of = &[mount, channel];
        ChannelMetrics(Arc::new(Cells {
            mount: mount.to_owned(),
            channel: channel.to_owned(),
            bytes: self.bytes.with_label_values(of),
            interstitials: self.interstitials.with_label_values(of),
            lag: self.lag.with_label_values(of),
            jitter: self.jitter.with_label_values(of),
            waiting: self.waiting.with_label_values(of),
            encoders: self.encoders.with_label_values(of),
            last_media: self.last_media.with_label_values(of),
            all: self.clone(),
        }))
    }
}

impl ChannelMetrics {
    pub fn bytes_came(&self, count: usize) {
        self.0.bytes.inc_by(count as u64);
    }

    /// What a line made of a chunk, which came at this Unix time in milliseconds.
    pub fn chunk_came(&self, outcome: &Outcome, at_ms: i64) {
        self.0.last_media.set(at_ms.div_euclid(1000));
        if let Some(lag_ms) = outcome.lag_ms {
            let lag = Duration::from_millis(u64::try_from(lag_ms).unwrap_or(0));
            self.0.lag.observe(lag.as_secs_f64());
        }
        for (event, count) in [
            ("part", outcome.parts),
            ("segment", outcome.segments),
            ("gap", outcome.gaps),
            ("discontinuity", outcome.discontinuities),
            ("takeover", outcome.takeover.into()),
            ("clock-refused", outcome.clock_refused.into()),
        ] {
            self.count(&self.0.all.events, event, count);
        }
        for (reason, count) in [
            ("duplicate", outcome.duplicates),
            ("misaligned", outcome.misaligned),
            ("late", outcome.late),
            ("undecodable", outcome.undecodable),
        ] {
            self.count(&self.0.all.dropped, reason, count);
        }
        let crowded = outcome.prefixes_dropped;
        self.count(&self.0.all.unused_messages, "too-many", crowded);
    }

    /// What the channel's events made of what came.
    pub fn events_came(&self, told: &Told) {
        let others = told.added - (told.splices + told.id3_tags).min(told.added);
        for (scheme, count) in [
            ("scte35", told.splices),
            ("id3", told.id3_tags),
            ("other", others),
        ] {
            self.count(&self.0.all.messages, scheme, count);
        }
        for (reason, count) in [
            ("unreadable", told.unreadable),
            ("too-many", told.dropped),
            ("unpaired", told.unpaired),
        ] {
            self.count(&self.0.all.unused_messages, reason, count);
        }
    }

    pub fn interstitials(&self, count: usize) {
        let count = i64::try_from(count).unwrap_or(i64::MAX);
        self.0.interstitials.set(count);
    }

    pub fn part_jitter(&self, off: Duration) {
        self.0.jitter.observe(off.as_secs_f64());
    }

    /// `reason` is one of the program's own words.
    pub fn refused(&self, reason: &'static str) {
        self.count(&self.0.all.refused, reason, 1);
    }

    pub fn waits(&self) -> Counted {
        Counted::new(&self.0.waiting)
    }

    pub fn encoder(&self) -> Counted {
        Counted::new(&self.0.encoders)
    }

    fn count(&self, counters: &IntCounterVec, label: &str, count: u32) {
        if count > 0 {
            let labels = [self.0.mount.as_str(), self.0.channel.as_str(), label];
            counters.with_label_values(&labels).inc_by(count.into());
        }
    }
}
