//! What an asset is made of: files, periods, tracks chosen and what is said of them.
use std::sync::Arc;

use edgepack_isobmff::Movie;

/// What an asset is made of.
#[derive(Debug, Clone)]
pub struct Input {
    pub sources: Vec<Source>,
    /// One after the other; never empty.
    pub periods: Vec<PeriodInput>,
    /// CEA-608 and CEA-708 captions that ride in the video.
    pub closed_captions: Vec<ClosedCaptions>,
}

/// One stretch of the presentation: sources, and which part of them.
#[derive(Debug, Clone, Default)]
pub struct PeriodInput {
    pub clip: Clip,
    pub tracks: Vec<TrackChoice>,
}

/// A part of the sources' own time line (which starts at 0 where a player of the source starts), in microseconds.
///
/// The start moves to the last sync sample of the video at or before it, the same in all rungs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Clip {
    pub start_us: Option<u64>,
    pub end_us: Option<u64>,
}

/// Tracks of one source that take part, and what is said of them beyond what the file says.
#[derive(Debug, Clone)]
pub struct TrackChoice {
    /// Index into [`Input::sources`].
    pub source: usize,
    pub tracks: Tracks,
    pub settings: TrackSettings,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Tracks {
    /// Every track that can be packaged; of equal audio tracks in several sources the best one.
    #[default]
    ByConvention,
    /// The one with this `track_id`. What cannot be packaged is an error.
    Id(u32),
    /// All tracks of one kind. What cannot be packaged is an error.
    Kind(Kind),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    Video,
    Audio,
    Text,
    Image,
}

/// What manifests say of a track. An empty one leaves it to the file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TrackSettings {
    /// BCP 47.
    pub language: Option<String>,
    /// As viewers see it.
    pub name: Option<String>,
    /// Values of `urn:mpeg:dash:role:2011`.
    pub roles: Vec<Role>,
    pub default: Option<bool>,
    pub autoselect: Option<bool>,
    /// Subtitles for what is foreign in the film's own language.
    pub forced: bool,
    /// GROUP-ID in HLS.
    pub group: Option<String>,
    pub accessibility: Option<Accessibility>,
    /// HLS CHARACTERISTICS beyond those that follow from `accessibility`.
    pub characteristics: Vec<String>,
    /// DRM label.
    pub label: Option<String>,
    pub tiles: Option<Tiles>,
}

/// DASH roles (ISO/IEC 23009-1, 5.8.5.5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    Main,
    Alternate,
    Supplementary,
    Commentary,
    Dub,
    Description,
    Caption,
    Subtitle,
    ForcedSubtitle,
    Sign,
    EasyReader,
    Emergency,
    Karaoke,
    EnhancedAudioIntelligibility,
}

/// Whom a track serves (DASH Accessibility, HLS CHARACTERISTICS).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Accessibility {
    /// Subtitles that tell sounds, too.
    Sdh,
    /// Sound that tells pictures, too.
    AudioDescription,
    EasyReader,
    SignLanguage,
    /// Dialogue made clearer.
    EnhancedSpeech,
}

/// How a sheet of thumbnails is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tiles {
    pub columns: u32,
    pub rows: u32,
    /// From one thumbnail to the next.
    pub interval_ms: u64,
}

/// Captions inside the video's own samples.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClosedCaptions {
    pub channel: CaptionChannel,
    pub language: Option<String>,
    pub name: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CaptionChannel {
    /// CC1 to CC4 of CEA-608.
    Cc(u8),
    /// A service (1 to 63) of CEA-708.
    Service(u8),
}

impl Input {
    /// All that the sources hold, as one period.
    pub fn by_convention(sources: Vec<Source>) -> Self {
        let tracks = (0..sources.len()).map(|source| TrackChoice {
            source,
            tracks: Tracks::ByConvention,
            settings: TrackSettings::default(),
        });
        let period = PeriodInput {
            clip: Clip::default(),
            tracks: tracks.collect(),
        };
        Self {
            periods: vec![period],
            sources,
            closed_captions: Vec::new(),
        }
    }
}

/// One file of an asset.
#[derive(Debug, Clone)]
pub struct Source {
    /// As errors and reports call it; decides between equally good audio tracks.
    pub name: String,
    pub content: SourceContent,
    /// Digest of bytes sampled all over the file: two versions with equal `moov` and length (a damaged upload and the
    /// whole one) must not share names, entity tags and IVs.
    pub probe: [u8; 32],
}

#[derive(Debug, Clone)]
pub enum SourceContent {
    Movie(Arc<Movie>),
    /// Subtitles in a file of their own. Their cues are read when a segment of them is asked for; `len`: bytes of the file.
    Text {
        format: TextFormat,
        len: u64,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TextFormat {
    WebVtt,
    Ttml,
}

impl Source {
    pub fn of_movie(name: impl Into<String>, movie: Arc<Movie>, probe: [u8; 32]) -> Self {
        Self {
            name: name.into(),
            content: SourceContent::Movie(movie),
            probe,
        }
    }

    pub fn movie(&self) -> Option<&Arc<Movie>> {
        match &self.content {
            SourceContent::Movie(movie) => Some(movie),
            SourceContent::Text { .. } => None,
        }
    }
}
