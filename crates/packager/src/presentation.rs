//! `Presentation`: what manifests and segments are pure functions of.
//!
//! # Time
//! A sample's decode time in the output (`tfdt`) is the source's, plus the edit list's leading empty edits. The edit's
//! media time, which makes the presentation start at 0, goes one of two ways:
//! - Video: it is subtracted from every composition offset (`trun` version 1 has signed ones), and the output has no
//!   edit list ([`Rendition::composition_shift`]). Only where the edit begins between two sync samples, so that pictures
//!   before it are decoded and not shown, it stays an edit list, as with audio.
//! - Audio: it stays as an edit list in the header ([`Rendition::priming`]), so that decoders discard the same samples
//!   as when they play the source.
//!
//! Where the whole asset begins later than 0, all renditions move to the front together. Video that begins late only
//! because it has composition offsets and no edit list moves alone, which is reported as a [`Misalignment`].
use std::sync::Arc;

use edgepack_isobmff::{CodecConfig, Movie, SampleEntry, Track};

use crate::{Error, Result};

mod bandwidth;
mod build;
mod identity;
mod notes;
mod select;
mod shift;

/// Shorter segments would be single frames.
pub(crate) const MIN_TARGET_DURATION_MS: u32 = 100;
/// `EXT-X-TARGETDURATION` and players' buffers are made for less.
pub(crate) const MAX_TARGET_DURATION_MS: u32 = 600_000;

/// One mezzanine file of an asset.
#[derive(Debug, Clone)]
pub struct Source {
    /// As errors and reports call it; decides between equally good audio tracks.
    pub name: String,
    pub movie: Arc<Movie>,
    /// Digest of bytes sampled all over the file: two versions with equal `moov` and length (a damaged upload and the
    /// whole one) must not share names, entity tags and IVs.
    pub probe: [u8; 32],
}

#[derive(Debug, Clone)]
pub struct Options {
    pub target_duration_ms: u32,
}

/// SHA-256 (first 16 bytes) of format version, options and every source's `moov`, length and probe:
/// the same on every node, different when source or options change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint(pub [u8; 16]);

/// One asset, ready to be described by manifests and cut into segments.
#[derive(Debug, Clone)]
pub struct Presentation {
    pub fingerprint: Fingerprint,
    pub target_duration_ms: u32,
    /// Milliseconds, of the longest rendition, rounded up.
    pub duration_ms: u64,
    pub sources: Vec<Source>,
    /// Video by falling bandwidth, then audio. Names are unique.
    pub renditions: Vec<Rendition>,
    pub misalignments: Vec<Misalignment>,
    /// Tracks that are left out, each with the reason: time codes, subtitles, tracks without samples.
    pub ignored: Vec<String>,
}

/// One track of one source, cut into segments.
#[derive(Debug, Clone)]
pub struct Rendition {
    /// URL name without version: `v1080`, `v360-2`, `a-en`.
    pub name: String,
    /// Index into `Presentation::sources`.
    pub source: usize,
    /// Index into that movie's tracks.
    pub track: usize,
    pub media: Media,
    /// RFC 6381.
    pub codecs: String,
    /// BCP 47.
    pub language: String,
    /// Units per second of all times below (the source track's media timescale).
    pub timescale: u32,
    /// Bits per second over the whole rendition, container included.
    pub average_bandwidth: u64,
    /// Bits per second of the heaviest segment, container and encryption overhead included. Segments shorter than half
    /// of the longest count together with their neighbours (RFC 8216bis, 4.4.6.2, BANDWIDTH).
    pub peak_bandwidth: u64,
    /// Kept in the header's edit list (audio priming), media timescale; 0 for none.
    pub priming: u64,
    /// Added to every composition offset (negative: B-frame delay removed so that presentation starts at 0).
    pub composition_shift: i64,
    pub segments: Vec<Segment>,
}

impl Rendition {
    /// Where the last segment ends, `timescale`.
    pub fn duration(&self) -> u64 {
        self.segments
            .last()
            .map_or(0, |segment| segment.start + segment.duration)
    }
}

#[derive(Debug, Clone, PartialEq)]
pub enum Media {
    /// frame_rate: frames ÷ seconds as a reduced fraction (30000/1001).
    Video {
        width: u32,
        height: u32,
        frame_rate: (u32, u32),
        pixel_aspect: (u32, u32),
        colour: Option<(u8, u8, u8, bool)>,
    },
    Audio {
        sample_rate: u32,
        channels: u16,
    },
}

/// Segment n (URL number: index + 1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Segment {
    pub first_sample: u32,
    pub sample_count: u32,
    /// `tfdt`.
    pub base_media_decode_time: u64,
    /// On the presentation timeline, which starts at 0.
    pub start: u64,
    pub duration: u64,
    /// Media bytes, without container.
    pub bytes: u64,
}

/// What keeps a rendition from lining up with the others. It plays nevertheless.
#[derive(Debug, Clone, PartialEq)]
pub struct Misalignment {
    pub rendition: String,
    pub what: String,
}

/// A sync sample on the presentation timeline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keyframe {
    /// In the source track, from 0.
    pub sample: u32,
    /// `Rendition::timescale`; negative for one that is decoded and not shown.
    pub time: i64,
}

impl Presentation {
    /// Reads each track's sample table once or twice.
    ///
    /// # Errors
    /// They name the source and what is wrong with it: a codec that is not supported, an edit list that cannot be
    /// honoured, tables that make no sense.
    pub fn build(sources: Vec<Source>, options: &Options) -> Result<Self> {
        let target_duration_ms = options.target_duration_ms;
        if !(MIN_TARGET_DURATION_MS..=MAX_TARGET_DURATION_MS).contains(&target_duration_ms) {
            return Err(Error::TargetDuration { target_duration_ms });
        }
        build::build(sources, options)
    }

    pub fn rendition(&self, name: &str) -> Option<&Rendition> {
        self.renditions
            .iter()
            .find(|rendition| rendition.name == name)
    }

    /// The track that the rendition is made of. The rendition is one of this presentation's.
    pub fn track(&self, rendition: &Rendition) -> &Track {
        &self.sources[rendition.source].movie.tracks[rendition.track]
    }

    /// The sample entry that all samples of the rendition use.
    pub fn sample_entry(&self, rendition: &Rendition) -> &SampleEntry {
        let track = self.track(rendition);
        let first = rendition
            .segments
            .first()
            .map_or(0, |segment| segment.first_sample);
        let description = track
            .samples
            .sample(first)
            .map_or(0, |sample| sample.description);
        usize::try_from(description)
            .ok()
            .and_then(|index| track.sample_entries.get(index))
            .unwrap_or(&track.sample_entries[0])
    }

    /// What an encryptor of the rendition's samples needs to know.
    pub fn codec(&self, rendition: &Rendition) -> &CodecConfig {
        &self.sample_entry(rendition).codec
    }

    /// The rendition's sync samples, in decode order.
    pub fn keyframes(&self, rendition: &Rendition) -> impl Iterator<Item = Keyframe> {
        let samples = &self.track(rendition).samples;
        let first = rendition
            .segments
            .first()
            .map_or(0, |segment| segment.first_sample);
        let count: u32 = rendition
            .segments
            .iter()
            .map(|segment| segment.sample_count)
            .sum();
        let offset = self.presentation_offset(rendition);
        samples
            .iter_from(first)
            .take_while(move |sample| sample.index - first < count)
            .filter(|sample| sample.is_sync)
            .map(move |sample| Keyframe {
                sample: sample.index,
                time: crate::timing::composition_time(&sample) + offset,
            })
    }

    /// Presentation time − composition time, media timescale.
    fn presentation_offset(&self, rendition: &Rendition) -> i64 {
        let first = rendition.segments.first();
        let decode_time = first
            .and_then(|segment| self.track(rendition).samples.sample(segment.first_sample))
            .map_or(0, |sample| sample.decode_time);
        let base = first.map_or(0, |segment| segment.base_media_decode_time);
        let signed = |time: u64| i64::try_from(time).unwrap_or(i64::MAX);
        signed(base) - signed(decode_time) + rendition.composition_shift - signed(rendition.priming)
    }

    /// The URL's track element: name, `-`, 8 hex digits that change with fingerprint, scheme and KID,
    /// so that a media URL never names other bytes.
    pub fn url_name(
        &self,
        rendition: &Rendition,
        enc: Option<&edgepack_drm::TrackEncryption>,
    ) -> String {
        identity::url_name(&self.fingerprint, &rendition.name, enc)
    }

    /// For `IvSeed::derive`: fingerprint and rendition name.
    pub fn track_identity(&self, rendition: &Rendition) -> Vec<u8> {
        identity::track_identity(&self.fingerprint, &rendition.name)
    }
}

#[cfg(test)]
mod tests;
