//! Writes a channel's Periods.
use super::Periods;
use super::events;
use super::lines::{How, Line, Lines};
use super::time::push_date_time;
use crate::dash::addressing::Addressing;
use crate::dash::sets::{Grouping, Set};
use crate::dash::slices::Member;
use crate::dash::{period, timeline};
use crate::outline::{Entry, Outline};
use crate::text::{
    MICROS, push_attribute_number, push_fixed, push_iso_duration, push_number, rescale,
};

/// All Periods.
pub(super) fn push_periods(
    out: &mut String,
    outline: &Outline<'_>,
    periods: &[Lines<'_>],
    state: &Periods,
) {
    let mut grouping = Grouping::new(outline);
    // Ids go by the order in which tracks came: they stay when others join, and when a Period that has only some of them
    // leaves the window.
    let mut entries: Vec<&Entry<'_>> = outline.entries.iter().collect();
    entries.sort_by_key(|entry| state.joined(&entry.rendition.name));
    grouping.sets(entries.into_iter().map(|entry| Member {
        entry,
        range: 0..0,
        crypto: 0,
        offset: 0,
    }));
    let mut before: Option<&Lines<'_>> = None;
    for lines in periods {
        let sets = sets(outline, &mut grouping, lines, before);
        before = Some(lines);
        out.push_str("  <Period id=\"");
        push_number(out, lines.id);
        out.push_str("\" start=\"");
        push_iso_duration(out, lines.start);
        out.push('"');
        if let Some(end) = lines.end {
            out.push_str(" duration=\"");
            push_iso_duration(out, end.saturating_sub(lines.start));
            out.push('"');
        }
        out.push_str(">\n");
        events::push_streams(out, lines);
        period::push_sets(out, outline, Addressing::Live(lines), &sets);
        out.push_str("  </Period>\n");
    }
}

fn sets<'o, 'a>(
    outline: &'o Outline<'a>,
    grouping: &mut Grouping<'o, 'a>,
    lines: &Lines<'_>,
    before: Option<&Lines<'_>>,
) -> Vec<Set<'o, 'a>> {
    let members = outline.entries.iter().filter_map(|entry| {
        let line = lines.line(entry.index)?;
        Some(Member {
            entry,
            range: 0..0,
            crypto: line.crypto,
            offset: line.offset,
        })
    });
    let mut sets = grouping.sets(members);
    for set in &mut sets {
        let indices: Vec<usize> = set.entries().map(|entry| entry.index).collect();
        let of: Vec<&Line> = indices.iter().filter_map(|i| lines.line(*i)).collect();
        let first = of.first();
        set.shared_timeline = of.iter().all(|line| first == Some(line));
        set.aligned = of
            .iter()
            .all(|line| first.is_some_and(|first| first.aligned(line)));
        let mut continued = indices.iter().map(|i| lines.continues(before, *i));
        let all = continued.next().flatten();
        set.continues = all
            .filter(|id| continued.all(|other| other == Some(*id)))
            .map(|id| id.to_string());
    }
    sets
}

impl Lines<'_> {
    /// SegmentTemplate of a track. `prefix`: what stands before each file.
    pub(in crate::dash) fn push_template(
        &self,
        out: &mut String,
        indent: &str,
        entry: &Entry<'_>,
        prefix: &str,
    ) {
        let Some(line) = self.line(entry.index) else {
            return;
        };
        out.push_str(indent);
        out.push_str("<SegmentTemplate");
        push_attribute_number(out, "timescale", u64::from(line.timescale));
        if line.offset > 0 {
            push_attribute_number(out, "presentationTimeOffset", line.offset);
        }
        if let How::Grid { grid, .. } = &line.addressing {
            push_attribute_number(out, "duration", grid.duration);
            if self.low_latency {
                push_availability(
                    out,
                    self.availability_offset_us(line, grid.slack(), grid.duration),
                );
            }
        }
        out.push_str(" initialization=\"");
        out.push_str(prefix);
        out.push_str("init-");
        push_epoch(out, self.epoch);
        out.push('-');
        out.push_str(&line.header);
        out.push_str(".mp4\" media=\"");
        out.push_str(prefix);
        push_epoch(out, self.epoch);
        out.push_str("-$Number$.m4s\"");
        match &line.addressing {
            How::Grid { grid, last } => {
                push_attribute_number(out, "startNumber", grid.first);
                // Only where it says something: mpd-parser takes it for a count.
                let counted = self.count(line, grid).map(|count| grid.first + count);
                if let Some(last) = last.filter(|last| counted != Some(last + 1)) {
                    push_attribute_number(out, "endNumber", last);
                }
                out.push_str("/>\n");
            }
            How::Timeline { first, spans } => {
                push_attribute_number(out, "startNumber", *first);
                out.push_str(">\n");
                timeline::push(out, indent, spans.iter().copied());
                out.push_str(indent);
                out.push_str("</SegmentTemplate>\n");
            }
        }
    }

    /// How long before its end a segment may be asked for, microseconds: as soon as its first part is here, were it as
    /// late as a segment may be.
    fn availability_offset_us(&self, line: &Line, slack: u64, duration: u64) -> u64 {
        let lasts = rescale(duration, line.timescale, MICROS);
        let late = rescale(slack, line.timescale, MICROS);
        let part = u64::from(self.settings.part_target_ms) * 1000;
        lasts.saturating_sub(late + part)
    }

    /// ProducerReferenceTime: what the encoder's clock said at the start of the Period. Players of low latency measure
    /// by it.
    pub(in crate::dash) fn push_reference(&self, out: &mut String, entry: &Entry<'_>) {
        let Some(line) = self.line(entry.index).filter(|_| self.low_latency) else {
            return;
        };
        let delay = u64::from(self.settings.encoder_delay_ms) * 1000;
        let captured = self.start.saturating_sub(delay) / 1000;
        out.push_str("        <ProducerReferenceTime id=\"0\" inband=\"true\" type=\"encoder\" wallClockTime=\"");
        push_date_time(out, i64::try_from(captured).unwrap_or(i64::MAX));
        out.push('"');
        push_attribute_number(out, "presentationTime", line.offset);
        out.push_str(">\n");
        // The clock that players go by (ISO/IEC 23009-1, 5.12), and that the wall clock is a date: Shaka would read NTP.
        let clock = self.settings.utc_timing.sources(self.now_ms);
        let clock = clock.into_iter().next();
        let (scheme, value) = clock.unwrap_or_else(|| (super::HTTP_XSDATE, String::new()));
        super::push_utc_timing(out, "          ", scheme, &value);
        out.push_str("        </ProducerReferenceTime>\n");
    }

    pub(in crate::dash) fn push_inband_events(&self, out: &mut String) {
        for events in &self.settings.inband_events {
            events.push(out);
        }
    }
}

fn push_availability(out: &mut String, offset_us: u64) {
    if offset_us > 0 {
        out.push_str(" availabilityTimeOffset=\"");
        push_fixed(out, offset_us / 1000, 3);
        out.push_str("\" availabilityTimeComplete=\"false\"");
    }
}

/// Eight lower-case hex digits.
fn push_epoch(out: &mut String, epoch: u32) {
    crate::text::push_hex(out, &epoch.to_be_bytes());
}
