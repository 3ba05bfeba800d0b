//! Reads the segments of a film, and writes their samples.
use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, BufWriter, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::Arc;

use edgepack_isobmff::BoxWriter;
use edgepack_isobmff::stream::{Fragment, Sample};

use super::super::files::RecordedHeader;
use super::super::media::chunks;
use super::super::record::{Entry, millis};
use super::super::{Recording, RecordingError};
use super::boxes::{self, Shown, TrackBoxes};
use super::pick::{PREROLL_MS, Picked, tolerance};
use super::table::Table;
use super::{Harvest, HarvestError, HarvestedTrack};

/// Movie time is counted in no fewer ticks a second: what edits say is to the tick of any track.
const MIN_TIMESCALE: u32 = 90_000;
/// Of the `mdat`, with a 64-bit size.
const MDAT_HEADER: u64 = 16;

/// A film under way.
pub(super) struct Film<'a> {
    recording: &'a Recording,
    target: &'a Path,
    out: BufWriter<&'a File>,
    /// Bytes written.
    at: u64,
    mdat: u64,
    /// The first leads.
    tracks: Vec<Cut>,
    start_ms: i64,
}

#[derive(Debug)]
struct Cut {
    picked: Picked,
    priming: u64,
    header: Arc<RecordedHeader>,
    left: VecDeque<(Arc<RecordedHeader>, Entry)>,
    table: Table,
    /// Decode time of the first sample that is taken.
    start: Option<u64>,
}

/// A moment on the encoder's time line.
#[derive(Debug, Clone, Copy)]
struct Moment {
    ticks: i128,
    timescale: i128,
}

impl Moment {
    /// To the nearest tick.
    fn in_ticks(self, timescale: u32) -> i128 {
        (self.ticks * i128::from(timescale) * 2 + self.timescale).div_euclid(2 * self.timescale)
    }
}

impl<'a> Film<'a> {
    pub(super) fn new(
        recording: &'a Recording,
        picked: Vec<Picked>,
        file: &'a File,
        target: &'a Path,
    ) -> Result<Self, HarvestError> {
        let mut tracks = Vec::with_capacity(picked.len());
        for picked in picked {
            let Some((header, _)) = picked.segments.first() else {
                return Err(HarvestError::NoTracks);
            };
            tracks.push(Cut {
                priming: picked.priming(),
                header: Arc::clone(header),
                left: picked.segments.iter().cloned().collect(),
                picked,
                table: Table::default(),
                start: None,
            });
        }
        let first = tracks.first().and_then(|lead| lead.left.front());
        Ok(Self {
            recording,
            target,
            out: BufWriter::with_capacity(1 << 20, file),
            at: 0,
            mdat: 0,
            start_ms: first.map_or(0, |(_, entry)| entry.wall_clock_ms),
            tracks,
        })
    }

    /// `ftyp`, and the samples in an `mdat`: segment by segment as they were sent.
    pub(super) fn write(&mut self) -> Result<(), HarvestError> {
        let mut w = BoxWriter::new();
        boxes::write_ftyp(&mut w);
        self.mdat = u64::try_from(w.len()).unwrap_or(0);
        w.u32(1);
        w.bytes(b"mdat");
        w.u64(0);
        self.put(&w.into_vec())?;
        // Where the film begins is known by the lead's first sample.
        self.segment(0)?;
        while let Some(next) = self.earliest() {
            self.segment(next)?;
        }
        Ok(())
    }

    /// Sizes and tables.
    pub(super) fn finish(mut self) -> Result<Harvest, HarvestError> {
        let mdat = self.at - self.mdat;
        let lead = self.tracks.first().ok_or(HarvestError::NoTracks)?;
        let own = lead.header.timescale.max(1);
        let timescale = own.saturating_mul(MIN_TIMESCALE.div_ceil(own));
        let (start, length) = (lead.shown_from(), lead.table.duration);
        let mut written = Vec::with_capacity(self.tracks.len());
        for track in &self.tracks {
            if track.table.len() == 0 {
                return Err(HarvestError::Nothing {
                    track: track.picked.name.clone(),
                    from_ms: self.start_ms,
                    to_ms: self.start_ms + millis(length, own),
                });
            }
            let (shown, shift) = track.shown(start, (length, own), timescale);
            written.push(TrackBoxes {
                header: &track.header,
                table: &track.table,
                shown,
                shift,
            });
        }
        let mut w = BoxWriter::new();
        boxes::write_moov(&mut w, timescale, &written);
        let moov = w.into_vec();
        let harvest = Harvest {
            bytes: self.at + u64::try_from(moov.len()).unwrap_or(0),
            start_ms: self.start_ms,
            duration_ms: millis(length, own).unsigned_abs(),
            tracks: self.tracks.iter().map(Cut::told).collect(),
        };
        self.put(&moov)?;
        let at = self.mdat + MDAT_HEADER / 2;
        let patched = self
            .out
            .seek(SeekFrom::Start(at))
            .and_then(|_| self.out.write_all(&mdat.to_be_bytes()))
            .and_then(|()| self.out.flush());
        patched.map_err(|source| self.fault(source))?;
        Ok(harvest)
    }

    /// The track whose next segment begins first.
    fn earliest(&self) -> Option<usize> {
        let next = self.tracks.iter().enumerate().filter_map(|(at, track)| {
            let (_, entry) = track.left.front()?;
            let micros = u128::from(entry.start) * 1_000_000;
            Some((micros / u128::from(track.header.timescale.max(1)), at))
        });
        next.min().map(|(_, at)| at)
    }

    /// The next one of a track.
    fn segment(&mut self, index: usize) -> Result<(), HarvestError> {
        let lead = self.tracks.first().and_then(Cut::moment);
        let Some(track) = self.tracks.get_mut(index) else {
            return Ok(());
        };
        let Some((header, entry)) = track.left.pop_front() else {
            return Ok(());
        };
        let (name, epoch) = (track.picked.name.clone(), track.picked.epoch);
        let end = self.tracks.first().map(Cut::end);
        let bytes = self.recording.read(&name, epoch, entry.number)?;
        let chunks = chunks(&header, bytes).map_err(|reason| {
            let located = self.recording.locate(&name, epoch, entry.number);
            HarvestError::Recording(RecordingError::NoMedia {
                path: located.map(|located| located.path).unwrap_or_default(),
                offset: entry.offset,
                reason,
            })
        })?;
        let raw = header.stream.movie.tracks.first();
        let raw = raw.and_then(|track| track.sample_entries.first());
        let raw = raw.map(|entry| entry.raw.clone()).unwrap_or_default();
        let at = self.at;
        let Some(track) = self.tracks.get_mut(index) else {
            return Ok(());
        };
        let description = track.table.entry(&raw);
        track.table.begin_chunk(at, description);
        let mut media = Vec::new();
        for chunk in &chunks {
            for fragment in &chunk.fragments {
                track.take(fragment, &entry, lead.zip(end), &mut media)?;
            }
        }
        self.put(&media)
    }

    fn put(&mut self, bytes: &[u8]) -> Result<(), HarvestError> {
        let outcome = self.out.write_all(bytes);
        outcome.map_err(|source| self.fault(source))?;
        self.at += u64::try_from(bytes.len()).unwrap_or(0);
        Ok(())
    }

    fn fault(&self, source: io::Error) -> HarvestError {
        HarvestError::Io {
            path: self.target.to_owned(),
            source,
        }
    }
}

impl Cut {
    /// Samples of a fragment, but for sound that lies outside of the film.
    fn take(
        &mut self,
        fragment: &Fragment,
        entry: &Entry,
        film: Option<(Moment, Moment)>,
        media: &mut Vec<u8>,
    ) -> Result<(), HarvestError> {
        let timescale = self.header.timescale;
        let is_trimmed = self.header.header.all_sync();
        let bounds = film.filter(|_| is_trimmed).map(|(from, until)| {
            let preroll = i128::from(timescale) * i128::from(PREROLL_MS) / 1000;
            (
                from.in_ticks(timescale) - preroll,
                until.in_ticks(timescale),
            )
        });
        let mut time = fragment.decode_time;
        let mut from = 0;
        for sample in &fragment.samples {
            let size = usize::try_from(sample.size).unwrap_or(usize::MAX);
            let end = time.saturating_add(u64::from(sample.duration));
            let shown = |time: u64| i128::from(time) - i128::from(self.priming);
            let is_in = bounds.is_none_or(|(first, last)| shown(end) > first && shown(time) < last);
            if is_in {
                self.add(time, sample, entry)?;
                media.extend_from_slice(fragment.data.get(from..from + size).unwrap_or_default());
            }
            (time, from) = (end, from + size);
        }
        Ok(())
    }

    fn add(&mut self, time: u64, sample: &Sample, entry: &Entry) -> Result<(), HarvestError> {
        let start = *self.start.get_or_insert(time);
        let track = || self.picked.name.clone();
        let at_ms = |time: u64| {
            let ms = millis(time.saturating_sub(entry.start), self.header.timescale);
            entry.wall_clock_ms.saturating_add(ms)
        };
        let due = start + self.table.duration;
        match time.checked_sub(due) {
            Some(0) => {}
            Some(late) if late <= tolerance(self.header.timescale) => {
                self.table.prolong(u32::try_from(late).unwrap_or(0));
            }
            Some(_) => {
                return Err(HarvestError::Gap {
                    track: track(),
                    from_ms: at_ms(due),
                    until_ms: at_ms(time),
                });
            }
            None => {
                return Err(HarvestError::Discontinuity {
                    track: track(),
                    at_ms: at_ms(time),
                });
            }
        }
        let added = self.table.add(sample);
        added.ok_or_else(|| HarvestError::TooLong { track: track() })
    }

    /// When its first sample is shown.
    fn shown_from(&self) -> Moment {
        let start = i128::from(self.start.unwrap_or(0));
        Moment {
            ticks: start + i128::from(self.table.first_offset) - i128::from(self.priming),
            timescale: i128::from(self.header.timescale.max(1)),
        }
    }

    /// None before the first sample.
    fn moment(&self) -> Option<Moment> {
        self.start.map(|_| self.shown_from())
    }

    /// When the last of its segments ends.
    fn end(&self) -> Moment {
        let last = self.picked.segments.last();
        let end = last.map_or(0, |(_, entry)| entry.start.saturating_add(entry.duration));
        let first = self.shown_from();
        let start = i128::from(self.start.unwrap_or(0));
        Moment {
            ticks: first.ticks + i128::from(end) - start,
            ..first
        }
    }

    /// Beside a lead that is shown from `start` on for `length` (ticks, timescale). The second value is added to every
    /// composition offset, so that none of what is shown lies before the media's time 0.
    fn shown(&self, start: Moment, length: (u64, u32), timescale: u32) -> (Shown, i64) {
        let own = self.header.timescale.max(1);
        let shift = self.table.earliest.min(0).unsigned_abs();
        let begins = i128::from(self.start.unwrap_or(0));
        let media_time =
            start.in_ticks(own) + i128::from(self.priming) + i128::from(shift) - begins;
        let scaled = |ticks: i128, from: u32| {
            let moment = Moment {
                ticks,
                timescale: i128::from(from.max(1)),
            };
            u64::try_from(moment.in_ticks(timescale)).unwrap_or(0)
        };
        let delay = scaled((-media_time).max(0), own);
        let media_time = media_time.max(0);
        // The last sample in composition order ends so far behind the first decode time.
        let end = i128::from(self.table.duration)
            + i128::from(self.table.first_offset)
            + i128::from(shift);
        let own_length = scaled((end - media_time).max(0), own);
        let film = scaled(i128::from(length.0), length.1);
        let shown = Shown {
            delay,
            duration: own_length.min(film.saturating_sub(delay)),
            media_time: u64::try_from(media_time).unwrap_or(0),
        };
        (shown, i64::try_from(shift).unwrap_or(0))
    }

    fn told(&self) -> HarvestedTrack {
        HarvestedTrack {
            name: self.picked.name.clone(),
            samples: u64::try_from(self.table.len()).unwrap_or(u64::MAX),
        }
    }
}
