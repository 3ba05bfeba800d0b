//! Which keys an asset needs: the labels that its renditions fall under, and its crypto periods.
use edgepack_packager::protection::Schedule;
use edgepack_packager::{Media, Presentation, Rendition, Restrictions, VideoRange};

use super::faults;
use super::variant::is_protected;
use crate::config::{Drm, Protection};
use crate::delivery::Fault;
use crate::keys::{AudioUsage, KeyRequest, LabelUse, Usage, VideoUsage};

/// What keys are for, before any of them is known.
#[derive(Debug)]
pub(super) struct Plan {
    /// One per rendition; none for text and images.
    pub(super) labels: Vec<Option<Label>>,
    pub(super) schedule: Schedule,
}

#[derive(Debug)]
pub(super) struct Label {
    pub(super) name: String,
    pub(super) restrictions: Restrictions,
}

impl Plan {
    /// # Errors
    /// 503 for audio or video that no label of the mount fits.
    pub(super) fn new(asset: &str, presentation: &Presentation, drm: &Drm) -> Result<Self, Fault> {
        let label = |rendition: &Rendition| {
            if !is_protected(rendition) {
                return Ok(None);
            }
            let label = drm.label_of(rendition);
            let (name, restrictions) =
                label.ok_or_else(|| faults::no_label(asset, &rendition.name))?;
            Ok(Some(Label {
                name: name.to_owned(),
                restrictions,
            }))
        };
        let clear_lead_ms = u64::try_from(drm.clear_lead.as_millis()).unwrap_or(u64::MAX);
        Ok(Self {
            labels: presentation
                .renditions
                .iter()
                .map(label)
                .collect::<Result<_, Fault>>()?,
            schedule: Schedule::new(presentation, drm.rotate, clear_lead_ms),
        })
    }

    /// All keys of the asset at once: its manifests name all of them.
    pub(super) fn request(
        &self,
        mount: usize,
        asset: &str,
        presentation: &Presentation,
        protection: Protection,
    ) -> KeyRequest {
        let mut labels: Vec<LabelUse> = Vec::new();
        for (rendition, label) in presentation.renditions.iter().zip(&self.labels) {
            let Some(label) = label else {
                continue;
            };
            let usage = usage_of(rendition);
            match labels.iter_mut().find(|known| known.label == label.name) {
                Some(known) => known.usage = both(&known.usage, usage),
                None => labels.push(LabelUse {
                    label: label.name.clone(),
                    usage,
                }),
            }
        }
        KeyRequest {
            mount,
            content_id: asset.to_owned(),
            protection,
            labels,
            periods: 0..self.schedule.periods.max(1),
        }
    }
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
