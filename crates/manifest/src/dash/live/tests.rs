#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod addressing;
mod document;
mod encoder;
mod ended;
mod events;
mod keys;
mod parser;
mod periods;
mod sliding;
mod stretches;

use edgepack_packager::Presentation;

use self::encoder::Encoder;
use super::*;
use crate::Protection;
use crate::dash::tests::{assert_valid, attribute, elements};

/// A channel of tests: what its encoders send, and an MPD whenever it is asked for.
#[derive(Debug)]
struct Studio {
    presentation: Presentation,
    encoders: Vec<Encoder>,
    settings: Settings,
    protection: Option<Protection>,
    periods: Periods,
    /// Segments that windows hold.
    depth: usize,
    events: Vec<Event>,
    nature: Nature,
}

impl Studio {
    fn new(encoders: Vec<Encoder>) -> Self {
        let renditions = encoders.iter().map(|encoder| encoder.rendition.clone());
        Self {
            presentation: crate::sample::presentation(renditions.collect()),
            encoders,
            settings: settings(),
            protection: None,
            periods: Periods::new(),
            depth: 20,
            events: Vec::new(),
            nature: Nature::Sliding,
        }
    }

    /// Pictures and sound from one encoder, media time 0 at [`BEGIN_MS`].
    fn usual() -> Self {
        Self::new(vec![Encoder::video(), Encoder::audio()])
    }

    fn windows(&self, now_ms: i64) -> Vec<Window> {
        let encoders = self.encoders.iter();
        encoders
            .map(|encoder| encoder.window(now_ms, self.depth))
            .collect()
    }

    /// The MPD of a moment; moments come in order.
    fn try_mpd(&mut self, now_ms: i64) -> Result<String> {
        let windows = self.windows(now_ms);
        let tracks: Vec<LiveTrack<'_>> = self
            .presentation
            .renditions
            .iter()
            .zip(&windows)
            .map(|(rendition, window)| LiveTrack {
                name: &rendition.name,
                window,
            })
            .collect();
        let channel = Channel {
            view: View {
                protection: self.protection.as_ref(),
                ..View::new(&self.presentation)
            },
            tracks: &tracks,
            settings: &self.settings,
            nature: self.nature,
            now_ms,
        };
        self.periods.update(&channel);
        mpd(&LiveMpd {
            channel,
            periods: &self.periods,
            publish_time_ms: now_ms,
            events: &self.events,
        })
    }

    /// Schema-valid.
    fn mpd(&mut self, now_ms: i64) -> String {
        let mpd = self.try_mpd(now_ms).unwrap();
        assert_valid(&mpd);
        mpd
    }
}

/// 2026-03-01T12:00:00Z.
const BEGIN_MS: i64 = 1_772_366_400_000;

/// Two-second segments of half-second parts.
fn settings() -> Settings {
    Settings {
        target_ms: 2000,
        part_target_ms: 500,
        low_latency: true,
        encoder_delay_ms: 0,
        time_shift_buffer_ms: 30_000,
        suggested_presentation_delay_ms: 2500,
        minimum_update_period_ms: 2000,
        latency: Some(Latency {
            target_ms: 2500,
            min_ms: Some(1500),
            max_ms: Some(6000),
            playback_rate: Some((96, 104)),
        }),
        utc_timing: UtcTiming {
            http_xsdate: Some("/time".to_owned()),
            direct: true,
        },
        inband_events: Vec::new(),
    }
}

/// Of elements' own tags.
fn attributes<'m>(mpd: &'m str, element: &str, name: &str) -> Vec<Option<&'m str>> {
    let elements = elements(mpd, element).into_iter();
    elements.map(|element| attribute(element, name)).collect()
}

/// `PT492324H0.5S` in microseconds.
fn micros(duration: &str) -> i64 {
    let mut rest = duration.strip_prefix("PT").unwrap();
    let mut total = 0;
    for (mark, unit) in [('H', 3_600_000_000), ('M', 60_000_000), ('S', 1_000_000)] {
        let Some((value, after)) = rest.split_once(mark) else {
            continue;
        };
        let (whole, fraction) = value.split_once('.').unwrap_or((value, ""));
        total += whole.parse::<i64>().unwrap() * unit;
        total += format!("{fraction:0<6}").parse::<i64>().unwrap();
        rest = after;
    }
    total
}
