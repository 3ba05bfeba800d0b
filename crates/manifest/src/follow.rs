//! Which rendition of another period goes on where one ends.
use std::cmp::Reverse;

use edgepack_packager::Kind;

use crate::outline::{Entry, Outline};

/// What an HLS media playlist runs through: a rendition of one period, and of every period what takes its place.
#[derive(Debug)]
pub(crate) struct Line<'o, 'a> {
    pub(crate) lead: &'o Entry<'a>,
    /// One per period; none where the period has nothing that could.
    pub(crate) parts: Vec<Option<&'o Entry<'a>>>,
}

impl<'o, 'a> Line<'o, 'a> {
    pub(crate) fn of(outline: &'o Outline<'a>, lead: &'o Entry<'a>) -> Self {
        let parts = (0..outline.periods().len())
            .map(|period| {
                if period == lead.rendition.period {
                    Some(lead)
                } else {
                    counterpart(lead, outline.of_period(period))
                }
            })
            .collect();
        Self { lead, parts }
    }

    /// The parts that there are, each with the index of its period.
    pub(crate) fn present(&self) -> impl Iterator<Item = (usize, &'o Entry<'a>)> {
        self.parts
            .iter()
            .enumerate()
            .filter_map(|(period, part)| Some((period, (*part)?)))
    }

    /// Distinct RFC 6381 strings, the lead's first.
    pub(crate) fn codecs(&self, all: &mut Vec<&'a str>) {
        let parts = self.present().map(|(_, part)| part);
        for entry in std::iter::once(self.lead).chain(parts) {
            let codecs = entry.rendition.codecs.as_str();
            if !all.contains(&codecs) {
                all.push(codecs);
            }
        }
    }
}

/// All lines of one kind: the renditions of the longest period lead, then audio and text of other periods that say
/// something new (a language that only the second film has).
pub(crate) fn lines<'o, 'a>(outline: &'o Outline<'a>, kind: Kind) -> Vec<Line<'o, 'a>> {
    let mut order: Vec<usize> = (0..outline.periods().len()).collect();
    order.sort_by_key(|&period| {
        let has_video = outline
            .of_period(period)
            .any(|entry| entry.rendition.kind() == Kind::Video);
        let duration = outline.periods().get(period).map(|p| p.duration_us);
        (Reverse(has_video), Reverse(duration), period)
    });
    let mut lines: Vec<Line<'o, 'a>> = Vec::new();
    for period in order {
        let known = lines.len();
        for entry in outline.of_period(period) {
            let is_new = match kind {
                Kind::Video | Kind::Image => known == 0,
                Kind::Audio | Kind::Text => !lines[..known]
                    .iter()
                    .any(|line| line.lead.says_the_same(entry)),
            };
            if entry.rendition.kind() == kind && is_new {
                lines.push(Line::of(outline, entry));
            }
        }
    }
    lines
}

/// Video: some rung wherever there is one, of the same codec and range if it can be, nearest in height and then in
/// bandwidth. Audio: the same language and purpose, then the same purpose, then anything, the same codec and channels
/// before others. Text: the same language and purpose or none, since the wrong subtitles are worse than none.
fn counterpart<'o, 'a: 'o>(
    lead: &Entry<'a>,
    candidates: impl Iterator<Item = &'o Entry<'a>>,
) -> Option<&'o Entry<'a>> {
    let kind = lead.rendition.kind();
    let codec = |entry: &Entry<'_>| {
        (
            entry.rendition.codecs != lead.rendition.codecs && entry.family() != lead.family(),
            entry.rendition.codecs != lead.rendition.codecs,
        )
    };
    let mut candidates = candidates.filter(|entry| entry.rendition.kind() == kind);
    match kind {
        Kind::Video => candidates.min_by_key(|entry| {
            (
                codec(entry).0,
                entry.range() != lead.range(),
                entry.accessibility() != lead.accessibility(),
                entry.height().abs_diff(lead.height()),
                codec(entry).1,
                entry
                    .rendition
                    .peak_bandwidth
                    .abs_diff(lead.rendition.peak_bandwidth),
            )
        }),
        Kind::Audio => candidates.min_by_key(|entry| {
            (
                entry.rendition.language != lead.rendition.language,
                entry.accessibility() != lead.accessibility(),
                !entry.is_plain(),
                // Of the wrong languages the default is the least wrong.
                entry.rendition.language != lead.rendition.language
                    && entry.rendition.settings.default != Some(true),
                codec(entry),
                entry.channels().abs_diff(lead.channels()),
                entry
                    .rendition
                    .peak_bandwidth
                    .abs_diff(lead.rendition.peak_bandwidth),
            )
        }),
        Kind::Text => candidates.find(|entry| {
            entry.text_form() == lead.text_form()
                && entry.rendition.language == lead.rendition.language
                && entry.accessibility() == lead.accessibility()
                && entry.is_forced() == lead.is_forced()
        }),
        Kind::Image => candidates.next(),
    }
}
