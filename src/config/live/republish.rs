//! `[[mount.live.channel.republish]]`: origins that a channel is pushed on to.
use std::path::PathBuf;
use std::time::Duration;

use crate::config::Secret;

/// One destination (DASH-IF Live Media Ingest, interface 1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Republish {
    /// In logs and metrics.
    pub name: String,
    /// The publishing point; tracks are pushed below it. Its query may hold a token.
    pub url: Secret<String>,
    pub method: PushMethod,
    /// Value of `Authorization`.
    pub authorization: Option<Secret<String>>,
    /// Certificates of those who may certify the destination; the system's where there is none.
    pub ca_file: Option<PathBuf>,
    pub connect_timeout: Duration,
    /// For how long a destination may take nothing of what is sent.
    pub send_timeout: Duration,
    /// Segments of a track that may wait.
    pub queue_segments: usize,
    /// Bytes of a track that may wait.
    pub queue: u64,
    pub first_pause: Duration,
    pub longest_pause: Duration,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PushMethod {
    Post,
    Put,
}

impl Republish {
    /// With everything else as it is by default.
    pub fn new(name: String, url: Secret<String>) -> Self {
        Self {
            name,
            url,
            method: PushMethod::Post,
            authorization: None,
            ca_file: None,
            connect_timeout: Duration::from_secs(5),
            send_timeout: Duration::from_secs(10),
            queue_segments: 4,
            queue: 32 << 20,
            first_pause: Duration::from_millis(500),
            longest_pause: Duration::from_secs(30),
        }
    }
}
