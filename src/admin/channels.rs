//! `/channels` and `/readyz/{mount}/{channel}`: how the node's channels are.
use std::fmt;
use std::sync::Arc;

use http::StatusCode;
use serde::Serialize;

use super::Interstitials;

/// Who knows the node's channels.
pub trait Channels: fmt::Debug + Send + Sync {
    /// In the order of the configuration.
    fn states(&self) -> Vec<ChannelState>;

    /// Of the channel at this path, `/{mount}/{channel}`. None: there is no such channel.
    fn interstitials(&self, path: &str) -> Option<Arc<dyn Interstitials>>;
}

/// One channel at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ChannelState {
    /// `/{mount}/{channel}`
    pub path: String,
    pub health: Health,
    /// Since media came last, milliseconds.
    pub silent_ms: Option<u64>,
    /// Part of every name.
    pub epoch: String,
    pub tracks: Vec<TrackState>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Health {
    /// Nothing that could be played has come so far.
    Waiting,
    Live,
    /// Nothing has come for longer than `stale_after`.
    Stale,
    /// The encoders said so.
    Ended,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TrackState {
    /// In URLs; none before it can be played.
    pub name: Option<String>,
    /// What encoders call it.
    pub stream: String,
    pub first_segment: u64,
    /// The one after the last.
    pub next_segment: u64,
    pub bytes: u64,
}

/// Of the channel at this path. 404: there is none.
pub(super) fn readiness(channels: &dyn Channels, path: &str) -> (StatusCode, String) {
    let states = channels.states();
    match states.iter().find(|state| state.path == path) {
        None => (StatusCode::NOT_FOUND, format!("no channel {path}\n")),
        Some(state) => {
            let status = match state.health {
                Health::Live => StatusCode::OK,
                Health::Waiting | Health::Stale | Health::Ended => StatusCode::SERVICE_UNAVAILABLE,
            };
            let health = format!("{:?}", state.health).to_lowercase();
            let silent = state.silent_ms.map(|ms| format!(", silent for {ms} ms"));
            (status, format!("{health}{}\n", silent.unwrap_or_default()))
        }
    }
}
