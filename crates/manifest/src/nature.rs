/// What may become of a channel's playlist or MPD.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Nature {
    /// Segments are added behind and leave in front.
    #[default]
    Sliding,
    /// Segments are added until the end, none leaves: start-over. Ends where its windows have `ended` set.
    Event,
    /// All there will be: catch-up. Ends whatever the windows say, has whole segments alone, and in DASH a time line
    /// that begins at 0.
    Vod,
}

impl Nature {
    /// How long a stretch that is over is an event that ended, milliseconds. Who watches it as an event learns of the
    /// end where they are: neither the type of a playlist (8216bis, 6.2.1) nor the time line of an MPD changes while it
    /// is played.
    pub const LINGERS_MS: i64 = 60_000;

    /// Of a stretch that lasts until `end_ms`, Unix time in milliseconds; None: as long as the channel. From the end on
    /// windows are to have `ended` set.
    pub fn of_stretch(end_ms: Option<i64>, now_ms: i64) -> Self {
        match end_ms {
            Some(end_ms) if now_ms.saturating_sub(end_ms) >= Self::LINGERS_MS => Self::Vod,
            _ => Self::Event,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Nature;

    #[test]
    fn a_stretch_is_an_event_until_those_who_watch_it_know_of_its_end() {
        let end_ms = 1_772_366_400_000;
        let of = |after_ms| Nature::of_stretch(Some(end_ms), end_ms + after_ms);
        assert_eq!(of(-3_600_000), Nature::Event);
        assert_eq!(of(0), Nature::Event);
        assert_eq!(of(59_999), Nature::Event);
        assert_eq!(of(60_000), Nature::Vod);
        assert_eq!(of(i64::MAX - end_ms), Nature::Vod);
    }

    #[test]
    fn a_stretch_without_an_end_stays_an_event() {
        assert_eq!(Nature::of_stretch(None, i64::MAX), Nature::Event);
    }
}
