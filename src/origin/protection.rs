//! What VOD and live have in common under protection: key labels, IV seeds, signals of DRM systems, and licences.
pub(super) mod faults;
pub(super) mod licence;

use std::collections::BTreeMap;

use edgepack_drm::{ContentKey, IvSeed, KeyId, KeyRecord, Scheme, systems};
use edgepack_packager::{Kind, Media, Presentation, Rendition, Restrictions, VideoRange};
use ring::digest;

use crate::config::{Drm, Protection};
use crate::delivery::Fault;
use crate::keys::{AudioUsage, LabelUse, Usage, VideoUsage};

/// The label that a rendition falls under.
#[derive(Debug, Clone)]
pub(super) struct Label {
    pub(super) name: String,
    pub(super) restrictions: Restrictions,
}

/// The key of one crypto period of one track.
#[derive(Debug)]
pub(super) struct PeriodKey {
    pub(super) key: ContentKey,
    pub(super) seed: IvSeed,
}

impl PeriodKey {
    /// `identity`: of the track; two tracks never have the same.
    ///
    /// A provider's IV is kept where it is constant. In counter mode two tracks under one key would share key stream, so
    /// there it is not (ISO/IEC 23001-7, 9.3).
    pub(super) fn new(record: &KeyRecord, identity: &[u8]) -> Self {
        let seed = IvSeed::derive(&record.key, identity);
        Self {
            seed: IvSeed {
                cbcs: record.explicit_iv.unwrap_or(seed.cbcs),
                ..seed
            },
            key: record.key.clone(),
        }
    }

    /// A digest: a key replaced under the same id is another protection, and nothing of it can be read back.
    pub(super) fn tag(&self) -> [u8; 8] {
        let mut context = digest::Context::new(&digest::SHA256);
        context.update(b"edgepack key tag\0");
        context.update(&self.key.kid.0);
        context.update(self.key.expose());
        let mut tag = [0; 8];
        tag.copy_from_slice(&context.finish().as_ref()[..8]);
        tag
    }
}

/// One per rendition; none for text and images.
///
/// # Errors
/// 503 for audio or video that no label of the mount fits.
pub(super) fn labels(
    asset: &str,
    presentation: &Presentation,
    drm: &Drm,
) -> Result<Vec<Option<Label>>, Fault> {
    let label = |rendition: &Rendition| {
        if !is_protected(rendition) {
            return Ok(None);
        }
        let label = drm.label_of(rendition);
        let (name, restrictions) = label.ok_or_else(|| faults::no_label(asset, &rendition.name))?;
        Ok(Some(Label {
            name: name.to_owned(),
            restrictions,
        }))
    };
    presentation.renditions.iter().map(label).collect()
}

/// Each label once, and which renditions it is for: what a key provider is told.
pub(super) fn uses(presentation: &Presentation, labels: &[Option<Label>]) -> Vec<LabelUse> {
    let mut uses: Vec<LabelUse> = Vec::new();
    for (rendition, label) in presentation.renditions.iter().zip(labels) {
        let Some(label) = label else {
            continue;
        };
        let usage = usage_of(rendition);
        match uses.iter_mut().find(|known| known.label == label.name) {
            Some(known) => known.usage = both(&known.usage, usage),
            None => uses.push(LabelUse {
                label: label.name.clone(),
                usage,
            }),
        }
    }
    uses
}

/// Subtitles and thumbnails stay clear, as players expect them.
pub(super) fn is_protected(rendition: &Rendition) -> bool {
    matches!(rendition.kind(), Kind::Video | Kind::Audio)
}

/// AES-128 has raw keys and no DRM system. SAMPLE-AES is CBC, and what FairPlay takes.
///
/// # Errors
/// 503 where the mount's systems and the keys do not go together.
pub(super) fn signals<'a>(
    asset: &str,
    protection: Protection,
    drm: &Drm,
    records: impl Iterator<Item = &'a KeyRecord>,
) -> Result<BTreeMap<KeyId, Vec<systems::Signal>>, Fault> {
    let (scheme, systems) = match protection {
        Protection::Clear | Protection::Aes128 => return Ok(BTreeMap::new()),
        Protection::Cenc => (Scheme::Cenc, drm.systems.clone()),
        Protection::Cbcs => (Scheme::Cbcs, drm.systems.clone()),
        Protection::SampleAes => {
            let fairplay_alone = systems::Systems {
                fairplay: drm.systems.fairplay.clone(),
                ..systems::Systems::default()
            };
            (Scheme::Cbcs, fairplay_alone)
        }
    };
    records
        .map(|record| {
            let signals = systems::signals(record, scheme, &systems, asset)
                .map_err(|error| faults::not_signalled(asset, error))?;
            Ok((record.key.kid, signals))
        })
        .collect()
}

/// `drm.key_uri` for an asset.
pub(super) fn key_uri(drm: &Drm, asset: &str) -> Option<String> {
    let template = drm.key_uri.as_ref()?;
    Some(template.replace("{content}", &super::percent_encoded(asset)))
}

fn usage_of(rendition: &Rendition) -> Usage {
    match &rendition.media {
        Media::Video {
            width,
            height,
            range,
            ..
        } => {
            let pixels = Some(u64::from(*width) * u64::from(*height));
            Usage::Video(VideoUsage {
                min_pixels: pixels,
                max_pixels: pixels,
                hdr: Some(*range != VideoRange::Sdr),
                ..VideoUsage::default()
            })
        }
        Media::Audio { channels, .. } => {
            let channels = Some(u32::from(*channels)).filter(|channels| *channels > 0);
            Usage::Audio(AudioUsage {
                min_channels: channels,
                max_channels: channels,
            })
        }
        Media::Text { .. } | Media::Image { .. } => Usage::All,
    }
}

/// The least that covers the tracks of both.
fn both(one: &Usage, other: Usage) -> Usage {
    match (one, other) {
        (Usage::Video(one), Usage::Video(other)) => Usage::Video(VideoUsage {
            min_pixels: one.min_pixels.zip(other.min_pixels).map(|(a, b)| a.min(b)),
            max_pixels: one.max_pixels.zip(other.max_pixels).map(|(a, b)| a.max(b)),
            hdr: one.hdr.filter(|hdr| other.hdr == Some(*hdr)),
            ..VideoUsage::default()
        }),
        (Usage::Audio(one), Usage::Audio(other)) => Usage::Audio(AudioUsage {
            min_channels: one
                .min_channels
                .zip(other.min_channels)
                .map(|(a, b)| a.min(b)),
            max_channels: one
                .max_channels
                .zip(other.max_channels)
                .map(|(a, b)| a.max(b)),
        }),
        _ => Usage::All,
    }
}
