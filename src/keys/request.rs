//! What a key provider is asked for.
use std::ops::Range;

use crate::config::Protection;

/// The keys of one asset under one protection.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct KeyRequest {
    /// The mount's place in the configuration.
    pub mount: usize,
    /// The asset's path below its mount.
    pub content_id: String,
    pub protection: Protection,
    /// Each label once.
    pub labels: Vec<LabelUse>,
    /// Crypto periods, from 0; one at least.
    pub periods: Range<u32>,
}

impl KeyRequest {
    /// Every label in every period, periods outermost.
    pub fn wanted(&self) -> impl Iterator<Item = (&LabelUse, u32)> {
        self.periods
            .clone()
            .flat_map(|period| self.labels.iter().map(move |label| (label, period)))
    }
}

/// A key label, and what of the asset it is for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct LabelUse {
    pub label: String,
    pub usage: Usage,
}

impl LabelUse {
    /// A label for all of the asset.
    pub fn all(label: impl Into<String>) -> Self {
        Self {
            label: label.into(),
            usage: Usage::All,
        }
    }
}

/// Which tracks a key is for. Bounds are inclusive; absent ones do not bind.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Usage {
    All,
    Video(VideoUsage),
    Audio(AudioUsage),
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct VideoUsage {
    /// Width × height of the encoded picture.
    pub min_pixels: Option<u64>,
    pub max_pixels: Option<u64>,
    /// Pictures a second, rounded to the nearest.
    pub min_frame_rate: Option<u32>,
    pub max_frame_rate: Option<u32>,
    pub hdr: Option<bool>,
    /// Bits a second.
    pub min_bitrate: Option<u64>,
    pub max_bitrate: Option<u64>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct AudioUsage {
    pub min_channels: Option<u32>,
    pub max_channels: Option<u32>,
}
