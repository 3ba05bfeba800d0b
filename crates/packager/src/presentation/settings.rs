//! Words for what is said of tracks, as the DASH role scheme and asset descriptions write them.
use super::{Accessibility, Kind, Role, TextForm};

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
    pub fn kind(self) -> Kind {
        match self {
            Self::Sdh | Self::EasyReader => Kind::Text,
            Self::AudioDescription | Self::EnhancedSpeech => Kind::Audio,
            Self::SignLanguage => Kind::Video,
        }
    }

    /// What a role says of whom the track serves. Nothing where the role has another meaning for that kind.
    pub fn of_role(role: Role, kind: Option<Kind>) -> Option<Self> {
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

impl TextForm {
    /// RFC 6381; the profile of `stpp` as RFC 8759's registry names it.
    pub fn codecs(self) -> &'static str {
        match self {
            Self::Imsc1 => "stpp.ttml.im1t",
            Self::WebVtt => "wvtt",
        }
    }
}
