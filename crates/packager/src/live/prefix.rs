//! Boxes before a fragment: `prft` (ISO/IEC 14496-12, 8.16.5) and `emsg` (ISO/IEC 23009-1, 5.10.3.3).
use bytes::Bytes;
use edgepack_isobmff::emsg::{Event, EventTime};

use crate::cmaf::TRACK_ID;

/// Size, type.
const BOX_HEADER: usize = 8;
/// `reference_track_ID` in a `prft`.
const REFERENCE_TRACK: std::ops::Range<usize> = 12..16;
/// `media_time`, behind `ntp_timestamp`: 32 bits in version 0, 64 in version 1.
const MEDIA_TIME: usize = 24;

/// What is passed on of the boxes that came before a fragment: one `prft`, first, on our track and time line; then each
/// `emsg` as it is, but those of version 0, whose times count from the encoder's segment: ours begin elsewhere, so they
/// become version 1. `retime`: from the encoder's media time to the line's. `earliest`: presentation time of the fragment
/// in so many units per second.
pub(super) fn passed_on(
    boxes: &[u8],
    retime: impl Fn(u64) -> u64,
    earliest: impl Fn(u32) -> u64,
) -> Vec<u8> {
    let mut out = Vec::with_capacity(boxes.len());
    let producer_time = each(boxes).find(|found| kind(found) == b"prft");
    out.extend(
        producer_time
            .and_then(|found| of_our_track(found, retime))
            .unwrap_or_default(),
    );
    for event in events(boxes) {
        match of_version_0(event) {
            None => out.extend_from_slice(event),
            Some((event, delta)) => {
                let at = earliest(event.timescale).saturating_add(delta.into());
                out.extend(event.to_version_1(at));
            }
        }
    }
    out
}

/// The `emsg` boxes among them.
pub(super) fn events(boxes: &[u8]) -> impl Iterator<Item = &[u8]> {
    each(boxes).filter(|found| kind(found) == b"emsg")
}

pub(super) fn has_producer_time(passed_on: &[u8]) -> bool {
    kind(passed_on) == b"prft"
}

pub(super) fn without_producer_time(passed_on: &[u8]) -> &[u8] {
    match each(passed_on).next() {
        Some(first) if kind(first) == b"prft" => passed_on.get(first.len()..).unwrap_or_default(),
        _ => passed_on,
    }
}

/// The event, and its time after the start of the encoder's segment.
fn of_version_0(event: &[u8]) -> Option<(Event, u32)> {
    if event.get(BOX_HEADER) != Some(&0) {
        return None;
    }
    let event = Event::parse(Bytes::copy_from_slice(event)).ok()?;
    match event.time {
        EventTime::AfterSegmentStart(delta) => Some((event, delta)),
        EventTime::At(_) => None,
    }
}

/// None where it is cut off.
fn of_our_track(found: &[u8], retime: impl Fn(u64) -> u64) -> Option<Vec<u8>> {
    let mut out = found.to_vec();
    out.get_mut(REFERENCE_TRACK)?
        .copy_from_slice(&TRACK_ID.to_be_bytes());
    match out.get(BOX_HEADER)? {
        0 => {
            let field = out.get_mut(MEDIA_TIME..MEDIA_TIME + 4)?;
            let time = field
                .iter()
                .fold(0, |time, byte| time << 8 | u64::from(*byte));
            // What does not fit 32 bits any longer is said by a box of version 1.
            match u32::try_from(retime(time)) {
                Ok(time) => field.copy_from_slice(&time.to_be_bytes()),
                Err(_) => return None,
            }
        }
        _ => {
            let field = out.get_mut(MEDIA_TIME..MEDIA_TIME + 8)?;
            let time = field
                .iter()
                .fold(0, |time, byte| time << 8 | u64::from(*byte));
            field.copy_from_slice(&retime(time).to_be_bytes());
        }
    }
    Some(out)
}

fn kind(found: &[u8]) -> &[u8] {
    found.get(4..BOX_HEADER).unwrap_or_default()
}

/// Whole boxes with 32-bit sizes, up to the first that is not.
fn each(mut boxes: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        let size = boxes
            .first_chunk::<4>()
            .map(|size| u32::from_be_bytes(*size))?;
        let size = usize::try_from(size)
            .ok()
            .filter(|size| *size >= BOX_HEADER)?;
        let (found, rest) = boxes.split_at_checked(size)?;
        boxes = rest;
        Some(found)
    })
}

#[cfg(test)]
mod tests;
