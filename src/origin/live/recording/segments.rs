//! What is recorded, as manifests want it.
use std::sync::Arc;

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
