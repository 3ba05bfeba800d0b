//! What both writers see: the renditions that may be named, with their URL names and protection.
use edgepack_drm::TrackEncryption;
use edgepack_packager::{Media, Rendition};

use crate::{Protection, View};

/// BCP 47's "undetermined".
pub(crate) const UNDETERMINED: &str = "und";

#[derive(Debug)]
pub(crate) struct Outline<'a> {
    pub(crate) duration_ms: u64,
    pub(crate) protection: Option<&'a Protection>,
    pub(crate) entries: Vec<Entry<'a>>,
}

/// One rendition as manifests name it.
#[derive(Debug)]
pub(crate) struct Entry<'a> {
    pub(crate) rendition: &'a Rendition,
    pub(crate) encryption: Option<&'a TrackEncryption>,
    /// The URL's track element.
    pub(crate) url_name: String,
}

impl<'a> Outline<'a> {
    pub(crate) fn new(view: View<'a>) -> Self {
        Self::named(view, |rendition, encryption| {
            view.presentation.url_name(rendition, encryption)
        })
    }

    /// With URL names from `name`.
    pub(crate) fn named(
        view: View<'a>,
        name: impl Fn(&Rendition, Option<&TrackEncryption>) -> String,
    ) -> Self {
        let renditions = &view.presentation.renditions;
        let entry = |rendition: &'a Rendition, encryption: Option<&'a TrackEncryption>| Entry {
            rendition,
            encryption,
            url_name: name(rendition, encryption),
        };
        let entries = match view.protection {
            None => renditions
                .iter()
                .map(|rendition| entry(rendition, None))
                .collect(),
            Some(protection) => renditions
                .iter()
                .zip(&protection.tracks)
                .map(|(rendition, track)| entry(rendition, Some(track)))
                .collect(),
        };
        Self {
            duration_ms: view.presentation.duration_ms,
            protection: view.protection,
            entries,
        }
    }

    pub(crate) fn video(&self) -> impl Iterator<Item = &Entry<'a>> {
        self.entries
            .iter()
            .filter(|entry| matches!(entry.rendition.media, Media::Video { .. }))
    }

    pub(crate) fn audio(&self) -> impl Iterator<Item = &Entry<'a>> {
        self.entries
            .iter()
            .filter(|entry| matches!(entry.rendition.media, Media::Audio { .. }))
    }
}

impl Entry<'_> {
    /// The sample entry's four characters: `avc1` of `avc1.640028`.
    pub(crate) fn codec_family(&self) -> &str {
        self.rendition.codecs.split('.').next().unwrap_or_default()
    }

    /// 0 for video.
    pub(crate) fn channels(&self) -> u16 {
        match self.rendition.media {
            Media::Audio { channels, .. } => channels,
            Media::Video { .. } | Media::Text { .. } | Media::Image { .. } => 0,
        }
    }

    /// Primaries, transfer, matrix (ISO/IEC 23091-2) and full range, where the source says.
    pub(crate) fn colour(&self) -> Option<(u8, u8, u8, bool)> {
        match self.rendition.media {
            Media::Video { colour, .. } => colour,
            Media::Audio { .. } | Media::Text { .. } | Media::Image { .. } => None,
        }
    }
}
