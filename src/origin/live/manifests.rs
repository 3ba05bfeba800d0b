//! Playlists and MPDs of a channel: written once per moment, whoever and however many wait for it.
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use edgepack_manifest::dash;
use edgepack_manifest::dash::live::Periods;
use edgepack_manifest::hls::live::{
    Control, DateRanges, LiveProtection, LiveView, Nature, Position, Report, Skip, delta, media,
    multivariant,
};
use edgepack_manifest::{Error, Filter, View};
use edgepack_packager::Kind;
use edgepack_packager::live::Window;

use super::channel::{Announced, Channel, State};
use super::protection::Keyed;
use super::stretch::Stretch;
use super::{events, faults};
use crate::config::Protection;
use crate::delivery::Fault;

/// Texts of one moment, and bytes of them; beyond that what is there is not worth keeping.
const MAX_TEXTS: usize = 1024;
const MAX_TEXT_BYTES: usize = 32 << 20;
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
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    version: u64,
    texts: HashMap<Key, Bytes>,
    bytes: usize,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Key {
    Media {
        protection: Protection,
        /// Of licences.
        url: Option<String>,
        /// With its phase.
        stretch: Option<(Stretch, (bool, bool))>,
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
        let mut kept = self.of(version);
        if let Some(text) = kept.texts.get(&key) {
            return Ok(text.clone());
        }
        Ok(kept.keep(key, write()?))
    }

    fn get(&self, version: u64, key: &Key) -> Option<Bytes> {
        self.of(version).texts.get(key).cloned()
    }

    /// What took long to write, and was not waited for by others.
    fn keep(&self, version: u64, key: Key, text: String) -> Bytes {
        let mut kept = self.lock();
        // The channel may have gone on.
        match kept.version == version {
            true => kept.keep(key, text),
            false => text.into(),
        }
    }

    fn of(&self, version: u64) -> MutexGuard<'_, Kept> {
        let mut kept = self.lock();
        if kept.version != version {
            kept.clear();
            kept.version = version;
        }
        kept
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn keep(&mut self, key: Key, text: String) -> Bytes {
        let text = Bytes::from(text);
        if self.texts.len() >= MAX_TEXTS || self.bytes + text.len() > MAX_TEXT_BYTES {
            self.clear();
        }
        self.bytes += text.len();
        self.texts.insert(key, text.clone());
        text
    }

    fn clear(&mut self) {
        self.texts.clear();
        self.bytes = 0;
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
    /// None: at the live edge.
    pub(super) stretch: Option<Stretch>,
}

impl Shown<'_> {
    /// # Errors
    /// What is configured for a channel that has not begun, or at the live edge gets nothing.
    pub(super) fn announced(&self, channel: &Channel) -> Result<Arc<Announced>, Fault> {
        match self.stretch {
            None => channel.announced(),
            // What is there is there, whether more comes or not.
            Some(_) => channel.announced_ever(),
        }
    }

    fn media(&self, track: usize, skip: Option<Skip>) -> Key {
        Key::Media {
            protection: self.protection,
            url: self.licence_url.clone(),
            stretch: self.stretch.map(|of| (of, of.phase(now_ms()))),
            track,
            skip,
        }
    }

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
    let text = channel
        .texts
        .get_or_write(state.version, shown.media(track, skip), || {
            let window = of.line.window();
            let others: Vec<(&str, Arc<Window>)> = state
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
            let control = control(channel, state.longest_ms);
            let of = (track, window.as_ref(), Nature::Sliding);
            let told = state.events.shown();
            write_playlist(channel, shown, of, control, &reports, &told, skip)
        })?;
    Ok((text, state.version))
}

/// The media playlist of a stretch, of whole segments: nobody waits for it, and parts are for the live edge. With the
/// version of the channel that it is of.
///
/// # Errors
/// 404 where nothing of it is there.
pub(super) fn stretch_playlist(
    channel: &Channel,
    shown: &Shown<'_>,
    track: usize,
    skip: Option<Skip>,
) -> Result<(Bytes, u64), Fault> {
    let stretch = shown.stretch.ok_or_else(faults::no_such_stretch)?;
    let (name, window, version, told) = {
        let state = channel.lock();
        let of = state
            .tracks
            .get(track)
            .ok_or_else(faults::no_such_segment)?;
        let told = state.events.shown();
        let version = state.whole_version();
        (of.name.clone(), of.line.window(), version, told)
    };
    let key = shown.media(track, skip);
    if let Some(text) = channel.stretches.get(version, &key) {
        return Ok((text, version));
    }
    let now_ms = now_ms();
    let name = name.unwrap_or_default();
    let window = stretch.of(channel, &name, &window, shown.keyed, now_ms)?;
    let control = Control {
        part_target_ms: None,
        can_block_reload: false,
        ..control(channel, channel.target_ms)
    };
    let of = (track, &window, stretch.nature(now_ms));
    let text = write_playlist(channel, shown, of, control, &[], &told, skip)?;
    Ok((channel.stretches.keep(version, key, text), version))
}

fn write_playlist(
    channel: &Channel,
    shown: &Shown<'_>,
    (track, window, nature): (usize, &Window, Nature),
    control: Control,
    reports: &[Report<'_>],
    told: &events::Shown,
    skip: Option<Skip>,
) -> Result<String, Fault> {
    let keys = shown.keyed.map(|keyed| keyed.track(track)).transpose()?;
    let signalled = shown.signalled();
    let view = LiveView {
        window,
        epoch: channel.epoch.0,
        nature,
        independent: true,
        control,
        reports,
        date_ranges: DateRanges {
            listed: &told.ranges,
            removed: &told.removed,
            now_ms: now_ms(),
        },
        protection: signalled.as_ref().zip(keys).map(|(protection, keys)| {
            let track = &keys.protection;
            LiveProtection { protection, track }
        }),
        start_ms: None,
    };
    Ok(match skip {
        Some(skip) => delta(&view, skip),
        None => media(&view),
    })
}

/// The MPD as it is now. `time_url`: where the node tells the time.
///
/// # Errors
/// 404 where the filter leaves nothing; what is configured as long as nothing can be promised.
pub(super) fn mpd(
    channel: &Channel,
    shown: &Shown<'_>,
    announced: &Announced,
    filter: &Filter,
    time_url: String,
) -> Result<Bytes, Fault> {
    let stretch = shown.stretch;
    let phase = stretch.map(|of| of.phase(now_ms()));
    let of = (shown.protection, &shown.licence_url, stretch, phase);
    let key = Key::Mpd(format!("{of:?} {filter:?} {time_url}"));
    let now_ms = now_ms();
    let mut settings = mpd_settings(channel, time_url);
    let mut state = channel.lock();
    let version = state.version;
    let told = state.events.shown();
    settings.inband_events.clone_from(&told.in_band);
    let moment = Moment {
        windows: Vec::new(),
        nature: Nature::Sliding,
        now_ms,
        publish_time_ms: state.changed_ms,
        events: &told.events,
    };
    let windows: Vec<(&str, Arc<Window>)> = announced
        .presentation
        .renditions
        .iter()
        .filter_map(|rendition| {
            let track = announced.tracks.get(rendition.source)?;
            Some((rendition.name.as_str(), state.window(*track)?))
        })
        .collect();
    let Some(stretch) = stretch else {
        let periods = state.periods.entry(shown.protection).or_default();
        let moment = Moment { windows, ..moment };
        let write = || write_mpd(shown, announced, filter, &moment, &settings, periods);
        let text = channel.texts.get_or_write(version, key, write);
        return text.map_err(|error| no_mpd(channel, &error));
    };
    let version = state.whole_version();
    drop(state);
    if let Some(text) = channel.stretches.get(version, &key) {
        return Ok(text);
    }
    let windows = windows
        .into_iter()
        .map(|(name, window)| {
            Ok((
                name,
                stretch
                    .of(channel, name, &window, shown.keyed, now_ms)
                    .map(Arc::new)?,
            ))
        })
        .collect::<Result<Vec<_>, Fault>>()?;
    settings.low_latency = false;
    settings.latency = None;
    let moment = Moment {
        windows,
        nature: stretch.nature(now_ms),
        ..moment
    };
    let mut periods = Periods::default();
    let text = write_mpd(shown, announced, filter, &moment, &settings, &mut periods);
    let text = text.map_err(|error| no_mpd(channel, &error))?;
    Ok(channel.stretches.keep(version, key, text))
}

/// What an MPD tells.
struct Moment<'a> {
    /// One per rendition.
    windows: Vec<(&'a str, Arc<Window>)>,
    nature: Nature,
    now_ms: i64,
    publish_time_ms: i64,
    events: &'a [dash::live::Event],
}

fn write_mpd(
    shown: &Shown<'_>,
    announced: &Announced,
    filter: &Filter,
    moment: &Moment<'_>,
    settings: &dash::live::Settings,
    periods: &mut Periods,
) -> Result<String, Error> {
    let signalled = shown.signalled();
    let tracks: Vec<dash::live::LiveTrack<'_>> = moment
        .windows
        .iter()
        .map(|(name, window)| dash::live::LiveTrack { name, window })
        .collect();
    let channel = dash::live::Channel {
        view: View {
            filter,
            protection: signalled.as_ref(),
            ..View::new(&announced.presentation)
        },
        tracks: &tracks,
        settings,
        nature: moment.nature,
        now_ms: moment.now_ms,
    };
    periods.update(&channel);
    dash::live::mpd(&dash::live::LiveMpd {
        channel,
        periods,
        publish_time_ms: moment.publish_time_ms,
        events: moment.events,
    })
}

fn no_mpd(channel: &Channel, error: &Error) -> Fault {
    match error {
        // Segments of all tracks are waited for.
        Error::NothingToOffer { .. } => channel.not_begun(),
        error => filtered_out(error),
    }
}

fn filtered_out(error: &Error) -> Fault {
    Fault::not_found(
        "filtered-out",
        "The query leaves nothing of the channel to play.",
    )
    .detail(error.to_string())
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

/// What all playlists of the channel say alike. `longest_ms`: of segments so far.
fn control(channel: &Channel, longest_ms: u32) -> Control {
    Control {
        target_duration_ms: longest_ms,
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
    let query = shown.stretch.map(Stretch::query);
    multivariant(view, query.as_deref()).map_err(|error| filtered_out(&error))
}

/// Longest of the tracks' kinds, for content types.
pub(super) fn content_type(kind: Kind) -> &'static str {
    match kind {
        Kind::Audio => "audio/mp4",
        _ => "video/mp4",
    }
}
