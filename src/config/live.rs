//! `[mount.live]`: channels that encoders push to, and how they are cut and kept.
use std::time::Duration;

use super::Secret;

mod contribution;
mod events;
mod recording;
mod republish;

pub use contribution::{Contribution, Transport};
pub use events::LiveEvents;
pub use recording::{Fsync, Recording, Verify};
pub use republish::{PushMethod, Republish};

/// `[mount.live]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Live {
    /// Longest part of a segment, which is what low latency goes by.
    pub part_duration: Duration,
    /// How far back viewers may go.
    pub window: Duration,
    /// Bytes of media that one channel may hold, whatever the window.
    pub memory: u64,
    /// A longer hole in an encoder's time line begins another one.
    pub max_gap: Duration,
    /// Without new media for so long the channel's manifests answer `stale_status`.
    pub stale_after: Duration,
    /// 404 or 503: what makes the CDN in front go elsewhere.
    pub stale_status: u16,
    /// Silence in an open request of an encoder.
    pub ingest_timeout: Duration,
    /// Tracks that one channel may have.
    pub max_tracks: usize,
    pub events: LiveEvents,
    /// Where channels are recorded. `None`: nowhere.
    pub recording: Option<Recording>,
    pub channels: Vec<Channel>,
}

impl Default for Live {
    fn default() -> Self {
        Self {
            part_duration: Duration::from_millis(500),
            window: Duration::from_secs(60),
            memory: 256 << 20,
            max_gap: Duration::from_secs(10),
            stale_after: Duration::from_secs(15),
            stale_status: 404,
            ingest_timeout: Duration::from_secs(30),
            max_tracks: 16,
            events: LiveEvents::default(),
            recording: None,
            channels: Vec::new(),
        }
    }
}

/// `[[mount.live.channel]]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Channel {
    /// Its part of URLs: `/{mount}/{name}/…`.
    pub name: String,
    pub ingest: IngestAccess,
    /// A child process that brings what encoders send by SRT or RTMP.
    pub contribution: Option<Contribution>,
    /// Where the channel is pushed on to.
    pub republish: Vec<Republish>,
}

/// Who may push to a channel: whoever shows one of these, or everybody where there is none.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct IngestAccess {
    /// `Authorization: Bearer …`
    pub bearer: Option<Secret<Vec<u8>>>,
    /// `Authorization: Basic …`
    pub basic: Option<(String, Secret<Vec<u8>>)>,
    /// Certificates shown in the TLS handshake.
    pub client_certificates: Vec<ClientName>,
    /// Nobody, where there is none: the channel gets its media another way.
    pub closed: bool,
}

/// What is known of a client's certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClientName {
    /// SHA-256 of all of it.
    Sha256([u8; 32]),
    /// One of its names.
    Name(String),
}

impl IngestAccess {
    pub fn is_open(&self) -> bool {
        self.bearer.is_none()
            && self.basic.is_none()
            && self.client_certificates.is_empty()
            && !self.closed
    }
}
