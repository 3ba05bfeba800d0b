//! Pauses that grow, with jitter, so that nodes of a fleet do not ask in step.
use std::time::Duration;

use ring::rand::{SecureRandom, SystemRandom};

/// Share of the time to live after which keys in use are asked for again.
const AHEAD: f64 = 0.8;
/// Up to this share more or less.
const JITTER: f64 = 0.1;

/// Pauses of a thing that fails again and again.
#[derive(Debug, Clone)]
pub(crate) struct Backoff {
    next: Duration,
    longest: Duration,
}

impl Backoff {
    pub(crate) fn new(first: Duration, longest: Duration) -> Self {
        Self {
            next: first,
            longest,
        }
    }

    /// One content whose keys cannot be had.
    pub(super) fn of_content() -> Self {
        Self::new(Duration::from_secs(1), Duration::from_secs(60))
    }

    /// A provider that cannot be reached.
    pub(super) fn of_provider() -> Self {
        Self::new(Duration::from_secs(1), Duration::from_secs(30))
    }

    pub(crate) fn next_pause(&mut self) -> Duration {
        let pause = self.next;
        self.next = pause.saturating_mul(2).min(self.longest);
        jittered(pause)
    }
}

/// When keys that are good for so long are to be asked for again.
pub(super) fn ahead_of(left: Duration) -> Duration {
    jittered(left.mul_f64(AHEAD)).min(left)
}

/// A tenth more or less.
pub(super) fn jittered(duration: Duration) -> Duration {
    let mut byte = [0];
    // Without randomness the pause is just what it is.
    let random = match SystemRandom::new().fill(&mut byte) {
        Ok(()) => f64::from(byte[0]) / 255.0,
        Err(_) => 0.5,
    };
    duration.mul_f64(1.0 + JITTER * (2.0 * random - 1.0))
}
