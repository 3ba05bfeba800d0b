//! Which part of the presentation is a Period of its own: a crypto period whose CMAF headers are new (DASH-IF IOP 4.3,
//! 7.7.3: one default_KID per AdaptationSet).
use std::cmp::Reverse;
use std::ops::Range;

use edgepack_packager::{Rotation, Segment, TrackProtection, TrickFrame};

use crate::outline::{Entry, Outline};
use crate::text::{MICROS, push_number, rescale};

/// What a clear segment may reach into a Period without being listed in it, microseconds: less than is ever seen.
/// Boundaries of text are those of video, rounded to milliseconds.
const SLIVER: u64 = 10_000;

/// A stretch of one of the presentation's periods.
#[derive(Debug, Clone, Copy)]
pub(super) struct Slice {
    /// Index into `Presentation::periods`.
    pub(super) period: usize,
    /// Which one of the period's, from 0.
    pub(super) index: usize,
    /// Of the crypto period; none where the period is not cut.
    number: Option<u32>,
    /// On the period's time line, `timescale`.
    start: u64,
    /// None: to the end.
    end: Option<u64>,
    timescale: u32,
}

/// What a Period has of a rendition.
#[derive(Debug, Clone)]
pub(super) struct Member<'o, 'a> {
    pub(super) entry: &'o Entry<'a>,
    /// Of `Rendition::segments`; never empty.
    pub(super) range: Range<usize>,
    /// Index into `TrackProtection::periods`.
    pub(super) crypto: usize,
    /// Where the Period begins on the rendition's time line, in its timescale: `presentationTimeOffset`.
    pub(super) offset: u64,
}

/// All of the presentation, in order.
pub(super) fn of(outline: &Outline<'_>) -> Vec<Slice> {
    (0..outline.periods().len())
        .flat_map(|period| of_period(outline, period))
        .collect()
}

/// Keys change where segments of the first rendition begin, whether the filter admits it or not. Where it has no key, the
/// one that passes over the fewest changes stands for it.
fn of_period(outline: &Outline<'_>, period: usize) -> Vec<Slice> {
    let changing = |entry: &&Entry<'_>| {
        entry
            .protection
            .is_some_and(|track| track.rotation == Rotation::NewHeader && track.periods.len() > 1)
    };
    let changes =
        |entry: &&Entry<'_>| Reverse(entry.protection.map_or(0, |track| track.periods.len()));
    let entries = outline.whole_period(period).filter(changing);
    let lead = entries.min_by_key(changes).and_then(|entry| {
        let segments = &entry.rendition.segments;
        Some((entry.rendition.timescale, segments, entry.protection?))
    });
    let Some((timescale, segments, track)) = lead else {
        return vec![Slice {
            period,
            index: 0,
            number: None,
            start: 0,
            end: None,
            timescale: 1,
        }];
    };
    let start = |first: u32| {
        let first = usize::try_from(first).ok()?;
        Some(segments.get(first)?.start)
    };
    let mut slices: Vec<Slice> = Vec::with_capacity(track.periods.len());
    for (index, crypto) in track.periods.iter().enumerate() {
        // The first begins with the period, whatever its first segment says.
        let at = if index == 0 {
            Some(0)
        } else {
            start(crypto.first_segment)
        };
        let Some(at) = at else { break };
        if let Some(last) = slices.last_mut() {
            last.end = Some(at);
        }
        slices.push(Slice {
            period,
            index,
            number: Some(crypto.number),
            start: at,
            end: None,
            timescale,
        });
    }
    slices
}

impl Slice {
    /// Period@id: that of the period; behind it, from the second slice on, which one.
    pub(super) fn id(&self) -> String {
        let mut id = String::new();
        push_number(&mut id, self.period as u64);
        if self.index > 0 {
            id.push('.');
            push_number(&mut id, self.index as u64);
        }
        id
    }

    /// Start and end on the presentation's time line, microseconds; the end is the next one's start.
    pub(super) fn span(&self, outline: &Outline<'_>) -> Option<(u64, u64)> {
        let of = outline.periods().get(self.period)?;
        let at = |units| of.start_us + rescale(units, self.timescale, MICROS);
        let end = self.end.map_or(of.start_us + of.duration_us, at);
        Some((at(self.start), end))
    }

    /// None where the rendition has nothing here.
    pub(super) fn member<'o, 'a>(&self, entry: &'o Entry<'a>) -> Option<Member<'o, 'a>> {
        let rendition = entry.rendition;
        let (range, crypto) = match (self.number, entry.protection) {
            (None, _) => (0..rendition.segments.len(), 0),
            (Some(number), Some(track)) if track.rotation == Rotation::NewHeader => {
                self.encrypted(entry, track, number)?
            }
            (Some(_), _) => (self.overlapped(entry, SLIVER), 0),
        };
        (!range.is_empty() || self.number.is_none()).then(|| Member {
            entry,
            range,
            crypto,
            offset: rescale(
                self.start,
                self.timescale,
                u64::from(rendition.timescale.max(1)),
            ),
        })
    }

    /// The segments of the same crypto period. A rendition with longer segments may pass over it: then what is played
    /// here, under the key that it has.
    fn encrypted(
        &self,
        entry: &Entry<'_>,
        track: &TrackProtection,
        number: u32,
    ) -> Option<(Range<usize>, usize)> {
        let segments = &entry.rendition.segments;
        let of = |crypto: usize| {
            let first = |crypto: usize| {
                let first = track.periods.get(crypto)?.first_segment;
                usize::try_from(first).ok()
            };
            let end = first(crypto + 1).unwrap_or(segments.len());
            first(crypto).unwrap_or(end)..end.min(segments.len())
        };
        let known = track.periods.iter().position(|p| p.number == number);
        if let Some(crypto) = known {
            return Some((of(crypto), crypto));
        }
        let overlapped = self.overlapped(entry, 0);
        let middle = overlapped.start + overlapped.len() / 2;
        let crypto = track.period_of(middle);
        let own = of(crypto);
        let range = overlapped.start.max(own.start)..overlapped.end.min(own.end);
        (!range.is_empty()).then_some((range, crypto))
    }

    /// The segments that last for more than `least` (microseconds) in the slice.
    fn overlapped(&self, entry: &Entry<'_>, least: u64) -> Range<usize> {
        let micros = |units| rescale(units, entry.rendition.timescale, MICROS);
        let at = |units| rescale(units, self.timescale, MICROS);
        let segments = &entry.rendition.segments;
        let before = |segment: &Segment| {
            micros(segment.start + segment.duration) <= at(self.start).saturating_add(least)
        };
        let first = segments.partition_point(before);
        let end = self.end.map_or(segments.len(), |end| {
            segments
                .partition_point(|segment| micros(segment.start).saturating_add(least) < at(end))
        });
        first..end.max(first)
    }
}

impl<'o, 'a> Member<'o, 'a> {
    pub(super) fn segments(&self) -> &'o [Segment] {
        self.entry
            .rendition
            .segments
            .get(self.range.clone())
            .unwrap_or_default()
    }

    pub(super) fn timescale(&self) -> u32 {
        self.entry.rendition.timescale
    }

    /// The sync samples of its segments, and the number of those before.
    pub(super) fn frames(&self) -> Option<(usize, &'o [TrickFrame])> {
        let frames = &self.entry.trick?.frames;
        let segments = &self.entry.rendition.segments;
        let from = |segment: usize| match segments.get(segment) {
            _ if segment == 0 => 0,
            Some(segment) => frames.partition_point(|f| f.sample < segment.first_sample),
            None => frames.len(),
        };
        let (first, end) = (from(self.range.start), from(self.range.end));
        let frames = frames.get(first..end)?;
        (!frames.is_empty()).then_some((first, frames))
    }

    /// `init.mp4`, `init-2.mp4` and so on.
    pub(super) fn push_header_name(&self, out: &mut String) {
        let header = self
            .entry
            .protection
            .map_or(0, |track| track.header_of(self.range.start));
        out.push_str("init");
        if header > 0 {
            out.push('-');
            push_number(out, header as u64 + 1);
        }
        out.push_str(".mp4");
    }
}
