//! `MPD` and its periods (DASH 5.3.1, 5.3.2).
use std::time::Duration;

use url::Url;

use super::sources::base;
use super::tracks::Tracks;
use super::xml::{Element, parse};
use super::{Mpd, segments};
use crate::presentation::{Clock, Presentation, ReadError};
use crate::verify::{Violation, rules};

const MAX_FAULTS: usize = 32;
const MAX_PERIODS: usize = 4096;

/// What all of a document's segments are reckoned from.
#[derive(Debug)]
pub(super) struct Context {
    pub(super) dynamic: bool,
    pub(super) now: f64,
    /// Of a dynamic MPD; 0 where it is missing.
    pub(super) availability_start: f64,
    pub(super) time_shift: Option<f64>,
    /// Of segments that are available before they are complete, seconds.
    pub(super) chunk: Option<f64>,
    /// More is listed than there is yet.
    pub(super) ahead: bool,
    pub(super) faults: Vec<Violation>,
}

impl Context {
    pub(super) fn fault(&mut self, rule: &'static str, element: &Element, what: impl Into<String>) {
        if self.faults.len() < MAX_FAULTS {
            let detail = format!("line {}: {}", element.line, what.into());
            self.faults.push(Violation { rule, detail });
        }
    }
}

/// A period on the presentation's time line, seconds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Period<'a> {
    pub(super) element: &'a Element,
    pub(super) index: u64,
    pub(super) start: f64,
    pub(super) end: Option<f64>,
}

pub(super) fn read(url: &Url, text: &str, now: f64) -> Result<Mpd, ReadError> {
    let root = parse(text)?;
    if root.name != "MPD" {
        let what = format!("its root is `{}`", root.name);
        return Err(ReadError::NotAnMpd { what });
    }
    let dynamic = root.attribute("type") == Some("dynamic");
    let availability_start = root.date("availabilityStartTime")?;
    let publish_time = root.date("publishTime")?;
    let total = root.seconds("mediaPresentationDuration")?;
    let mut context = Context {
        dynamic,
        now,
        availability_start: availability_start.unwrap_or_default(),
        time_shift: root.seconds("timeShiftBufferDepth")?,
        chunk: None,
        ahead: false,
        faults: Vec::new(),
    };
    if dynamic && availability_start.is_none() {
        let what = "a dynamic MPD without availabilityStartTime";
        context.fault(rules::DASH_DYNAMIC, &root, what);
    }
    if dynamic && publish_time.is_none() {
        let what = "a dynamic MPD without publishTime";
        context.fault(rules::DASH_DYNAMIC, &root, what);
    }
    if root.attribute("minBufferTime").is_none() {
        context.fault(rules::DASH_SYNTAX, &root, "MPD without minBufferTime");
    }
    let periods = periods(&root, total, &mut context)?;
    if !dynamic && total.is_none() && periods.last().is_none_or(|last| last.end.is_none()) {
        let what = "a static MPD that does not say how long it is";
        context.fault(rules::DASH_DURATION, &root, what);
    }
    let (url_base, offset) = base(url, &root, 0.0)?;
    let mut tracks = Tracks::default();
    for period in &periods {
        tracks.period(period, &url_base, offset, &mut context)?;
    }
    let update = root.seconds("minimumUpdatePeriod")?;
    let delay = latency(&root, &periods)?.or(root.seconds("suggestedPresentationDelay")?);
    let (tracks, mut media, indices) = tracks.finish()?;
    for media in &mut media {
        media.live = dynamic.then(|| segments::live(&media.segments, update, delay, &context));
    }
    let location = root.child("Location").map(|location| {
        let uri = location.text.trim();
        url.join(uri).map_err(|reason| ReadError::Url {
            line: location.line,
            uri: uri.to_owned(),
            reason,
        })
    });
    Ok(Mpd {
        presentation: Presentation {
            tracks,
            location: location.transpose()?,
            clocks: clocks(&root, &url_base),
        },
        media,
        indices,
        dynamic,
        publish_time,
        availability_start,
        minimum_update_period: update.and_then(|update| Duration::try_from_secs_f64(update).ok()),
        time_shift: context.time_shift,
        end: periods.last().and_then(|last| last.end),
        max_segment_duration: root.seconds("maxSegmentDuration")?,
        faults: context.faults,
    })
}

/// Where each begins and ends (5.3.2.1).
fn periods<'a>(
    root: &'a Element,
    total: Option<f64>,
    context: &mut Context,
) -> Result<Vec<Period<'a>>, ReadError> {
    let mut periods: Vec<Period<'_>> = Vec::new();
    let mut next = Some(0.0);
    for (index, element) in root.all("Period").enumerate() {
        if index >= MAX_PERIODS {
            return Err(ReadError::Limit {
                line: element.line,
                what: "periods",
                limit: MAX_PERIODS,
            });
        }
        let told = element.seconds("start")?;
        // Without either it is announced early, and has no place yet.
        let Some(start) = told.or(next) else { continue };
        if let Some(before) = periods.last_mut() {
            if before.end.is_some_and(|end| end > start + 0.001) {
                let what = "a Period that begins before the one before it ends";
                context.fault(rules::DASH_TIMELINE, element, what);
            }
            before.end = Some(start);
        }
        let end = element
            .seconds("duration")?
            .map(|duration| start + duration);
        next = end;
        periods.push(Period {
            element,
            index: index as u64,
            start,
            end,
        });
    }
    if let Some(last) = periods.last_mut() {
        last.end = last.end.or(total);
    }
    if periods.is_empty() {
        return Err(ReadError::Empty {
            what: "an MPD without a Period",
        });
    }
    Ok(periods)
}

/// `ServiceDescription/Latency@target` (annex K), seconds.
fn latency(root: &Element, periods: &[Period<'_>]) -> Result<Option<f64>, ReadError> {
    let elements = periods.iter().map(|period| period.element);
    for element in std::iter::once(root).chain(elements) {
        for latency in element
            .all("ServiceDescription")
            .flat_map(|service| service.all("Latency"))
        {
            if let Some(target) = latency.integer("target")? {
                return Ok(Some(target as f64 / 1000.0));
            }
        }
    }
    Ok(None)
}

/// Ways that are not known are passed over: others may follow.
fn clocks(root: &Element, base: &Url) -> Vec<Clock> {
    let clock = |element: &Element| {
        let value = element.attribute("value")?.trim();
        let scheme = element.attribute("schemeIdUri")?;
        let scheme = scheme.strip_prefix("urn:mpeg:dash:utc:")?;
        let url = || base.join(value.split_whitespace().next()?).ok();
        match scheme.split(':').next()? {
            "direct" => crate::hls::date::unix_seconds(value).map(Clock::Direct),
            "http-head" => url().map(Clock::Head),
            "http-xsdate" | "http-iso" => url().map(Clock::Body),
            _ => None,
        }
    };
    root.all("UTCTiming").filter_map(clock).collect()
}
