//! `[mount.live.recording]`: what channels leave on disk.
use std::path::PathBuf;
use std::time::Duration;

/// `[mount.live.recording]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recording {
    /// Holds a folder for each mount, in it one for each channel.
    pub directory: PathBuf,
    /// Where films that are made of recordings go. `None`: none are made.
    pub harvest_directory: Option<PathBuf>,
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
            harvest_directory: None,
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
