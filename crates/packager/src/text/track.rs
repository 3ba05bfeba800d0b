//! The common model: a track of cues in order, with what all of them share.
use super::ttml::Document;
use super::{Error, MAX_CUES, MAX_TIME, Result, webvtt};

mod region;

pub use region::Region;

/// Style blocks of one track.
const MAX_STYLES: usize = 1024;
const MAX_REGIONS: usize = 256;

/// A piece of text and when it is shown.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Cue {
    /// Microseconds on the presentation time line.
    pub start: u64,
    /// Behind `start`.
    pub end: u64,
    /// One line, may be empty.
    pub id: String,
    /// WebVTT cue settings, with single spaces between them.
    pub settings: String,
    /// WebVTT cue text: tags and escapes, lines ended by `\n`, none of them empty.
    pub payload: String,
}

/// The `X-TIMESTAMP-MAP` of a WebVTT file (RFC 8216, 3.5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimestampMap {
    /// Microseconds on the file's own time line.
    pub local: u64,
    /// The same moment, 90 kHz.
    pub mpegts: u64,
}

/// Cues sorted by begin, then by falling end; styles and regions that they refer to.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Track {
    language: String,
    styles: Vec<String>,
    regions: Vec<Region>,
    cues: Vec<Cue>,
    /// The latest end among the cues up to each.
    reach: Vec<u64>,
    documents: Vec<Document>,
    timestamp_map: Option<TimestampMap>,
    has_forced: bool,
    warnings: usize,
}

impl Track {
    /// The cues in whatever order, mended where they could not be written as WebVTT (an empty line inside of a text).
    /// Cues that are never shown are left out.
    ///
    /// # Errors
    /// More than [`MAX_CUES`].
    pub fn new(cues: impl IntoIterator<Item = Cue>) -> Result<Self> {
        let mut builder = Builder::default();
        for cue in cues {
            builder.push(cue)?;
        }
        Ok(builder.finish())
    }

    /// BCP 47; empty where the source says nothing.
    pub fn language(&self) -> &str {
        &self.language
    }

    /// Whoever describes the asset knows better than the file. A `ttml` document that names its own keeps it.
    pub fn set_language(&mut self, language: &str) {
        language.clone_into(&mut self.language);
    }

    pub fn cues(&self) -> &[Cue] {
        &self.cues
    }

    /// CSS of WebVTT `STYLE` blocks.
    pub fn styles(&self) -> &[String] {
        &self.styles
    }

    pub fn regions(&self) -> &[Region] {
        &self.regions
    }

    /// Not applied to the cues: a side file's times are presentation times.
    pub fn timestamp_map(&self) -> Option<TimestampMap> {
        self.timestamp_map
    }

    /// Some of the text is to be shown to those too who asked for none (IMSC1 `itts:forcedDisplay`, `tx3g` flags).
    pub fn has_forced(&self) -> bool {
        self.has_forced
    }

    /// Pieces of the source that were left out because they are malformed.
    pub fn warnings(&self) -> usize {
        self.warnings
    }

    /// Where the last cue ends, microseconds.
    pub fn end(&self) -> u64 {
        self.reach.last().copied().unwrap_or_default()
    }

    /// The cues shown at some moment of `[from, to)` (microseconds), each with its number in the track.
    pub fn overlapping(&self, from: u64, to: u64) -> impl Iterator<Item = (usize, &Cue)> {
        let first = self.reach.partition_point(|reach| *reach <= from);
        let last = self.cues.partition_point(|cue| cue.start < to).max(first);
        let candidates = self.cues.iter().enumerate().take(last).skip(first);
        candidates.filter(move |(_, cue)| cue.end > from && from < to)
    }

    /// What is shown in `[from, to)` (microseconds), on a time line that begins at `from`.
    pub fn clipped(&self, from: u64, to: u64) -> Self {
        let shift = i64::try_from(from).map_or(i64::MIN, |from| -from);
        self.on_time_line(shift, to.saturating_sub(from))
    }

    /// The same text `shift` later (microseconds; earlier if negative), of which `[0, end)` is left.
    pub fn on_time_line(&self, shift: i64, end: u64) -> Self {
        let moved = |time: u64| time.saturating_add_signed(shift).min(end);
        let on_source = |time: u64| match shift {
            ..=0 => time.saturating_add(shift.unsigned_abs()),
            _ => time.saturating_sub(shift.unsigned_abs()),
        };
        let shown = self.overlapping(on_source(0), on_source(end));
        let move_cue = |(_, cue): (usize, &Cue)| Cue {
            start: moved(cue.start),
            end: moved(cue.end),
            payload: webvtt::moved_timestamps(&cue.payload, |t| t.saturating_add_signed(shift)),
            ..cue.clone()
        };
        let documents = self.documents.iter();
        let mut track = Self {
            language: self.language.clone(),
            styles: self.styles.clone(),
            regions: self.regions.clone(),
            cues: shown.map(move_cue).collect(),
            reach: vec![],
            documents: documents.filter_map(|d| d.moved(moved)).collect(),
            timestamp_map: None,
            has_forced: self.has_forced,
            warnings: self.warnings,
        };
        track.put_in_order();
        track
    }

    /// Those of a TTML source, in order and without overlap; none for other sources.
    pub(super) fn documents(&self) -> &[Document] {
        &self.documents
    }

    fn put_in_order(&mut self) {
        self.cues
            .sort_by_key(|cue| (cue.start, std::cmp::Reverse(cue.end)));
        let mut latest = 0;
        self.reach = self
            .cues
            .iter()
            .map(|cue| {
                latest = cue.end.max(latest);
                latest
            })
            .collect();
    }
}

/// A track in the making.
#[derive(Debug, Default)]
pub(super) struct Builder {
    track: Track,
}

impl Builder {
    pub(super) fn push(&mut self, cue: Cue) -> Result<()> {
        if cue.end <= cue.start || cue.end > MAX_TIME {
            self.warn();
            return Ok(());
        }
        if self.track.cues.len() == MAX_CUES {
            return Err(Error::limit("cues", MAX_CUES));
        }
        self.track.cues.push(Cue {
            id: webvtt::clean_id(&cue.id),
            settings: webvtt::clean_settings(&cue.settings),
            payload: webvtt::clean_payload(&cue.payload),
            ..cue
        });
        Ok(())
    }

    /// Text of a `STYLE` block.
    pub(super) fn push_style(&mut self, css: &str) {
        let css = webvtt::clean_block(css);
        if css.is_empty() || self.track.styles.contains(&css) {
            return;
        }
        if self.track.styles.len() == MAX_STYLES {
            return self.warn();
        }
        self.track.styles.push(css);
    }

    pub(super) fn push_region(&mut self, region: Region) {
        // The last definition of an identifier counts (WebVTT, 6.1).
        self.track.regions.retain(|known| known.id != region.id);
        if self.track.regions.len() == MAX_REGIONS {
            return self.warn();
        }
        self.track.regions.push(region);
    }

    pub(super) fn warn(&mut self) {
        self.track.warnings += 1;
    }

    pub(super) fn language(&mut self, language: &str) {
        self.track.set_language(language);
    }

    pub(super) fn timestamp_map(&mut self, map: TimestampMap) {
        self.track.timestamp_map = Some(map);
    }

    pub(super) fn forced(&mut self, forced: bool) {
        self.track.has_forced |= forced;
    }

    pub(super) fn documents(&mut self, documents: Vec<Document>) {
        self.track.documents = documents;
    }

    pub(super) fn finish(mut self) -> Track {
        self.track.put_in_order();
        self.track
    }
}

#[cfg(test)]
mod tests;
