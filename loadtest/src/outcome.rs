//! What a run found: the JSON that reports, plans and models are made of.
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Of one run with one load.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    pub scenario: String,
    pub target: String,
    pub protocol: String,
    /// Version and build of the load generator.
    pub build: String,
    pub started_unix_s: f64,
    pub seconds: f64,
    pub viewers: Viewers,
    pub requests: u64,
    /// Response bodies, in bytes.
    pub bytes: u64,
    pub connections: Connections,
    /// From the intended start of a viewer to its first picture.
    pub startup_ms: Quantiles,
    /// By class of request, `manifest`, `header`, `segment`, `part`, `key`: from when it should have been sent
    /// (open loop), or could have been (players), to the last byte.
    pub latency_ms: BTreeMap<String, Quantiles>,
    /// The same classes, to the first byte of the answer.
    pub first_byte_ms: BTreeMap<String, Quantiles>,
    /// Behind the live edge, where there is one.
    pub live_latency_s: Option<Quantiles>,
    pub played_s: f64,
    pub stalled_s: f64,
    pub stalls: u64,
    /// Seconds played by rung name.
    pub rungs: BTreeMap<String, f64>,
    pub rung_switches: u64,
    /// By class, see [`ErrorClass`].
    pub errors: BTreeMap<ErrorClass, u64>,
    pub violations: u64,
    /// Whether what came was looked at: `verify.enabled` of a scenario.
    #[serde(default)]
    pub verified: bool,
    /// Segments and parts that came and could not be looked into, by reason; they are neither errors nor verified.
    #[serde(default)]
    pub unverified: BTreeMap<Unverified, u64>,
    /// The first errors and violations, with their URLs; bounded.
    pub samples: Vec<Incident>,
    pub series: Vec<Second>,
    /// What encoders sent, where the run had some of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pushed: Option<Pushed>,
}

impl Outcome {
    /// Seconds stalled, of the seconds that viewers wanted to play; start-up is not a stall. 0 to 1.
    pub fn rebuffer_ratio(&self) -> f64 {
        let wanted = self.played_s + self.stalled_s;
        if wanted > 0.0 {
            self.stalled_s / wanted
        } else {
            0.0
        }
    }

    /// Failed requests and violations, of all requests. 0 to 1.
    pub fn error_rate(&self) -> f64 {
        let failed = self.errors.values().sum::<u64>() + self.violations;
        if self.requests > 0 {
            (failed as f64 / self.requests as f64).min(1.0)
        } else {
            f64::from(failed > 0)
        }
    }
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Pushed {
    pub streams: u64,
    pub chunks: u64,
    pub bytes: u64,
    /// How much later than due chunks were sent: of the load generator, not of the server.
    pub late_ms: Quantiles,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Viewers {
    pub started: u64,
    pub finished: u64,
    /// Gave up: nothing playable, or too many errors.
    pub failed: u64,
    pub peak: u64,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Connections {
    pub opened: u64,
    pub failed: u64,
    pub peak: u64,
    pub handshake_ms: Quantiles,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Quantiles {
    pub count: u64,
    pub mean: f64,
    pub p50: f64,
    pub p90: f64,
    pub p95: f64,
    pub p99: f64,
    pub p999: f64,
    pub max: f64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ErrorClass {
    Connect,
    Tls,
    Timeout,
    Reset,
    /// A body shorter or longer than announced.
    Length,
    Status4xx,
    Status5xx,
    /// Not understood: a playlist or MPD that cannot be read.
    Unreadable,
    /// Understood, and wrong: see `violations`.
    Violation,
}

/// Why a body was not looked into.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unverified {
    /// As a whole, with AES-128 or AES-256: that it is whole blocks is all that shows.
    Encrypted,
    /// Of a container that is known and not understood: Matroska.
    Container,
    /// Its header is not there, or wrong.
    NoHeader,
    /// Longer than `limits.segment_bytes`.
    TooLong,
    /// `limits.verify_bytes` were taken.
    NoRoom,
}

impl Unverified {
    /// For people.
    pub fn in_words(self) -> &'static str {
        match self {
            Self::Encrypted => "encrypted as a whole",
            Self::Container => "of a container that is not understood",
            Self::NoHeader => "without a usable header",
            Self::TooLong => "longer than limits.segment_bytes",
            Self::NoRoom => "beyond limits.verify_bytes",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Incident {
    pub at_s: f64,
    pub url: String,
    pub what: String,
}

/// One second of the run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Second {
    pub at_s: f64,
    pub viewers: u64,
    pub stalled: u64,
    pub requests: u64,
    pub errors: u64,
    pub bytes: u64,
    pub segment_p99_ms: f64,
}
