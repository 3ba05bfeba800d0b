//! One pair of files, as it is known in memory.
use std::sync::Arc;

use bytes::Bytes;
use edgepack_isobmff::stream::{self, StreamLimits};
use edgepack_packager::live::Header;

use super::names::FileName;
use super::record::{Common, Entry, RECORD_LEN};

/// A CMAF header that recorded segments are decoded with.
#[derive(Debug)]
pub(in super::super) struct RecordedHeader {
    pub(in super::super) epoch: u32,
    /// Which of the track's in that epoch.
    pub(in super::super) number: u32,
    /// Of its segments.
    pub(in super::super) timescale: u32,
    /// In the clear, as viewers got it.
    pub(in super::super) bytes: Bytes,
    /// Makes the same bytes, and protected ones.
    pub(in super::super) header: Arc<Header>,
    pub(super) stream: Arc<stream::Header>,
}

impl RecordedHeader {
    /// None for what is no CMAF header of one track.
    pub(super) fn parse(common: Common, bytes: Bytes) -> Option<Arc<Self>> {
        let stream = stream::Header::parse(bytes.clone(), &StreamLimits::default()).ok()?;
        let header = Header::new(Arc::new(stream.movie.clone()), 0, None).ok()?;
        Some(Arc::new(Self {
            epoch: common.epoch,
            number: common.header,
            timescale: common.timescale,
            bytes,
            header: Arc::new(header),
            stream,
        }))
    }

    pub(super) fn is(&self, common: Common) -> bool {
        (self.epoch, self.number, self.timescale) == (common.epoch, common.header, common.timescale)
    }
}

/// See the [module](self).
#[derive(Debug)]
pub(super) struct TrackFile {
    pub(super) name: FileName,
    pub(super) common: Common,
    /// None where its bytes are damaged: all of its segments are gaps then.
    pub(super) header: Option<Arc<RecordedHeader>>,
    /// Numbers rise by one.
    pub(super) entries: Vec<Entry>,
    pub(super) media_bytes: u64,
    pub(super) index_bytes: u64,
    /// The recorder appends to it.
    pub(super) is_open: bool,
}

impl TrackFile {
    pub(super) fn bytes(&self) -> u64 {
        self.media_bytes + self.index_bytes
    }

    /// Unix milliseconds: of the first segment's start and the last one's end.
    pub(super) fn span(&self) -> Option<(i64, i64)> {
        let (first, last) = (self.entries.first()?, self.entries.last()?);
        Some((first.wall_clock_ms, last.end_ms(self.common.timescale)))
    }

    pub(super) fn find(&self, number: u64) -> Option<usize> {
        let found = self
            .entries
            .binary_search_by_key(&number, |entry| entry.number);
        found.ok()
    }

    /// An entry that was written, records and bytes.
    pub(super) fn grew(&mut self, records: usize, media_bytes: u64) {
        let records = u64::try_from(records * RECORD_LEN).unwrap_or(0);
        self.index_bytes += records;
        self.media_bytes += media_bytes;
    }
}
