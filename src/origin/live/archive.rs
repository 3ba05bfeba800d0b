//! A channel's recording at work: filled with what is complete, read by viewers who come later.
mod metrics;

use std::io;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use edgepack_packager::Kind;
use edgepack_packager::live::Segment;
use tokio::task::spawn_blocking;

pub(super) use self::metrics::RecordingCollector;
use super::protection::Cover;
use super::recording::{
    HarvestError, RecordedHeader, Recorder, RecorderStats, Recording, RecordingError,
};
use super::track::Track;
use super::{Opening, faults};
use crate::admin::{Film, FilmTrack, NoFilm, Order};
use crate::cache::{Entry, Filler, SegmentCache};
use crate::config::{self, Protection};
use crate::delivery::Fault;
use crate::origin::protection::faults::not_protectable;

/// For what waits for the disk when the node ends.
const LAST_WORDS: Duration = Duration::from_secs(5);

#[derive(Debug)]
pub(super) struct Archive {
    channel: String,
    recording: Arc<Recording>,
    recorder: Recorder,
    /// Where films go.
    films: Option<PathBuf>,
    /// What was read for viewers, who come in crowds to the same programme.
    cache: SegmentCache<Key>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Key {
    track: String,
    protection: Protection,
    epoch: u32,
    number: u64,
}

impl Archive {
    /// `cache`: bytes kept of what was read.
    ///
    /// # Errors
    /// A folder that cannot be used.
    pub(super) fn open(
        options: &config::Recording,
        mount: &str,
        channel: &str,
        cache: u64,
    ) -> Result<Self, Opening> {
        let failed = |reason: String| Opening {
            channel: format!("{mount}/{channel}"),
            reason,
        };
        let recording = Recording::open(options, mount, channel);
        let recording = Arc::new(recording.map_err(|error| failed(error.to_string()))?);
        let recorder = Recorder::start(Arc::clone(&recording), channel);
        Ok(Self {
            channel: channel.to_owned(),
            recorder: recorder.map_err(|error: io::Error| failed(error.to_string()))?,
            recording,
            films: options.harvest_directory.clone(),
            cache: SegmentCache::new(cache),
        })
    }

    /// The latest life that is recorded.
    pub(super) fn newest_epoch(&self) -> Option<u32> {
        self.recording.newest_epoch()
    }

    /// Unix milliseconds.
    pub(super) fn span(&self) -> Option<(i64, i64)> {
        self.recording.span()
    }

    /// Bytes on disk.
    pub(super) fn bytes(&self) -> u64 {
        self.recording.bytes()
    }

    pub(super) fn stats(&self) -> RecorderStats {
        self.recorder.stats()
    }

    /// What of a track's segments is complete and was not recorded yet. Nothing of a track without a name, which comes
    /// with its first whole segment.
    pub(super) fn record(&self, track: &mut Track) {
        let Some(name) = track.name.clone() else {
            return;
        };
        let window = track.line.window();
        for segment in &window.segments {
            if segment.number < track.recorded || !segment.complete {
                continue;
            }
            track.recorded = segment.number + 1;
            let at = usize::try_from(segment.header).unwrap_or(usize::MAX);
            if let Some(header) = track.headers.get(at).filter(|_| !segment.gap) {
                self.recorder
                    .record(&name, header, window.timescale, segment);
            }
        }
    }

    /// Of a track that have a moment of the time in them (Unix milliseconds), as far as they share its timescale.
    pub(super) fn segments(
        &self,
        track: &str,
        timescale: u32,
        from_ms: i64,
        to_ms: i64,
    ) -> Vec<Arc<Segment>> {
        let mut segments = self.recording.segments(track, from_ms, to_ms);
        let mut of_last = None;
        segments.retain(|segment| {
            let named = (segment.epoch, segment.header);
            let is_same = match of_last {
                Some((known, is_same)) if known == named => is_same,
                _ => {
                    let header = self.header(track, segment.epoch, segment.header);
                    header.is_some_and(|header| header.timescale == timescale)
                }
            };
            of_last = Some((named, is_same));
            segment.gap || is_same
        });
        segments
    }

    /// Whether there is a segment with one of these numbers under this header (epoch, and number in it).
    pub(super) fn has(&self, track: &str, header: (u32, u32), numbers: &Range<u64>) -> bool {
        self.recording.has(track, header, numbers)
    }

    /// Least and greatest number of those segments.
    pub(super) fn numbers(&self, track: &str, from_ms: i64, to_ms: i64) -> Option<(u64, u64)> {
        self.recording.numbers(track, from_ms, to_ms)
    }

    pub(super) fn header(
        &self,
        track: &str,
        epoch: u32,
        number: u32,
    ) -> Option<Arc<RecordedHeader>> {
        self.recording.header(track, epoch, number)
    }

    /// What the segment is decoded with; none where it is not recorded.
    pub(super) fn header_of(
        &self,
        track: &str,
        epoch: u32,
        number: u64,
    ) -> Option<Arc<RecordedHeader>> {
        self.recording.header_of(track, epoch, number)
    }

    /// A segment, read and made when it is not kept.
    pub(super) fn segment(
        &self,
        track: &str,
        protection: Protection,
        (epoch, number): (u32, u64),
        cover: Cover,
    ) -> Arc<Entry> {
        let key = Key {
            track: track.to_owned(),
            protection,
            epoch,
            number,
        };
        let (recording, channel) = (Arc::clone(&self.recording), self.channel.clone());
        let track = track.to_owned();
        let fill = |filler: Filler| async move {
            let made =
                spawn_blocking(move || read(&recording, &channel, &track, (epoch, number), cover));
            let made = made
                .await
                .map_err(|error| faults::internal(error.to_string()));
            fill(filler, made.and_then(|made| made));
        };
        self.cache.get_or_fill(key, fill).0
    }

    /// Blocks.
    ///
    /// # Errors
    /// [`NoFilm`]
    pub(super) fn harvest(&self, order: &Order) -> Result<Film, NoFilm> {
        let folder = self.films.as_ref().ok_or(NoFilm::NotConfigured)?;
        let target = folder.join(&order.name);
        let (start_ms, end_ms) = (order.start_ms, order.end_ms);
        let mut tracks = self.recording.tracks();
        // Others are of another time.
        tracks.retain(|track| self.numbers(track, start_ms, end_ms).is_some());
        // The first one leads.
        tracks.sort_by_key(|track| self.recording.kind(track) != Some(Kind::Video));
        let tracks: Vec<&str> = tracks.iter().map(String::as_str).collect();
        let made = self
            .recording
            .harvest(&tracks, order.start_ms, order.end_ms, &target);
        let film = made.map_err(|error| {
            let reason = error.to_string();
            match error {
                HarvestError::NoTracks | HarvestError::Nothing { .. } => NoFilm::Nothing(reason),
                HarvestError::Gap { .. }
                | HarvestError::Discontinuity { .. }
                | HarvestError::TooLong { .. } => NoFilm::Unfit(reason),
                HarvestError::Recording(_) | HarvestError::Io { .. } => {
                    tracing::error!(channel = self.channel, error = reason, "no film");
                    NoFilm::Failed
                }
            }
        })?;
        Ok(Film {
            file: target.display().to_string(),
            bytes: film.bytes,
            start_ms: film.start_ms,
            duration_ms: film.duration_ms,
            tracks: film
                .tracks
                .into_iter()
                .map(|track| FilmTrack {
                    name: track.name,
                    samples: track.samples,
                })
                .collect(),
        })
    }
}

impl Drop for Archive {
    fn drop(&mut self) {
        if !self.recorder.finish(LAST_WORDS) {
            tracing::warn!(
                channel = self.channel,
                "the disk does not keep up: the recording's end is lost"
            );
        }
    }
}

fn fill(mut filler: Filler, made: Result<Vec<Bytes>, Fault>) {
    match made {
        Ok(pieces) => {
            pieces.into_iter().for_each(|piece| filler.push(piece));
            filler.finish();
        }
        Err(fault) => filler.fail(fault),
    }
}

fn read(
    recording: &Recording,
    channel: &str,
    track: &str,
    (epoch, number): (u32, u64),
    cover: Cover,
) -> Result<Vec<Bytes>, Fault> {
    let not_read = |error: RecordingError| match error {
        RecordingError::NotThere { .. } => faults::no_such_segment(),
        error => faults::not_read(channel, &error),
    };
    let Cover::Samples {
        mut encryptor,
        grouped,
    } = cover
    else {
        let bytes = recording.read(track, epoch, number).map_err(not_read)?;
        return Ok(vec![bytes]);
    };
    let parts = recording.parts(track, epoch, number).map_err(not_read)?;
    let mut pieces = Vec::new();
    for (index, part) in parts.iter().enumerate() {
        let made = part.protect(&mut encryptor, grouped, index == 0, part.sequence_number());
        pieces.extend(made.map_err(|error| not_protectable(channel, error))?);
    }
    Ok(pieces)
}
