//! What of a window a playlist lists: whole segments, parts near the end, what a delta update may leave out.
use std::sync::Arc;

use edgepack_packager::live::{Part, Segment};

use super::control::Figures;
use super::{LiveView, Nature};
use crate::text::rescale;

const MS: u64 = 1000;
/// Parts leave when they are further from the end, and those of a segment together: target durations (8216bis, 4.4.4.9).
const PARTS: u64 = 3;

pub(super) struct Listing<'a> {
    pub(super) figures: Figures,
    /// Segments with EXTINF.
    pub(super) whole: &'a [Arc<Segment>],
    /// The one that they are followed by, where it has parts that are listed.
    pub(super) growing: Option<&'a Segment>,
    /// Index of the first segment whose parts are listed.
    pub(super) parts_from: usize,
    /// That many whole segments lie beyond the skip boundary.
    pub(super) skippable: usize,
}

impl LiveView<'_> {
    pub(super) fn lists_parts(&self) -> bool {
        self.control.part_target_ms.is_some() && self.nature != Nature::Vod
    }
}

impl<'a> Listing<'a> {
    pub(super) fn of(view: &LiveView<'a>) -> Self {
        let window = view.window;
        let timescale = window.timescale;
        // What nothing is added to is whole.
        let is_whole = |last: &Segment| last.complete || (window.ended && !last.parts.is_empty());
        let (whole, last) = match window.segments.split_last() {
            Some((last, rest)) if !is_whole(last) => (rest, Some(last.as_ref())),
            _ => (window.segments.as_slice(), None),
        };
        let growing = last.filter(|last| view.lists_parts() && !parts(last).is_empty());
        let longest = whole.iter().map(|segment| segment.duration).max();
        let longest = rescale(longest.unwrap_or(0), timescale, 1);
        let mut figures = Figures::new(&view.control, longest);

        let mut parts_from = window.segments.len();
        if view.lists_parts() {
            let reach = PARTS * figures.target * u64::from(timescale);
            let listed = whole.len() + usize::from(growing.is_some());
            parts_from = listed - near(&window.segments[..listed], reach);
            let listed = window.segments[parts_from..listed].iter();
            let longest = listed
                .flat_map(|segment| parts(segment))
                .map(|part| part.duration)
                .max();
            let longest = longest.unwrap_or(0);
            let ms = rescale(longest, timescale, MS);
            // Rounded up.
            let ms = ms
                + u64::from(ms.saturating_mul(u64::from(timescale)) < longest.saturating_mul(MS));
            if figures.part_target_ms.is_some_and(|target| target < ms) {
                figures.set_part_target(&view.control, ms);
            }
        }
        let skippable = figures.skip_until_ms.map_or(0, |ms| {
            let reach = u128::from(ms) * u128::from(timescale) / u128::from(MS);
            let reach = u64::try_from(reach).unwrap_or(u64::MAX);
            // One more: the segment that the boundary lies in is not beyond it.
            whole.len().saturating_sub(within(whole, reach) + 1)
        });
        Self {
            figures,
            whole,
            growing,
            parts_from,
            skippable,
        }
    }
}

/// A gap has nothing to send, whatever came of it.
pub(super) fn parts(segment: &Segment) -> &[Arc<Part>] {
    if segment.gap { &[] } else { &segment.parts }
}

/// How many segments at the end do not lie wholly further from it than `reach`.
fn near(segments: &[Arc<Segment>], reach: u64) -> usize {
    let mut behind = 0_u64;
    let lengths = segments.iter().rev().map(|segment| segment.duration);
    lengths
        .take_while(|duration| {
            let is_near = behind < reach;
            behind = behind.saturating_add(*duration);
            is_near
        })
        .count()
}

/// How many segments at the end last no longer than `reach` together. Times of the encoder would not do: they jump where
/// there is a discontinuity.
fn within(segments: &[Arc<Segment>], reach: u64) -> usize {
    let mut sum = 0_u64;
    let lengths = segments.iter().rev().map(|segment| segment.duration);
    lengths
        .take_while(|duration| {
            sum = sum.saturating_add(*duration);
            sum <= reach
        })
        .count()
}
