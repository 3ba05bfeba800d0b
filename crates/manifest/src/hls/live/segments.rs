//! Segments and parts with their tags, and what is hinted behind them.
use edgepack_packager::live::Segment;

use super::listing::{Listing, parts};
use super::names::header_period;
use super::{LiveProtection, LiveView, Names};
use crate::hls::cover::{Cover, Scope};
use crate::hls::date;
use crate::text::{MICROS, push_fixed, rescale};

/// Writes whole segments from index `skipped` on, then the growing one and the hints.
pub(super) fn push(out: &mut String, view: &LiveView<'_>, listing: &Listing<'_>, skipped: usize) {
    let mut writer = Writer::new(view);
    if let Some(before) = skipped.checked_sub(1).and_then(|at| listing.whole.get(at)) {
        // What is in force where the update begins, so that a change there ends it.
        writer.push_tags(&mut String::new(), before);
        writer.repeat = true;
    }
    for (index, segment) in listing.whole.iter().enumerate().skip(skipped) {
        writer.push_tags(out, segment);
        if index >= listing.parts_from {
            writer.push_parts(out, segment);
        }
        if segment.gap {
            out.push_str("#EXT-X-GAP\n");
        }
        out.push_str("#EXTINF:");
        writer.push_duration(out, segment.start, segment.duration);
        out.push_str(",\n");
        names(segment).push_segment(out, segment.number);
        out.push('\n');
    }
    if let Some(segment) = listing.growing {
        writer.push_tags(out, segment);
        writer.push_parts(out, segment);
    }
    if view.lists_parts() && !view.is_closed() {
        writer.push_hints(out);
    }
}

fn names(segment: &Segment) -> Names {
    Names {
        epoch: segment.epoch,
    }
}

/// What samples of a segment are decoded with.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Decoding {
    header: Header,
    /// Index of the crypto period; none while clear.
    key: Option<usize>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
struct Header {
    epoch: u32,
    number: u32,
    /// [`header_period`]
    period: u32,
}

impl Header {
    fn push_map(self, out: &mut String, tag: &str) {
        out.push_str(tag);
        out.push_str("URI=\"");
        let names = Names { epoch: self.epoch };
        names.push_header(out, self.number, self.period);
        out.push_str("\"\n");
    }
}

struct Writer<'v> {
    view: &'v LiveView<'v>,
    cover: Option<Cover<'v>>,
    scope: Scope<'v>,
    /// Of the segment before.
    last: Option<Decoding>,
    /// Say what is in force once more.
    repeat: bool,
}

impl<'v> Writer<'v> {
    fn new(view: &'v LiveView<'v>) -> Self {
        let cover = |of: LiveProtection<'v>| Cover::of_numbers(of.protection, of.track);
        Self {
            view,
            cover: view.protection.map(cover),
            // Media sequence numbers are those of the names, so that AES-128 takes its IV from them.
            scope: Scope::default(),
            last: None,
            repeat: false,
        }
    }

    /// `number`: media sequence number. `header`: `Segment::header`.
    fn decoding(&self, epoch: u32, number: u64, header: u32) -> Decoding {
        let period = |of: LiveProtection<'_>| header_period(of.protection, of.track, number);
        Decoding {
            header: Header {
                epoch,
                number: header,
                period: self.view.protection.map_or(0, period),
            },
            key: self.cover.as_ref().and_then(|cover| cover.at(number).0),
        }
    }

    /// What applies from a segment on; before its first part, since it applies to that as well (8216bis, 4.4.4.9).
    fn push_tags(&mut self, out: &mut String, segment: &Segment) {
        if segment.discontinuity {
            out.push_str("#EXT-X-DISCONTINUITY\n");
        }
        let decoding = self.decoding(segment.epoch, segment.number, segment.header);
        let is_fresh = segment.discontinuity || std::mem::take(&mut self.repeat);
        let last_header = self.last.map(|last| last.header);
        let is_new_header = is_fresh || last_header != Some(decoding.header);
        let push_map = |out: &mut String| decoding.header.push_map(out, "#EXT-X-MAP:");
        if is_new_header || self.last.map(|last| last.key) != Some(decoding.key) {
            match &self.cover {
                Some(cover) => {
                    let change = cover.change_at(segment.number, is_new_header);
                    self.scope.change(out, cover, &change, push_map);
                }
                None => push_map(out),
            }
        }
        self.last = Some(decoding);
        out.push_str("#EXT-X-PROGRAM-DATE-TIME:");
        date::push(out, segment.wall_clock_ms);
        out.push('\n');
    }

    fn push_parts(&self, out: &mut String, segment: &Segment) {
        for (index, part) in parts(segment).iter().enumerate() {
            out.push_str("#EXT-X-PART:DURATION=");
            self.push_duration(out, part.start, part.duration);
            out.push_str(",URI=\"");
            names(segment).push_part(out, segment.number, index);
            out.push('"');
            if part.independent {
                out.push_str(",INDEPENDENT=YES");
            }
            out.push('\n');
        }
    }

    /// One of each type, at most: the part that comes next, or its header where that is another one.
    ///
    /// No tag can stand before a part that is hinted at, and Shaka Player decodes it with the header and key in force.
    fn push_hints(&self, out: &mut String) {
        let Some(last) = self.view.window.segments.last() else {
            return;
        };
        let epoch = self.view.epoch;
        let (number, part, header) = if last.epoch == epoch {
            let target_ms = self.view.control.target_duration_ms;
            let (number, part) = self.view.window.next(target_ms);
            (number, part, last.header)
        } else {
            // Nothing is added to what an earlier life began; headers begin anew.
            (last.number.saturating_add(1), 0, 0)
        };
        let next = self.decoding(epoch, number, header);
        if part == 0 && self.last.map(|last| last.header) != Some(next.header) {
            next.header.push_map(out, "#EXT-X-PRELOAD-HINT:TYPE=MAP,");
        }
        if self.last == Some(next) {
            out.push_str("#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"");
            Names { epoch }.push_part(out, number, part);
            out.push_str("\"\n");
        }
    }

    /// The difference of rounded ends, so that parts add up to their segment.
    fn push_duration(&self, out: &mut String, start: u64, duration: u64) {
        let timescale = self.view.window.timescale;
        let end = rescale(start.saturating_add(duration), timescale, MICROS);
        push_fixed(
            out,
            end.saturating_sub(rescale(start, timescale, MICROS)),
            6,
        );
    }
}
