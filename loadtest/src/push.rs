//! `push`: encoders by the dozen, out of captured streams, and viewers who wait for what they send.
//!
//! Both are of one process and one clock. So what passes between the last byte of a part and the answer to those who
//! were waiting for it is measured, not reckoned.
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use http::HeaderMap;
use tokio::time::Instant;
use url::Url;

use crate::measure::Times;
use crate::outcome::{ErrorClass, Incident, Outcome, Pushed, Second};
use crate::run::{Fleet, Reach, RunError, Thread, check_target, fleet};
use crate::scenario::{Limits, Protocol, Timeouts, Tls};

mod capture;
mod encoders;
mod sent;
mod waiting;

pub use capture::{Capture, CaptureError};
pub use waiting::WaitFor;

use sent::Sent;

/// Between the start of the encoders' thread and the first chunk.
const LEAD: Duration = Duration::from_millis(200);
/// What is told of errors, in full.
const MAX_SAMPLES: usize = 100;

/// What is pushed, and who waits for it.
#[derive(Clone, Debug)]
pub struct Push {
    /// Of a publishing point, with `{n}` where the channel's number stands, from 1. Streams are named after it, by the
    /// names of their files.
    pub target: String,
    pub channels: u32,
    /// The tracks of each channel. The first says how long the loop is.
    pub captures: Vec<Capture>,
    pub duration: Duration,
    /// With pushes and with requests of those who wait.
    pub headers: HeaderMap,
    /// Media playlist of the first capture's track in the first channel.
    pub watch: Option<Url>,
    /// How many wait for its parts.
    pub waiting: u64,
    pub wait_for: WaitFor,
    /// Between an answer and the next request: what the way to a viewer and back takes.
    pub round_trip: Duration,
    /// Those who wait come within this time.
    pub over: Duration,
    pub protocol: Protocol,
    pub threads: usize,
    pub tls: Tls,
    pub timeouts: Timeouts,
    pub limits: Limits,
    pub any_address: bool,
}

impl Push {
    /// One channel, ten seconds, and nobody waits.
    pub fn new(target: String, captures: Vec<Capture>) -> Self {
        Self {
            target,
            channels: 1,
            captures,
            duration: Duration::from_secs(10),
            headers: HeaderMap::new(),
            watch: None,
            waiting: 0,
            wait_for: WaitFor::Playlist,
            round_trip: Duration::ZERO,
            over: Duration::ZERO,
            protocol: Protocol::Http1,
            threads: 0,
            tls: Tls::default(),
            timeouts: Timeouts::default(),
            limits: Limits::default(),
            any_address: false,
        }
    }

    /// # Errors
    /// What is no address of HTTP without TLS, the only one that is pushed to.
    fn publishing_point(&self, channel: u32) -> Result<Url, RunError> {
        let text = self.target.replace("{n}", &channel.to_string());
        let fault = |what: String| RunError::Target {
            url: text.clone(),
            what,
        };
        let url = Url::parse(&text).map_err(|error| fault(error.to_string()))?;
        match url.scheme() {
            "http" => Ok(url),
            _ => Err(fault("pushes go over http://".into())),
        }
    }
}

/// Pushes until the time is over.
///
/// # Errors
/// [`RunError`] where nothing was pushed. What went wrong later is in the outcome.
pub async fn push(plan: &Push, on_second: impl Fn(&Second)) -> Result<Outcome, RunError> {
    let mut points = Vec::new();
    for channel in 1..=plan.channels.max(1) {
        points.push(plan.publishing_point(channel)?);
    }
    let streams = points.len() * plan.captures.len();
    let Some(first) = points.first().cloned().filter(|_| streams > 0) else {
        return Err(RunError::Target {
            url: plan.target.clone(),
            what: "nothing to push".into(),
        });
    };
    check_target(&first, plan.any_address).await?;
    if let Some(watch) = &plan.watch {
        check_target(watch, plan.any_address).await?;
    }
    let reach = Reach {
        protocol: plan.protocol,
        any_address: plan.any_address,
        tls: &plan.tls,
        timeouts: &plan.timeouts,
        limits: &plan.limits,
    };
    let connections = usize::try_from(plan.waiting).unwrap_or(usize::MAX);
    let fleet = Fleet::new(
        &reach,
        fleet::threads(plan.threads),
        connections.saturating_add(streams),
        plan.duration,
        Duration::ZERO,
    )?;

    let shared = Arc::new(plan.clone());
    let sent = Arc::new(Sent::default());
    let encoders = encoders::start(
        Arc::clone(&shared),
        points,
        Arc::clone(&sent),
        Instant::now() + LEAD,
    )?;
    let job = move |thread: Thread| -> Pin<Box<dyn Future<Output = ()>>> {
        Box::pin(waiting::audience(
            Arc::clone(&shared),
            Arc::clone(&sent),
            thread,
        ))
    };
    let mut outcome = fleet.go(job, on_second).await?;
    let ended = tokio::task::spawn_blocking(move || encoders.join()).await;
    let Ok(Ok(encoders)) = ended else {
        return Err(RunError::Broken);
    };
    let encoders = encoders?;
    outcome.scenario = "push".into();
    outcome.target.clone_from(&plan.target);
    tell(&mut outcome, streams, encoders);
    Ok(outcome)
}

/// What encoders did.
#[derive(Debug, Default)]
struct Encoders {
    chunks: u64,
    bytes: u64,
    /// How much later than due chunks were sent.
    late: Times,
    /// URL and fault of streams that ended before their time.
    broken: Vec<(String, String)>,
}

fn tell(outcome: &mut Outcome, streams: usize, encoders: Encoders) {
    outcome.requests += streams as u64;
    if !encoders.broken.is_empty() {
        let errors = outcome.errors.entry(ErrorClass::Reset).or_default();
        *errors += encoders.broken.len() as u64;
    }
    let room = MAX_SAMPLES.saturating_sub(outcome.samples.len());
    let broken = encoders.broken.into_iter().take(room);
    outcome.samples.extend(broken.map(|(url, what)| Incident {
        at_s: 0.0,
        url,
        what,
    }));
    outcome.pushed = Some(Pushed {
        streams: streams as u64,
        chunks: encoders.chunks,
        bytes: encoders.bytes,
        late_ms: encoders.late.milliseconds(),
    });
}

#[cfg(test)]
mod tests;
