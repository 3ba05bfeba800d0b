//! Why there is no key, whose fault that is, and what viewers and logs are told.
//!
//! Viewers always get 503 with `Retry-After`: whatever is wrong with the provider, the asset exists, its clear form
//! must not leave, and asking again later is the right thing to do. Log and metrics tell the cases apart.
use std::time::Duration;

use http::StatusCode;

use crate::delivery::{Blame, Fault};

/// Why there is no key. Never holds a piece of a provider's answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The operator gave none for this asset, label, protection or period.
    #[error("no key is configured for label {label:?} in crypto period {period}")]
    NotConfigured { label: String, period: u32 },
    /// No connection, TLS refused, or the connection broke.
    #[error("the key provider cannot be reached: {0}")]
    Unreachable(String),
    #[error("the key provider took longer than {} ms", .0.as_millis())]
    Slow(Duration),
    /// 5xx, 429.
    #[error("the key provider answered {0}")]
    Failed(u16),
    /// 404, 410.
    #[error("the key provider does not know this content (it answered {0})")]
    Unknown(u16),
    /// Another status: credentials, redirects, requests it does not like.
    #[error("the key provider refused with {0}")]
    Refused(u16),
    /// An answer that cannot be used: not what was asked for, or contradicting itself.
    #[error("the key provider's answer is wrong: {0}")]
    Wrong(String),
    /// Asked for more than a request may name.
    #[error("the key request is out of bounds: {0}")]
    Unreasonable(&'static str),
    /// A failure a moment ago still stands; the provider was not asked again.
    #[error("{cause} (asked again in {} s)", .retry_after.as_secs().max(1))]
    Recent {
        cause: Box<KeyError>,
        retry_after: Duration,
    },
    /// Too many requests wait for the provider.
    #[error("too many requests wait for the key provider")]
    Busy,
    /// The node is stopping.
    #[error("the node is stopping")]
    Stopping,
}

/// For operators who add a key, and providers who come back.
const RETRY_SETUP: Duration = Duration::from_secs(30);
const RETRY_SOON: Duration = Duration::from_secs(2);

impl KeyError {
    /// What failed in the first place.
    pub fn cause(&self) -> &Self {
        match self {
            Self::Recent { cause, .. } => cause.cause(),
            other => other,
        }
    }

    /// A short word: `outcome` of the metric.
    pub fn outcome(&self) -> &'static str {
        match self.cause() {
            Self::NotConfigured { .. } => "not-configured",
            Self::Unreachable(_) => "unreachable",
            Self::Slow(_) => "slow",
            Self::Failed(_) => "failed",
            Self::Unknown(_) => "unknown",
            Self::Refused(_) => "refused",
            Self::Wrong(_) | Self::Recent { .. } => "wrong",
            Self::Unreasonable(_) => "unreasonable",
            Self::Busy => "busy",
            Self::Stopping => "stopping",
        }
    }

    /// The code that viewers, log and metrics get.
    pub fn code(&self) -> &'static str {
        match self.cause() {
            Self::NotConfigured { .. } | Self::Unreasonable(_) => "no-key",
            Self::Unknown(_) => "key-unknown",
            Self::Wrong(_) => "key-answer-wrong",
            _ => "key-provider-down",
        }
    }

    /// Asking the same again may help.
    pub(super) fn is_passing(&self) -> bool {
        matches!(
            self.cause(),
            Self::Unreachable(_) | Self::Slow(_) | Self::Failed(_)
        )
    }

    /// The provider as a whole does not work, and not just for one content.
    pub(super) fn is_outage(&self) -> bool {
        // Credentials and redirects; any other status may be about the content.
        self.is_passing() || matches!(self.cause(), Self::Refused(300..=399 | 401 | 403 | 407))
    }

    pub fn retry_after(&self) -> Duration {
        match self {
            Self::Recent { retry_after, .. } => *retry_after,
            Self::NotConfigured { .. } | Self::Unknown(_) | Self::Unreasonable(_) => RETRY_SETUP,
            _ => RETRY_SOON,
        }
    }

    /// As viewers and log are told. 503 with `Retry-After`.
    pub fn fault(&self, content_id: &str) -> Fault {
        let blame = match self.cause() {
            Self::NotConfigured { .. } | Self::Unreasonable(_) | Self::Busy | Self::Stopping => {
                Blame::Node
            }
            _ => Blame::Upstream,
        };
        let seconds = self.retry_after().as_secs_f64().ceil().clamp(1.0, 3600.0) as u32;
        Fault::new(
            StatusCode::SERVICE_UNAVAILABLE,
            blame,
            self.code(),
            "the content key of this asset cannot be had",
        )
        .detail(format!("asset {content_id:?}: {self}"))
        .retry_after(seconds)
    }
}

/// What keeps the key store from starting. Shown to the operator as it is.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    #[error("mount {mount}: keys: {reason}")]
    Provider { mount: String, reason: String },
    #[error("keys: their thread cannot be started: {0}")]
    Thread(std::io::Error),
    #[error("keys: {0}")]
    Metrics(#[from] crate::telemetry::Error),
}
