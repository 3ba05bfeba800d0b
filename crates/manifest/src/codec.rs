//! Codec families: what filters and group names call a codec, whatever its profile.

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Family {
    Avc,
    Hevc,
    DolbyVision,
    Av1,
    Vp9,
    Vp8,
    Aac,
    Ac3,
    Eac3,
    Ac4,
    Opus,
    Flac,
    Alac,
    Mp3,
    Dts,
    Iamf,
    Other,
}

/// In the order of the enumeration; `Other` has no name.
const NAMES: [(Family, &str); 16] = [
    (Family::Avc, "avc"),
    (Family::Hevc, "hevc"),
    (Family::DolbyVision, "dolby-vision"),
    (Family::Av1, "av1"),
    (Family::Vp9, "vp9"),
    (Family::Vp8, "vp8"),
    (Family::Aac, "aac"),
    (Family::Ac3, "ac3"),
    (Family::Eac3, "eac3"),
    (Family::Ac4, "ac4"),
    (Family::Opus, "opus"),
    (Family::Flac, "flac"),
    (Family::Alac, "alac"),
    (Family::Mp3, "mp3"),
    (Family::Dts, "dts"),
    (Family::Iamf, "iamf"),
];

impl Family {
    /// Of an RFC 6381 string.
    pub(crate) fn of(codecs: &str) -> Self {
        // The object types of MPEG audio layers in `mp4a`: 0x69 and 0x6B, and 32 to 34 of MPEG-4.
        const MPEG_AUDIO: [&str; 5] = [
            "mp4a.69",
            "mp4a.6b",
            "mp4a.40.32",
            "mp4a.40.33",
            "mp4a.40.34",
        ];
        let lower = codecs.to_ascii_lowercase();
        if MPEG_AUDIO.contains(&lower.as_str()) {
            return Self::Mp3;
        }
        match lower.split('.').next().unwrap_or_default() {
            "avc1" | "avc3" => Self::Avc,
            "hvc1" | "hev1" => Self::Hevc,
            "dvh1" | "dvhe" | "dva1" | "dvav" | "dav1" => Self::DolbyVision,
            "av01" => Self::Av1,
            "vp09" => Self::Vp9,
            "vp08" => Self::Vp8,
            "mp4a" => Self::Aac,
            "ac-3" => Self::Ac3,
            "ec-3" => Self::Eac3,
            "ac-4" => Self::Ac4,
            "opus" => Self::Opus,
            "flac" => Self::Flac,
            "alac" => Self::Alac,
            "mp3" | ".mp3" => Self::Mp3,
            dts if dts.starts_with("dts") => Self::Dts,
            "iamf" => Self::Iamf,
            _ => Self::Other,
        }
    }

    pub(crate) fn name(self) -> &'static str {
        NAMES
            .iter()
            .find(|(family, _)| *family == self)
            .map_or("other", |(_, name)| name)
    }

    pub(crate) fn named(name: &str) -> Option<Self> {
        NAMES
            .iter()
            .find(|(_, known)| *known == name)
            .map(|(family, _)| *family)
    }

    pub(crate) fn is_video(self) -> bool {
        self <= Self::Vp8
    }

    /// Every name, for error texts.
    pub(crate) fn names() -> String {
        NAMES.map(|(_, name)| name).join(", ")
    }
}

/// Whether it can leave as MPEG-TS, or, sound, as packed audio. xHE-AAC has no ADTS form.
pub(crate) fn fits_transport_stream(codecs: &str) -> bool {
    match Family::of(codecs) {
        Family::Avc | Family::Hevc | Family::Ac3 | Family::Eac3 | Family::Mp3 => true,
        Family::Aac => packed_extension(codecs).is_some(),
        _ => false,
    }
}

/// Whether SAMPLE-AES is defined for it in MPEG-TS and packed audio (Apple, MPEG-2 Stream Encryption Format for HTTP Live
/// Streaming).
pub(crate) fn has_sample_aes(codecs: &str) -> bool {
    matches!(
        Family::of(codecs),
        Family::Avc | Family::Aac | Family::Ac3 | Family::Eac3
    )
}

/// Of packed audio segments (RFC 8216, 3.4); none for what cannot be packed.
pub(crate) fn packed_extension(codecs: &str) -> Option<&'static str> {
    /// Main, LC, SSR, LTP, SBR and PS: ADTS names the first four, the others ride on them.
    const ADTS: [&str; 9] = [
        "mp4a.40.1",
        "mp4a.40.2",
        "mp4a.40.3",
        "mp4a.40.4",
        "mp4a.40.5",
        "mp4a.40.29",
        "mp4a.66",
        "mp4a.67",
        "mp4a.68",
    ];
    match Family::of(codecs) {
        Family::Aac => ADTS.contains(&codecs).then_some(".aac"),
        Family::Ac3 => Some(".ac3"),
        Family::Eac3 => Some(".ec3"),
        Family::Mp3 => Some(".mp3"),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
