//! `[mount.live.channel.ingest]`: encoders that speak SRT or RTMP.
use std::path::PathBuf;
use std::time::Duration;

use crate::config::Secret;

/// A channel that a child process feeds: it takes SRT or RTMP and writes CMAF.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contribution {
    pub transport: Transport,
    /// Holds pass phrases and stream keys.
    pub url: Secret<String>,
    /// ffmpeg, or what takes its arguments.
    pub program: PathBuf,
    /// Before `-i`.
    pub input_arguments: Vec<String>,
    /// After the node's own, which they override.
    pub arguments: Vec<String>,
    /// Before the child is started again; doubled each time that it brought nothing.
    pub first_pause: Duration,
    pub longest_pause: Duration,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    Srt,
    Rtmp {
        /// Whether encoders come, rather than are called.
        listen: bool,
    },
}

impl Contribution {
    /// With everything else as it is by default.
    pub fn new(transport: Transport, url: Secret<String>) -> Self {
        Self {
            transport,
            url,
            program: PathBuf::from("ffmpeg"),
            input_arguments: Vec::new(),
            arguments: Vec::new(),
            first_pause: Duration::from_millis(500),
            longest_pause: Duration::from_secs(30),
        }
    }
}
