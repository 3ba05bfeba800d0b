//! Appends segments to files. Bytes first, then their record: what has a record is there.
use std::collections::HashMap;
use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use bytes::Bytes;
use edgepack_packager::HeaderProtection;

use super::Recording;
use super::files::{RecordedHeader, TrackFile};
use super::names::FileName;
use super::queue::Item;
use super::record::{Common, Entry, RECORD_LEN, Record};
use super::recorder::Counters;
use super::volume::Volume;
use crate::config::Fsync;

/// Gaps that wait for a file to be told in.
const MAX_WAITING: usize = 1024;
/// A file gets no larger part of what its channel may take.
const FILE_SHARE: u64 = 32;
/// Between looks at what is too old.
const RETAIN_EVERY: Duration = Duration::from_secs(10);

pub(super) struct Writer<V> {
    recording: Arc<Recording>,
    channel: String,
    volume: V,
    tracks: HashMap<Arc<str>, Track>,
    stats: Arc<Counters>,
    retained: Option<Instant>,
    synced: Instant,
}

#[derive(Debug, Default)]
struct Track {
    open: Option<Open>,
    /// Gaps, and the epoch they are of, since there was a file last.
    waiting: Vec<(u32, Entry)>,
}

/// A pair of files that is appended to.
#[derive(Debug)]
struct Open {
    common: Common,
    media: File,
    index: File,
    media_bytes: u64,
    index_bytes: u64,
    /// Decode time of its first segment.
    start: u64,
    is_synced: bool,
    written: Instant,
}

impl<V: Volume> Writer<V> {
    pub(super) fn new(
        recording: Arc<Recording>,
        channel: &str,
        volume: V,
        stats: Arc<Counters>,
    ) -> Self {
        Self {
            recording,
            channel: channel.to_owned(),
            volume,
            tracks: HashMap::new(),
            stats,
            retained: None,
            synced: Instant::now(),
        }
    }

    pub(super) fn take(&mut self, item: &Item) {
        let segment = &item.segment;
        if !segment.complete || !self.is_next(item) {
            self.stats.refused.fetch_add(1, Ordering::Relaxed);
            return;
        }
        if segment.gap || segment.parts.is_empty() {
            self.lose(item);
            return;
        }
        match self.write(item) {
            Ok(bytes) => {
                self.stats.segments.fetch_add(1, Ordering::Relaxed);
                self.stats.bytes.fetch_add(bytes, Ordering::Relaxed);
                self.works(true, None);
            }
            Err(error) => {
                self.stats.lost_to_disk.fetch_add(1, Ordering::Relaxed);
                self.works(false, Some(&error));
                self.lose(item);
            }
        }
    }

    /// What is due without a segment.
    pub(super) fn tick(&mut self, now: Instant, unix_ms: i64) {
        let options = &self.recording.options;
        let (fsync, interval) = (options.fsync, options.fsync_interval);
        if fsync == Fsync::Interval && now.saturating_duration_since(self.synced) >= interval {
            self.synced = now;
            self.sync_all();
        }
        let silent_after = self.recording.options.file_duration;
        let silent = self.tracks.iter().filter(|(_, track)| {
            let open = track.open.as_ref();
            open.is_some_and(|open| now.saturating_duration_since(open.written) > silent_after)
        });
        let silent: Vec<Arc<str>> = silent.map(|(name, _)| Arc::clone(name)).collect();
        silent.iter().for_each(|name| self.close_file(name));
        let is_due = |last| now.saturating_duration_since(last) >= RETAIN_EVERY;
        if self.retained.is_none_or(is_due) {
            self.retained = Some(now);
            let removed = self.recording.retain(unix_ms);
            self.stats
                .files_removed
                .fetch_add(removed, Ordering::Relaxed);
        }
    }

    pub(super) fn close(&mut self) {
        let names: Vec<Arc<str>> = self.tracks.keys().cloned().collect();
        names.iter().for_each(|name| self.close_file(name));
    }

    /// Whether a segment comes after all that is there: its name means something else otherwise.
    fn is_next(&self, item: &Item) -> bool {
        let name = (item.segment.epoch, item.segment.number);
        let last = self.recording.lock().last(&item.track);
        let last = last.map(|(common, entry)| (common.epoch, entry.number));
        let waiting = self
            .tracks
            .get(&item.track)
            .and_then(|track| track.waiting.last());
        let waiting = waiting.map(|(epoch, entry)| (*epoch, entry.number));
        last.max(waiting).is_none_or(|last| last < name)
    }

    fn write(&mut self, item: &Item) -> io::Result<u64> {
        let segment = &item.segment;
        let mut pieces: Vec<Bytes> = Vec::new();
        for (at, part) in segment.parts.iter().enumerate() {
            pieces.extend(part.clear(at == 0, part.sequence_number()));
        }
        let mut crc = crc32fast::Hasher::new();
        pieces.iter().for_each(|piece| crc.update(piece));
        let length = pieces.iter().map(Bytes::len).sum::<usize>();
        let length = u64::try_from(length).unwrap_or(u64::MAX);

        self.file_for(item)?;
        let entry = Entry {
            gap: false,
            length,
            crc: crc.finalize(),
            ..Entry::gap(segment)
        };
        self.append(&item.track, entry, &pieces)?;
        Ok(length)
    }

    /// The channel has nothing for this place, or what it has could not be kept.
    fn lose(&mut self, item: &Item) {
        let (segment, entry) = (&item.segment, Entry::gap(&item.segment));
        let track = self.tracks.entry(Arc::clone(&item.track)).or_default();
        match &track.open {
            Some(open) if open.common.epoch == segment.epoch => {
                if let Err(error) = self.append(&item.track, entry, &[]) {
                    self.works(false, Some(&error));
                    // Opened again, what is missing between two numbers is told as gaps.
                    self.recording.lock().add(&item.track, entry);
                }
            }
            _ => {
                if track.waiting.len() == MAX_WAITING {
                    track.waiting.remove(0);
                }
                track.waiting.push((segment.epoch, entry));
            }
        }
    }

    /// Bytes and record of a segment, at the end of the track's open files. Where that fails they are as they were before,
    /// or no longer open.
    fn append(&mut self, track: &Arc<str>, entry: Entry, pieces: &[Bytes]) -> io::Result<()> {
        let Some(open) = self
            .tracks
            .get_mut(track)
            .and_then(|track| track.open.as_mut())
        else {
            return Err(io::Error::other("no file is open"));
        };
        let entry = Entry {
            offset: open.media_bytes,
            ..entry
        };
        let fsync = self.recording.options.fsync;
        let outcome = open.append(&mut self.volume, entry, pieces, fsync);
        if outcome.is_err() {
            if open.restore(&mut self.volume).is_err() {
                self.abandon(track);
            }
            return outcome;
        }
        let mut catalogue = self.recording.lock();
        catalogue.add(track, entry);
        if let Some(file) = catalogue.open_file(track) {
            file.grew(1, entry.length);
        }
        Ok(())
    }

    /// Has a file open that the segment can go into.
    fn file_for(&mut self, item: &Item) -> io::Result<()> {
        let segment = &item.segment;
        let common = Common {
            epoch: segment.epoch,
            header: segment.header,
            timescale: item.timescale,
        };
        let options = &self.recording.options;
        let lasts = u128::from(item.timescale) * options.file_duration.as_millis() / 1000;
        let most = options.max_bytes.map_or(u64::MAX, |max| max / FILE_SHARE);
        let track = self.tracks.entry(Arc::clone(&item.track)).or_default();
        let goes_on = track.open.as_ref().is_some_and(|open| {
            let so_far = segment.start.checked_sub(open.start);
            open.common == common
                && !segment.discontinuity
                && so_far.is_some_and(|so_far| u128::from(so_far) < lasts)
                && open.media_bytes < most
        });
        if goes_on {
            return Ok(());
        }
        self.close_file(&item.track);
        self.begin(item, common)
    }

    fn begin(&mut self, item: &Item, common: Common) -> io::Result<()> {
        let header = item
            .header
            .cmaf(item.timescale, HeaderProtection::Clear, &[]);
        let header = header.map_err(io::Error::other)?;
        let known = self
            .recording
            .header(&item.track, common.epoch, common.header);
        let parsed = match known.filter(|known| known.is(common) && known.bytes == header) {
            Some(known) => Some(known),
            None => RecordedHeader::parse(common, header.clone()),
        };
        let parsed = parsed.ok_or_else(|| io::Error::other("a CMAF header that cannot be read"))?;
        let folder = self.recording.track_folder(&item.track);
        let name = FileName {
            epoch: common.epoch,
            number: item.segment.number,
        };
        let fsync = self.recording.options.fsync != Fsync::Never;
        let start = item.segment.start;
        let open = Open::create(
            &mut self.volume,
            &folder,
            name,
            common,
            &header,
            start,
            fsync,
        )?;
        let file = TrackFile {
            name,
            common,
            header: Some(parsed),
            entries: Vec::new(),
            media_bytes: open.media_bytes,
            index_bytes: open.index_bytes,
            is_open: true,
        };
        self.recording.lock().begin(&item.track, file);
        let track = self.tracks.entry(Arc::clone(&item.track)).or_default();
        track.open = Some(open);
        let waiting = std::mem::take(&mut track.waiting);
        for (_, entry) in waiting.iter().filter(|(epoch, _)| *epoch == common.epoch) {
            self.append(&item.track, *entry, &[])?;
        }
        Ok(())
    }

    fn close_file(&mut self, track: &Arc<str>) {
        let open = self
            .tracks
            .get_mut(track)
            .and_then(|track| track.open.take());
        let Some(mut open) = open else {
            return;
        };
        if self.recording.options.fsync != Fsync::Never
            && let Err(error) = open.sync(&mut self.volume)
        {
            self.works(false, Some(&error));
        }
        self.abandon(track);
    }

    /// Nothing more is appended to the track's file.
    fn abandon(&mut self, track: &Arc<str>) {
        if let Some(track) = self.tracks.get_mut(track) {
            track.open = None;
        }
        if let Some(file) = self.recording.lock().open_file(track) {
            file.is_open = false;
        }
    }

    fn sync_all(&mut self) {
        let mut outcome = Ok(());
        for open in self
            .tracks
            .values_mut()
            .filter_map(|track| track.open.as_mut())
        {
            outcome = outcome.and(open.sync(&mut self.volume));
        }
        if let Err(error) = outcome {
            self.works(false, Some(&error));
        }
    }

    /// Says when that changes.
    fn works(&self, works: bool, error: Option<&io::Error>) {
        let failed = self.stats.disk_fails.swap(!works, Ordering::Relaxed);
        match (failed, works) {
            (false, false) => tracing::error!(
                channel = self.channel,
                error = error.map(tracing::field::display),
                "the recording cannot be written: segments are missing in it"
            ),
            (true, true) => {
                let lost = self.stats.lost_to_disk.load(Ordering::Relaxed);
                tracing::info!(
                    channel = self.channel,
                    lost,
                    "the recording can be written again"
                );
            }
            _ => {}
        }
    }
}

impl Open {
    /// The index with its first record, then the media file with its header. Where that fails nothing of them stays, or
    /// an index alone, which the next opening removes.
    fn create(
        volume: &mut impl Volume,
        folder: &Path,
        name: FileName,
        common: Common,
        header: &Bytes,
        start: u64,
        fsync: bool,
    ) -> io::Result<Self> {
        let (index_path, media_path) = (name.index(folder), name.media(folder));
        let length = u64::try_from(header.len()).unwrap_or(u64::MAX);
        let record = Record::Header {
            common,
            length,
            crc: crc32fast::hash(header),
        };
        let index = volume.create(&index_path)?;
        let mut made_media = false;
        let mut make = || {
            volume.append(&index, 0, &[Bytes::copy_from_slice(&record.write())])?;
            let media = volume.create(&media_path)?;
            made_media = true;
            volume.append(&media, 0, std::slice::from_ref(header))?;
            if fsync {
                volume.sync(&media)?;
                volume.sync(&index)?;
                volume.sync_folder(folder)?;
            }
            Ok(media)
        };
        let made: io::Result<File> = make();
        if made.is_err() {
            // What cannot be removed is not worth more than the first error.
            if made_media {
                let _ = fs::remove_file(&media_path);
            }
            let _ = fs::remove_file(&index_path);
        }
        Ok(Self {
            common,
            media: made?,
            index,
            media_bytes: length,
            index_bytes: u64::try_from(RECORD_LEN).unwrap_or(0),
            start,
            is_synced: fsync,
            written: Instant::now(),
        })
    }

    fn append(
        &mut self,
        volume: &mut impl Volume,
        entry: Entry,
        pieces: &[Bytes],
        fsync: Fsync,
    ) -> io::Result<()> {
        let record = Record::Segment {
            common: self.common,
            entry,
        };
        self.is_synced = false;
        volume.append(&self.media, self.media_bytes, pieces)?;
        if fsync == Fsync::Segment && entry.length > 0 {
            volume.sync(&self.media)?;
        }
        let record = Bytes::copy_from_slice(&record.write());
        volume.append(&self.index, self.index_bytes, &[record])?;
        if fsync == Fsync::Segment {
            volume.sync(&self.index)?;
            self.is_synced = true;
        }
        self.media_bytes += entry.length;
        self.index_bytes += u64::try_from(RECORD_LEN).unwrap_or(0);
        self.written = Instant::now();
        Ok(())
    }

    /// Cuts off what was not appended whole: the record first.
    fn restore(&self, volume: &mut impl Volume) -> io::Result<()> {
        volume.cut(&self.index, self.index_bytes)?;
        volume.cut(&self.media, self.media_bytes)
    }

    /// Media first, so that no record comes to the medium before what it is of.
    fn sync(&mut self, volume: &mut impl Volume) -> io::Result<()> {
        if !self.is_synced {
            volume.sync(&self.media)?;
            volume.sync(&self.index)?;
            self.is_synced = true;
        }
        Ok(())
    }
}
