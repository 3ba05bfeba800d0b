//! Delta updates: what a playlist leaves out is what it had before (4.4.5.2, 6.2.5.1).
use super::super::keys::Keys;
use super::super::text::Attributes;
use super::List;
use crate::presentation::ReadError;
use crate::verify::rules;

impl List<'_> {
    /// `EXT-X-SKIP` (4.4.5.2): its segments are those that the playlist had before.
    pub(super) fn skip(&mut self, attributes: &Attributes, line: usize) -> Result<(), ReadError> {
        self.text.once("EXT-X-SKIP", line);
        self.text.needs("EXT-X-SKIP", 9, line);
        if attributes.has("RECENTLY-REMOVED-DATERANGES") {
            self.text.needs("RECENTLY-REMOVED-DATERANGES", 10, line);
        }
        attributes.require("SKIPPED-SEGMENTS")?;
        let count = attributes.integer("SKIPPED-SEGMENTS")?.unwrap_or_default();
        self.skipped = Some(count);
        let until = self.media_sequence.saturating_add(count);
        let lost = |known: String| ReadError::Delta { until, known };
        if !self.segments.is_empty() {
            return Err(lost("segments stand before it".to_owned()));
        }
        let Some(previous) = self.previous else {
            return Err(lost("nothing was known before".to_owned()));
        };
        let known = &previous.media.segments;
        let from = known.partition_point(|segment| segment.number < self.media_sequence);
        let to = known.partition_point(|segment| segment.number < until && segment.complete);
        let taken = known.get(from..to).unwrap_or_default();
        if taken.len() as u64 != count {
            let known = match (known.first(), known.last()) {
                (Some(first), Some(last)) => {
                    format!("{} to {} are known", first.number, last.number)
                }
                _ => "none is known".to_owned(),
            };
            return Err(lost(known));
        }
        // What is skipped keeps its numbers (4.4.5.2); its first segment may have a discontinuity of its own.
        if let Some(first) = taken.first()
            && first.discontinuity.wrapping_sub(self.discontinuity) > 1
        {
            let what = format!(
                "EXT-X-DISCONTINUITY-SEQUENCE is {}, segment {} had {}",
                self.discontinuity, first.number, first.discontinuity
            );
            self.text.fault(rules::HLS_DISCONTINUITY, line, what);
        }
        self.segments.extend_from_slice(taken);
        if let Some(last) = taken.last() {
            self.discontinuity = last.discontinuity;
            self.keys = Keys::resume(last.protection, last.key.clone());
            let header = last.header.clone();
            self.map = header.map(|header| (header, last.header_encrypted));
            let range = last.resource.range.as_ref();
            self.segment_end = range.map(|range| (last.resource.url.clone(), range.end));
        }
        Ok(())
    }
}
