//! Which segments of a stretch are encrypted with which key, and the tags where that changes.
use edgepack_drm::KeyId;
use edgepack_packager::{Segment, TrackProtection, TrickFrame};

use super::keys;
use crate::{Method, Protection};

/// The protection of a stretch.
pub(super) struct Cover<'p> {
    protection: &'p Protection,
    track: &'p TrackProtection,
    /// Rising; the first at 0.
    changes: Vec<Change>,
}

/// From one segment, or frame, on.
pub(super) struct Change {
    /// Index into the stretch.
    pub(super) at: usize,
    /// CMAF header, from 0.
    pub(super) header: usize,
    /// Whether it is another one than before.
    is_new_header: bool,
    /// Index into `TrackProtection::periods`; none while clear.
    key: Option<usize>,
}

impl<'p> Cover<'p> {
    /// Of segments.
    pub(super) fn of_segments(protection: &'p Protection, track: &'p TrackProtection) -> Self {
        Self::new(protection, track, |segment| segment)
    }

    /// Of frames, each of which lies in the crypto period of its segment.
    pub(super) fn of_frames(
        protection: &'p Protection,
        track: &'p TrackProtection,
        segments: &[Segment],
        frames: &[TrickFrame],
    ) -> Self {
        Self::new(protection, track, |segment| {
            segments.get(segment).map_or(frames.len(), |segment| {
                frames.partition_point(|frame| frame.sample < segment.first_sample)
            })
        })
    }

    /// Of a live line, whose crypto periods begin at media sequence numbers; it is asked number by number.
    pub(super) fn of_numbers(protection: &'p Protection, track: &'p TrackProtection) -> Self {
        Self {
            protection,
            track,
            changes: Vec::new(),
        }
    }

    /// What is in force at a number: the key, as an index into `TrackProtection::periods`, none while clear; and the
    /// crypto period whose header it is decoded with.
    pub(super) fn at(&self, number: u64) -> (Option<usize>, usize) {
        let number = usize::try_from(number).unwrap_or(usize::MAX);
        let key = (!self.track.is_clear(number)).then(|| self.track.period_of(number));
        (key, self.header(number))
    }

    /// The tags that say so from a number on; with EXT-X-MAP where the header is another one than before.
    pub(super) fn change_at(&self, number: u64, is_new_header: bool) -> Change {
        let (key, header) = self.at(number);
        Change {
            at: usize::try_from(number).unwrap_or(usize::MAX),
            header,
            is_new_header,
            key,
        }
    }

    /// Segments that are encrypted as a whole share the one clear header.
    fn header(&self, segment: usize) -> usize {
        match self.protection.method {
            Method::Aes128 => 0,
            _ => self.track.header_of(segment),
        }
    }

    /// `first`: index of the first entry that belongs to a segment.
    fn new(
        protection: &'p Protection,
        track: &'p TrackProtection,
        first: impl Fn(usize) -> usize,
    ) -> Self {
        let mut segments: Vec<usize> = std::iter::once(track.clear_lead)
            .chain(track.periods.iter().map(|period| period.first_segment))
            .map(|segment| usize::try_from(segment).unwrap_or(usize::MAX))
            .chain([0])
            .collect();
        segments.sort_unstable();
        segments.dedup();
        let mut cover = Self::of_numbers(protection, track);
        let mut changes: Vec<Change> = Vec::with_capacity(segments.len());
        for segment in segments {
            let at = first(segment);
            // What has no entry of its own is over before it begins.
            if changes.last().is_some_and(|last| last.at == at) {
                changes.pop();
            }
            let header = cover.header(segment);
            changes.push(Change {
                at,
                header,
                is_new_header: changes.last().is_none_or(|last| last.header != header),
                key: (!track.is_clear(segment)).then(|| track.period_of(segment)),
            });
        }
        cover.changes = changes;
        cover
    }

    pub(super) fn changes(&self) -> &[Change] {
        &self.changes
    }
}

/// The keys in force at one place of a playlist.
pub(super) struct Scope<'p> {
    /// Whether the media sequence number is the one in the segment's own URL, so that it says the IV of AES-128.
    pub(super) in_sequence: bool,
    /// None: no EXT-X-KEY applies.
    kid: Option<KeyId>,
    /// KEYFORMATs that EXT-X-KEY tags have named.
    formats: Vec<&'p str>,
    /// The segment that an IV was written for.
    numbered: Option<usize>,
}

impl Default for Scope<'_> {
    fn default() -> Self {
        Self {
            in_sequence: true,
            kid: None,
            formats: Vec::new(),
            numbered: None,
        }
    }
}

impl<'p> Scope<'p> {
    /// What follows is clear.
    pub(super) fn leave(&mut self, out: &mut String) {
        if self.kid.take().is_some() {
            self.formats.clear();
            out.push_str("#EXT-X-KEY:METHOD=NONE\n");
        }
    }

    /// `push_map`: writes the change's EXT-X-MAP. It stands behind the keys of its samples, but before those of
    /// AES-128: a header behind these would have to be encrypted itself (8216bis, 4.4.4.5).
    pub(super) fn change(
        &mut self,
        out: &mut String,
        cover: &Cover<'p>,
        change: &Change,
        push_map: impl Fn(&mut String),
    ) {
        let push_map = |out: &mut String| {
            if change.is_new_header {
                push_map(out);
            }
        };
        let period = change.key.and_then(|key| cover.track.periods.get(key));
        let Some(period) = period else {
            self.leave(out);
            push_map(out);
            return;
        };
        let map_first = cover.protection.method == Method::Aes128;
        if map_first && change.is_new_header {
            self.leave(out);
            push_map(out);
        }
        let formats = keys::formats(cover.protection, period.kid);
        // A key stays in force until another of the same KEYFORMAT (4.4.4.4).
        if formats != self.formats {
            self.leave(out);
        }
        let number = (!self.in_sequence).then_some(change.at as u64 + 1);
        keys::push(out, cover.protection, period, number);
        (self.kid, self.formats) = (Some(period.kid), formats);
        self.numbered = Some(change.at);
        if !map_first {
            push_map(out);
        }
    }

    /// Says the IV of AES-128 where the media sequence number does not.
    pub(super) fn number(&mut self, out: &mut String, cover: &Cover<'p>, index: usize) {
        if self.in_sequence
            || cover.protection.method != Method::Aes128
            || self.kid.is_none()
            || self.numbered == Some(index)
        {
            return;
        }
        let key = cover
            .changes
            .partition_point(|change| change.at <= index)
            .checked_sub(1)
            .and_then(|at| cover.track.periods.get(cover.changes.get(at)?.key?));
        if let Some(period) = key {
            keys::push_identity(out, cover.protection, period, Some(index as u64 + 1));
        }
    }
}
