//! `[mount.live.events]`: what channels tell beside picture and sound.

/// `[mount.live.events]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveEvents {
    /// Splice information becomes EXT-X-DATERANGE; it is in MPDs and segments all the same.
    pub date_ranges: bool,
    /// Events, and date ranges of them, that one channel remembers.
    pub max_events: usize,
    /// Interstitials that one channel may have at a time.
    pub max_interstitials: usize,
}

impl Default for LiveEvents {
    fn default() -> Self {
        Self {
            date_ranges: true,
            max_events: 1024,
            max_interstitials: 64,
        }
    }
}
