//! EXT-X-DATERANGE (8216bis, 4.4.5.1): advertisements, programmes, interstitials.
use super::date;
use crate::text::{push_fixed, push_hex, push_quoted};

/// What a VOD asset has dates for. A playlist with date ranges has EXT-X-PROGRAM-DATE-TIME, and so have all of its
/// presentation (8216bis, 6.2.4).
#[derive(Debug, Clone, Copy)]
pub struct Dates<'a> {
    /// What the beginning of the time line is dated, Unix time, milliseconds. Not 0: hls.js takes a date of 0 for none.
    pub zero_ms: i64,
    pub ranges: &'a [DateRange],
}

/// The date ranges of a live playlist.
#[derive(Debug, Clone, Copy, Default)]
pub struct DateRanges<'a> {
    pub listed: &'a [DateRange],
    /// Those taken away since `now_ms` less CAN-SKIP-UNTIL, or since earlier; what is older is left out here.
    pub removed: &'a [RemovedDateRange],
    /// When the playlist is written, Unix time, milliseconds.
    pub now_ms: i64,
}

/// One EXT-X-DATERANGE.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DateRange {
    /// Of the playlist's date ranges, this one.
    pub id: String,
    pub class: Option<String>,
    /// Unix time, milliseconds, as all times here.
    pub start_ms: i64,
    pub end_ms: Option<i64>,
    pub duration_ms: Option<u64>,
    pub planned_duration_ms: Option<u64>,
    /// It ends where the next of its class begins: written where there are a class and neither end nor duration.
    pub end_on_next: bool,
    /// CUE, SCTE35-OUT, X-… and others, in the order they are written.
    pub attributes: Vec<(String, Value)>,
    /// When it came into the playlist.
    pub added_ms: i64,
}

/// Of an attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// A quoted string.
    Text(String),
    /// A hexadecimal sequence: SCTE-35 sections.
    Bytes(Vec<u8>),
    /// A decimal number of seconds, given in milliseconds: X-RESUME-OFFSET.
    Seconds(i64),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemovedDateRange {
    pub id: String,
    pub removed_ms: i64,
}

impl DateRanges<'_> {
    /// `oldest`: those added before are left out.
    pub(super) fn push(&self, out: &mut String, oldest: Option<i64>) {
        let is_listed = |range: &&DateRange| oldest.is_none_or(|oldest| range.added_ms >= oldest);
        for range in self.listed.iter().filter(is_listed) {
            range.push(out);
        }
    }

    /// `,RECENTLY-REMOVED-DATERANGES="…"`: separated by tabs, empty where there is none (4.4.5.2).
    pub(super) fn push_removed(&self, out: &mut String, oldest: i64) {
        out.push_str(",RECENTLY-REMOVED-DATERANGES=\"");
        let recent = self
            .removed
            .iter()
            .filter(|range| range.removed_ms >= oldest);
        for (index, range) in recent.enumerate() {
            if index > 0 {
                out.push('\t');
            }
            push_quoted(out, &range.id);
        }
        out.push('"');
    }
}

impl DateRange {
    pub(super) fn push(&self, out: &mut String) {
        out.push_str("#EXT-X-DATERANGE:ID=\"");
        push_quoted(out, &self.id);
        out.push('"');
        if let Some(class) = &self.class {
            out.push_str(",CLASS=\"");
            push_quoted(out, class);
            out.push('"');
        }
        push_date(out, "START-DATE", self.start_ms);
        if let Some(end_ms) = self.end_ms {
            push_date(out, "END-DATE", end_ms);
        }
        let lengths = [
            (",DURATION=", self.duration_ms),
            (",PLANNED-DURATION=", self.planned_duration_ms),
        ];
        for (name, ms) in lengths {
            if let Some(ms) = ms {
                out.push_str(name);
                push_fixed(out, ms, 3);
            }
        }
        for (name, value) in &self.attributes {
            out.push(',');
            push_name(out, name);
            out.push('=');
            value.push(out);
        }
        let is_open = self.end_ms.is_none() && self.duration_ms.is_none();
        if self.end_on_next && is_open && self.class.is_some() {
            out.push_str(",END-ON-NEXT=YES");
        }
        out.push('\n');
    }
}

impl Value {
    fn push(&self, out: &mut String) {
        match self {
            Self::Text(text) => {
                out.push('"');
                push_quoted(out, text);
                out.push('"');
            }
            Self::Bytes(bytes) => {
                out.push_str("0x");
                push_hex(out, bytes);
            }
            Self::Seconds(ms) => {
                if *ms < 0 {
                    out.push('-');
                }
                push_fixed(out, ms.unsigned_abs(), 3);
            }
        }
    }
}

fn push_date(out: &mut String, name: &str, unix_ms: i64) {
    out.push(',');
    out.push_str(name);
    out.push_str("=\"");
    date::push(out, unix_ms);
    out.push('"');
}

/// Names have upper-case letters, digits and `-` (4.2); what else there is becomes `-`.
fn push_name(out: &mut String, name: &str) {
    out.extend(name.chars().map(|c| match c.to_ascii_uppercase() {
        c @ ('A'..='Z' | '0'..='9') => c,
        _ => '-',
    }));
}
