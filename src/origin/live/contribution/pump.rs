//! From the child's pipe into the channel.
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::{Bytes, BytesMut};
use edgepack_isobmff::stream::{Chunk, Item, ProducerTime, StreamLimits, StreamReader};
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::time::timeout;

use super::metrics::Cells;
use crate::delivery::Fault;
use crate::origin::live::channel::Channel;
use crate::origin::live::faults;
use crate::origin::live::ingest::Taking;

/// What the channel knows the child's tracks by. No push can have it: a file name with a bracket is a folder's.
const KEY: &str = "(contribution)";
const READ_BYTES: usize = 64 << 10;
/// The pipe is empty for so long: what follows comes as it is made.
const LULL: Duration = Duration::from_millis(100);
/// Bytes held until then.
const MAX_HELD: usize = 32 << 20;
/// What the clock was read for is left open, but it was read the same way throughout (ISO/IEC 14496-12, 8.16.5).
const CONSISTENT: u32 = 8;

/// What came of a life.
pub(super) struct Delivered {
    pub(super) media: bool,
    /// Why the channel would not go on; none where the child closed its end.
    pub(super) fault: Option<String>,
}

/// Until the child closes its end, falls silent amid media, or brings what the channel does not take.
pub(super) async fn pump(
    channel: &Channel,
    stdout: impl AsyncRead + Unpin,
    metrics: &Cells,
) -> Delivered {
    let mut pump = Pump::new(channel);
    let outcome = pump.run(stdout, metrics).await;
    Delivered {
        media: pump.zero_us.is_some(),
        fault: outcome.err().map(|fault| {
            let (said, detail) = (fault.to_string(), "what the child wrote was refused");
            format!("{detail}: {said}")
        }),
    }
}

struct Pump<'a> {
    taking: Taking<'a>,
    reader: StreamReader,
    /// Unix time at which the tracks' time lines are 0, microseconds; none before it is known.
    zero_us: Option<i64>,
    /// Chunks that came before: ffmpeg looks at seconds of its input and then writes them at once.
    held: Vec<Chunk>,
    held_bytes: usize,
    /// Unix time at which the last of them came, microseconds.
    held_us: i64,
    /// By track id: timescale, and what the header adds to decode times.
    tracks: Vec<(u32, u32, u64)>,
}

impl<'a> Pump<'a> {
    fn new(channel: &'a Channel) -> Self {
        let mut hasher = DefaultHasher::new();
        KEY.hash(&mut hasher);
        Self {
            taking: Taking {
                channel,
                key: KEY.to_owned(),
                own_key: KEY.to_owned(),
                encoder: hasher.finish(),
                header: None,
            },
            reader: StreamReader::new(StreamLimits::default()),
            zero_us: None,
            held: Vec::new(),
            held_bytes: 0,
            held_us: 0,
            tracks: Vec::new(),
        }
    }

    /// # Errors
    /// Those of a push.
    async fn run(
        &mut self,
        mut stdout: impl AsyncRead + Unpin,
        metrics: &Cells,
    ) -> Result<(), Fault> {
        let silence = self.taking.channel.live.ingest_timeout;
        let mut began = false;
        loop {
            while let Some(item) = self.reader.next().map_err(|error| faults::stream(&error))? {
                self.came(item)?;
            }
            let mut piece = BytesMut::with_capacity(READ_BYTES);
            let reading = stdout.read_buf(&mut piece);
            let read = match (began, self.held.is_empty()) {
                // An encoder comes when it comes.
                (false, _) => reading.await,
                (true, false) => match timeout(LULL, reading).await {
                    Ok(read) => read,
                    Err(_) => {
                        self.settle()?;
                        continue;
                    }
                },
                (true, true) => timeout(silence, reading)
                    .await
                    .map_err(|_| faults::encoder_silent())?,
            };
            match read {
                Ok(count @ 1..) => {
                    began = true;
                    metrics.up.set(1);
                    metrics
                        .bytes
                        .inc_by(u64::try_from(count).unwrap_or(u64::MAX));
                    self.reader.push(piece.freeze());
                }
                // What is not whole is not wanted.
                Ok(0) | Err(_) => return self.settle(),
            }
        }
    }

    fn came(&mut self, item: Item) -> Result<(), Fault> {
        match item {
            Item::Header { ref header, .. } => {
                if self.tracks.is_empty() {
                    self.begin_anew();
                }
                let tracks = header.movie.tracks.iter();
                let tracks: Vec<(u32, u32)> = tracks.map(|t| (t.track_id, t.timescale)).collect();
                self.taking.came(item)?;
                self.tracks = tracks
                    .into_iter()
                    .map(|(id, timescale)| (id, timescale, self.decode_shift(id)))
                    .collect();
                Ok(())
            }
            Item::Chunk(chunk) if self.zero_us.is_none() => {
                let bytes = chunk.fragments.iter().map(|fragment| fragment.data.len());
                self.held_bytes += bytes.sum::<usize>();
                self.held.push(*chunk);
                self.held_us = now_us();
                match self.held_bytes > MAX_HELD {
                    true => self.settle(),
                    false => Ok(()),
                }
            }
            Item::Chunk(chunk) => self.chunk_came(*chunk),
            // The encoder hung up; another may come.
            Item::End | Item::Trailing(_) => Ok(()),
        }
    }

    /// What the tracks had is over, and their time lines with it.
    fn begin_anew(&self) {
        let mut state = self.taking.channel.lock();
        let tracks = state.tracks.iter_mut();
        tracks
            .filter(|track| track.key.0 == KEY)
            .for_each(|track| track.line.reopen());
    }

    /// The latest sample that is held was as new as it gets when it came.
    fn settle(&mut self) -> Result<(), Fault> {
        let fragments = self.held.iter().flat_map(|chunk| &chunk.fragments);
        let ends = fragments.filter_map(|fragment| {
            let durations = fragment.samples.iter().map(|s| u64::from(s.duration));
            self.micros(
                fragment.track_id,
                fragment.decode_time.saturating_add(durations.sum()),
            )
        });
        if let Some(end) = ends.max() {
            self.zero_us = Some(self.held_us.saturating_sub(end));
        }
        self.held_bytes = 0;
        let held = std::mem::take(&mut self.held);
        held.into_iter()
            .try_for_each(|chunk| self.chunk_came(chunk))
    }

    fn chunk_came(&mut self, mut chunk: Chunk) -> Result<(), Fault> {
        for fragment in &chunk.fragments {
            let times = &mut chunk.prelude.producer_times;
            let is_told = times.iter().any(|time| time.track_id == fragment.track_id);
            if !is_told {
                times.push(ProducerTime {
                    track_id: fragment.track_id,
                    unix_us: self.zero_us,
                    media_time: 0,
                    flags: CONSISTENT,
                    raw: Bytes::new(),
                });
            }
        }
        self.taking.came(Item::Chunk(Box::new(chunk)))
    }

    fn micros(&self, track_id: u32, decode_time: u64) -> Option<i64> {
        let mut tracks = self.tracks.iter();
        let (_, timescale, shift) = tracks.find(|(id, ..)| *id == track_id)?;
        let time = i128::from(decode_time) + i128::from(*shift);
        i64::try_from(time * 1_000_000 / i128::from((*timescale).max(1))).ok()
    }

    fn decode_shift(&self, track_id: u32) -> u64 {
        let state = self.taking.channel.lock();
        let mut tracks = state.tracks.iter();
        let track = tracks.find(|track| track.key.0 == KEY && track.key.1 == track_id);
        track.map_or(0, |track| track.header().time().decode_shift)
    }
}

fn now_us() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| {
        i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
    })
}
