//! The sections of a scenario that say how viewers behave and how they are connected.
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::humantime_text;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Arrivals {
    /// A fixed number, at even distances.
    Spread,
    /// Open loop: they come at random, whatever became of those before.
    Poisson,
}

/// Seconds of media.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Playback {
    /// Stops loading when so much is ahead.
    pub buffer: f64,
    /// Begins to play with so much ahead. Live and low latency begin with what the manifest's hold-back leaves.
    pub start: f64,
    /// Plays on after a stall with so much ahead.
    pub resume: f64,
    /// Loads the audio track too.
    pub audio: bool,
    /// Plays parts and chunks as they come where the stream offers it.
    pub low_latency: bool,
    /// Asks for delta updates of long playlists.
    pub delta_updates: bool,
}

impl Default for Playback {
    fn default() -> Self {
        Self {
            buffer: 30.0,
            start: 2.0,
            resume: 2.0,
            audio: true,
            low_latency: true,
            delta_updates: true,
        }
    }
}

/// What viewers do. Rates are mean numbers per minute watched; each wait is drawn anew.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Behaviour {
    pub seeks_per_minute: f64,
    pub pauses_per_minute: f64,
    /// Mean length of a pause.
    #[serde(with = "humantime_text")]
    pub pause: Duration,
    pub leaves_per_minute: f64,
    /// At most so long; none: to the end.
    #[serde(with = "optional_duration")]
    pub watch: Option<Duration>,
    /// VOD viewers begin somewhere in the title.
    pub random_start: bool,
}

impl Default for Behaviour {
    fn default() -> Self {
        Self {
            seeks_per_minute: 0.0,
            pauses_per_minute: 0.0,
            pause: Duration::from_secs(20),
            leaves_per_minute: 0.0,
            watch: None,
            random_start: false,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Abr {
    pub enabled: bool,
    pub start: StartRung,
    /// Share of the measured throughput that a rung may take.
    pub safety: f64,
    /// Rungs above this are left alone, bit/s; 0: none.
    pub max_bandwidth: u64,
}

impl Default for Abr {
    fn default() -> Self {
        Self {
            enabled: true,
            start: StartRung::Lowest,
            safety: 0.8,
            max_bandwidth: 0,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StartRung {
    Lowest,
    Middle,
    Highest,
}

/// Tokens minted for each viewer: JWT, HS256.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tokens {
    /// At least 32 bytes: text, or `hex:` or `base64:` before the bytes.
    #[serde(skip_serializing)]
    pub secret: Option<String>,
    /// A file with the same.
    pub secret_file: Option<PathBuf>,
    pub key_id: Option<String>,
    #[serde(default = "default_carrier")]
    pub carrier: Carrier,
    /// Name of the query parameter, header or cookie.
    pub name: Option<String>,
    /// Between the origin and the path, for `path`.
    #[serde(default = "default_prefix")]
    pub prefix: String,
    #[serde(with = "humantime_text", default = "default_lifetime")]
    pub lifetime: Duration,
    pub issuer: Option<String>,
    pub audience: Option<String>,
    /// What the token covers; `{n}` and `{asset}` as in the target.
    #[serde(default)]
    pub paths: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Carrier {
    Path,
    Query,
    Header,
    Cookie,
}

fn default_carrier() -> Carrier {
    Carrier::Path
}

fn default_prefix() -> String {
    "/t/{token}".into()
}

fn default_lifetime() -> Duration {
    Duration::from_secs(6 * 3600)
}

/// CTA-5004.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Cmcd {
    #[default]
    Off,
    Header,
    Query,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Verify {
    pub enabled: bool,
    /// Lines of `sha256sum`: a digest and the path of a URL.
    pub checksums: Option<PathBuf>,
    /// Fetches the whole of a playlist after each delta update, and compares.
    pub deltas: bool,
}

impl Default for Verify {
    fn default() -> Self {
        Self {
            enabled: true,
            checksums: None,
            deltas: false,
        }
    }
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Tls {
    /// PEM file of a certificate trusted besides the system's.
    pub trusted: Option<PathBuf>,
    /// Takes any certificate.
    pub insecure: bool,
    pub resumption: Resumption,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Resumption {
    Off,
    /// A viewer resumes what he had before.
    #[default]
    Viewer,
    /// Viewers of one thread share tickets, as if all came back.
    Shared,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Timeouts {
    /// TCP and TLS, or QUIC, together.
    #[serde(with = "humantime_text")]
    pub connect: Duration,
    /// From the request to the head of the answer.
    #[serde(with = "humantime_text")]
    pub answer: Duration,
    /// Between two pieces of a body.
    #[serde(with = "humantime_text")]
    pub stall: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            answer: Duration::from_secs(10),
            stall: Duration::from_secs(10),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// At once, of all viewers.
    pub connections: usize,
    /// HTTP/1.1, per viewer and origin.
    pub connections_per_viewer: usize,
    /// At once.
    pub viewers: u64,
    /// UDP sockets for HTTP/3, of all viewers.
    pub udp_sockets: usize,
    pub manifest_bytes: usize,
    /// A longer body is counted and not verified.
    pub segment_bytes: usize,
    /// Of all bodies waiting to be verified; what does not fit is counted and not verified.
    pub verify_bytes: usize,
    /// Of one viewer in a row; then he gives up.
    pub failures: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 60_000,
            connections_per_viewer: 2,
            viewers: 50_000,
            udp_sockets: 8,
            manifest_bytes: 8 << 20,
            segment_bytes: 64 << 20,
            verify_bytes: 512 << 20,
            failures: 5,
        }
    }
}

mod optional_duration {
    use std::time::Duration;

    use serde::{Deserializer, Serializer};

    use super::humantime_text;

    pub(super) fn serialize<S: Serializer>(
        value: &Option<Duration>,
        out: S,
    ) -> Result<S::Ok, S::Error> {
        match value {
            Some(value) => humantime_text::serialize(value, out),
            None => out.serialize_none(),
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        input: D,
    ) -> Result<Option<Duration>, D::Error> {
        humantime_text::deserialize(input).map(Some)
    }
}
