//! One track of a channel: its headers and its line.
use std::sync::Arc;

use edgepack_isobmff::stream;
use edgepack_packager::live::{
    Arrival, Chunk, Header, Line, LineOptions, Outcome, Rejected, Source,
};
use edgepack_packager::{Kind, TrackSettings};
use tokio::sync::Notify;
use tokio::time::Instant;

use super::faults;
use crate::delivery::Fault;

/// Headers that one track may have in a life: an encoder that sends another with every segment is broken.
const MAX_HEADERS: usize = 256;

#[derive(Debug)]
pub(super) struct Track {
    /// What the encoder calls it, and the id in its header.
    pub(super) key: (String, u32),
    /// In URLs, from when it is first announced.
    pub(super) name: Option<String>,
    pub(super) line: Line,
    pub(super) headers: Vec<Arc<Header>>,
    /// Of `headers`: what comes is decoded with.
    current: usize,
    pub(super) settings: TrackSettings,
    /// Segments before this number have been given to the recording.
    pub(super) recorded: u64,
    /// When its last part became available.
    pub(super) part_came: Option<Instant>,
    /// Wakes who waits for this track.
    pub(super) changed: Arc<Notify>,
}

impl Track {
    /// # Errors
    /// 412 for a header that cannot be packaged.
    pub(super) fn new(
        key: (String, u32),
        whole: &stream::Header,
        index: usize,
        options: &LineOptions,
    ) -> Result<Self, Fault> {
        let header = header(whole, index)?;
        let time = header.time();
        let options = LineOptions {
            timescale: header.timescale(),
            all_sync: header.all_sync(),
            composition_shift: time.composition_shift,
            decode_shift: time.decode_shift,
            ..*options
        };
        let line = Line::new(options).map_err(|error| faults::bad_header(&error))?;
        Ok(Self {
            key,
            name: None,
            line,
            headers: vec![Arc::new(header)],
            current: 0,
            settings: TrackSettings::default(),
            recorded: 0,
            part_came: None,
            changed: Arc::new(Notify::new()),
        })
    }

    pub(super) fn header(&self) -> &Arc<Header> {
        &self.headers[self.current.min(self.headers.len() - 1)]
    }

    pub(super) fn kind(&self) -> Kind {
        self.header().kind()
    }

    /// The encoder's header, once more or another one.
    ///
    /// # Errors
    /// 412 as in [`new`](Self::new), and for a track that becomes one of another kind.
    pub(super) fn header_came(
        &mut self,
        whole: &stream::Header,
        index: usize,
    ) -> Result<(), Fault> {
        let header = header(whole, index)?;
        if self.line.has_ended() {
            // The encoder begins anew.
            self.line.reopen();
        }
        if self.header().is_same(&header) {
            return Ok(());
        }
        let known = self.headers.iter().position(|known| known.is_same(&header));
        let at = match known {
            Some(at) => at,
            None => {
                if header.kind() != self.kind() || self.headers.len() >= MAX_HEADERS {
                    return Err(faults::another_track());
                }
                self.headers.push(Arc::new(header));
                self.headers.len() - 1
            }
        };
        self.current = at;
        let source: Source = self.headers[at].time();
        let number = u32::try_from(at).unwrap_or(u32::MAX);
        self.line.header_changed(number, source, true);
        Ok(())
    }

    /// The longest segment of the window as EXT-X-TARGETDURATION counts: rounded to seconds, milliseconds.
    pub(super) fn longest_ms(&self) -> u32 {
        let window = self.line.window();
        let whole = window.segments.iter().filter(|segment| segment.complete);
        let timescale = u64::from(window.timescale.max(1));
        let longest = whole.map(|segment| segment.duration).max().unwrap_or(0);
        let seconds = longest.saturating_add(timescale / 2) / timescale;
        u32::try_from(seconds.saturating_mul(1000)).unwrap_or(u32::MAX)
    }

    pub(super) fn push(&mut self, chunk: Chunk, arrival: Arrival) -> Result<Outcome, Rejected> {
        self.line.push(chunk, arrival)
    }
}

/// # Errors
/// 412.
fn header(whole: &stream::Header, index: usize) -> Result<Header, Fault> {
    Header::new(Arc::new(whole.movie.clone()), index, None)
        .map_err(|error| faults::bad_header(&error))
}
