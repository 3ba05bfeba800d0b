//! What EXT-X-MEDIA says of a rendition to viewers and to players that choose for them.
use edgepack_packager::{Accessibility, Kind, Role};

use crate::language;
use crate::outline::Entry;

/// NAME: the asset's own, or the language and what is special about it.
pub(super) fn name(entry: &Entry<'_>) -> String {
    if let Some(name) = &entry.rendition.settings.name {
        return name.clone();
    }
    let mut name = match (entry.language(), entry.rendition.kind()) {
        (Some(tag), _) => language::name(tag),
        (None, Kind::Text) => "Subtitles".to_owned(),
        (None, _) => "Audio".to_owned(),
    };
    let purpose = match entry.accessibility() {
        Some(Accessibility::Sdh) => " (SDH)",
        Some(Accessibility::AudioDescription) => " (Audio description)",
        Some(Accessibility::EasyReader) => " (Easy reader)",
        Some(Accessibility::SignLanguage) => " (Sign language)",
        Some(Accessibility::EnhancedSpeech) => " (Enhanced speech)",
        None if entry.has_role(Role::Commentary) => " (Commentary)",
        None if entry.is_forced() => " (Forced)",
        None => "",
    };
    name.push_str(purpose);
    name
}

/// CHARACTERISTICS: uniform type identifiers separated by commas (8216bis, 4.4.6.1); empty for none.
pub(super) fn characteristics(entry: &Entry<'_>) -> String {
    let settings = &entry.rendition.settings;
    let mut all: Vec<&str> = match entry.accessibility() {
        Some(Accessibility::Sdh) => vec![
            "public.accessibility.transcribes-spoken-dialog",
            "public.accessibility.describes-music-and-sound",
        ],
        Some(Accessibility::AudioDescription) => vec!["public.accessibility.describes-video"],
        Some(Accessibility::EasyReader) => vec!["public.easy-to-read"],
        Some(Accessibility::EnhancedSpeech) => {
            vec!["public.accessibility.enhances-speech-intelligibility"]
        }
        Some(Accessibility::SignLanguage) | None => Vec::new(),
    };
    if entry.has_role(Role::Commentary) {
        all.push("public.auxiliary-content");
    }
    for more in &settings.characteristics {
        if !all.contains(&more.as_str()) {
            all.push(more);
        }
    }
    all.join(",")
}

/// CHANNELS: how many, or what Atmos stands for.
pub(super) fn channels(entry: &Entry<'_>) -> String {
    match entry.layout().joc_complexity {
        Some(complexity) => format!("{complexity}/JOC"),
        None => entry.channels().to_string(),
    }
}
