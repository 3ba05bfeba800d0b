//! Byte ranges (RFC 9110, 14).
use std::ops::Range;

use http::HeaderMap;
use http::header::RANGE;

/// Most ranges in one request; more, and the whole is sent (RFC 9110, 14.2 allows to ignore `Range`).
pub const RANGES_MAX: usize = 16;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ranges {
    /// No `Range`, or one to be ignored: another unit, malformed, too many.
    Whole,
    /// At least one, none empty, none beyond the end, none overlapping another.
    Some(Vec<Range<u64>>),
    /// 416
    Unsatisfiable,
}

/// The `Range` header held against a representation of `length` bytes.
///
/// Ranges that overlap or touch are merged, so that no byte is sent twice for one request; the order is
/// otherwise the one asked for.
pub fn evaluate(headers: &HeaderMap, length: u64) -> Ranges {
    let mut values = headers.get_all(RANGE).iter();
    let (Some(value), None) = (values.next(), values.next()) else {
        return Ranges::Whole;
    };
    let Some(specs) = parse(value.as_bytes()) else {
        return Ranges::Whole;
    };
    let ranges: Vec<_> = specs
        .into_iter()
        .filter_map(|spec| spec.resolve(length))
        .collect();
    if ranges.is_empty() {
        Ranges::Unsatisfiable
    } else {
        Ranges::Some(merge(ranges))
    }
}

#[derive(Debug, Clone, Copy)]
enum Spec {
    From { first: u64, last: Option<u64> },
    Suffix(u64),
}

impl Spec {
    fn resolve(self, length: u64) -> Option<Range<u64>> {
        let range = match self {
            Self::From { first, last } => {
                first..last.map_or(length, |last| last.saturating_add(1).min(length))
            }
            Self::Suffix(count) => length.saturating_sub(count)..length,
        };
        (range.start < range.end).then_some(range)
    }
}

/// `None`: not ours, malformed, or too many.
fn parse(value: &[u8]) -> Option<Vec<Spec>> {
    let text = std::str::from_utf8(value).ok()?.trim();
    let (unit, set) = text.split_once('=')?;
    if !unit.trim_end().eq_ignore_ascii_case("bytes") {
        return None;
    }
    let mut specs = Vec::new();
    for spec in set
        .split(',')
        .map(str::trim)
        .filter(|spec| !spec.is_empty())
    {
        if specs.len() == RANGES_MAX {
            return None;
        }
        specs.push(parse_spec(spec)?);
    }
    (!specs.is_empty()).then_some(specs)
}

fn parse_spec(spec: &str) -> Option<Spec> {
    match spec.split_once('-')? {
        ("", count) => Some(Spec::Suffix(position(count)?)),
        (first, "") => Some(Spec::From {
            first: position(first)?,
            last: None,
        }),
        (first, last) => {
            let (first, last) = (position(first)?, position(last)?);
            (first <= last).then_some(Spec::From {
                first,
                last: Some(last),
            })
        }
    }
}

/// Any number of digits; what does not fit is as good as the largest.
fn position(digits: &str) -> Option<u64> {
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    Some(digits.parse().unwrap_or(u64::MAX))
}

fn merge(ranges: Vec<Range<u64>>) -> Vec<Range<u64>> {
    let mut merged: Vec<Range<u64>> = Vec::with_capacity(ranges.len());
    for mut range in ranges {
        // A merged range may reach another one that was apart before.
        while let Some(index) = merged
            .iter()
            .position(|other| range.start <= other.end && other.start <= range.end)
        {
            let other = merged.remove(index);
            range = range.start.min(other.start)..range.end.max(other.end);
        }
        merged.push(range);
    }
    merged
}

#[cfg(test)]
mod tests;
