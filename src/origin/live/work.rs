//! What channels do without being asked.
use std::collections::HashMap;
use std::sync::Arc;

use tokio::task::JoinSet;

use super::channel::Channel;
use super::contribution::{self, Contributor};
use super::republish::{self, Republisher};
use crate::config::Config;
use crate::delivery::drain::Drain;
use crate::delivery::route::MountId;
use crate::telemetry::{self, Telemetry};

#[derive(Debug, thiserror::Error)]
pub enum WorkError {
    #[error("{0}")]
    Telemetry(#[from] telemetry::Error),
    #[error("channel {channel:?}, republish {destination:?}: {reason}")]
    Destination {
        channel: String,
        destination: String,
        reason: String,
    },
}

/// Children and pushes of all channels, not yet begun.
#[derive(Debug, Default)]
pub struct LiveWork {
    contributors: Vec<Contributor>,
    republishers: Vec<Republisher>,
}

impl LiveWork {
    /// Until the node ends; children are gone then.
    pub async fn run(self, drain: Drain) {
        let mut tasks = JoinSet::new();
        for contributor in self.contributors {
            tasks.spawn(contributor.run(drain.clone()));
        }
        for republisher in self.republishers {
            tasks.spawn(republisher.run(drain.clone()));
        }
        while tasks.join_next().await.is_some() {}
    }
}

/// # Errors
/// Destinations that cannot be used.
pub(super) fn of(
    channels: &HashMap<(MountId, String), Arc<Channel>>,
    config: &Config,
    telemetry: &Telemetry,
) -> Result<LiveWork, WorkError> {
    let mut work = LiveWork::default();
    if config.mounts.iter().all(|mount| mount.live.is_none()) {
        return Ok(work);
    }
    let contributions = contribution::Metrics::register(telemetry)?;
    let destinations = republish::Metrics::register(telemetry)?;
    for (index, mount) in config.mounts.iter().enumerate() {
        for of in mount.live.iter().flat_map(|live| &live.channels) {
            let Some(channel) = channels.get(&(MountId(index), of.name.clone())) else {
                continue;
            };
            if let Some(contribution) = &of.contribution {
                let metrics = contributions.of(&mount.name, &of.name);
                let channel = Arc::clone(channel);
                let contributor = Contributor::new(channel, contribution.clone(), metrics);
                work.contributors.push(contributor);
            }
            for destination in &of.republish {
                let metrics = destinations.of(&mount.name, &of.name, &destination.name);
                let republisher = Republisher::new(Arc::clone(channel), destination, metrics);
                let republisher = republisher.map_err(|reason| WorkError::Destination {
                    channel: of.name.clone(),
                    destination: destination.name.clone(),
                    reason,
                })?;
                work.republishers.push(republisher);
            }
        }
    }
    Ok(work)
}
