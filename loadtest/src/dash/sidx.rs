//! Segments that an index in the media tells (ISO/IEC 14496-12, 8.16.3).
use super::Index;
use crate::presentation::{ReadError, Resource, Segment};
use crate::verify::boxes::{Box, boxes};

pub(super) fn segments(index: &Index, bytes: &[u8]) -> Result<Vec<Segment>, ReadError> {
    let malformed = |what: &str| ReadError::Malformed {
        line: 0,
        what: format!("the index at {}: {what}", index.resource.url),
    };
    // The range may begin with other boxes, and end inside of one.
    let mut found = boxes(bytes).map_while(Result::ok);
    let sidx = found.find(|found| found.kind == *b"sidx");
    let sidx = sidx.ok_or_else(|| malformed("no sidx box"))?;
    let start = index.resource.range.as_ref().map_or(0, |range| range.start);
    let told = references(&sidx).ok_or_else(|| malformed("cut short"))?;
    if told.timescale == 0 {
        return Err(malformed("the timescale is 0"));
    }
    let scale = f64::from(told.timescale);
    let mut at = start
        .checked_add(sidx.end() as u64)
        .and_then(|end| end.checked_add(told.first_offset))
        .ok_or_else(|| malformed("beyond 64 bits"))?;
    let mut time = told.earliest;
    let mut segments = Vec::with_capacity(told.references.len());
    for ((size, duration), number) in told.references.into_iter().zip(1..) {
        if size >> 31 == 1 {
            return Err(malformed("an index of indices"));
        }
        let end = at.checked_add(u64::from(size));
        let end = end.ok_or_else(|| malformed("beyond 64 bits"))?;
        let media_time = time as f64 / scale;
        segments.push(Segment {
            number,
            start: index.period_start + media_time - index.offset,
            duration: f64::from(duration) / scale,
            exact: true,
            media_time: Some(media_time),
            resource: Resource {
                url: index.resource.url.clone(),
                range: Some(at..end),
            },
            header: index.header.clone(),
            header_encrypted: false,
            container: index.container,
            protection: index.protection,
            key: None,
            discontinuity: index.discontinuity,
            gap: false,
            parts: Vec::new(),
            complete: true,
            wall_clock: None,
        });
        at = end;
        time = time.saturating_add(u64::from(duration));
    }
    Ok(segments)
}

struct Told {
    timescale: u32,
    earliest: u64,
    first_offset: u64,
    /// Size with the bit of its type, and duration.
    references: Vec<(u32, u32)>,
}

fn references(sidx: &Box<'_>) -> Option<Told> {
    let (version, _, mut fields) = sidx.full()?;
    fields.u32()?;
    let timescale = fields.u32()?;
    let (earliest, first_offset) = match version {
        0 => (u64::from(fields.u32()?), u64::from(fields.u32()?)),
        _ => (fields.u64()?, fields.u64()?),
    };
    fields.u16()?;
    let count = fields.u16()?;
    let mut references = Vec::new();
    for _ in 0..count {
        references.push((fields.u32()?, fields.u32()?));
        fields.u32()?;
    }
    Some(Told {
        timescale,
        earliest,
        first_offset,
        references,
    })
}
