//! A channel pushed on to further origins (DASH-IF Live Media Ingest, interface 1): one long request per track, header
//! first, then each part as it comes.
//!
//! What waits for a destination is what the channel's window holds anyway; nothing is copied, and the channel waits for
//! nobody. A destination that falls behind by more than its queue misses whole segments, which is counted. After a broken
//! connection the segment that was under way is sent again from its beginning: who has it drops what comes twice.
mod boxes;
mod connection;
mod cursor;
mod metrics;
mod publishing_point;
mod track;

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval};

pub(super) use self::metrics::Metrics;

use self::metrics::Cells;
use self::publishing_point::PublishingPoint;
use self::track::TrackPusher;
use super::channel::Channel;
use super::manifests::content_type;
use crate::config::Republish;
use crate::delivery::drain::Drain;

/// How soon a track that appears is pushed on.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// One destination of one channel.
#[derive(Debug)]
pub(super) struct Republisher {
    channel: Arc<Channel>,
    config: Arc<Republish>,
    point: Arc<PublishingPoint>,
    metrics: Cells,
}

impl Republisher {
    /// Reads certificates; connects nowhere.
    ///
    /// # Errors
    /// What of the configuration cannot be used, in words.
    pub(super) fn new(
        channel: Arc<Channel>,
        config: &Republish,
        metrics: Cells,
    ) -> Result<Self, String> {
        Ok(Self {
            channel,
            point: Arc::new(PublishingPoint::new(config)?),
            config: Arc::new(config.clone()),
            metrics,
        })
    }

    /// Until the node ends. What is under way is dropped then: the destination sees a connection that broke.
    pub(super) async fn run(self, mut drain: Drain) {
        let mut begun = vec![false; self.channel.live.max_tracks];
        let mut pushers = JoinSet::new();
        let mut look = interval(LOOK_EVERY);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = look.tick() => {}
                () = drain.over() => return,
            }
            // Names are given to tracks that can be played; before there is one there is nothing to push.
            let Ok(announced) = self.channel.announced() else {
                continue;
            };
            for rendition in &announced.presentation.renditions {
                let Some(track) = announced.tracks.get(rendition.source) else {
                    continue;
                };
                let Some(is_begun) = begun.get_mut(*track).filter(|is_begun| !**is_begun) else {
                    continue;
                };
                *is_begun = true;
                let content_type = content_type(rendition.kind());
                let pusher = self.pusher(*track, &rendition.name, content_type);
                pushers.spawn(pusher.run());
            }
        }
    }

    fn pusher(&self, track: usize, name: &str, content_type: &'static str) -> TrackPusher {
        TrackPusher::new(
            Arc::clone(&self.channel),
            Arc::clone(&self.config),
            Arc::clone(&self.point),
            self.metrics.clone(),
            track,
            name,
            content_type,
        )
    }
}
