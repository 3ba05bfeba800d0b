//! Filters of usage rules, and labels made of them: which tracks a key is for.

/// `VideoFilter`. Bounds are inclusive but for `min_fps`, which a matching track exceeds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct VideoFilter {
    /// Encoded width times height.
    pub min_pixels: Option<u32>,
    pub max_pixels: Option<u32>,
    pub hdr: Option<bool>,
    /// SPEKE v2 takes no notice of it.
    pub wcg: Option<bool>,
    pub min_fps: Option<u32>,
    pub max_fps: Option<u32>,
}

/// `AudioFilter`. Bounds are inclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct AudioFilter {
    pub min_channels: Option<u32>,
    pub max_channels: Option<u32>,
}

/// `BitrateFilter`, bits per second, inclusive. SPEKE v2 takes no notice of it, or refuses it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct BitrateFilter {
    pub min_bitrate: Option<u32>,
    pub max_bitrate: Option<u32>,
}

/// What one key is for: `intendedTrackType` and its filters.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Label {
    /// `intendedTrackType`: `AUDIO`, `SD`, `HD`, `UHD1`, `UHD2`, `ALL`, or an operator's own. SPEKE v2 joins several
    /// with `+` (`SD+HD`), and then wants as many filters.
    pub name: String,
    pub video: Vec<VideoFilter>,
    pub audio: Vec<AudioFilter>,
    pub bitrate: Vec<BitrateFilter>,
}

impl Label {
    /// One key for every track.
    pub fn all() -> Self {
        Self {
            name: "ALL".to_owned(),
            video: vec![VideoFilter::default()],
            audio: vec![AudioFilter::default()],
            bitrate: Vec::new(),
        }
    }

    pub fn audio(name: &str, filter: AudioFilter) -> Self {
        Self {
            name: name.to_owned(),
            audio: vec![filter],
            ..Self::default()
        }
    }

    pub fn video(name: &str, filter: VideoFilter) -> Self {
        Self {
            name: name.to_owned(),
            video: vec![filter],
            ..Self::default()
        }
    }

    /// The label of a name that SPEKE v2 knows, with its usual bounds: `ALL`, `AUDIO`, `VIDEO`, `SD` (up to 1024×576),
    /// `HD` (up to 1920×1080), `UHD1` (up to 4096×2160), `UHD2` (more), `UHD` (above `HD`).
    pub fn known(name: &str) -> Option<Self> {
        const SD: u32 = 1024 * 576;
        const HD: u32 = 1920 * 1080;
        const UHD1: u32 = 4096 * 2160;
        let (above, to) = match name {
            "ALL" => return Some(Self::all()),
            "AUDIO" => return Some(Self::audio(name, AudioFilter::default())),
            "VIDEO" => (None, None),
            "SD" => (None, Some(SD)),
            "HD" => (Some(SD), Some(HD)),
            "UHD" => (Some(HD), None),
            "UHD1" => (Some(HD), Some(UHD1)),
            "UHD2" => (Some(UHD1), None),
            _ => return None,
        };
        let filter = VideoFilter {
            min_pixels: above.map(|pixels| pixels + 1),
            max_pixels: to,
            ..VideoFilter::default()
        };
        Some(Self::video(name, filter))
    }
}
