//! The segments of a representation in a period (DASH 5.3.9).
use std::time::Duration;

use url::Url;

use super::document::{Context, Period};
use super::sources::{Addressing, Segmentation, join, range};
use super::template::{Values, fill};
use super::xml::Element;
use super::{Index, MAX_SEGMENTS};
use crate::presentation::{Container, Live, Protection, ReadError, Resource, Segment};
use crate::verify::rules;

mod timeline;

/// A representation, with all that was handed down to it.
#[derive(Clone, Debug)]
pub(super) struct Representation<'a> {
    pub(super) element: &'a Element,
    pub(super) id: &'a str,
    pub(super) bandwidth: u64,
    pub(super) base: Url,
    /// `availabilityTimeOffset` of base URLs, seconds.
    pub(super) early: f64,
    pub(super) segmentation: Option<Segmentation<'a>>,
    pub(super) container: Container,
    pub(super) protection: Protection,
}

/// What is played from a representation.
#[derive(Debug)]
pub(super) enum Found {
    Segments(Vec<Segment>),
    Index(Box<Index>),
}

/// One segment on the time line of the media.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Slot {
    number: u64,
    /// In units of the time scale, as the time line tells it.
    time: u64,
    duration: u64,
}

/// The units of a segmentation.
#[derive(Clone, Copy, Debug)]
struct Scale {
    timescale: f64,
    /// `@presentationTimeOffset`, in units.
    offset: u64,
    first_number: u64,
    last_number: Option<u64>,
    /// By how many seconds segments are available before they are complete.
    early: f64,
}

impl Representation<'_> {
    pub(super) fn find(
        &self,
        period: &Period<'_>,
        context: &mut Context,
    ) -> Result<Found, ReadError> {
        let Some(segmentation) = &self.segmentation else {
            return Ok(Found::Segments(self.single(period, None)));
        };
        let element = segmentation.element().unwrap_or(self.element);
        let timescale = segmentation.integer("timescale")?.unwrap_or(1);
        if timescale == 0 {
            return Err(element.malformed("the timescale is 0"));
        }
        let scale = Scale {
            timescale: timescale as f64,
            offset: segmentation
                .integer("presentationTimeOffset")?
                .unwrap_or_default(),
            first_number: segmentation.integer("startNumber")?.unwrap_or(1),
            last_number: segmentation.integer("endNumber")?,
            early: self.early + segmentation.availability_offset()?,
        };
        let header = self.header(segmentation, element)?;
        if segmentation.addressing == Addressing::Base {
            return self.indexed(period, segmentation, header, scale);
        }
        let duration = segmentation.integer("duration")?.filter(|d| *d > 0);
        let timeline = segmentation.child("SegmentTimeline");
        let list = match segmentation.addressing {
            Addressing::List => segmentation.child("SegmentURL").map(|_| ()),
            _ => None,
        };
        let urls: Vec<&Element> = match list {
            Some(()) => self.listed(segmentation),
            None => Vec::new(),
        };
        let slots = match (timeline, duration) {
            (Some(timeline), _) => timeline::told(timeline, period, &scale, context)?,
            (None, Some(duration)) => {
                let count = (!urls.is_empty()).then_some(urls.len());
                timeline::even(duration, count, period, &scale, context, element)?
            }
            // A single segment needs no duration (5.3.9.2.1).
            (None, None) => vec![Slot {
                number: scale.first_number,
                time: scale.offset,
                duration: whole_period(period, &scale),
            }],
        };
        let exact = timeline.is_some();
        // Chunks are as long as segments come late with them (5.3.9.5.3).
        let last = slots.last();
        let lasts = last.map_or(0.0, |last| last.duration as f64 / scale.timescale);
        let chunked = segmentation.attribute("availabilityTimeComplete") == Some("false");
        if chunked && scale.early > 0.0 && scale.early < lasts {
            context.chunk = Some(lasts - scale.early);
        }
        let mut segments = Vec::with_capacity(slots.len());
        for slot in slots {
            let at = slot.number.checked_sub(scale.first_number);
            let at = at.and_then(|at| usize::try_from(at).ok());
            let resource = match segmentation.addressing {
                Addressing::List => match at.and_then(|at| urls.get(at)) {
                    Some(url) => self.listed_resource(url)?,
                    None => break,
                },
                _ => self.templated(segmentation, element, "media", &slot)?,
            };
            segments.push(self.segment(period, &scale, slot, exact, resource, &header, context));
        }
        Ok(Found::Segments(segments))
    }

    #[allow(clippy::too_many_arguments)]
    fn segment(
        &self,
        period: &Period<'_>,
        scale: &Scale,
        slot: Slot,
        exact: bool,
        resource: Resource,
        header: &Option<Resource>,
        context: &Context,
    ) -> Segment {
        let ticks = slot.time as f64 - scale.offset as f64;
        let start = period.start + ticks / scale.timescale;
        let duration = slot.duration as f64 / scale.timescale;
        // What reaches over the end of its period is cut there, in time.
        let left = period.end.map_or(duration, |end| (end - start).max(0.0));
        let encoded = context.availability_start + start;
        Segment {
            number: slot.number,
            start,
            duration: if exact { duration } else { duration.min(left) },
            exact,
            media_time: Some(slot.time as f64 / scale.timescale),
            resource,
            header: header.clone(),
            header_encrypted: false,
            container: self.container,
            protection: self.protection,
            key: None,
            discontinuity: period.index,
            gap: false,
            parts: Vec::new(),
            complete: !context.dynamic || encoded + duration <= context.now,
            wall_clock: context.dynamic.then_some(encoded),
        }
    }

    /// The file of the base URL as one segment.
    fn single(&self, period: &Period<'_>, header: Option<Resource>) -> Vec<Segment> {
        vec![Segment {
            number: 1,
            start: period.start,
            duration: period.end.map_or(0.0, |end| end - period.start),
            exact: false,
            media_time: None,
            resource: Resource {
                url: self.base.clone(),
                range: None,
            },
            header,
            header_encrypted: false,
            // It has its header in itself.
            container: match self.container {
                Container::Fragment => Container::Unknown,
                other => other,
            },
            protection: self.protection,
            key: None,
            discontinuity: period.index,
            gap: false,
            parts: Vec::new(),
            complete: true,
            wall_clock: None,
        }]
    }

    fn indexed(
        &self,
        period: &Period<'_>,
        segmentation: &Segmentation<'_>,
        header: Option<Resource>,
        scale: Scale,
    ) -> Result<Found, ReadError> {
        let element = segmentation.element().unwrap_or(self.element);
        let Some(index) = segmentation.attribute("indexRange") else {
            return Ok(Found::Segments(self.single(period, None)));
        };
        let index = range(index, element)?;
        // What stands before the index is the header, if nothing else is said.
        let header = header.or_else(|| {
            (index.start > 0).then(|| Resource {
                url: self.base.clone(),
                range: Some(0..index.start),
            })
        });
        Ok(Found::Index(Box::new(Index {
            media: 0,
            resource: Resource {
                url: self.base.clone(),
                range: Some(index),
            },
            header,
            container: self.container,
            protection: self.protection,
            period_start: period.start,
            offset: scale.offset as f64 / scale.timescale,
            discontinuity: period.index,
        })))
    }

    fn header(
        &self,
        segmentation: &Segmentation<'_>,
        element: &Element,
    ) -> Result<Option<Resource>, ReadError> {
        if let Some(initialization) = segmentation.child("Initialization") {
            let url = match initialization.attribute("sourceURL") {
                Some(uri) => join(&self.base, uri, initialization)?,
                None => self.base.clone(),
            };
            let bytes = initialization.attribute("range");
            let range = bytes.map(|bytes| range(bytes, initialization));
            return Ok(Some(Resource {
                url,
                range: range.transpose()?,
            }));
        }
        if segmentation.attribute("initialization").is_none() {
            return Ok(None);
        }
        let slot = Slot {
            number: 0,
            time: 0,
            duration: 0,
        };
        let header = self.templated(segmentation, element, "initialization", &slot)?;
        Ok(Some(header))
    }

    fn templated(
        &self,
        segmentation: &Segmentation<'_>,
        element: &Element,
        attribute: &str,
        slot: &Slot,
    ) -> Result<Resource, ReadError> {
        let template = segmentation.attribute(attribute);
        let missing = || element.malformed(format!("SegmentTemplate without @{attribute}"));
        let values = Values {
            representation: self.id,
            bandwidth: self.bandwidth,
            number: slot.number,
            time: slot.time,
        };
        let uri = fill(template.ok_or_else(missing)?, &values);
        let uri = uri.map_err(|what| element.malformed(what))?;
        Ok(Resource {
            url: join(&self.base, &uri, element)?,
            range: None,
        })
    }

    fn listed<'e>(&self, segmentation: &Segmentation<'e>) -> Vec<&'e Element> {
        let lists = segmentation.element().into_iter();
        let own: Vec<&Element> = lists.flat_map(|list| list.all("SegmentURL")).collect();
        own
    }

    fn listed_resource(&self, element: &Element) -> Result<Resource, ReadError> {
        let url = match element.attribute("media") {
            Some(uri) => join(&self.base, uri, element)?,
            None => self.base.clone(),
        };
        let bytes = element.attribute("mediaRange");
        let range = bytes.map(|bytes| range(bytes, element)).transpose()?;
        Ok(Resource { url, range })
    }
}

fn whole_period(period: &Period<'_>, scale: &Scale) -> u64 {
    let seconds = period.end.map_or(0.0, |end| end - period.start);
    (seconds * scale.timescale) as u64
}

/// How players follow a list of a dynamic MPD.
pub(super) fn live(
    segments: &[Segment],
    update: Option<f64>,
    delay: Option<f64>,
    context: &Context,
) -> Live {
    let last = segments.last();
    let lasts = last.map_or(2.0, |last| last.duration.max(0.1));
    // Lists that are reckoned grow by themselves.
    let reckoned = context.ahead || last.is_some_and(|last| !last.exact);
    // By themselves, at the moment when the next segment is available.
    let pace = match last.filter(|_| reckoned) {
        Some(last) => {
            let early = context.chunk.map_or(0.0, |chunk| last.duration - chunk);
            let next = last.start + 2.0 * last.duration - early;
            (context.availability_start + next - context.now).clamp(0.01, lasts)
        }
        None => lasts,
    };
    let reload = match update {
        Some(update) if update > 0.0 && !reckoned => update,
        Some(update) if update > 0.0 => update.min(pace),
        _ => pace,
    };
    Live {
        reload_after: Duration::try_from_secs_f64(reload).unwrap_or(Duration::MAX),
        hold_back: delay.unwrap_or(3.0 * lasts),
        blocking: false,
        part_target: context.chunk,
        hint: None,
        skip_until: None,
        reports: Vec::new(),
    }
}

/// Whether segments of one kind became too many: a static list ends there, of a dynamic one the latest are kept.
fn bounded(slots: &mut Vec<Slot>, context: &Context, element: &Element) -> Result<(), ReadError> {
    if slots.len() <= MAX_SEGMENTS {
        return Ok(());
    }
    if !context.dynamic {
        return Err(ReadError::Limit {
            line: element.line,
            what: "segments",
            limit: MAX_SEGMENTS,
        });
    }
    slots.drain(..slots.len() - MAX_SEGMENTS);
    Ok(())
}

/// A fault of the time line, told once for each element.
fn overlap(context: &mut Context, element: &Element, what: String) {
    context.fault(rules::DASH_TIMELINE, element, what);
}
