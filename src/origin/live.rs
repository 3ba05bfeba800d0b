//! Live channels: encoders push CMAF, viewers get it part by part.
//!
//! ```text
//! PUT/POST ─ ingest ─ StreamReader ─ Channel ─┬─ lines: segments and parts of each track (packager::live)
//!                                             ├─ manifests: text of the moment, made once for all who wait
//! GET ────── wake-up when it is there ────────┴─ media: entries, each part made once per protection
//! ```
//!
//! A channel lives in memory shared by all workers. What a node gave in an earlier life is never named again: names
//! carry the [`Epoch`](crate::delivery::route::Epoch).
mod access;
mod archive;
mod channel;
mod contribution;
mod events;
mod faults;
mod ingest;
mod manifests;
mod media;
mod protection;
mod recording;
mod republish;
mod stream_name;
mod stretch;
mod track;
mod viewers;
mod work;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, TryLockError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use self::archive::RecordingCollector;
use self::channel::Channel;
use self::viewers::Asked;
pub use self::work::{LiveWork, WorkError};
use crate::admin::{ChannelState, Channels, Film, Interstitials, NoFilm, Order};
use crate::config::{Config, Mount};
use crate::delivery::route::{AssetRoute, IngestRoute, MountId};
use crate::delivery::{Fault, Representation, Request, RequestBody, Response};
use crate::keys::KeyStore;
use crate::origin::SharedError;
use crate::origin::protection::faults::not_offered;
use crate::telemetry::Telemetry;
use crate::telemetry::live::LiveMetrics;

/// All channels of the node; what all workers share.
#[derive(Debug)]
pub(super) struct Live {
    channels: HashMap<(MountId, String), Arc<Channel>>,
    mounts: Vec<bool>,
    keys: Arc<KeyStore>,
    /// What viewers call the node, where an absolute URL is needed.
    public_url: Option<String>,
    /// Held while a film is made.
    harvesting: Mutex<()>,
}

impl Live {
    /// # Errors
    /// No random bytes can be had, or metrics of channels are there already.
    pub(super) fn new(
        config: &Config,
        mounts: &[Arc<Mount>],
        keys: Arc<KeyStore>,
        telemetry: &Telemetry,
        now: SystemTime,
    ) -> Result<Self, SharedError> {
        let metrics = LiveMetrics::register(telemetry)?;
        let has_channels = mounts.iter().any(|mount| mount.live.is_some());
        let now = if has_channels { begin(now) } else { now };
        let mut channels = HashMap::new();
        for (index, mount) in mounts.iter().enumerate() {
            let Some(live) = &mount.live else {
                continue;
            };
            for channel in &live.channels {
                let key = (MountId(index), channel.name.clone());
                let metrics = metrics.of(&mount.name, &channel.name);
                let of = (Arc::clone(mount), index, live.clone());
                let made = Channel::new(of, channel, metrics, now);
                channels.insert(key, Arc::new(made?));
            }
        }
        let recorded = channels
            .values()
            .filter(|channel| channel.archive.is_some());
        telemetry.register(Box::new(RecordingCollector::new(recorded)?))?;
        Ok(Self {
            channels,
            mounts: mounts.iter().map(|m| m.live.is_some()).collect(),
            keys,
            public_url: config.node.public_url.clone(),
            harvesting: Mutex::default(),
        })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.channels.is_empty()
    }

    /// What channels do of their own accord: take contributions in, push themselves on.
    ///
    /// # Errors
    /// Destinations that cannot be used.
    pub(super) fn work(
        &self,
        config: &Config,
        telemetry: &Telemetry,
    ) -> Result<LiveWork, WorkError> {
        work::of(&self.channels, config, telemetry)
    }

    /// Whether the mount has channels instead of files.
    pub(super) fn has(&self, mount: MountId) -> bool {
        self.mounts.get(mount.0) == Some(&true)
    }

    /// What a `GET` of the route would bring.
    ///
    /// # Errors
    /// 404 for what is not there, or not yet; 400 for directives that make no sense; 503 where what was waited for did not
    /// come; what is configured for a channel that gets nothing.
    pub(super) async fn get(
        &self,
        route: &AssetRoute<'_>,
        request: &Request,
        token: Option<&str>,
    ) -> Result<Representation, Fault> {
        let asked = self.asked(route)?;
        viewers::get(&asked, route, request, token).await
    }

    /// A ClearKey licence.
    ///
    /// # Errors
    /// 400 for what is no licence request, 404 where there is no licence server or no such key.
    pub(super) async fn post(
        &self,
        route: &AssetRoute<'_>,
        body: RequestBody,
    ) -> Result<Response, Fault> {
        let asked = self.asked(route)?;
        viewers::licence(&asked, route, body).await
    }

    fn asked(&self, route: &AssetRoute<'_>) -> Result<Asked<'_>, Fault> {
        let channel = self.channel(route.mount, route.asset)?;
        if !channel.mount.protections.contains(&route.protection) {
            return Err(not_offered());
        }
        Ok(Asked {
            channel,
            keys: &self.keys,
            public_url: self.public_url.as_deref(),
        })
    }

    /// What an encoder pushes, to the end of its request.
    ///
    /// # Errors
    /// As DASH-IF Live Media Ingest says: 403 for who may not, 404 for no such channel, 412 for media without a header,
    /// 415 for what is no CMAF, 400 for what is broken.
    pub(super) async fn ingest(
        &self,
        route: &IngestRoute<'_>,
        request: &Request,
        body: RequestBody,
    ) -> Result<Response, Fault> {
        let channel = self.channel(route.mount, route.channel)?;
        ingest::take(channel, route.stream, request, body).await
    }

    fn channel(&self, mount: MountId, name: &str) -> Result<&Arc<Channel>, Fault> {
        self.channels
            .get(&(mount, name.to_owned()))
            .ok_or_else(faults::no_such_channel)
    }
}

/// Why a channel's recording cannot be opened.
#[derive(Debug, thiserror::Error)]
#[error("mount.live.recording: {channel}: {reason}")]
pub struct Opening {
    channel: String,
    reason: String,
}

/// Waits for the next second of Unix time: two lives of a channel on a node, however short the first, have epochs of
/// their own.
fn begin(now: SystemTime) -> SystemTime {
    let since = now.duration_since(UNIX_EPOCH).unwrap_or_default();
    let second = Duration::from_secs(1);
    let rest = second - Duration::from_nanos(u64::from(since.subsec_nanos()));
    std::thread::sleep(rest);
    now + rest
}

impl Channels for Live {
    fn states(&self) -> Vec<ChannelState> {
        let mut channels: Vec<_> = self.channels.iter().collect();
        channels.sort_by_key(|((mount, name), _)| (mount.0, name.as_str()));
        channels
            .into_iter()
            .map(|(_, channel)| channel.health())
            .collect()
    }

    fn interstitials(&self, path: &str) -> Option<Arc<dyn Interstitials>> {
        let mut channels = self.channels.values();
        let channel = channels.find(|channel| channel.path() == path)?;
        Some(Arc::clone(channel) as Arc<dyn Interstitials>)
    }

    fn harvest(&self, path: &str, order: &Order) -> Result<Film, NoFilm> {
        let mut channels = self.channels.values();
        let channel = channels.find(|channel| channel.path() == path);
        let channel = channel.ok_or_else(|| NoFilm::NoChannel(path.to_owned()))?;
        let archive = channel.archive.as_ref().ok_or(NoFilm::NotConfigured)?;
        // One after the other: they take the disk from recordings.
        let _one = match self.harvesting.try_lock() {
            Err(TryLockError::WouldBlock) => return Err(NoFilm::Busy),
            Err(TryLockError::Poisoned(one)) => one.into_inner(),
            Ok(one) => one,
        };
        archive.harvest(order)
    }
}
