//! Sheets of thumbnails: each is one sample, a picture file by itself, and leaves without a container.
use crate::{Media, Presentation, Rendition, SourceRange};

/// The bytes of sheet `number` (from 0, that of the segment). None for what is no image rendition, or has no such sheet.
pub fn sheet(p: &Presentation, r: &Rendition, number: usize) -> Option<SourceRange> {
    if !matches!(r.media, Media::Image { .. }) {
        return None;
    }
    let segment = r.segments.get(number)?;
    let sample = p.track(r)?.samples.sample(segment.first_sample)?;
    Some(SourceRange {
        source: r.source,
        offset: sample.offset,
        len: u64::from(sample.size),
    })
}
