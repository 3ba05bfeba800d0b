//! Adaptation sets and representations become tracks and rungs that go on from period to period.
use std::collections::BTreeSet;

use url::Url;

use super::document::{Context, Period};
use super::segments::{Found, Representation};
use super::sources::{Segmentation, base};
use super::xml::Element;
use super::{Index, MAX_SEGMENTS};
use crate::presentation::{Container, Kind, Media, Protection, ReadError, Rung, Source, Track};
use crate::verify::rules;

/// Representations of one period.
const MAX_REPRESENTATIONS: usize = 1024;

/// Tracks, what their sources count, and what is to be fetched for it.
type Lists = (Vec<Track>, Vec<Media>, Vec<Index>);

/// What the periods so far make.
#[derive(Debug, Default)]
pub(super) struct Tracks {
    tracks: Vec<Track>,
    /// For each track, whether a player would choose it before others of its kind.
    ranks: Vec<(bool, u64)>,
    media: Vec<Media>,
    indices: Vec<Index>,
}

/// An adaptation set that can be played.
#[derive(Debug)]
struct Set<'a> {
    kind: Kind,
    language: Option<&'a str>,
    main: bool,
    priority: u64,
    /// By rising bandwidth.
    representations: Vec<(Representation<'a>, Rung)>,
}

impl Tracks {
    pub(super) fn period(
        &mut self,
        period: &Period<'_>,
        outer: &Url,
        early: f64,
        context: &mut Context,
    ) -> Result<(), ReadError> {
        let (url, early) = {
            let (url, own) = base(outer, period.element, early)?;
            (url, own)
        };
        let mut ids = BTreeSet::new();
        let mut taken = BTreeSet::new();
        let first = self.tracks.is_empty();
        let mut count = 0;
        for element in period.element.all("AdaptationSet") {
            let Some(set) = set(element, period, &url, early, context, &mut ids)? else {
                continue;
            };
            count += set.representations.len();
            if count > MAX_REPRESENTATIONS {
                return Err(ReadError::Limit {
                    line: element.line,
                    what: "representations of a period",
                    limit: MAX_REPRESENTATIONS,
                });
            }
            if first {
                self.begin(set, period, context)?;
            } else {
                self.go_on(&set, &mut taken, period, context)?;
            }
        }
        Ok(())
    }

    fn begin(
        &mut self,
        set: Set<'_>,
        period: &Period<'_>,
        context: &mut Context,
    ) -> Result<(), ReadError> {
        let mut rungs = Vec::new();
        for (representation, mut rung) in set.representations {
            let at = self.media.len();
            self.media.push(Media {
                segments: Vec::new(),
                live: None,
            });
            rung.source = Source::Known(at);
            rungs.push(rung);
            self.add(at, &representation, period, context)?;
        }
        self.ranks.push((set.main, set.priority));
        self.tracks.push(Track {
            kind: set.kind,
            language: set.language.map(str::to_owned),
            default: false,
            rungs,
        });
        Ok(())
    }

    /// A later period's set continues the first track that is like it and not continued yet.
    fn go_on(
        &mut self,
        set: &Set<'_>,
        taken: &mut BTreeSet<usize>,
        period: &Period<'_>,
        context: &mut Context,
    ) -> Result<(), ReadError> {
        let mut tracks = self.tracks.iter().enumerate();
        let like = tracks.find(|(at, track)| {
            track.kind == set.kind
                && track.language.as_deref() == set.language
                && !taken.contains(at)
        });
        let Some((at, track)) = like else {
            return Ok(());
        };
        taken.insert(at);
        let mut pairs = Vec::new();
        for (nth, rung) in track.rungs.iter().enumerate() {
            let same = set
                .representations
                .iter()
                .find(|(representation, _)| representation.id == rung.name);
            // Or that of the same place among the rungs.
            let last = set.representations.len().saturating_sub(1);
            let same = same.or_else(|| set.representations.get(nth.min(last)));
            if let (Some((representation, _)), Source::Known(media)) = (same, &rung.source) {
                pairs.push((*media, representation));
            }
        }
        for (media, representation) in pairs {
            self.add(media, representation, period, context)?;
        }
        Ok(())
    }

    fn add(
        &mut self,
        at: usize,
        representation: &Representation<'_>,
        period: &Period<'_>,
        context: &mut Context,
    ) -> Result<(), ReadError> {
        let Some(media) = self.media.get_mut(at) else {
            return Ok(());
        };
        match representation.find(period, context)? {
            Found::Index(index) => self.indices.push(Index {
                media: at,
                ..*index
            }),
            Found::Segments(segments) => {
                if media.segments.len() + segments.len() > MAX_SEGMENTS {
                    return Err(ReadError::Limit {
                        line: representation.element.line,
                        what: "segments",
                        limit: MAX_SEGMENTS,
                    });
                }
                let next = media.segments.last().map(|last| last.number + 1);
                let next = next.or(segments.first().map(|first| first.number));
                for (mut segment, number) in segments.into_iter().zip(next.unwrap_or(1)..) {
                    segment.number = number;
                    media.segments.push(segment);
                }
            }
        }
        Ok(())
    }

    /// Chooses what is played by default: the first pictures and sound of those that rank highest.
    pub(super) fn finish(mut self) -> Result<Lists, ReadError> {
        for kind in [Kind::Video, Kind::Audio] {
            let mut best: Option<(usize, (bool, u64))> = None;
            for (at, rank) in self.ranks.iter().enumerate() {
                let fits = self.tracks.get(at).is_some_and(|track| track.kind == kind);
                if fits && best.is_none_or(|(_, before)| *rank > before) {
                    best = Some((at, *rank));
                }
            }
            if let Some(track) = best.and_then(|(at, _)| self.tracks.get_mut(at)) {
                track.default = true;
            }
        }
        if self.tracks.is_empty() {
            return Err(ReadError::Empty {
                what: "an MPD without pictures, sound or text",
            });
        }
        Ok((self.tracks, self.media, self.indices))
    }
}

/// `None`: nothing that is played as it goes along, such as thumbnails and trick modes.
fn set<'a>(
    element: &'a Element,
    period: &Period<'a>,
    outer: &Url,
    early: f64,
    context: &mut Context,
    ids: &mut BTreeSet<&'a str>,
) -> Result<Option<Set<'a>>, ReadError> {
    let aside = element.all("EssentialProperty").any(|property| {
        let scheme = property.attribute("schemeIdUri").unwrap_or_default();
        scheme.contains("trickmode") || scheme.contains("thumbnail_tile")
    });
    let inherited = |representation: &'a Element, name: &str| {
        let own = representation.attribute(name);
        own.or_else(|| element.attribute(name)).unwrap_or_default()
    };
    let first = element.child("Representation");
    let Some(kind) = first.filter(|_| !aside).and_then(|first| {
        kind(
            element,
            inherited(first, "mimeType"),
            inherited(first, "codecs"),
        )
    }) else {
        return Ok(None);
    };
    let (url, early) = base(outer, element, early)?;
    let mut representations = Vec::new();
    for representation in element.all("Representation") {
        let id = representation.attribute("id").unwrap_or_default();
        if id.is_empty() || !ids.insert(id) {
            let what = format!("a Representation without an id of its own: `{id}`");
            context.fault(rules::DASH_REPRESENTATION, representation, what);
        }
        let bandwidth = representation.integer("bandwidth")?;
        if bandwidth.is_none() {
            let what = format!("Representation `{id}` without bandwidth");
            context.fault(rules::DASH_REPRESENTATION, representation, what);
        }
        let (base, early) = base(&url, representation, early)?;
        let levels = [representation, element, period.element];
        let protected = [representation, element]
            .iter()
            .any(|level| level.child("ContentProtection").is_some());
        let height = inherited(representation, "height").trim().parse().ok();
        let rung = Rung {
            name: id.to_owned(),
            bandwidth: bandwidth.unwrap_or_default(),
            height,
            codecs: inherited(representation, "codecs").to_owned(),
            source: Source::Known(0),
        };
        let found = Representation {
            element: representation,
            id,
            bandwidth: bandwidth.unwrap_or_default(),
            base,
            early,
            segmentation: Segmentation::of(&levels),
            container: container(inherited(representation, "mimeType")),
            protection: match protected {
                true => Protection::Samples,
                false => Protection::Clear,
            },
        };
        representations.push((found, rung));
    }
    representations.sort_by_key(|(representation, _)| representation.bandwidth);
    let roles = element
        .all("Role")
        .filter_map(|role| role.attribute("value"));
    Ok(Some(Set {
        kind,
        language: element.attribute("lang"),
        main: roles.into_iter().any(|role| role == "main"),
        priority: element.integer("selectionPriority")?.unwrap_or(1),
        representations,
    }))
}

fn kind(element: &Element, mime: &str, codecs: &str) -> Option<Kind> {
    let told = element.attribute("contentType").unwrap_or_default();
    let of_mime = mime.split('/').next().unwrap_or_default();
    match (told, of_mime) {
        ("image", _) | (_, "image") => None,
        ("video", _) => Some(Kind::Video),
        ("audio", _) => Some(Kind::Audio),
        ("text", _) => Some(Kind::Text),
        (_, "video") => Some(Kind::Video),
        (_, "audio") => Some(Kind::Audio),
        (_, "text") => Some(Kind::Text),
        _ if mime == "application/ttml+xml" => Some(Kind::Text),
        _ if codecs.starts_with("stpp") || codecs.starts_with("wvtt") => Some(Kind::Text),
        _ => None,
    }
}

fn container(mime: &str) -> Container {
    match mime {
        "video/mp4" | "audio/mp4" | "application/mp4" | "text/mp4" => Container::Fragment,
        "video/mp2t" | "video/MP2T" => Container::TransportStream,
        "text/vtt" => Container::WebVtt,
        _ => Container::Unknown,
    }
}
