//! Dynamic MPDs of channels (ISO/IEC 23009-1; DASH-IF live media and low latency).
//!
//! # Time
//! Presentation time is Unix time: `availabilityStartTime` is 1970, and a Period starts at the wall clock of its first
//! sample; catch-up counts from its own first one. All tracks of a Period share one [clock](Periods): what an encoder stamps with the same media time is shown
//! at the same time, whatever wall clocks its tracks arrived with.
//!
//! # Addressing
//! In low latency a track whose segments follow one another evenly is addressed by `@duration`: players compute the
//! number of the growing segment and need no update of the MPD to find it. Every other track, and every track without
//! low latency, has a SegmentTimeline of its whole segments.
use edgepack_packager::TextForm;
use edgepack_packager::live::Window;

use super::{MIN_BUFFER, PROFILES_LIVE, protection};
use crate::error::{Error, Result};
use crate::outline::Outline;
use crate::text::{push_attribute, push_attribute_number, push_iso_duration};
use crate::{Nature, View};

mod clocks;
mod events;
mod grid;
mod lines;
mod open;
mod periods;
mod time;
mod write;

pub use events::{Event, EventBody, InbandEvents};
pub(super) use lines::Lines;
pub use periods::Periods;

const PROFILE_LOW_LATENCY: &str = "http://www.dashif.org/guidelines/low-latency-live-v5";
/// dash.js asks no more often, whatever the MPD says; a fleet of players that did would be a storm.
pub const MIN_UPDATE_PERIOD_MS: u32 = 1000;
const HTTP_XSDATE: &str = "urn:mpeg:dash:utc:http-xsdate:2014";
const DIRECT: &str = "urn:mpeg:dash:utc:direct:2014";

/// What a channel is, apart from what has come of it.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Of segments, milliseconds; not 0.
    pub target_ms: u32,
    /// Of parts, milliseconds.
    pub part_target_ms: u32,
    /// Growing segments may be asked for, and are sent as they grow.
    pub low_latency: bool,
    /// How long after its wall clock a sample is here, milliseconds: encoding and contribution, where wall clocks come
    /// from the encoder; 0 where they come from arrival. Periods start that much later, so that nothing is promised
    /// before it is here; ProducerReferenceTime tells players of it.
    pub encoder_delay_ms: u32,
    /// `timeShiftBufferDepth`: windows hold at least that much, once they are full.
    pub time_shift_buffer_ms: u64,
    pub suggested_presentation_delay_ms: u32,
    /// `minimumUpdatePeriod`; less than [`MIN_UPDATE_PERIOD_MS`] becomes that.
    pub minimum_update_period_ms: u32,
    pub latency: Option<Latency>,
    pub utc_timing: UtcTiming,
    /// Schemes of `emsg` boxes that may stand in the segments.
    pub inband_events: Vec<InbandEvents>,
}

/// ServiceDescription: what players hold on to (ISO/IEC 23009-1, annex K).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Latency {
    /// Milliseconds, from the encoder's clock to the screen.
    pub target_ms: u32,
    pub min_ms: Option<u32>,
    pub max_ms: Option<u32>,
    /// Slowest and fastest playback, in hundredths.
    pub playback_rate: Option<(u32, u32)>,
}

/// Where players find the time.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UtcTiming {
    /// A URL, relative to the MPD or absolute, that answers with an `xs:dateTime`.
    pub http_xsdate: Option<String>,
    /// The time of writing in the MPD itself: for MPDs that no cache keeps.
    pub direct: bool,
}

/// One track of the channel.
#[derive(Debug, Clone, Copy)]
pub struct LiveTrack<'a> {
    /// The URL's track element, which is the Representation's id.
    pub name: &'a str,
    pub window: &'a Window,
}

/// What has come of a channel at one moment.
#[derive(Debug, Clone, Copy)]
pub struct Channel<'a> {
    /// One period, whose renditions have no segments. Crypto periods count media sequence numbers: `first_segment` is
    /// a [`Segment::number`](edgepack_packager::live::Segment::number).
    pub view: View<'a>,
    /// One per `Presentation::renditions`, same order.
    pub tracks: &'a [LiveTrack<'a>],
    pub settings: &'a Settings,
    /// Of start-over and catch-up: windows are those of the stretch, and [`Periods`] are its own.
    pub nature: Nature,
    /// Unix time, milliseconds.
    pub now_ms: i64,
}

/// What an MPD is written from.
#[derive(Debug, Clone, Copy)]
pub struct LiveMpd<'a> {
    pub channel: Channel<'a>,
    /// Updated with the same channel.
    pub periods: &'a Periods,
    /// Unix time of the last change, milliseconds.
    pub publish_time_ms: i64,
    pub events: &'a [Event],
}

/// `manifest.mpd` of a channel: dynamic, and static once all its tracks have ended, or for catch-up. Start-over has no
/// `timeShiftBufferDepth`: all since its start stays.
///
/// Files are `$RepresentationID$/{epoch}-$Number$.m4s` and `$RepresentationID$/init-{epoch}-{k}.mp4`, `k` being
/// [`header_name`] and `epoch` that of the segments, eight lower-case hex digits: a Period has one.
///
/// # Errors
/// [`Error::NothingLeft`] by the filter; [`Error::NothingToOffer`] under AES-128 and SAMPLE-AES, and as long as no Period
/// has begun; [`Error::Unprotected`] where all video, or all audio, lacks its protection.
pub fn mpd(live: &LiveMpd<'_>) -> Result<String> {
    let channel = &live.channel;
    if channel.view.protection.is_some_and(|p| !p.is_common()) {
        return Err(Error::NothingToOffer { form: "DASH" });
    }
    let mut outline = Outline::new(channel.view, TextForm::Imsc1)?;
    for entry in &mut outline.entries {
        if let Some(track) = channel.tracks.get(entry.index) {
            track.name.clone_into(&mut entry.url_name);
        }
    }
    let periods = lines::of(live, &outline);
    if periods.is_empty() {
        return Err(Error::NothingToOffer { form: "live DASH" });
    }
    Ok(push_all(live, &outline, &periods))
}

/// `{k}` in `init-{epoch}-{k}.mp4`: which of the track's headers, and behind a point the crypto period that it is for,
/// where keys change by headers: none behind the first one. `crypto`: `CryptoPeriod::number`.
pub fn header_name(header: u32, crypto: Option<u32>) -> String {
    match crypto {
        None | Some(0) => header.to_string(),
        Some(crypto) => format!("{header}.{crypto}"),
    }
}

fn push_all(live: &LiveMpd<'_>, outline: &Outline<'_>, periods: &[Lines<'_>]) -> String {
    let settings = live.channel.settings;
    let ended = live.channel.has_ended();
    let low_latency = live.channel.has_low_latency();
    let mut out = String::with_capacity(16 * 1024);
    out.push_str("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    out.push_str("<MPD xmlns=\"urn:mpeg:dash:schema:mpd:2011\"");
    protection::push_namespaces(&mut out, outline);
    super::push_supplemental_namespace(&mut out, outline);
    out.push_str(" profiles=\"");
    out.push_str(PROFILES_LIVE);
    if low_latency {
        out.push(',');
        out.push_str(PROFILE_LOW_LATENCY);
    }
    out.push('"');
    if ended {
        out.push_str(" type=\"static\"");
        push_duration(&mut out, "mediaPresentationDuration", end(periods));
    } else {
        push_attribute(&mut out, "type", "dynamic");
        push_attribute(&mut out, "availabilityStartTime", "1970-01-01T00:00:00Z");
        let update = settings.minimum_update_period_ms.max(MIN_UPDATE_PERIOD_MS);
        push_duration(&mut out, "minimumUpdatePeriod", u64::from(update) * 1000);
        if live.channel.nature != Nature::Event {
            let depth = settings.time_shift_buffer_ms.saturating_mul(1000);
            push_duration(&mut out, "timeShiftBufferDepth", depth);
        }
        let delay = u64::from(settings.suggested_presentation_delay_ms) * 1000;
        push_duration(&mut out, "suggestedPresentationDelay", delay);
    }
    push_moment(&mut out, "publishTime", live.publish_time_ms);
    push_duration(&mut out, "maxSegmentDuration", longest(settings, periods));
    push_duration(&mut out, "minBufferTime", min_buffer(settings, low_latency));
    out.push_str(">\n");
    if let Some(latency) = settings.latency.filter(|_| low_latency) {
        push_latency(&mut out, latency);
    }
    write::push_periods(&mut out, outline, periods, live.periods);
    if !ended {
        for (scheme, value) in settings.utc_timing.sources(live.channel.now_ms) {
            push_utc_timing(&mut out, "  ", scheme, &value);
        }
    }
    out.push_str("</MPD>\n");
    out
}

impl Channel<'_> {
    /// Nothing will follow on any track.
    pub(super) fn has_ended(&self) -> bool {
        self.nature == Nature::Vod
            || !self.tracks.is_empty() && self.tracks.iter().all(|track| track.window.ended)
    }

    /// Segments that grow may be asked for.
    pub(super) fn has_low_latency(&self) -> bool {
        self.settings.low_latency && !self.has_ended()
    }
}

/// Microseconds, presentation time.
fn end(periods: &[Lines<'_>]) -> u64 {
    periods.last().map_or(0, Lines::end_us)
}

/// Players judge by it how far behind the clock a segment is whole: never less than what is listed.
fn longest(settings: &Settings, periods: &[Lines<'_>]) -> u64 {
    let listed = periods.iter().map(Lines::longest_us).max();
    listed
        .unwrap_or(0)
        .max(u64::from(settings.target_ms) * 1000)
}

/// Half of the latency at most, so that a player that holds it starts at once.
fn min_buffer(settings: &Settings, low_latency: bool) -> u64 {
    match settings.latency {
        Some(latency) if low_latency => MIN_BUFFER.min(u64::from(latency.target_ms) * 500),
        _ => MIN_BUFFER,
    }
}

fn push_latency(out: &mut String, latency: Latency) {
    out.push_str("  <ServiceDescription id=\"0\">\n    <Latency");
    push_attribute_number(out, "target", u64::from(latency.target_ms));
    for (name, value) in [("min", latency.min_ms), ("max", latency.max_ms)] {
        if let Some(value) = value {
            push_attribute_number(out, name, u64::from(value));
        }
    }
    out.push_str(" referenceId=\"0\"/>\n");
    if let Some((slowest, fastest)) = latency.playback_rate {
        out.push_str("    <PlaybackRate min=\"");
        crate::text::push_fixed(out, u64::from(slowest), 2);
        out.push_str("\" max=\"");
        crate::text::push_fixed(out, u64::from(fastest), 2);
        out.push_str("\"/>\n");
    }
    out.push_str("  </ServiceDescription>\n");
}

impl UtcTiming {
    /// `@schemeIdUri` and `@value`, the preferred first.
    pub(super) fn sources(&self, now_ms: i64) -> Vec<(&'static str, String)> {
        let address = self.http_xsdate.clone().map(|url| (HTTP_XSDATE, url));
        let direct = self.direct.then(|| {
            let mut now = String::new();
            time::push_date_time(&mut now, now_ms);
            (DIRECT, now)
        });
        address.into_iter().chain(direct).collect()
    }
}

fn push_utc_timing(out: &mut String, indent: &str, scheme: &str, value: &str) {
    out.push_str(indent);
    out.push_str("<UTCTiming");
    push_attribute(out, "schemeIdUri", scheme);
    push_attribute(out, "value", value);
    out.push_str("/>\n");
}

fn push_duration(out: &mut String, name: &str, microseconds: u64) {
    out.push(' ');
    out.push_str(name);
    out.push_str("=\"");
    push_iso_duration(out, microseconds);
    out.push('"');
}

fn push_moment(out: &mut String, name: &str, unix_ms: i64) {
    out.push(' ');
    out.push_str(name);
    out.push_str("=\"");
    time::push_date_time(out, unix_ms);
    out.push('"');
}

#[cfg(test)]
mod tests;
