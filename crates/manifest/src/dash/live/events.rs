//! Events: which schemes segments carry, and those that the MPD itself tells.
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;

use super::LiveMpd;
use super::clocks::signed_micros;
use super::lines::Lines;
use super::periods::State;
use crate::text::{push_attribute, push_attribute_number};

/// SCTE 214-1, 6.7: the binary message inside XML.
const SCTE35: &str = "urn:scte:scte35:2014:xml+bin";
const SCTE35_NAMESPACE: &str = "http://www.scte.org/schemas/35/2016";
/// Apart from the Period's clock, microseconds: another encoder life's event.
const TOLERANCE: u64 = 60_000_000;

/// InbandEventStream: `emsg` boxes of this scheme may stand in the segments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InbandEvents {
    pub scheme_id_uri: String,
    pub value: Option<String>,
}

/// One event of the MPD.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    pub id: u32,
    pub body: EventBody,
    /// On the encoder's media time line.
    pub time: u64,
    pub duration: Option<u64>,
    /// Units per second of both; not 0.
    pub timescale: u32,
    /// Unix time of `time`, milliseconds: tells lives of an encoder apart.
    pub wall_clock_ms: i64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EventBody {
    /// A `splice_info_section`.
    Scte35(Bytes),
    /// Written in base64.
    Message {
        scheme_id_uri: String,
        value: String,
        data: Bytes,
    },
}

impl Event {
    /// `@schemeIdUri`, `@value` and `@timescale` of its EventStream.
    fn stream(&self) -> (&str, &str, u32) {
        match &self.body {
            EventBody::Scte35(_) => (SCTE35, "", self.timescale),
            EventBody::Message {
                scheme_id_uri,
                value,
                ..
            } => (scheme_id_uri, value, self.timescale),
        }
    }
}

impl InbandEvents {
    pub(super) fn push(&self, out: &mut String) {
        out.push_str("      <InbandEventStream");
        push_attribute(out, "schemeIdUri", &self.scheme_id_uri);
        if let Some(value) = &self.value {
            push_attribute(out, "value", value);
        }
        out.push_str("/>\n");
    }
}

/// Those that begin in a Period.
pub(super) fn of_period<'a>(
    live: &LiveMpd<'a>,
    state: &State,
    until: Option<i64>,
) -> Vec<&'a Event> {
    let zero = live.periods.zero(state.clock);
    let is_of = |event: &&Event| {
        let at = zero.saturating_add(signed_micros(event.time, event.timescale));
        at >= state.start
            && until.is_none_or(|until| at < until)
            && at.abs_diff(event.wall_clock_ms.saturating_mul(1000)) <= TOLERANCE
    };
    live.events.iter().filter(is_of).collect()
}

/// One EventStream per scheme and timescale, in order of their first events.
pub(super) fn push_streams(out: &mut String, lines: &Lines<'_>) {
    let mut streams: Vec<(&str, &str, u32)> = Vec::new();
    for event in &lines.events {
        let stream = event.stream();
        if !streams.contains(&stream) {
            streams.push(stream);
        }
    }
    for stream in streams {
        let (scheme, value, timescale) = stream;
        out.push_str("    <EventStream");
        push_attribute(out, "schemeIdUri", scheme);
        if !value.is_empty() {
            push_attribute(out, "value", value);
        }
        push_attribute_number(out, "timescale", u64::from(timescale));
        let offset = lines.origin.in_units_of(timescale);
        if offset > 0 {
            push_attribute_number(out, "presentationTimeOffset", offset);
        }
        out.push_str(">\n");
        for event in lines.events.iter().filter(|e| e.stream() == stream) {
            push_event(out, event);
        }
        out.push_str("    </EventStream>\n");
    }
}

fn push_event(out: &mut String, event: &Event) {
    out.push_str("      <Event");
    push_attribute_number(out, "presentationTime", event.time);
    if let Some(duration) = event.duration {
        push_attribute_number(out, "duration", duration);
    }
    push_attribute_number(out, "id", u64::from(event.id));
    match &event.body {
        EventBody::Scte35(section) => {
            out.push_str("><scte35:Signal xmlns:scte35=\"");
            out.push_str(SCTE35_NAMESPACE);
            out.push_str("\"><scte35:Binary>");
            STANDARD.encode_string(section, out);
            out.push_str("</scte35:Binary></scte35:Signal></Event>\n");
        }
        EventBody::Message { data, .. } => {
            out.push_str(" contentEncoding=\"base64\">");
            STANDARD.encode_string(data, out);
            out.push_str("</Event>\n");
        }
    }
}
