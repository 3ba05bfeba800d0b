//! Encoders that speak SRT or RTMP: a child process, ffmpeg, takes what they send and writes CMAF to a pipe, which goes
//! into the channel as a push would.
//!
//! The child is started again when it ends, after a pause that grows while it brings nothing. Each life of it is a time
//! line of its own: viewers see a discontinuity, not an end. What it complains of goes to the log, without secrets.
mod command;
mod complaints;
mod metrics;
mod pump;
mod redact;

use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use tokio::process::Child;
use tokio::time::{sleep, timeout};

pub(super) use self::metrics::Metrics;

use self::metrics::Cells;
use self::pump::pump;
use self::redact::Secrets;
use super::channel::Channel;
use crate::config::Contribution;
use crate::delivery::drain::Drain;
use crate::keys::Backoff;

/// How long a child that was asked to end may take.
const END_TIMEOUT: Duration = Duration::from_secs(2);
/// How long the last complaints of a child may take to be read.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// The child of one channel, from life to life.
#[derive(Debug)]
pub(super) struct Contributor {
    channel: Arc<Channel>,
    config: Contribution,
    metrics: Cells,
}

/// How a life ended.
struct Life {
    /// Media came.
    delivered: bool,
    why: String,
}

impl Contributor {
    pub(super) fn new(channel: Arc<Channel>, config: Contribution, metrics: Cells) -> Self {
        Self {
            channel,
            config,
            metrics,
        }
    }

    /// Until the node ends.
    pub(super) async fn run(self, mut drain: Drain) {
        let (first, longest) = (self.config.first_pause, self.config.longest_pause);
        let mut backoff = Backoff::new(first, longest.max(first));
        loop {
            let Some(life) = self.live(&mut drain).await else {
                return;
            };
            if life.delivered {
                backoff = Backoff::new(first, longest.max(first));
            }
            let pause = backoff.next_pause();
            let (channel, why) = (&self.channel.name, life.why);
            tracing::warn!(
                channel,
                why,
                ?pause,
                "the channel's ingest child ended; it is started again"
            );
            self.metrics.restarts.inc();
            tokio::select! {
                () = sleep(pause) => {}
                () = drain.begun() => return,
            }
        }
    }

    /// One life; none when the node ends.
    async fn live(&self, drain: &mut Drain) -> Option<Life> {
        let mut command = command::command(&self.config, self.channel.live.part_duration);
        let spawned = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn();
        let mut child = match spawned {
            Ok(child) => child,
            Err(error) => {
                let program = self.config.program.display();
                return Some(Life {
                    delivered: false,
                    why: format!("{program} cannot be started: {error}"),
                });
            }
        };
        let (Some(stdout), Some(stderr)) = (child.stdout.take(), child.stderr.take()) else {
            return Some(Life {
                delivered: false,
                why: "no pipe to the child".to_owned(),
            });
        };
        tracing::info!(
            channel = self.channel.name,
            pid = child.id(),
            "the channel's ingest child runs"
        );
        let secrets = Secrets::of(&self.config);
        let listening = complaints::listen(stderr, &self.channel.name, &secrets);
        tokio::pin!(listening);
        let mut pumping = Box::pin(pump(&self.channel, stdout, &self.metrics));
        // A child may close either pipe first.
        let mut heard = false;
        let delivered = loop {
            tokio::select! {
                delivered = &mut pumping => break Some(delivered),
                () = &mut listening, if !heard => heard = true,
                () = drain.begun() => break None,
            }
        };
        // And with it the pipe.
        drop(pumping);
        self.metrics.up.set(0);
        let Some(delivered) = delivered else {
            end(&mut child).await;
            return None;
        };
        if !heard {
            // Its last words often say why.
            let _ = timeout(LAST_WORDS, listening).await;
        }
        let status = end(&mut child).await;
        Some(Life {
            delivered: delivered.media,
            why: match delivered.fault {
                Some(fault) => fault,
                None => status,
            },
        })
    }
}

/// Asks the child to end, and makes it. How it did.
async fn end(child: &mut Child) -> String {
    let pid = child.id().and_then(|pid| i32::try_from(pid).ok());
    if let Some(pid) = pid.and_then(rustix::process::Pid::from_raw)
        && !matches!(child.try_wait(), Ok(Some(_)))
    {
        // It may be gone by itself.
        let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
    }
    let status = match timeout(END_TIMEOUT, child.wait()).await {
        Ok(status) => status,
        Err(_) => match child.start_kill() {
            Ok(()) => child.wait().await,
            Err(error) => Err(error),
        },
    };
    match status {
        Ok(status) => status.to_string(),
        Err(error) => error.to_string(),
    }
}
