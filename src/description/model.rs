//! A description as types. File names are relative to the description's folder, `/` between their parts.

/// What an asset is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Description {
    pub title: Option<String>,
    /// In order of play; never empty.
    pub periods: Vec<PeriodDescription>,
    pub captions: Vec<CaptionsDescription>,
}

impl Description {
    /// Every file that is named, once, in order.
    pub fn files(&self) -> Vec<&str> {
        let mut files = Vec::new();
        for track in self.periods.iter().flat_map(|period| &period.tracks) {
            if !files.contains(&track.file.as_str()) {
                files.push(track.file.as_str());
            }
        }
        files
    }

    /// Whether a period takes all media files of the description's folder.
    pub fn takes_folder(&self) -> bool {
        self.periods.iter().any(|period| period.tracks.is_empty())
    }
}

/// One piece of the time line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PeriodDescription {
    pub clip: Clip,
    /// Empty: every track of all media files in the description's folder, as without a description.
    pub tracks: Vec<TrackDescription>,
}

/// In and out point on the sources' own time line, microseconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Clip {
    /// `None`: from the beginning.
    pub start_us: Option<u64>,
    /// First moment that no longer belongs to it. `None`: to the end.
    pub end_us: Option<u64>,
}

/// A track of a file, or all of them, and what manifests say of it. What is absent is left to the file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TrackDescription {
    pub file: String,
    /// `track_id`. Without it: every track of `kind`, or every track.
    pub id: Option<u32>,
    pub kind: Option<Kind>,
    /// BCP 47, in its canonical form.
    pub language: Option<String>,
    pub name: Option<String>,
    pub roles: Vec<Role>,
    pub default: Option<bool>,
    pub autoselect: Option<bool>,
    pub forced: bool,
    pub group: Option<String>,
    /// As written, or as it follows from `roles`.
    pub accessibility: Option<Accessibility>,
    /// HLS CHARACTERISTICS beyond those that follow from `accessibility`.
    pub characteristics: Vec<String>,
    /// DRM label.
    pub label: Option<String>,
    pub tiles: Option<Tiles>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    Video,
    Audio,
    Text,
    Image,
}

impl Kind {
    pub const ALL: [Self; 4] = [Self::Video, Self::Audio, Self::Text, Self::Image];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Video => "video",
            Self::Audio => "audio",
            Self::Text => "text",
            Self::Image => "image",
        }
    }
}

/// Values of `urn:mpeg:dash:role:2011` (ISO/IEC 23009-1, 5.8.5.5).
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

impl Role {
    pub const ALL: [Self; 14] = [
        Self::Main,
        Self::Alternate,
        Self::Supplementary,
        Self::Commentary,
        Self::Dub,
        Self::Description,
        Self::Caption,
        Self::Subtitle,
        Self::ForcedSubtitle,
        Self::Sign,
        Self::EasyReader,
        Self::Emergency,
        Self::Karaoke,
        Self::EnhancedAudioIntelligibility,
    ];

    /// As the scheme writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Main => "main",
            Self::Alternate => "alternate",
            Self::Supplementary => "supplementary",
            Self::Commentary => "commentary",
            Self::Dub => "dub",
            Self::Description => "description",
            Self::Caption => "caption",
            Self::Subtitle => "subtitle",
            Self::ForcedSubtitle => "forced-subtitle",
            Self::Sign => "sign",
            Self::EasyReader => "easyreader",
            Self::Emergency => "emergency",
            Self::Karaoke => "karaoke",
            Self::EnhancedAudioIntelligibility => "enhanced-audio-intelligibility",
        }
    }
}

/// Whom a track serves.
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

impl Accessibility {
    pub const ALL: [Self; 5] = [
        Self::Sdh,
        Self::AudioDescription,
        Self::EasyReader,
        Self::SignLanguage,
        Self::EnhancedSpeech,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sdh => "sdh",
            Self::AudioDescription => "audio-description",
            Self::EasyReader => "easy-reader",
            Self::SignLanguage => "sign-language",
            Self::EnhancedSpeech => "enhanced-speech",
        }
    }

    /// The kind of track that can serve so.
    pub(super) fn kind(self) -> Kind {
        match self {
            Self::Sdh | Self::EasyReader => Kind::Text,
            Self::AudioDescription | Self::EnhancedSpeech => Kind::Audio,
            Self::SignLanguage => Kind::Video,
        }
    }

    /// What a role says of whom the track serves. Nothing where the role has another meaning for that kind.
    pub(super) fn of_role(role: Role, kind: Option<Kind>) -> Option<Self> {
        let accessibility = match role {
            Role::Caption => Self::Sdh,
            Role::Description => Self::AudioDescription,
            Role::Sign => Self::SignLanguage,
            Role::EasyReader => Self::EasyReader,
            Role::EnhancedAudioIntelligibility => Self::EnhancedSpeech,
            _ => return None,
        };
        kind.is_none_or(|kind| kind == accessibility.kind())
            .then_some(accessibility)
    }
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
pub struct CaptionsDescription {
    pub channel: CaptionChannel,
    pub language: Option<String>,
    pub name: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CaptionChannel {
    /// CC1 to CC4 of CEA-608.
    Cc(u8),
    /// A service, 1 to 63, of CEA-708.
    Service(u8),
}
