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
use std::ops::Range;

pub use edgepack_isobmff::codec::{ChannelLayout, VideoRange};
use edgepack_isobmff::{CodecConfig, SampleEntry, Track};

use crate::{Error, Result, SourceRange, TrackProtection};

mod bandwidth;
mod build;
mod clip;
mod compose;
mod cutting;
mod follow;
mod identity;
mod input;
mod media;
mod names;
mod notes;
mod select;
mod settings;
mod shift;
mod side_file;
mod stills;
mod subtitles;
mod trick;

pub(crate) use bandwidth::{Stretch, bandwidths};
pub(crate) use cutting::{
    PROTECTION_BOXES, PROTECTION_PER_AUDIO_SAMPLE, PROTECTION_PER_VIDEO_SAMPLE,
};
pub use input::{
    Accessibility, CaptionChannel, Clip, ClosedCaptions, Input, Kind, PeriodInput, Role, Source,
    SourceContent, TextFormat, Tiles, TrackChoice, TrackSettings, Tracks,
};
pub(crate) use media::{every_sample_is_sync, kind as kind_of, media as media_of};
pub(crate) use names::name_and_sort;

/// Shorter segments would be single frames.
pub(crate) const MIN_TARGET_DURATION_MS: u32 = 100;
/// `EXT-X-TARGETDURATION` and players' buffers are made for less.
pub(crate) const MAX_TARGET_DURATION_MS: u32 = 600_000;

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
    /// Milliseconds, of all periods together, rounded up.
    pub duration_ms: u64,
    pub sources: Vec<Source>,
    /// Never empty.
    pub periods: Vec<Period>,
    /// Period by period: video by falling bandwidth, then audio, text, images. Names are unique.
    pub renditions: Vec<Rendition>,
    pub closed_captions: Vec<ClosedCaptions>,
    pub misalignments: Vec<Misalignment>,
    /// Tracks that are left out, each with the reason: time codes, tracks without samples.
    pub ignored: Vec<String>,
}

/// A stretch of the presentation whose renditions have a time line of their own, from 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Period {
    /// Into [`Presentation::renditions`].
    pub renditions: Range<usize>,
    /// On the presentation's time line, microseconds.
    pub start_us: u64,
    /// Of its longest video (or of all when there is none), microseconds.
    pub duration_us: u64,
}

/// One track of one source, cut into segments.
#[derive(Debug, Clone)]
pub struct Rendition {
    /// URL name without version: `v1080`, `v360-2`, `a-en`, `t-en`; `p2-v1080` in the second period.
    pub name: String,
    /// Index into `Presentation::periods`.
    pub period: usize,
    /// Index into `Presentation::sources`.
    pub source: usize,
    /// Index into that movie's tracks; none for a file of subtitles.
    pub track: Option<usize>,
    pub media: Media,
    /// RFC 6381.
    pub codecs: String,
    /// SUPPLEMENTAL-CODECS: what a decoder that knows more makes of it (`dvh1.08.07/db4h`).
    pub supplemental_codecs: Option<String>,
    /// BCP 47.
    pub language: String,
    /// As the asset says it; `language` above is resolved.
    pub settings: TrackSettings,
    /// Units per second of all times below (the source track's media timescale; 1000 for text).
    pub timescale: u32,
    /// Bits per second over the whole rendition, container included.
    pub average_bandwidth: u64,
    /// Bits per second of the heaviest segment, container and encryption overhead included. Segments shorter than half
    /// of the longest count together with their neighbours (RFC 8216bis, 4.4.6.2, BANDWIDTH).
    pub peak_bandwidth: u64,
    /// Kept in the header's edit list (audio priming), media timescale; 0 for none.
    pub priming: u64,
    /// Added to every composition offset (negative: B-frame delay removed so that presentation starts at 0). Of text:
    /// added to the times of cues on the source's own time line (those of a track: [`Presentation::text_samples`]).
    pub composition_shift: i64,
    /// The track's sample entries that are used, in the order of the CMAF header; each sample names one of them.
    /// Empty for a file of subtitles.
    pub descriptions: Vec<u32>,
    /// Type of the stream access points that segments begin with (ISO/IEC 14496-12, annex I): 1, or 3 where pictures
    /// follow that are shown before the sync sample and may need the segment before (open GOPs).
    pub sap_type: u8,
    pub segments: Vec<Segment>,
}

impl Rendition {
    /// Where the last segment ends, `timescale`.
    pub fn duration(&self) -> u64 {
        self.segments
            .last()
            .map_or(0, |segment| segment.start + segment.duration)
    }

    pub fn kind(&self) -> Kind {
        match self.media {
            Media::Video { .. } => Kind::Video,
            Media::Audio { .. } => Kind::Audio,
            Media::Text { .. } => Kind::Text,
            Media::Image { .. } => Kind::Image,
        }
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
        range: VideoRange,
        /// Two views (MV-HEVC).
        stereo: bool,
    },
    Audio {
        sample_rate: u32,
        /// 0 where only the samples tell.
        channels: u16,
        layout: ChannelLayout,
    },
    /// The same cues come out in both forms, a rendition each.
    Text { form: TextForm },
    /// Sheets of thumbnails, each sample one JPEG; sizes are those of a whole sheet, pixels.
    Image {
        width: u32,
        height: u32,
        tiles: Tiles,
    },
}

/// How subtitles leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TextForm {
    /// `stpp.ttml.im1t` in CMAF, for both protocols.
    Imsc1,
    /// `{n}.vtt` in HLS, `wvtt` in CMAF for DASH.
    WebVtt,
}

/// Segment n (URL number: index + 1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Segment {
    /// 0, as `sample_count` and the sizes, for text: its samples are made, not read.
    pub first_sample: u32,
    pub sample_count: u32,
    /// `tfdt`.
    pub base_media_decode_time: u64,
    /// On the period's time line, which starts at 0.
    pub start: u64,
    pub duration: u64,
    /// Media bytes, without container.
    pub bytes: u64,
    /// Of the clear CMAF segment, container included.
    pub len: u64,
}

/// What keeps a rendition from lining up with the others. It plays nevertheless.
#[derive(Debug, Clone, PartialEq)]
pub struct Misalignment {
    pub rendition: String,
    pub what: String,
}

/// One sample of a text track. Times are in the track's timescale, on the source's own time line: after its edit list,
/// from 0 on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TextSample {
    pub range: SourceRange,
    pub start: u64,
    pub duration: u64,
}

/// A video rendition's sync samples, each by itself: what I-frame playlists and DASH trick-mode sets list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrickPlay {
    pub frames: Vec<TrickFrame>,
    /// Bits per second, container included, at the frames' own pace.
    pub average_bandwidth: u64,
    pub peak_bandwidth: u64,
}

/// One sync sample, shown until the next one (URL number: index + 1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TrickFrame {
    /// In the source track, from 0.
    pub sample: u32,
    /// On the period's time line, `Rendition::timescale`.
    pub start: u64,
    pub duration: u64,
    /// Bytes of the sample.
    pub bytes: u64,
    /// Of the clear fragment that holds it, container included.
    pub len: u64,
}

impl Presentation {
    /// One period of all that the sources hold, by convention.
    ///
    /// # Errors
    /// Those of [`Presentation::compose`].
    pub fn build(sources: Vec<Source>, options: &Options) -> Result<Self> {
        Self::compose(Input::by_convention(sources), options)
    }

    /// Reads each track's sample table once or twice.
    ///
    /// # Errors
    /// They name the source and what is wrong with it: a codec that is not supported, an edit list that cannot be
    /// honoured, tables that make no sense. [`Error::Description`] for a period that asks for what is not there.
    pub fn compose(input: Input, options: &Options) -> Result<Self> {
        let target_duration_ms = options.target_duration_ms;
        if !(MIN_TARGET_DURATION_MS..=MAX_TARGET_DURATION_MS).contains(&target_duration_ms) {
            return Err(Error::TargetDuration { target_duration_ms });
        }
        compose::compose(input, options)
    }

    pub fn rendition(&self, name: &str) -> Option<&Rendition> {
        self.renditions
            .iter()
            .find(|rendition| rendition.name == name)
    }

    /// The track that the rendition is made of; none for a file of subtitles. The rendition is one of this
    /// presentation's.
    pub fn track(&self, rendition: &Rendition) -> Option<&Track> {
        self.sources
            .get(rendition.source)?
            .movie()?
            .tracks
            .get(rendition.track?)
    }

    /// The sample entry of the rendition's first sample.
    ///
    /// None for a file of subtitles.
    pub fn sample_entry(&self, rendition: &Rendition) -> Option<&SampleEntry> {
        self.sample_entries(rendition).next()
    }

    /// The sample entries that the rendition's samples use, in the order of the CMAF header's `stsd`.
    pub fn sample_entries(&self, rendition: &Rendition) -> impl Iterator<Item = &SampleEntry> {
        let entries = self
            .track(rendition)
            .map_or(&[][..], |track| &track.sample_entries);
        rendition
            .descriptions
            .iter()
            .filter_map(|index| entries.get(usize::try_from(*index).ok()?))
    }

    /// What an encryptor of the rendition's samples needs to know; none for a file of subtitles.
    pub fn codec(&self, rendition: &Rendition) -> Option<&CodecConfig> {
        Some(&self.sample_entry(rendition)?.codec)
    }

    /// The rendition's sync samples, each to be shown until the next one. None but for video.
    ///
    /// Costs one look at each sync sample.
    pub fn trick_play(&self, rendition: &Rendition) -> Option<TrickPlay> {
        trick::trick_play(self, rendition)
    }

    /// The codec of segment `number` (from 0): what an encryptor of its samples needs to know where a rendition uses
    /// several sample entries.
    pub fn segment_codec(&self, rendition: &Rendition, number: usize) -> Option<&CodecConfig> {
        if rendition.descriptions.len() == 1 {
            return self.codec(rendition);
        }
        let track = self.track(rendition)?;
        let first = rendition.segments.get(number)?.first_sample;
        let description = track.samples.sample(first)?.description;
        let entry = track
            .sample_entries
            .get(usize::try_from(description).ok()?)?;
        Some(&entry.codec)
    }

    /// The rendition of `period` that goes on from rendition `rendition` (indices into `periods` and `renditions`; the
    /// periods in any order), where that one's own period ends, for a viewer who changes nothing.
    ///
    /// Video: the same codec and range if there are any, of these the nearest height, then bandwidth. Audio: the same
    /// language, then purpose (accessibility, roles), codec, channels; else the default one, else the first. These are
    /// none only where the period has no video or audio. Text: the same form, language and purpose, or none. Images:
    /// none. A rendition goes on in its own period as itself.
    pub fn continuation(&self, rendition: usize, period: usize) -> Option<usize> {
        follow::continuation(self, rendition, period)
    }

    /// The samples of a text track, in order, those that its edit list hides left out. None but for a rendition of text
    /// that is a track.
    pub fn text_samples(&self, rendition: &Rendition) -> Option<Vec<TextSample>> {
        subtitles::samples(self, rendition)
    }

    /// The URL's track element: name, `-`, 8 hex digits that change with fingerprint and protection, so that a media URL
    /// never names other bytes.
    pub fn url_name(&self, rendition: &Rendition, protection: Option<&TrackProtection>) -> String {
        identity::url_name(&self.fingerprint, rendition, protection)
    }

    /// For `IvSeed::derive`: fingerprint, rendition name and where its samples come from.
    pub fn track_identity(&self, rendition: &Rendition) -> Vec<u8> {
        identity::track_identity(&self.fingerprint, rendition)
    }
}

#[cfg(test)]
mod tests;
