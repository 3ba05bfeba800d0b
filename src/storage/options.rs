//! How storage behaves.

/// What reads files.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Engine {
    /// io_uring where it can be used, `pread` otherwise.
    #[default]
    Auto,
    /// io_uring; the node does not start without it.
    IoUring,
    /// Threads that call `pread`.
    Pread,
}

/// Sizes in bytes, times in milliseconds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StorageOptions {
    pub engine: Engine,
    /// io_uring operations with the kernel at a time, per worker (256). More wait their turn.
    pub queue_depth: u32,
    /// Longest wait for one read, and for one lookup of a path (10 000).
    pub read_timeout_ms: u64,
    /// Memory for media at most (1.5 GiB): the segment cache, fills in flight, what viewers are still
    /// being sent, and what lies idle. Must exceed the cache's budget by what is in flight.
    pub pool_bytes: usize,
    /// Idle memory that is kept for the next taker (256 MiB).
    pub pool_idle_bytes: usize,
    /// Gaps between wanted ranges up to this size are read over, in one operation (16 KiB, where
    /// reading over a gap from the page cache costs what another operation does).
    pub gap_limit_bytes: usize,
    /// Whether media is read around the page cache, where the file system can (no).
    pub direct: bool,
    /// How long a path's file is taken for granted before it is looked at again (1000).
    pub revalidate_ms: u64,
    /// Files kept open at most, and paths remembered (512). Of the others, those that assets still use are opened again
    /// when they are read.
    pub max_open_files: u64,
    /// Reads at a time in the `pread` engine, over all workers (16).
    pub pread_threads: usize,
}

impl Default for StorageOptions {
    fn default() -> Self {
        Self {
            engine: Engine::Auto,
            queue_depth: 256,
            read_timeout_ms: 10_000,
            pool_bytes: 1536 << 20,
            pool_idle_bytes: 256 << 20,
            gap_limit_bytes: 16 << 10,
            direct: false,
            revalidate_ms: 1_000,
            max_open_files: 512,
            pread_threads: 16,
        }
    }
}

/// A value that cannot be worked with.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{key} = {value} is not possible: {remedy}")]
pub struct OptionProblem {
    pub key: &'static str,
    pub value: u64,
    pub remedy: &'static str,
}

impl StorageOptions {
    /// Every value that cannot be worked with.
    pub fn problems(&self) -> Vec<OptionProblem> {
        let checks = [
            (
                "queue_depth",
                u64::from(self.queue_depth),
                1,
                32_768,
                "1 to 32768",
            ),
            (
                "read_timeout_ms",
                self.read_timeout_ms,
                1,
                3_600_000,
                "1 to 3600000",
            ),
            (
                "pool_bytes",
                self.pool_bytes as u64,
                16 << 20,
                u64::MAX,
                "at least 16777216 (16 MiB)",
            ),
            (
                "gap_limit_bytes",
                self.gap_limit_bytes as u64,
                0,
                16 << 20,
                "at most 16777216",
            ),
            (
                "revalidate_ms",
                self.revalidate_ms,
                0,
                86_400_000,
                "at most 86400000",
            ),
            (
                "max_open_files",
                self.max_open_files,
                1,
                1 << 20,
                "1 to 1048576",
            ),
            (
                "pread_threads",
                self.pread_threads as u64,
                1,
                512,
                "1 to 512",
            ),
        ];
        checks
            .into_iter()
            .filter(|(_, value, least, most, _)| !(*least..=*most).contains(value))
            .map(|(key, value, _, _, remedy)| OptionProblem { key, value, remedy })
            .collect()
    }
}
