//! What a rendition's media says that both writers ask for.
use edgepack_packager::{Media, Rendition};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum VideoRange {
    Sdr,
    Pq,
    Hlg,
}
impl VideoRange {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Sdr => "SDR",
            Self::Pq => "PQ",
            Self::Hlg => "HLG",
        }
    }
}
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct ChannelLayout {
    pub(crate) cicp: Option<u8>,
    pub(crate) dolby_map: Option<u16>,
    pub(crate) ac4_mask: Option<u32>,
    pub(crate) joc_complexity: Option<u8>,
}

pub(crate) fn range(rendition: &Rendition) -> VideoRange {
    match rendition.media {
        Media::Video {
            colour: Some((_, 16, _, _)),
            ..
        } => VideoRange::Pq,
        Media::Video {
            colour: Some((_, 18, _, _)),
            ..
        } => VideoRange::Hlg,
        _ => VideoRange::Sdr,
    }
}
pub(crate) fn layout(_: &Rendition) -> ChannelLayout {
    ChannelLayout::default()
}
pub(crate) fn is_stereoscopic(_: &Rendition) -> bool {
    false
}
