//! A channel: its tracks, who waits for them, and what was made of them.
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use edgepack_isobmff::stream;
use edgepack_manifest::dash::live::Periods;
use edgepack_packager::live::{
    Arrival, Chunk, LineOptions, LiveTrack, Outcome, Segment, Window, presentation,
};
use edgepack_packager::{Fingerprint, Presentation};
use ring::digest;
use ring::rand::{SecureRandom, SystemRandom};
use tokio::sync::Notify;
use tokio::time::{Instant, timeout_at};

use super::archive::Archive;
use super::events::ChannelEvents;
use super::faults;
use super::manifests::Texts;
use super::media::Media;
use super::protection::Vault;
use super::track::Track;
use crate::admin::{ChannelState, Health, TrackState};
use crate::config::{self, Live, LiveEvents, Mount, Protection};
use crate::delivery::Fault;
use crate::delivery::route::Epoch;
use crate::origin::SharedError;
use crate::telemetry::live::ChannelMetrics;

/// One channel, shared by all workers.
#[derive(Debug)]
pub(super) struct Channel {
    pub(super) name: String,
    pub(super) access: config::IngestAccess,
    pub(super) live: Live,
    pub(super) mount: Arc<Mount>,
    /// Place of the mount in the configuration.
    pub(super) mount_index: usize,
    pub(super) epoch: Epoch,
    /// Like no other life of the channel, on any node.
    pub(super) life: [u8; 16],
    pub(super) target_ms: u32,
    pub(super) part_ms: u32,
    pub(super) fingerprint: Fingerprint,
    state: Mutex<State>,
    made: Instant,
    /// Wakes those whose media came before their header.
    headers_came: Notify,
    pub(super) metrics: ChannelMetrics,
    /// None: nothing is recorded.
    pub(super) archive: Option<Archive>,
    pub(super) vault: Vault,
    pub(super) texts: Texts,
    /// Of stretches, which parts do not change.
    pub(super) stretches: Texts,
}

#[derive(Debug)]
pub(super) struct State {
    /// Rises with all that manifests show.
    pub(super) version: u64,
    pub(super) tracks: Vec<Track>,
    pub(super) media: Media,
    /// By what the encoder calls them: media comes in requests without them.
    headers: HashMap<String, Arc<stream::Header>>,
    /// When media came last.
    pub(super) fed: Option<Instant>,
    /// Segments whole, of all tracks.
    segments: u64,
    /// Times that events changed what manifests show.
    pub(super) told: u64,
    pub(super) events: ChannelEvents,
    announced: Option<(u64, Arc<Announced>)>,
    /// What MPDs have said of the channel's time so far.
    pub(super) periods: HashMap<Protection, Periods>,
    /// Unix time of the last change, milliseconds.
    pub(super) changed_ms: i64,
    /// Longest segment so far, in milliseconds of whole seconds, rounded; the target at least.
    pub(super) longest_ms: u32,
}

/// What the channel offers for the time being.
#[derive(Debug)]
pub(super) struct Announced {
    pub(super) presentation: Presentation,
    /// Of `Presentation::sources`, and so of `Rendition::source`: index into [`State::tracks`].
    pub(super) tracks: Vec<usize>,
}

impl Announced {
    /// Whether keys of the one are those of the other: the same tracks under the same names.
    pub(super) fn is_alike(&self, other: &Self) -> bool {
        let names = |of: &Self| {
            let renditions = of.presentation.renditions.iter();
            renditions
                .map(|rendition| rendition.name.clone())
                .collect::<Vec<_>>()
        };
        self.tracks == other.tracks && names(self) == names(other)
    }
}

impl Channel {
    /// # Errors
    /// No random bytes can be had, or a recording cannot be opened.
    pub(super) fn new(
        (mount, mount_index, live): (Arc<Mount>, usize, Live),
        channel: &config::Channel,
        metrics: ChannelMetrics,
        now: SystemTime,
    ) -> Result<Self, SharedError> {
        let mut life = [0; 16];
        let random = SystemRandom::new().fill(&mut life);
        random.map_err(|_| SharedError::Random)?;
        let archive = match &live.recording {
            None => None,
            Some(options) => Some(Archive::open(
                options,
                &mount.path,
                &channel.name,
                live.memory,
            )?),
        };
        // A clock that was set back must not lead to names that are taken.
        let newest = archive.as_ref().and_then(Archive::newest_epoch);
        let least = newest.map_or(0, |newest| newest.saturating_add(1));
        let since = now.duration_since(UNIX_EPOCH).unwrap_or_default();
        let millis = |duration: Duration| u32::try_from(duration.as_millis()).unwrap_or(u32::MAX);
        let target_ms = millis(mount.target_duration);
        Ok(Self {
            name: channel.name.clone(),
            access: channel.ingest.clone(),
            life,
            epoch: Epoch(
                u32::try_from(since.as_secs())
                    .unwrap_or(u32::MAX)
                    .max(least),
            ),
            archive,
            target_ms,
            part_ms: millis(live.part_duration).min(target_ms),
            fingerprint: fingerprint(&mount.path, &channel.name),
            state: Mutex::new(State::new(&channel.name, target_ms, &live.events)),
            made: Instant::now(),
            headers_came: Notify::new(),
            live,
            mount,
            mount_index,
            metrics,
            vault: Vault::default(),
            texts: Texts::default(),
            stretches: Texts::default(),
        })
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A header of an encoder: makes its tracks, or finds them.
    ///
    /// # Errors
    /// 409 for more tracks than the channel takes, 412 for a header that cannot be packaged.
    pub(super) fn header_came(&self, key: &str, header: &Arc<stream::Header>) -> Result<(), Fault> {
        let mut state = self.lock();
        let state = &mut *state;
        for (index, track) in header.movie.tracks.iter().enumerate() {
            let key = (key.to_owned(), track.track_id);
            if state.events.track_came(&key, track, self.live.max_tracks)? {
                continue;
            }
            let known = state.tracks.iter().position(|known| known.key == key);
            match known {
                Some(known) => state.tracks[known].header_came(header, index)?,
                None if state.tracks.len() >= self.live.max_tracks => {
                    return Err(faults::too_many_tracks(self.live.max_tracks));
                }
                None => {
                    let track = Track::new(key, header, index, &self.line_options())?;
                    state.tracks.push(track);
                }
            }
        }
        state.headers.insert(key.to_owned(), Arc::clone(header));
        self.headers_came.notify_waiters();
        Ok(())
    }

    /// What `look` finds among the headers, which may be yet to come.
    pub(super) async fn header_within<T>(
        &self,
        limit: Duration,
        look: impl Fn(&State) -> Option<T>,
    ) -> Option<T> {
        self.until_there(&self.headers_came, limit, |state| look(state))
            .await
    }

    /// Media of a track whose header came.
    ///
    /// # Errors
    /// 400, 409, 413 as the line says.
    pub(super) fn push(
        &self,
        key: &(String, u32),
        chunk: Chunk,
        arrival: Arrival,
    ) -> Result<Outcome, Fault> {
        let mut state = self.lock();
        let clock = state.tracks.iter().find_map(|track| track.line.clock());
        if state.events.has_track(key) {
            self.samples_came(&mut state, key, &chunk, arrival.clock.or(clock));
            return Ok(Outcome::default());
        }
        let Some(index) = state.tracks.iter().position(|track| track.key == *key) else {
            return Err(faults::no_such_track(&key.0));
        };
        let arrival = Arrival {
            clock: arrival.clock.or(clock),
            ..arrival
        };
        let outcome = state.tracks[index]
            .push(chunk, arrival)
            .map_err(faults::rejected)?;
        self.metrics.chunk_came(&outcome, arrival.at_ms);
        // What the channel has already is no sign of life: an encoder may be sending the same for ever.
        if outcome.changed() || outcome.held {
            state.fed = Some(Instant::now());
            // MPD@publishTime never goes back, whatever the clock does (ISO/IEC 23009-1, 5.3.1.2).
            state.changed_ms = arrival.at_ms.max(state.changed_ms.saturating_add(1));
        }
        self.settle(&mut state, index, outcome);
        Ok(outcome)
    }

    /// Since the channel was made, milliseconds: a clock that nobody sets.
    pub(super) fn steady_ms(&self) -> i64 {
        i64::try_from(self.made.elapsed().as_millis()).unwrap_or(i64::MAX)
    }

    /// The encoder says that the track is over.
    pub(super) fn finish(&self, key: &str) {
        let mut state = self.lock();
        for index in 0..state.tracks.len() {
            if state.tracks[index].key.0 == key {
                let outcome = state.tracks[index].line.finish();
                self.settle(&mut state, index, outcome);
                state.version += 1;
                state.tracks[index].changed.notify_waiters();
            }
        }
    }

    /// An encoder's connection broke: another one need not wait for it.
    pub(super) fn encoder_gone(&self, key: &str, encoder: u64) {
        let now_ms = self.steady_ms();
        let mut state = self.lock();
        for index in 0..state.tracks.len() {
            if state.tracks[index].key.0 == key {
                let outcome = state.tracks[index].line.encoder_gone(encoder, now_ms);
                self.settle(&mut state, index, outcome);
            }
        }
    }

    /// What has come is made ready for those who watch, who are woken then.
    fn settle(&self, state: &mut State, index: usize, outcome: Outcome) {
        if !outcome.changed() {
            return;
        }
        state.version += 1;
        state.segments += u64::from(outcome.segments);
        if outcome.discontinuities > 0 {
            state.discontinue_beside(index);
        }
        self.look_for_events(state, index, &outcome);
        let track = &mut state.tracks[index];
        if outcome.parts > 0 {
            let now = Instant::now();
            if let Some(last) = track.part_came.replace(now) {
                let part = Duration::from_millis(u64::from(self.part_ms)) * outcome.parts;
                self.metrics.part_jitter((now - last).abs_diff(part));
            }
        }
        if outcome.segments > 0
            && let Some(archive) = &self.archive
        {
            // Tracks get their names with it; one that cannot be played yet has none.
            let _ = self.announce(state);
            archive.record(&mut state.tracks[index]);
        }
        if outcome.segments > 0 {
            let longest_ms = state.tracks[index].longest_ms();
            state.longest_ms = state.longest_ms.max(longest_ms);
        }
        let track = &mut state.tracks[index];
        state.media.advance(index, &track.line, self.live.memory);
        track.changed.notify_waiters();
    }

    /// Waits until `look` finds what it looks for in the track; `None` when it has not come in time.
    pub(super) async fn until<T>(
        &self,
        changed: &Notify,
        limit: Duration,
        mut look: impl FnMut(&mut State) -> Option<T>,
    ) -> Option<T> {
        let mut waits = None;
        let looks = |state: &mut State| {
            let found = look(state);
            if found.is_none() {
                waits.get_or_insert_with(|| self.metrics.waits());
            }
            found
        };
        self.until_there(changed, limit, looks).await
    }

    /// The same for others than viewers, who alone are counted.
    async fn until_there<T>(
        &self,
        changed: &Notify,
        limit: Duration,
        mut look: impl FnMut(&mut State) -> Option<T>,
    ) -> Option<T> {
        let deadline = Instant::now() + limit;
        loop {
            // Listening before the look, so that what comes in between is not missed.
            let mut come = std::pin::pin!(changed.notified());
            come.as_mut().enable();
            if let Some(found) = look(&mut self.lock()) {
                return Some(found);
            }
            timeout_at(deadline, come).await.ok()?;
        }
    }

    /// Tracks that can be played: those with a whole segment.
    ///
    /// # Errors
    /// The configured status before there is one, and when nothing has come for too long.
    pub(super) fn announced(&self) -> Result<Arc<Announced>, Fault> {
        let mut state = self.lock();
        self.is_fed(&state)?;
        self.announce(&mut state)
    }

    /// The same of a channel that may be stale: what was recorded is there all the same.
    pub(super) fn announced_ever(&self) -> Result<Arc<Announced>, Fault> {
        self.announce(&mut self.lock())
    }

    fn announce(&self, state: &mut State) -> Result<Arc<Announced>, Fault> {
        if let Some((segments, announced)) = &state.announced
            && *segments == state.segments
        {
            return Ok(Arc::clone(announced));
        }
        let mut tracks = Vec::new();
        let mut playable = Vec::new();
        for (index, track) in state.tracks.iter().enumerate() {
            let has_segment = || {
                track
                    .line
                    .window()
                    .segments
                    .iter()
                    .any(|s| s.complete && !s.gap)
            };
            if let Some((average, peak)) = track.line.bandwidths()
                && has_segment()
            {
                tracks.push(index);
                playable.push(LiveTrack {
                    header: track.header(),
                    name: track.name.as_deref(),
                    timescale: track.line.options().timescale,
                    settings: &track.settings,
                    frame_rate: track.line.frame_rate(),
                    average_bandwidth: average,
                    peak_bandwidth: peak,
                });
            }
        }
        if playable.is_empty() {
            return Err(self.not_begun());
        }
        let made = presentation(self.fingerprint, self.target_ms, &playable);
        let presentation = made.map_err(|error| {
            self.not_begun()
                .detail(format!("channel {:?}: {error}", self.name))
        })?;
        for rendition in &presentation.renditions {
            let index = tracks.get(rendition.source);
            let is_named = |other: &Track| other.name.as_deref() == Some(rendition.name.as_str());
            let mut others = state.tracks.iter().enumerate();
            // IVs hang on names: no two tracks may ever have the same.
            if others.any(|(at, other)| Some(&at) != index && is_named(other)) {
                let taken = format!("two tracks would be {:?}", rendition.name);
                return Err(self.not_begun().detail(taken));
            }
        }
        for rendition in &presentation.renditions {
            if let Some(track) = tracks.get(rendition.source) {
                state.tracks[*track].name = Some(rendition.name.clone());
            }
        }
        let announced = Arc::new(Announced {
            presentation,
            tracks,
        });
        state.announced = Some((state.segments, Arc::clone(&announced)));
        Ok(announced)
    }

    pub(super) fn not_begun(&self) -> Fault {
        faults::not_begun(&self.name, self.live.stale_status)
    }

    /// # Errors
    /// The configured status when nothing has come so far, or nothing for too long and the channel has not ended.
    fn is_fed(&self, state: &State) -> Result<(), Fault> {
        let Some(fed) = state.fed else {
            return Err(self.not_begun());
        };
        let ended = state.tracks.iter().all(|track| track.line.has_ended());
        let silent = fed.elapsed();
        if !ended && silent > self.live.stale_after {
            let silent = u64::try_from(silent.as_millis()).unwrap_or(u64::MAX);
            return Err(faults::stale(&self.name, self.live.stale_status, silent));
        }
        Ok(())
    }

    /// As the operator is told.
    pub(super) fn health(&self) -> ChannelState {
        let state = self.lock();
        let silent = state.fed.map(|fed| fed.elapsed());
        let tracks = || state.tracks.iter();
        let playable = tracks().any(|track| !track.line.numbers().is_empty());
        ChannelState {
            path: self.path(),
            health: match silent {
                Some(_) if playable && tracks().all(|track| track.line.has_ended()) => {
                    Health::Ended
                }
                Some(silent) if playable && silent <= self.live.stale_after => Health::Live,
                Some(_) if playable => Health::Stale,
                _ => Health::Waiting,
            },
            silent_ms: silent.map(|it| u64::try_from(it.as_millis()).unwrap_or(u64::MAX)),
            epoch: self.epoch.to_string(),
            tracks: tracks()
                .map(|track| TrackState {
                    name: track.name.clone(),
                    stream: track.key.0.clone(),
                    first_segment: track.line.numbers().start,
                    next_segment: track.line.numbers().end,
                    bytes: track.line.bytes(),
                })
                .collect(),
        }
    }

    /// The track of this URL name, and what wakes those who wait for it.
    ///
    /// # Errors
    /// 404.
    pub(super) fn track(&self, name: &str) -> Result<(usize, Arc<Notify>), Fault> {
        let state = self.lock();
        let named = |track: &Track| track.name.as_deref() == Some(name);
        let index = state.tracks.iter().position(named);
        let index = index.ok_or_else(|| faults::no_such_track(name))?;
        Ok((index, Arc::clone(&state.tracks[index].changed)))
    }

    fn line_options(&self) -> LineOptions {
        let live = &self.live;
        let millis = |duration: Duration| u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
        let gap = u32::try_from(millis(live.max_gap)).unwrap_or(u32::MAX);
        LineOptions {
            segment_target_ms: self.target_ms,
            part_target_ms: self.part_ms,
            epoch: self.epoch.0,
            window_ms: millis(live.window).max(3 * u64::from(self.target_ms)),
            max_gap_ms: gap.min(self.target_ms.saturating_mul(128)),
            max_bytes: live.memory,
            ..LineOptions::new(1, false)
        }
    }
}

impl State {
    fn new(channel: &str, target_ms: u32, events: &LiveEvents) -> Self {
        Self {
            version: 0,
            longest_ms: target_ms,
            tracks: Vec::new(),
            media: Media::new(channel),
            headers: HashMap::new(),
            fed: None,
            segments: 0,
            told: 0,
            events: ChannelEvents::new(events),
            announced: None,
            periods: HashMap::new(),
            changed_ms: 0,
        }
    }

    /// HLS numbers discontinuities the same in all playlists (RFC 8216bis, 6.2.2): where one track has one, the others
    /// get one with their next segment, unless they have their own already.
    fn discontinue_beside(&mut self, index: usize) {
        let Some(number) = self.tracks[index].line.last_discontinuity() else {
            return;
        };
        for (other, track) in self.tracks.iter_mut().enumerate() {
            let near = track.line.last_discontinuity();
            if other != index && near.is_none_or(|near| near.abs_diff(number) > 1) {
                track.line.discontinue();
            }
        }
    }

    /// The header that came last under this name.
    pub(super) fn header(&self, key: &str) -> Option<Arc<stream::Header>> {
        self.headers.get(key).cloned()
    }

    /// The one header whose name is like this, and its name; none where there are several.
    pub(super) fn only_header(
        &self,
        is_like: impl Fn(&str) -> bool,
    ) -> Option<(String, Arc<stream::Header>)> {
        let mut like = self.headers.iter().filter(|(key, _)| is_like(key));
        let (key, header) = like.next()?;
        match like.next() {
            None => Some((key.clone(), Arc::clone(header))),
            Some(_) => None,
        }
    }

    /// Rises with what whole segments, their end, and events make manifests show.
    pub(super) fn whole_version(&self) -> u64 {
        let ended = self.tracks.iter().filter(|track| track.line.has_ended());
        let ended = u64::try_from(ended.count()).unwrap_or(u64::MAX);
        self.segments
            .saturating_add(ended)
            .saturating_add(self.told)
    }

    /// Of a track, by media sequence number.
    pub(super) fn segment(&self, track: usize, number: u64) -> Option<Arc<Segment>> {
        self.tracks.get(track)?.line.find(number).cloned()
    }

    pub(super) fn window(&self, track: usize) -> Option<Arc<Window>> {
        Some(self.tracks.get(track)?.line.window())
    }
}

/// The same on every node of a fleet.
fn fingerprint(mount: &str, channel: &str) -> Fingerprint {
    let mut hash = digest::Context::new(&digest::SHA256);
    hash.update(b"edgepack channel\0");
    hash.update(mount.as_bytes());
    hash.update(&[0]);
    hash.update(channel.as_bytes());
    let mut first = [0; 16];
    first.copy_from_slice(&hash.finish().as_ref()[..16]);
    Fingerprint(first)
}
