//! What the load generator itself takes.
use rustix::time::{ClockId, clock_gettime};
use serde::{Deserialize, Serialize};
use tokio::time::Instant;

/// From here on the generator's own threads make viewers wait: what they then see is not the server's doing.
pub const BUSY: f64 = 0.9;

/// The generator's processor time within a window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Usage {
    pub seconds: f64,
    /// User and system, all threads.
    pub cpu_s: f64,
    /// Processors it may use.
    pub cores: u64,
}

impl Usage {
    /// Cores busy, of those it may use. 0 to 1.
    pub fn share(&self) -> f64 {
        let most = self.seconds * self.cores as f64;
        if most > 0.0 { self.cpu_s / most } else { 0.0 }
    }

    pub fn is_busy(&self) -> bool {
        self.share() >= BUSY
    }
}

/// A moment to count from.
#[derive(Clone, Copy, Debug)]
pub struct Mark {
    at: Instant,
    cpu_s: f64,
}

impl Mark {
    pub fn now() -> Self {
        Self {
            at: Instant::now(),
            cpu_s: cpu_s(),
        }
    }

    pub fn at(&self) -> Instant {
        self.at
    }

    /// From this one to a later one.
    pub fn until(&self, end: &Self, cores: u64) -> Usage {
        Usage {
            seconds: end.at.saturating_duration_since(self.at).as_secs_f64(),
            cpu_s: (end.cpu_s - self.cpu_s).max(0.0),
            cores,
        }
    }
}

fn cpu_s() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}
