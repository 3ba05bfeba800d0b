//! What the writers ask of one rendition.
use edgepack_packager::{Accessibility, ChannelLayout, Kind, Media, Role, TextForm, VideoRange};

use super::{Entry, UNDETERMINED};
use crate::codec::Family;

/// The highest type of stream access point that nothing before is needed from (ISO/IEC 14496-12, annex I).
const CLOSED: u8 = 2;

impl<'a> Entry<'a> {
    /// The same keys one after the other, or none.
    pub(crate) fn has_the_keys_of(&self, other: &Entry<'_>) -> bool {
        let (Some(own), Some(others)) = (self.protection, other.protection) else {
            return self.protection.is_none() && other.protection.is_none();
        };
        let (own, others) = (own.periods.iter(), others.periods.iter());
        own.map(|period| period.kid)
            .eq(others.map(|period| period.kid))
    }

    /// The sample entry's four characters: `avc1` of `avc1.640028`.
    pub(crate) fn sample_entry(&self) -> &'a str {
        self.rendition.codecs.split('.').next().unwrap_or_default()
    }

    pub(crate) fn family(&self) -> Family {
        Family::of(&self.rendition.codecs)
    }

    pub(crate) fn height(&self) -> u32 {
        match self.rendition.media {
            Media::Video { height, .. } => height,
            _ => 0,
        }
    }

    /// All segments can be decoded by themselves: no picture needs the segment before.
    pub(crate) fn is_independent(&self) -> bool {
        self.rendition.sap_type <= CLOSED
    }

    /// 0 for all but audio, and where only the samples tell.
    pub(crate) fn channels(&self) -> u16 {
        match self.rendition.media {
            Media::Audio { channels, .. } => channels,
            _ => 0,
        }
    }

    pub(crate) fn layout(&self) -> ChannelLayout {
        match self.rendition.media {
            Media::Audio { layout, .. } => layout,
            _ => ChannelLayout::default(),
        }
    }

    pub(crate) fn range(&self) -> VideoRange {
        match self.rendition.media {
            Media::Video { range, .. } => range,
            _ => VideoRange::Sdr,
        }
    }

    pub(crate) fn is_stereoscopic(&self) -> bool {
        matches!(self.rendition.media, Media::Video { stereo: true, .. })
    }

    pub(crate) fn text_form(&self) -> Option<TextForm> {
        match self.rendition.media {
            Media::Text { form } => Some(form),
            _ => None,
        }
    }

    /// Primaries, transfer, matrix (ISO/IEC 23091-2) and full range, where the source says.
    pub(crate) fn colour(&self) -> Option<(u8, u8, u8, bool)> {
        match self.rendition.media {
            Media::Video { colour, .. } => colour,
            _ => None,
        }
    }

    /// None where the language is not known.
    pub(crate) fn language(&self) -> Option<&'a str> {
        let language = self.rendition.language.as_str();
        (!language.is_empty() && language != UNDETERMINED).then_some(language)
    }

    /// What the settings say, or what the roles say in other words.
    pub(crate) fn accessibility(&self) -> Option<Accessibility> {
        let settings = &self.rendition.settings;
        let is = |role| settings.roles.contains(&role);
        settings.accessibility.or_else(|| {
            let kind = self.rendition.kind();
            match kind {
                Kind::Text if is(Role::Caption) => Some(Accessibility::Sdh),
                Kind::Audio if is(Role::Description) => Some(Accessibility::AudioDescription),
                Kind::Video if is(Role::Sign) => Some(Accessibility::SignLanguage),
                Kind::Audio if is(Role::EnhancedAudioIntelligibility) => {
                    Some(Accessibility::EnhancedSpeech)
                }
                _ if is(Role::EasyReader) => Some(Accessibility::EasyReader),
                _ => None,
            }
        })
    }

    pub(crate) fn is_forced(&self) -> bool {
        let settings = &self.rendition.settings;
        settings.forced || settings.roles.contains(&Role::ForcedSubtitle)
    }

    pub(crate) fn has_role(&self, role: Role) -> bool {
        self.rendition.settings.roles.contains(&role)
    }

    /// Made for all viewers: neither a service for some nor a commentary.
    pub(crate) fn is_plain(&self) -> bool {
        self.accessibility().is_none() && !self.has_role(Role::Commentary) && !self.is_forced()
    }

    /// What a viewer chooses by, the codec aside: equal for the same sound or text in several encodings.
    pub(crate) fn says_the_same(&self, other: &Entry<'_>) -> bool {
        let (a, b) = (&self.rendition.settings, &other.rendition.settings);
        self.rendition.kind() == other.rendition.kind()
            && self.rendition.language == other.rendition.language
            && self.accessibility() == other.accessibility()
            && self.is_forced() == other.is_forced()
            && self.has_role(Role::Commentary) == other.has_role(Role::Commentary)
            && a.name == b.name
    }
}
