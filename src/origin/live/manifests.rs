//! Playlists and MPDs of a channel: written once per moment, whoever and however many wait for it.
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use edgepack_manifest::dash;
use edgepack_manifest::hls::live::{
    Control, DateRanges, LiveProtection, LiveView, Nature, Position, Report, Skip, delta, media,
    multivariant,
};
use edgepack_manifest::{Error, Filter, View};
use edgepack_packager::Kind;
use edgepack_packager::live::Window;

use super::channel::{Announced, Channel, State};
use super::faults;
use super::protection::Keyed;
use crate::config::Protection;
use crate::delivery::Fault;

/// Texts of one moment; beyond this many the oldest moment's are not worth keeping.
const MAX_TEXTS: usize = 1024;
/// ServiceDescription's target: what a player that goes by the clock needs to hold two parts while a third comes, and
/// the lateness of a part.
const LATENCY_PARTS: u32 = 5;
/// `suggestedPresentationDelay`, in halves of a part: Shaka Player counts it from what may be asked for, which is a part
/// and a little behind the clock.
const DELAY_HALF_PARTS: u32 = 7;
/// CAN-SKIP-UNTIL in target durations (8216bis, 4.4.3.8).
const SKIP_TARGETS: u32 = 6;

/// What has been written at the version at hand.
#[derive(Debug, Default)]
pub(super) struct Texts {
    kept: Mutex<(u64, HashMap<Key, Bytes>)>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Key {
    Media {
        protection: Protection,
        /// Of licences.
        url: Option<String>,
        track: usize,
        skip: Option<Skip>,
    },
    Mpd(String),
}

impl Texts {
    /// What cannot be written is not kept.
    fn get_or_write<E>(
        &self,
        version: u64,
        key: Key,
        write: impl FnOnce() -> Result<String, E>,
    ) -> Result<Bytes, E> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.0 != version || kept.1.len() >= MAX_TEXTS {
            kept.0 = version;
            kept.1.clear();
        }
        if let Some(text) = kept.1.get(&key) {
            return Ok(text.clone());
        }
        let text = Bytes::from(write()?);
        kept.1.insert(key, text.clone());
        Ok(text)
    }
}

/// How a channel is shown.
#[derive(Debug)]
pub(super) struct Shown<'a> {
    pub(super) protection: Protection,
    /// None in the clear.
    pub(super) keyed: Option<&'a Keyed>,
    /// When the mount has a ClearKey licence server.
    pub(super) licence_url: Option<String>,
}

impl Shown<'_> {
    fn signalled(&self) -> Option<edgepack_manifest::Protection> {
        Some(self.keyed?.manifest(self.licence_url.clone()))
    }
}

/// The media playlist of a track as it is now, and its version.
///
/// # Errors
/// 404.
pub(super) fn media_playlist(
    channel: &Channel,
    state: &State,
    shown: &Shown<'_>,
    track: usize,
    skip: Option<Skip>,
) -> Result<(Bytes, u64), Fault> {
    let of = state
        .tracks
        .get(track)
        .ok_or_else(faults::no_such_segment)?;
    let keys = shown.keyed.map(|keyed| keyed.track(track)).transpose()?;
    let key = Key::Media {
        protection: shown.protection,
        url: shown.licence_url.clone(),
        track,
        skip,
    };
    let shown_events = state.events.shown();
    let text = channel.texts.get_or_write(state.version, key, || {
        let window = of.line.window();
        let others: Vec<(&str, Window)> = state
            .tracks
            .iter()
            .enumerate()
            .filter(|(index, _)| *index != track)
            .filter_map(|(_, other)| Some((other.name.as_deref()?, other.line.window())))
            .collect();
        let reports: Vec<Report<'_>> = others
            .iter()
            .map(|(name, window)| Report {
                track: name,
                last: Position::of(window),
            })
            .collect();
        let signalled = shown.signalled();
        let view = LiveView {
            window: &window,
            epoch: channel.epoch.0,
            nature: Nature::Sliding,
            independent: true,
            control: control(channel),
            reports: &reports,
            date_ranges: DateRanges {
                listed: &shown_events.ranges,
                removed: &shown_events.removed,
                now_ms: now_ms(),
            },
            protection: signalled.as_ref().zip(keys).map(|(protection, keys)| {
                let track = &keys.protection;
                LiveProtection { protection, track }
            }),
            start_ms: None,
        };
        Ok::<_, Fault>(match skip {
            Some(skip) => delta(&view, skip),
            None => media(&view),
        })
    })?;
    Ok((text, state.version))
}

/// The MPD as it is now. `time_url`: where the node tells the time.
///
/// # Errors
/// 404 where the filter leaves nothing, and as long as nothing can be promised.
pub(super) fn mpd(
    channel: &Channel,
    state: &mut State,
    shown: &Shown<'_>,
    announced: &Announced,
    filter: &Filter,
    time_url: String,
) -> Result<Bytes, Fault> {
    let signalled = shown.signalled();
    let of = (shown.protection, &shown.licence_url);
    let key = Key::Mpd(format!("{of:?} {filter:?} {time_url}"));
    let windows: Vec<(&str, Window)> = announced
        .presentation
        .renditions
        .iter()
        .filter_map(|rendition| {
            let track = announced.tracks.get(rendition.source)?;
            Some((rendition.name.as_str(), state.window(*track)?))
        })
        .collect();
    let tracks: Vec<dash::live::LiveTrack<'_>> = windows
        .iter()
        .map(|(name, window)| dash::live::LiveTrack { name, window })
        .collect();
    let shown_events = state.events.shown();
    let settings = dash::live::Settings {
        inband_events: shown_events.in_band.clone(),
        ..mpd_settings(channel, time_url)
    };
    let of_channel = dash::live::Channel {
        view: View {
            filter,
            protection: signalled.as_ref(),
            ..View::new(&announced.presentation)
        },
        tracks: &tracks,
        settings: &settings,
        nature: Nature::Sliding,
        now_ms: now_ms(),
    };
    let version = state.version;
    let periods = state.periods.entry(shown.protection).or_default();
    periods.update(&of_channel);
    let live = dash::live::LiveMpd {
        channel: of_channel,
        periods,
        publish_time_ms: state.changed_ms,
        events: &shown_events.events,
    };
    let text = channel
        .texts
        .get_or_write(version, key, || dash::live::mpd(&live));
    text.map_err(|error| match error {
        // Segments of all tracks are waited for.
        Error::NothingToOffer { .. } => faults::not_begun(&channel.name),
        _ => Fault::not_found(
            "filtered-out",
            "The query leaves nothing of the channel to play.",
        )
        .detail(error.to_string()),
    })
}

fn mpd_settings(channel: &Channel, time_url: String) -> dash::live::Settings {
    let part = channel.part_ms;
    let target = LATENCY_PARTS * part;
    dash::live::Settings {
        target_ms: channel.target_ms,
        part_target_ms: part,
        low_latency: true,
        encoder_delay_ms: 0,
        time_shift_buffer_ms: u64::try_from(channel.live.window.as_millis()).unwrap_or(u64::MAX),
        suggested_presentation_delay_ms: DELAY_HALF_PARTS * part / 2,
        minimum_update_period_ms: channel.target_ms,
        latency: Some(dash::live::Latency {
            target_ms: target,
            min_ms: Some(3 * part),
            max_ms: Some(target * 2),
            playback_rate: Some((96, 104)),
        }),
        utc_timing: dash::live::UtcTiming {
            http_xsdate: Some(time_url),
            direct: false,
        },
        inband_events: Vec::new(),
    }
}

pub(super) fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| {
        i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
    })
}

/// How far back delta updates go, milliseconds.
pub(super) fn skip_ms(channel: &Channel) -> u32 {
    channel.target_ms.saturating_mul(SKIP_TARGETS)
}

/// What all playlists of the channel say alike.
pub(super) fn control(channel: &Channel) -> Control {
    Control {
        target_duration_ms: channel.target_ms,
        part_target_ms: Some(channel.part_ms),
        hold_back_ms: None,
        part_hold_back_ms: None,
        can_skip_until_ms: Some(skip_ms(channel)),
        can_block_reload: true,
    }
}

/// # Errors
/// 404 where the filter leaves nothing.
pub(super) fn multivariant_playlist(
    shown: &Shown<'_>,
    announced: &Announced,
    filter: &Filter,
) -> Result<String, Fault> {
    let signalled = shown.signalled();
    let view = View {
        filter,
        protection: signalled.as_ref(),
        ..View::new(&announced.presentation)
    };
    multivariant(view).map_err(|error| {
        Fault::not_found(
            "filtered-out",
            "The query leaves nothing of the channel to play.",
        )
        .detail(error.to_string())
    })
}

/// Longest of the tracks' kinds, for content types.
pub(super) fn content_type(kind: Kind) -> &'static str {
    match kind {
        Kind::Audio => "audio/mp4",
        _ => "video/mp4",
    }
}
