//! `[mount.live.events]` as it is written.
use crate::config::document::Section;
use crate::config::live::LiveEvents;

pub(super) fn events(mut section: Section<'_, '_>) -> LiveEvents {
    let default = LiveEvents::default();
    let events = LiveEvents {
        date_ranges: section.get("date_ranges", default.date_ranges),
        max_events: section.bounded("max_events", default.max_events, 16..=65_536),
        max_interstitials: section.bounded(
            "max_interstitials",
            default.max_interstitials,
            0..=1024,
        ),
    };
    section.finish();
    events
}
