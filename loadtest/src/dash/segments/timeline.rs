//! When segments are: told one by one (DASH 5.3.9.6), or evenly long (5.3.9.5.3).
use super::super::document::{Context, Period};
use super::super::xml::Element;
use super::{MAX_SEGMENTS, Scale, Slot, bounded, overlap};
use crate::presentation::ReadError;
use crate::verify::rules;

/// Of times and of the clock, seconds.
const ROUNDING: f64 = 0.01;

/// `SegmentTimeline`.
pub(super) fn told(
    timeline: &Element,
    period: &Period<'_>,
    scale: &Scale,
    context: &mut Context,
) -> Result<Vec<Slot>, ReadError> {
    let mut slots = Vec::new();
    let mut number = scale.first_number;
    let mut time = 0u64;
    // What is listed ahead is there when its time has come (5.3.9.5.3); read again then, the list has it.
    let there = context.dynamic.then(|| {
        let ticks = (available(context, scale) - period.start + ROUNDING) * scale.timescale;
        scale.offset.saturating_add(ticks.max(0.0) as u64)
    });
    let mut elements = timeline.all("S").peekable();
    while let Some(element) = elements.next() {
        if element.attribute("n").is_some() {
            let what = "S@n, which the timing model forbids";
            context.fault(rules::DASH_TIMELINE, element, what);
        }
        let t = element.integer("t")?.unwrap_or(time);
        if t < time && !slots.is_empty() {
            let what = format!("S@t {t} is before {time}, where the one before ends");
            overlap(context, element, what);
        }
        time = t;
        let duration = element.integer("d")?.unwrap_or_default();
        if duration == 0 {
            context.fault(rules::DASH_TIMELINE, element, "S without a @d above 0");
            continue;
        }
        let repeat = element.attribute("r").map(str::trim).unwrap_or("0");
        let repeat: i64 = repeat
            .parse()
            .map_err(|_| element.malformed("S@r is no integer"))?;
        let count = match u64::try_from(repeat) {
            Ok(repeat) => repeat.saturating_add(1),
            Err(_) => {
                let next = match elements.peek() {
                    Some(next) => next.integer("t")?,
                    None => None,
                };
                let end = next.unwrap_or_else(|| open_end(period, scale, context));
                end.saturating_sub(time).div_ceil(duration)
            }
        };
        // Behind the bound only the latest matter.
        let most = MAX_SEGMENTS as u64;
        if count > most && !context.dynamic {
            return Err(ReadError::Limit {
                line: element.line,
                what: "segments",
                limit: MAX_SEGMENTS,
            });
        }
        let passed = count.saturating_sub(most);
        let beyond = || element.malformed("the time line goes beyond 64 bits");
        let skipped = passed.checked_mul(duration).ok_or_else(beyond)?;
        time = time.checked_add(skipped).ok_or_else(beyond)?;
        number = number.checked_add(passed).ok_or_else(beyond)?;
        for _ in 0..count - passed {
            if scale.last_number.is_some_and(|last| number > last) {
                break;
            }
            let end = time.saturating_add(duration);
            if there.is_some_and(|there| end > there) && scale.early.is_finite() {
                context.ahead = true;
                break;
            }
            slots.push(Slot {
                number,
                time,
                duration,
            });
            number = number.checked_add(1).ok_or_else(beyond)?;
            time = time.checked_add(duration).ok_or_else(beyond)?;
        }
        bounded(&mut slots, context, element)?;
    }
    Ok(slots)
}

/// Where a negative `@r` ends: with the period, or with what is available.
fn open_end(period: &Period<'_>, scale: &Scale, context: &Context) -> u64 {
    let now = context.dynamic.then(|| available(context, scale));
    let end = match (period.end, now) {
        (Some(end), Some(now)) => end.min(now),
        (Some(end), None) => end,
        (None, Some(now)) => now,
        (None, None) => period.start,
    };
    let ticks = (end - period.start) * scale.timescale;
    // What begins within a rounding of the end is not there.
    let ticks = (ticks - scale.timescale / 1000.0).max(0.0) as u64;
    scale.offset.saturating_add(ticks)
}

/// Up to when the presentation is available, in its own time.
fn available(context: &Context, scale: &Scale) -> f64 {
    let early = if scale.early.is_finite() {
        scale.early
    } else {
        0.0
    };
    context.now - context.availability_start + early
}

/// `@duration`: segments from the period's start on; `count` is how many a list has.
pub(super) fn even(
    duration: u64,
    count: Option<usize>,
    period: &Period<'_>,
    scale: &Scale,
    context: &mut Context,
    element: &Element,
) -> Result<Vec<Slot>, ReadError> {
    let seconds = duration as f64 / scale.timescale;
    let in_period = period.end.map(|end| {
        let whole = ((end - period.start) / seconds - 0.001).ceil();
        whole.max(1.0) as u64
    });
    let mut end = count.map(|count| count as u64);
    end = least(end, in_period);
    if let Some(last) = scale.last_number {
        let numbers = last.saturating_add(1).saturating_sub(scale.first_number);
        end = least(end, Some(numbers));
    }
    let mut first = 0;
    if context.dynamic {
        let elapsed = available(context, scale) - period.start;
        // Complete ones, to within a rounding; early ones as early as they are told to be.
        let there = (elapsed / seconds + 1e-6).floor().max(0.0) as u64;
        end = least(end, Some(there));
        if let Some(depth) = context.time_shift {
            let from = context.now - context.availability_start - period.start - depth;
            first = (from / seconds).floor().max(0.0) as u64;
        }
    }
    let Some(end) = end else {
        let what = "segments of one duration in a period without an end";
        return Err(element.malformed(what));
    };
    let most = MAX_SEGMENTS as u64;
    if end.saturating_sub(first) > most && !context.dynamic {
        return Err(ReadError::Limit {
            line: element.line,
            what: "segments",
            limit: MAX_SEGMENTS,
        });
    }
    let first = first.max(end.saturating_sub(most));
    let beyond = || element.malformed("segments beyond 64 bits");
    let mut slots = Vec::new();
    for nth in first..end {
        let time = nth
            .checked_mul(duration)
            .and_then(|ticks| ticks.checked_add(scale.offset));
        slots.push(Slot {
            number: scale.first_number.checked_add(nth).ok_or_else(beyond)?,
            time: time.ok_or_else(beyond)?,
            duration,
        });
    }
    Ok(slots)
}

fn least(a: Option<u64>, b: Option<u64>) -> Option<u64> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (one, other) => one.or(other),
    }
}
