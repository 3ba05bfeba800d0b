//! What a media URL's last element names, of which rendition.
use edgepack_packager::Kind;

/// Numbers are indices from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Part {
    /// A CMAF header, `init.mp4` and so on.
    Header(u32),
    /// A CMAF segment.
    Segment(u32),
    /// One sync sample of a video rendition, a fragment by itself.
    Keyframe(u32),
    /// MPEG-TS; `audio`: the rendition muxed with it.
    Ts { number: u32, audio: Option<usize> },
    /// Frames of one sound, one after the other.
    Packed(u32),
    /// `for_ts`: mapped to the times of MPEG-TS.
    WebVtt { number: u32, for_ts: bool },
    /// A sheet of thumbnails.
    Image(u32),
    /// What stands in a file of its own before the first segment.
    FileHead,
}

impl Part {
    /// Distinguishes the parts of a rendition in entity tags.
    pub(super) fn tag(self) -> (u8, u32) {
        match self {
            Self::Header(number) => (0, number),
            Self::Segment(number) => (1, number),
            Self::Keyframe(number) => (2, number),
            Self::Ts { number, .. } => (3, number),
            Self::Packed(number) => (4, number),
            Self::WebVtt {
                number,
                for_ts: false,
            } => (5, number),
            Self::WebVtt {
                number,
                for_ts: true,
            } => (6, number),
            Self::Image(number) => (7, number),
            Self::FileHead => (8, 0),
        }
    }

    /// Of a rendition of `kind`, whose codec is `codecs` (RFC 6381).
    pub(super) fn content_type(self, kind: Kind, codecs: &str) -> &'static str {
        match self {
            Self::Ts { .. } => "video/mp2t",
            Self::Packed(_) => packed_type(codecs),
            Self::WebVtt { .. } => "text/vtt",
            Self::Image(_) => "image/jpeg",
            Self::Header(_) | Self::Segment(_) | Self::Keyframe(_) | Self::FileHead => match kind {
                Kind::Video => "video/mp4",
                Kind::Audio => "audio/mp4",
                Kind::Text | Kind::Image => "application/mp4",
            },
        }
    }
}

/// RFC 8216, 3.4.
fn packed_type(codecs: &str) -> &'static str {
    match codecs {
        "ac-3" => "audio/ac3",
        "ec-3" => "audio/eac3",
        "mp4a.69" | "mp4a.6b" | "mp4a.6B" | "mp3" => "audio/mpeg",
        _ => "audio/aac",
    }
}
