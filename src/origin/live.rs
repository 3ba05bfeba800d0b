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
mod channel;
mod faults;
mod ingest;
mod manifests;
mod media;
#[allow(dead_code, unused_imports)]
mod recording;
mod stream_name;
mod track;
mod viewers;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::SystemTime;

use self::channel::Channel;
use crate::config::{self, Config, Mount};
use crate::delivery::route::{AssetRoute, IngestRoute, MountId};
use crate::delivery::{Fault, Representation, Request, RequestBody, Response};

/// All channels of the node; what all workers share.
#[derive(Debug)]
pub(super) struct Live {
    channels: HashMap<(MountId, String), Arc<Channel>>,
    mounts: Vec<bool>,
}

impl Live {
    pub(super) fn new(config: &Config, now: SystemTime) -> Self {
        let mut channels = HashMap::new();
        for (index, mount) in config.mounts.iter().enumerate() {
            for channel in mount.live.iter().flat_map(|live| &live.channels) {
                let key = (MountId(index), channel.name.clone());
                channels.insert(key, Arc::new(of(mount, channel, now)));
            }
        }
        Self {
            channels,
            mounts: config.mounts.iter().map(|m| m.live.is_some()).collect(),
        }
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
    ) -> Result<Representation, Fault> {
        let channel = self.channel(route.mount, route.asset)?;
        viewers::get(channel, route, request).await
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

fn of(mount: &Mount, channel: &config::Channel, now: SystemTime) -> Channel {
    let live = mount.live.clone().unwrap_or_default();
    Channel::new(mount, live, channel, now)
}
