//! All that is recorded of a channel, in memory: 64 bytes a segment.
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use super::files::{RecordedHeader, TrackFile};
use super::names::FileName;
use super::record::{Common, Entry, millis};

/// Numbers that are missing between two segments are told as gaps up to so many.
const MAX_FILLED: u64 = 1024;

#[derive(Debug, Default)]
pub(super) struct Catalogue {
    tracks: BTreeMap<String, VecDeque<TrackFile>>,
}

/// Where a segment is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Found<'a> {
    pub(super) file: &'a TrackFile,
    pub(super) entry: &'a Entry,
}

impl Catalogue {
    pub(super) fn tracks(&self) -> Vec<String> {
        let recorded = self.tracks.iter().filter(|(_, files)| !files.is_empty());
        recorded.map(|(name, _)| name.clone()).collect()
    }

    /// Oldest first.
    pub(super) fn files(&self, track: &str) -> impl DoubleEndedIterator<Item = &TrackFile> {
        self.tracks.get(track).into_iter().flatten()
    }

    fn all(&self) -> impl Iterator<Item = &TrackFile> {
        self.tracks.values().flatten()
    }

    pub(super) fn span(&self) -> Option<(i64, i64)> {
        let mut spans = self.all().filter_map(TrackFile::span);
        let first = spans.next()?;
        Some(spans.fold(first, |all, span| (all.0.min(span.0), all.1.max(span.1))))
    }

    pub(super) fn bytes(&self) -> u64 {
        self.all().map(TrackFile::bytes).sum()
    }

    pub(super) fn newest_epoch(&self) -> Option<u32> {
        self.all().map(|file| file.common.epoch).max()
    }

    /// What was recorded last: what comes next follows it.
    pub(super) fn last(&self, track: &str) -> Option<(Common, Entry)> {
        let mut files = self.files(track).rev();
        files.find_map(|file| Some((file.common, *file.entries.last()?)))
    }

    pub(super) fn find(&self, track: &str, epoch: u32, number: u64) -> Option<Found<'_>> {
        let mut files = self.files(track).rev();
        files.find_map(|file| {
            let entry = file.entries.get(file.find(number)?)?;
            (file.common.epoch == epoch).then_some(Found { file, entry })
        })
    }

    pub(super) fn header(
        &self,
        track: &str,
        epoch: u32,
        number: u32,
    ) -> Option<&Arc<RecordedHeader>> {
        let mut headers = self
            .files(track)
            .rev()
            .filter_map(|file| file.header.as_ref());
        headers.find(|header| (header.epoch, header.number) == (epoch, number))
    }

    /// The latest file of the track that the recorder appends to from here on.
    pub(super) fn begin(&mut self, track: &str, file: TrackFile) {
        self.tracks
            .entry(track.to_owned())
            .or_default()
            .push_back(file);
    }

    /// To the latest file of the track, behind gaps for numbers that are missing.
    pub(super) fn add(&mut self, track: &str, entry: Entry) {
        let last = self.last(track);
        let files = self.tracks.get_mut(track);
        let Some(file) = files.and_then(|files| files.back_mut()) else {
            return;
        };
        if let Some((common, last)) = last
            && common.epoch == file.common.epoch
        {
            file.entries.extend(missing(&common, &last, &entry));
        }
        file.entries.push(entry);
    }

    /// The track's latest file, while the recorder appends to it.
    pub(super) fn open_file(&mut self, track: &str) -> Option<&mut TrackFile> {
        let latest = self.tracks.get_mut(track)?.back_mut();
        latest.filter(|file| file.is_open)
    }

    /// What was found to be damaged is a gap from here on.
    pub(super) fn lose(&mut self, track: &str, name: FileName, number: u64) {
        let files = self.tracks.get_mut(track).into_iter().flatten();
        for file in files.filter(|file| file.name == name) {
            if let Some(at) = file.find(number) {
                file.entries[at].lose();
            }
        }
    }

    /// Takes out the oldest file of all that `is_due` says, but none that is open.
    pub(super) fn take_oldest(
        &mut self,
        is_due: impl Fn(i64) -> bool,
    ) -> Option<(String, TrackFile)> {
        let oldest = self.tracks.iter().filter_map(|(name, files)| {
            let front = files.front().filter(|file| !file.is_open)?;
            // Without a segment there is nothing to keep.
            let until = front.span().map_or(i64::MIN, |(_, until)| until);
            Some((until, name))
        });
        let (until, track) = oldest.min()?;
        let track = track.clone();
        if !is_due(until) {
            return None;
        }
        let file = self.tracks.get_mut(&track)?.pop_front()?;
        Some((track, file))
    }
}

/// Gaps between two segments of an epoch whose numbers do not follow each other, in equal parts of the time between.
pub(super) fn missing(common: &Common, last: &Entry, next: &Entry) -> Vec<Entry> {
    let count = next.number.saturating_sub(last.number).saturating_sub(1);
    if count == 0 || count > MAX_FILLED {
        return Vec::new();
    }
    let end = last.start.saturating_add(last.duration);
    let stride = match next.start.checked_sub(end) {
        Some(hole) if !next.discontinuity && hole >= count => hole / count,
        _ => last.duration.max(1),
    };
    let gap = |index: u64| {
        let after = index.saturating_mul(stride);
        let wall_clock_ms = last
            .end_ms(common.timescale)
            .saturating_add(millis(after, common.timescale));
        Entry {
            number: last.number + 1 + index,
            start: end.saturating_add(after),
            duration: stride,
            wall_clock_ms,
            gap: true,
            ..Entry::default()
        }
    };
    (0..count).map(gap).collect()
}
