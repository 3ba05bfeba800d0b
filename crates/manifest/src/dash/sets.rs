//! Adaptation sets: which representations a player may switch between on its own.
use edgepack_packager::Kind;

use super::slices::{self, Member, Slice};
use super::timeline;
use crate::outline::{Entry, Outline};

/// The sets of one Period.
#[derive(Debug)]
pub(super) struct PeriodSets<'o, 'a> {
    pub(super) slice: Slice,
    /// Period@id.
    pub(super) id: String,
    pub(super) sets: Vec<Set<'o, 'a>>,
    /// Ids of main sets in all periods are below: trick-play sets have the main set's id plus this one.
    pub(super) ids: u64,
}

#[derive(Debug)]
pub(super) struct Set<'o, 'a> {
    /// The same in every period for sets that say the same.
    pub(super) id: u64,
    /// Never empty.
    pub(super) members: Vec<Member<'o, 'a>>,
    /// All boundaries of all members coincide in time.
    pub(super) aligned: bool,
    /// Members also share the timescale: one timeline serves all.
    pub(super) shared_timeline: bool,
    /// The same tracks of the same sources as in an earlier period: a decoder goes on as it is.
    pub(super) connection: Option<Connection<'o, 'a>>,
    /// Period@id of the Period before, from which the same renditions go on under the same headers.
    pub(super) continues: Option<String>,
}

/// Which members make a set, in one Period after the other.
#[derive(Debug)]
pub(super) struct Grouping<'o, 'a> {
    /// The first set of each id, in the order of ids.
    known: Vec<&'o Entry<'a>>,
    /// By index into `Presentation::renditions`: the first rendition with the same keys.
    keys: Vec<usize>,
}

#[derive(Debug)]
pub(super) struct Connection<'o, 'a> {
    /// Period@id.
    pub(super) period: String,
    /// One per member: the entry whose Representation@id it shares.
    pub(super) peers: Vec<&'o Entry<'a>>,
}

impl<'o, 'a> Set<'o, 'a> {
    pub(super) fn first(&self) -> &'o Entry<'a> {
        self.members[0].entry
    }

    pub(super) fn entries(&self) -> impl Iterator<Item = &'o Entry<'a>> {
        self.members.iter().map(|member| member.entry)
    }

    pub(super) fn kind(&self) -> Kind {
        self.first().rendition.kind()
    }

    /// Each member with the entry that names it.
    pub(super) fn named(&self) -> impl Iterator<Item = (&Member<'o, 'a>, &'o Entry<'a>)> {
        self.members.iter().enumerate().map(|(at, member)| {
            let peer = self.connection.as_ref().and_then(|c| c.peers.get(at));
            (member, peer.copied().unwrap_or(member.entry))
        })
    }
}

/// Of every Period that has any.
pub(super) fn of<'o, 'a>(outline: &'o Outline<'a>) -> Vec<PeriodSets<'o, 'a>> {
    let mut grouping = Grouping::new(outline);
    let mut periods: Vec<PeriodSets<'o, 'a>> = Vec::new();
    for slice in slices::of(outline) {
        let entries = outline.of_period(slice.period);
        let mut sets = grouping.sets(entries.filter_map(|entry| slice.member(entry)));
        for set in &mut sets {
            let (first, rest) = (&set.members[0], &set.members[1..]);
            set.shared_timeline = rest.iter().all(|other| timeline::same(first, other));
            set.aligned =
                set.shared_timeline || rest.iter().all(|other| timeline::aligned(first, other));
            set.connection = connection(set, slice, &periods);
            set.continues = periods
                .last()
                .filter(|before| before.goes_on_in(slice, set))
                .map(|before| before.id.clone());
        }
        if !sets.is_empty() {
            periods.push(PeriodSets {
                slice,
                id: slice.id(),
                sets,
                ids: 0,
            });
        }
    }
    for period in &mut periods {
        period.ids = grouping.known.len() as u64;
    }
    periods
}

impl<'o, 'a> Grouping<'o, 'a> {
    pub(super) fn new(outline: &Outline<'_>) -> Self {
        Self {
            known: Vec::new(),
            keys: keys(outline),
        }
    }

    /// Of one Period; how members lie in time is for the caller to say.
    pub(super) fn sets(
        &mut self,
        members: impl Iterator<Item = Member<'o, 'a>>,
    ) -> Vec<Set<'o, 'a>> {
        let mut sets: Vec<Set<'o, 'a>> = Vec::new();
        for member in members {
            match sets
                .iter_mut()
                .find(|set| belongs(&member, &set.members[0], &self.keys))
            {
                Some(set) => set.members.push(member),
                None => {
                    let id = id_of(member.entry, &mut self.known, &sets, &self.keys);
                    sets.push(Set {
                        id,
                        members: vec![member],
                        aligned: true,
                        shared_timeline: true,
                        connection: None,
                        continues: None,
                    });
                }
            }
        }
        sets
    }
}

impl PeriodSets<'_, '_> {
    /// Whether the next Period is the same period's, and has the same renditions in this set, under the same headers.
    fn goes_on_in(&self, next: Slice, set: &Set<'_, '_>) -> bool {
        let of = |set: &Set<'_, '_>| -> Vec<(usize, usize)> {
            let members = set.members.iter();
            members.map(|m| (m.entry.index, m.crypto)).collect()
        };
        (self.slice.period, self.slice.index + 1) == (next.period, next.index)
            && self
                .sets
                .iter()
                .any(|before| before.id == set.id && of(before) == of(set))
    }
}

/// That of a set of an earlier period which says the same, or the next one.
fn id_of<'o, 'a>(
    entry: &'o Entry<'a>,
    known: &mut Vec<&'o Entry<'a>>,
    taken: &[Set<'o, 'a>],
    keys: &[usize],
) -> u64 {
    let is_free = |id: usize| taken.iter().all(|set| set.id != id as u64);
    let of = |entry: &Entry<'_>| keys.get(entry.index);
    let mut alike = (0..known.len()).filter(|&id| is_free(id) && same_content(entry, known[id]));
    let same_keys = alike.clone().find(|&id| of(known[id]) == of(entry));
    if let Some(id) = same_keys.or_else(|| alike.next()) {
        return id as u64;
    }
    known.push(entry);
    known.len() as u64 - 1
}

/// By index into `Presentation::renditions`: that of the first one with the same keys.
fn keys(outline: &Outline<'_>) -> Vec<usize> {
    let mut keys: Vec<usize> = (0..outline.presentation.renditions.len()).collect();
    let mut firsts: Vec<&Entry<'_>> = Vec::new();
    for entry in &outline.entries {
        match firsts.iter().find(|first| entry.has_the_keys_of(first)) {
            Some(first) => keys[entry.index] = first.index,
            None => firsts.push(entry),
        }
    }
    keys
}

/// One key per set (DASH-IF IOP, content protection), one look per video set, one sound per
/// audio set.
fn belongs(member: &Member<'_, '_>, first: &Member<'_, '_>, keys: &[usize]) -> bool {
    let (entry, of) = (member.entry, first.entry);
    keys.get(entry.index) == keys.get(of.index)
        && member.crypto == first.crypto
        && same_content(entry, of)
}

pub(super) fn same_content(entry: &Entry<'_>, first: &Entry<'_>) -> bool {
    let same = entry.says_the_same(first)
        && entry.rendition.settings.roles == first.rendition.settings.roles;
    same && match entry.rendition.kind() {
        Kind::Video => {
            entry.sample_entry() == first.sample_entry()
                && entry.colour() == first.colour()
                && entry.range() == first.range()
                && entry.is_stereoscopic() == first.is_stereoscopic()
                && entry.rendition.supplemental_codecs.is_some()
                    == first.rendition.supplemental_codecs.is_some()
        }
        Kind::Audio => {
            entry.rendition.codecs == first.rendition.codecs
                && entry.channels() == first.channels()
                && entry.layout() == first.layout()
        }
        Kind::Text => entry.text_form() == first.text_form(),
        Kind::Image => true,
    }
}

/// The last earlier one of the presentation's periods whose set of the same id holds the same tracks (5.3.2.4).
fn connection<'o, 'a>(
    set: &Set<'o, 'a>,
    slice: Slice,
    earlier: &[PeriodSets<'o, 'a>],
) -> Option<Connection<'o, 'a>> {
    let mut earlier = earlier
        .iter()
        .rev()
        .filter(|period| period.slice.period < slice.period);
    earlier.find_map(|period| {
        let other = period.sets.iter().find(|other| other.id == set.id)?;
        let peers: Option<Vec<(&'o Entry<'a>, &'o Entry<'a>)>> = set
            .members
            .iter()
            .map(|member| {
                let mut names = other.named().map(|(peer, name)| (peer.entry, name));
                names.find(|(peer, _)| same_track(member.entry, peer))
            })
            .collect();
        let names: Vec<&'o Entry<'a>> = peers?.into_iter().map(|(_, name)| name).collect();
        // Ids are unique in a period.
        let is_unique = |(at, name): (usize, &&Entry<'_>)| {
            names[..at].iter().all(|other| other.index != name.index)
        };
        names
            .iter()
            .enumerate()
            .all(is_unique)
            .then_some(Connection {
                period: period.id.clone(),
                peers: names,
            })
    })
}

/// The same track of the same source under the same key, so that one header does for both.
fn same_track(a: &Entry<'_>, b: &Entry<'_>) -> bool {
    a.rendition.track.is_some()
        && (a.rendition.source, a.rendition.track) == (b.rendition.source, b.rendition.track)
        && a.rendition.codecs == b.rendition.codecs
        && a.rendition.timescale == b.rendition.timescale
        && a.has_the_keys_of(b)
}
