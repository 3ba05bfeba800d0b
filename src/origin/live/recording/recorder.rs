//! Segments from a channel to its recording, on a thread of their own.
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use edgepack_packager::live::{Header, Segment};

use super::Recording;
use super::queue::{Item, Next, Queue};
use super::volume::{Disk, Volume};
use super::writer::Writer;

/// Between looks at what is due without a segment: syncs, files of tracks that went silent, retention.
const TICK: Duration = Duration::from_secs(1);

/// Writes the segments of one channel. Dropped, it writes what it was given before and stops by itself.
#[derive(Debug)]
pub(in super::super) struct Recorder {
    channel: String,
    queue: Arc<Queue>,
    stats: Arc<Counters>,
    max_bytes: u64,
}

/// Since the process began.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in super::super) struct RecorderStats {
    /// Segments recorded, and their bytes.
    pub(in super::super) segments: u64,
    pub(in super::super) bytes: u64,
    /// Segments lost because the disk was too slow for the queue.
    pub(in super::super) lost_to_queue: u64,
    /// Segments lost because the disk refused them.
    pub(in super::super) lost_to_disk: u64,
    /// Segments that came after later ones, or twice.
    pub(in super::super) refused: u64,
    /// Files removed for age or size.
    pub(in super::super) files_removed: u64,
    /// Bytes of media that wait.
    pub(in super::super) queued_bytes: u64,
    /// The latest segment was lost.
    pub(in super::super) is_failing: bool,
}

#[derive(Debug, Default)]
pub(super) struct Counters {
    pub(super) segments: AtomicU64,
    pub(super) bytes: AtomicU64,
    pub(super) lost_to_queue: AtomicU64,
    pub(super) lost_to_disk: AtomicU64,
    pub(super) refused: AtomicU64,
    pub(super) files_removed: AtomicU64,
    pub(super) disk_fails: AtomicBool,
    pub(super) queue_is_full: AtomicBool,
}

impl Recorder {
    /// `channel`: for the log, and the thread's name.
    ///
    /// # Errors
    /// Where no thread can be had.
    pub(in super::super) fn start(recording: Arc<Recording>, channel: &str) -> io::Result<Self> {
        Self::on(recording, channel, Disk)
    }

    pub(super) fn on(
        recording: Arc<Recording>,
        channel: &str,
        volume: impl Volume + 'static,
    ) -> io::Result<Self> {
        let recorder = Self {
            channel: channel.to_owned(),
            queue: Arc::default(),
            stats: Arc::default(),
            max_bytes: recording.options.queue,
        };
        let queue = Arc::clone(&recorder.queue);
        let stats = Arc::clone(&recorder.stats);
        let writer = Writer::new(recording, channel, volume, stats);
        thread::Builder::new()
            .name(format!("record {channel}"))
            .spawn(move || run(&queue, writer))?;
        Ok(recorder)
    }

    /// Takes a segment that is complete. Never waits: what there is no room for is lost, and a gap of the recording.
    ///
    /// `track`: its name in URLs. `header`: what the segment is decoded with, number [`Segment::header`] of the epoch.
    /// `timescale`: of the line. Segments of a track come in order.
    pub(in super::super) fn record(
        &self,
        track: &str,
        header: &Arc<Header>,
        timescale: u32,
        segment: &Arc<Segment>,
    ) {
        let item = Item {
            track: track.into(),
            header: Arc::clone(header),
            timescale,
            segment: Arc::clone(segment),
        };
        let fits = self.queue.push(item, self.max_bytes);
        let was_full = self.stats.queue_is_full.swap(!fits, Ordering::Relaxed);
        if !fits {
            self.stats.lost_to_queue.fetch_add(1, Ordering::Relaxed);
        }
        match (was_full, fits) {
            (false, false) => tracing::error!(
                channel = self.channel,
                "the disk is too slow: segments are missing in the recording"
            ),
            (true, true) => tracing::info!(channel = self.channel, "the disk keeps up again"),
            _ => {}
        }
    }

    /// Whether all that was given before is written, or lost, within `limit`. Blocks.
    #[cfg(test)]
    pub(in super::super) fn flush(&self, limit: Duration) -> bool {
        self.queue.wait_handled(limit)
    }

    /// Takes nothing more; whether all is written and closed within `limit`. Blocks.
    pub(in super::super) fn finish(&self, limit: Duration) -> bool {
        self.queue.close();
        self.queue.wait_over(limit)
    }

    pub(in super::super) fn stats(&self) -> RecorderStats {
        let stats = &self.stats;
        let of = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        RecorderStats {
            segments: of(&stats.segments),
            bytes: of(&stats.bytes),
            lost_to_queue: of(&stats.lost_to_queue),
            lost_to_disk: of(&stats.lost_to_disk),
            refused: of(&stats.refused),
            files_removed: of(&stats.files_removed),
            queued_bytes: self.queue.bytes(),
            is_failing: stats.disk_fails.load(Ordering::Relaxed)
                || stats.queue_is_full.load(Ordering::Relaxed),
        }
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        self.queue.close();
    }
}

fn run<V: Volume>(queue: &Queue, writer: Writer<V>) {
    /// Told whatever ends the thread, when the writer has let go of the recording.
    struct Over<'a>(&'a Queue);
    impl Drop for Over<'_> {
        fn drop(&mut self) {
            self.0.close();
            self.0.over();
        }
    }
    let _over = Over(queue);
    let mut writer = writer;
    loop {
        match queue.next(TICK) {
            Next::Item(item) => {
                let bytes = item.segment.bytes();
                writer.take(&item);
                drop(item);
                queue.handled(bytes);
            }
            Next::Nothing => {}
            Next::Closed => break,
        }
        writer.tick(Instant::now(), unix_ms());
    }
    writer.close();
}

fn unix_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| {
        i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
    })
}
