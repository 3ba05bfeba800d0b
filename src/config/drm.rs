//! `[mount.drm]`: which DRM systems a mount signals, which keys its renditions fall under, when keys change.
use std::time::Duration;

use edgepack_drm::systems::Systems;
use edgepack_packager::protection::Every;
use edgepack_packager::{Kind, Media, Rendition, Restrictions, Rotation, VideoRange};

/// The label of all renditions where the configuration names none.
pub const ONE_LABEL: &str = "ALL";

/// `[mount.drm]`
#[derive(Debug, Clone, PartialEq)]
pub struct Drm {
    pub systems: Systems,
    /// Media from the beginning that stays clear.
    pub clear_lead: Duration,
    /// `None`: one key per label for the whole asset.
    pub rotate: Option<Every>,
    pub rotation: Rotation,
    /// Address of raw keys, `{kid}` and `{content}` in it replaced; `None`: the node's own.
    pub key_uri: Option<String>,
    /// The first that fits a rendition; none at all: one key for everything.
    pub labels: Vec<KeyLabel>,
}

impl Default for Drm {
    fn default() -> Self {
        Self {
            systems: Systems {
                w3c_common: true,
                ..Systems::default()
            },
            clear_lead: Duration::ZERO,
            rotate: None,
            rotation: Rotation::NewHeader,
            key_uri: None,
            labels: Vec::new(),
        }
    }
}

/// `[[mount.drm.label]]`: the renditions that share a key.
#[derive(Debug, Clone, PartialEq)]
pub struct KeyLabel {
    pub name: String,
    /// `None`: of either kind.
    pub kind: Option<Kind>,
    pub height: Bounds<u32>,
    /// Bits per second, peak.
    pub bitrate: Bounds<u64>,
    /// Frames per second.
    pub frame_rate: Bounds<u32>,
    pub channels: Bounds<u32>,
    /// PQ or HLG.
    pub hdr: Option<bool>,
    pub restrictions: Restrictions,
}

/// Both ends included; absent: without bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds<T> {
    pub min: Option<T>,
    pub max: Option<T>,
}

impl<T> Default for Bounds<T> {
    fn default() -> Self {
        Self {
            min: None,
            max: None,
        }
    }
}

impl<T: PartialOrd + Copy> Bounds<T> {
    pub fn contains(self, value: T) -> bool {
        self.min.is_none_or(|min| value >= min) && self.max.is_none_or(|max| value <= max)
    }

    pub fn is_unbounded(self) -> bool {
        self.min.is_none() && self.max.is_none()
    }
}

impl Drm {
    /// The label that a rendition falls under; `None`: the configuration has labels, and none of them fits.
    pub fn label_of(&self, rendition: &Rendition) -> Option<(&str, Restrictions)> {
        if self.labels.is_empty() {
            return Some((ONE_LABEL, Restrictions::default()));
        }
        let label = self.labels.iter().find(|label| label.fits(rendition))?;
        Some((&label.name, label.restrictions.clone()))
    }
}

impl KeyLabel {
    fn fits(&self, rendition: &Rendition) -> bool {
        if self.kind.is_some_and(|kind| kind != rendition.kind())
            || !self.bitrate.contains(rendition.peak_bandwidth)
        {
            return false;
        }
        match &rendition.media {
            Media::Video {
                height,
                frame_rate,
                range,
                ..
            } => {
                let (frames, seconds) = *frame_rate;
                // 29.97 is within 30.
                let rate = frames.div_ceil(seconds.max(1));
                self.height.contains(*height)
                    && self.frame_rate.contains(rate)
                    && self.channels.is_unbounded()
                    && self
                        .hdr
                        .is_none_or(|hdr| hdr == (*range != VideoRange::Sdr))
            }
            Media::Audio { channels, .. } => {
                self.channels.contains((*channels).into())
                    && self.height.is_unbounded()
                    && self.frame_rate.is_unbounded()
                    && self.hdr.is_none()
            }
            Media::Text { .. } | Media::Image { .. } => false,
        }
    }
}

#[cfg(test)]
mod tests;
