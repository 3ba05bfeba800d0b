//! What levels of an MPD hand down: base URLs (5.6) and how segments are addressed (5.3.9.1).
use url::Url;

use super::xml::Element;
use crate::presentation::ReadError;

/// The base of what is inside of `element`, and the availability offset there, seconds.
pub(super) fn base(outer: &Url, element: &Element, offset: f64) -> Result<(Url, f64), ReadError> {
    // Of alternatives, the first.
    let Some(base) = element.child("BaseURL") else {
        return Ok((outer.clone(), offset));
    };
    let own = availability_offset(base)?;
    Ok((join(outer, base.text.trim(), base)?, offset + own))
}

pub(super) fn join(base: &Url, uri: &str, element: &Element) -> Result<Url, ReadError> {
    base.join(uri).map_err(|reason| ReadError::Url {
        line: element.line,
        uri: uri.chars().take(200).collect(),
        reason,
    })
}

/// `@availabilityTimeOffset`: a number of seconds, or `INF`.
pub(super) fn availability_offset(element: &Element) -> Result<f64, ReadError> {
    let Some(value) = element.attribute("availabilityTimeOffset") else {
        return Ok(0.0);
    };
    let value = value.trim();
    let parsed = match value {
        "INF" => Some(f64::INFINITY),
        value => value.parse::<f64>().ok().filter(|value| value.is_finite()),
    };
    let what = format!("the availabilityTimeOffset `{value}` is no number");
    parsed.ok_or_else(|| element.malformed(what))
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Addressing {
    Template,
    List,
    Base,
}

/// `SegmentTemplate`, `SegmentList` or `SegmentBase` of a representation, with what its levels hand down.
#[derive(Clone, Debug)]
pub(super) struct Segmentation<'a> {
    pub(super) addressing: Addressing,
    /// The representation's first, then those above it.
    levels: Vec<&'a Element>,
}

impl<'a> Segmentation<'a> {
    /// `levels`: Representation, AdaptationSet, Period. `None`: the base URL is all there is.
    pub(super) fn of(levels: &[&'a Element]) -> Option<Self> {
        let kinds = [
            (Addressing::Template, "SegmentTemplate"),
            (Addressing::List, "SegmentList"),
            (Addressing::Base, "SegmentBase"),
        ];
        levels.iter().find_map(|level| {
            let (addressing, name) = kinds
                .into_iter()
                .find(|(_, name)| level.child(name).is_some())?;
            let levels = levels.iter().filter_map(|level| level.child(name));
            Some(Self {
                addressing,
                levels: levels.collect(),
            })
        })
    }

    /// The lowest: where faults are told.
    pub(super) fn element(&self) -> Option<&'a Element> {
        self.levels.first().copied()
    }

    pub(super) fn attribute(&self, name: &str) -> Option<&'a str> {
        self.levels.iter().find_map(|level| level.attribute(name))
    }

    pub(super) fn integer(&self, name: &str) -> Result<Option<u64>, ReadError> {
        let having = |level: &&&Element| level.attribute(name).is_some();
        match self.levels.iter().find(having) {
            Some(level) => level.integer(name),
            None => Ok(None),
        }
    }

    pub(super) fn child(&self, name: &str) -> Option<&'a Element> {
        self.levels.iter().find_map(|level| level.child(name))
    }

    pub(super) fn availability_offset(&self) -> Result<f64, ReadError> {
        let having = |level: &&&Element| level.attribute("availabilityTimeOffset").is_some();
        match self.levels.iter().find(having) {
            Some(level) => availability_offset(level),
            None => Ok(0.0),
        }
    }
}

/// `first-last`, both included.
pub(super) fn range(value: &str, element: &Element) -> Result<std::ops::Range<u64>, ReadError> {
    let read = value.trim().split_once('-').and_then(|(first, last)| {
        let first = first.parse::<u64>().ok()?;
        let end = match last {
            "" => u64::MAX,
            last => last.parse::<u64>().ok()?.checked_add(1)?,
        };
        (first < end).then_some(first..end)
    });
    read.ok_or_else(|| element.malformed(format!("`{value}` is no range of bytes")))
}
