//! What is recorded, as manifests want it.
use std::ops::Range;
use std::sync::Arc;

use edgepack_packager::Kind;
use edgepack_packager::live::Segment;

use super::Recording;
use super::files::{RecordedHeader, TrackFile};
use super::record::Entry;

impl Recording {
    /// Segments of a track that have a moment of `from_ms..to_ms` (Unix milliseconds) in them, in order: whole, without
    /// their parts. What is not there is a gap. Where the channel began anew its first segment is a discontinuity; numbers
    /// rise by one within an epoch only.
    pub(in super::super) fn segments(
        &self,
        track: &str,
        from_ms: i64,
        to_ms: i64,
    ) -> Vec<Arc<Segment>> {
        let catalogue = self.lock();
        let mut epoch = None;
        let mut segments = Vec::new();
        for file in catalogue.files(track) {
            let begins_anew = epoch.is_some_and(|epoch| epoch != file.common.epoch);
            epoch = Some(file.common.epoch);
            let within = file
                .span()
                .is_some_and(|(start, end)| start < to_ms && end > from_ms);
            if !within {
                continue;
            }
            for (at, entry) in file.entries.iter().enumerate() {
                let end_ms = entry.end_ms(file.common.timescale);
                if entry.wall_clock_ms < to_ms && end_ms > from_ms {
                    let begins_anew = begins_anew && at == 0;
                    segments.push(Arc::new(segment(file, entry, begins_anew)));
                }
            }
        }
        segments
    }

    /// Least and greatest number of a track's segments that have a moment of `from_ms..to_ms` in them.
    pub(in super::super) fn numbers(
        &self,
        track: &str,
        from_ms: i64,
        to_ms: i64,
    ) -> Option<(u64, u64)> {
        let catalogue = self.lock();
        let within = catalogue.files(track).filter_map(|file| {
            let timescale = file.common.timescale;
            let mut within = file
                .entries
                .iter()
                .filter(|entry| entry.wall_clock_ms < to_ms && entry.end_ms(timescale) > from_ms);
            let first = within.next()?.number;
            Some((first, within.next_back().map_or(first, |last| last.number)))
        });
        within.reduce(|all, of| (all.0.min(of.0), all.1.max(of.1)))
    }

    /// Whether a segment of a track with one of these numbers is decoded with this header.
    pub(in super::super) fn has(
        &self,
        track: &str,
        (epoch, header): (u32, u32),
        numbers: &Range<u64>,
    ) -> bool {
        let catalogue = self.lock();
        let mut files = catalogue.files(track).filter(|file| {
            let common = &file.common;
            (common.epoch, common.header) == (epoch, header)
        });
        files.any(|file| {
            let mut entries = file.entries.iter().filter(|entry| !entry.gap);
            entries.any(|entry| numbers.contains(&entry.number))
        })
    }

    /// Of what a track has, as its latest header tells.
    pub(in super::super) fn kind(&self, track: &str) -> Option<Kind> {
        let catalogue = self.lock();
        let mut headers = catalogue
            .files(track)
            .rev()
            .filter_map(|file| file.header.as_ref());
        headers.next().map(|of| of.header.kind())
    }

    /// The CMAF header that segments with this [`Segment::header`] are decoded with.
    pub(in super::super) fn header(
        &self,
        track: &str,
        epoch: u32,
        number: u32,
    ) -> Option<Arc<RecordedHeader>> {
        self.lock().header(track, epoch, number).cloned()
    }
}

fn segment(file: &TrackFile, entry: &Entry, begins_anew: bool) -> Segment {
    Segment {
        number: entry.number,
        start: entry.start,
        duration: entry.duration,
        wall_clock_ms: entry.wall_clock_ms,
        discontinuity: entry.discontinuity || begins_anew,
        epoch: file.common.epoch,
        header: file.common.header,
        gap: entry.gap,
        complete: true,
        parts: Vec::new(),
    }
}
