//! `[mount.live]`: channels that encoders push to, and how they are cut and kept.
use std::path::PathBuf;
use std::time::Duration;

use super::Secret;

mod contribution;
mod republish;

pub use contribution::{Contribution, Transport};
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
            recording: None,
            channels: Vec::new(),
        }
    }
}

/// `[mount.live.recording]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recording {
    /// Holds a folder for each mount, in it one for each channel.
    pub directory: PathBuf,
    pub fsync: Fsync,
    /// Under [`Fsync::Interval`].
    pub fsync_interval: Duration,
    /// What is older is removed, in whole files. `None`: nothing is for its age.
    pub retention: Option<Duration>,
    /// What one channel may take on disk. `None`: as much as there is.
    pub max_bytes: Option<u64>,
    /// How long one file gets.
    pub file_duration: Duration,
    /// Bytes of media that may wait for the disk, for each channel.
    pub queue: u64,
    /// What is read at start.
    pub verify: Verify,
}

impl Recording {
    pub fn new(directory: impl Into<PathBuf>) -> Self {
        Self {
            directory: directory.into(),
            fsync: Fsync::Interval,
            fsync_interval: Duration::from_secs(5),
            retention: Some(Duration::from_secs(24 * 3600)),
            max_bytes: None,
            file_duration: Duration::from_secs(600),
            queue: 64 << 20,
            verify: Verify::Tail,
        }
    }
}

/// When what was recorded is forced to the disk: what the machine's end, not the process', may cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fsync {
    /// When the kernel likes.
    Never,
    /// Before a segment counts as recorded.
    Segment,
    Interval,
}

/// Which segments are read and compared with their checksums when a recording is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verify {
    /// The last of each track.
    Tail,
    All,
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
    /// Nobody, where there is none: the channel gets its media another way.
    pub closed: bool,
}

impl IngestAccess {
    pub fn is_open(&self) -> bool {
        self.bearer.is_none() && self.basic.is_none() && !self.closed
    }
}
