//! A run of players: who comes when, and what all of them found.
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};
use url::Url;

use crate::measure::End;
use crate::outcome::{ErrorClass, Outcome, Second};
use crate::player::{self, Common, House};
use crate::popularity::Chance;
use crate::scenario::{Arrivals, Scenario, ScenarioError};
use crate::transport::{self, TlsError};

pub(crate) mod fleet;
mod limits;
mod stop;

pub(crate) use fleet::{Fleet, Reach, Thread};
pub(crate) use stop::{CUT_OFF, Stop};

/// Stream of [`Chance`] that arrivals are drawn from; viewers have the low ones.
const ARRIVALS: u64 = u64::MAX;
/// Numbers of viewers who follow others begin so far apart.
const GENERATION: u64 = 1 << 32;
/// Before the place of a viewer who had to give up is taken.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_secs(1);

/// Why there was no run.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    #[error(transparent)]
    Scenario(#[from] ScenarioError),
    #[error(transparent)]
    Tls(#[from] TlsError),
    #[error("{url}: {what}")]
    Target { url: String, what: String },
    #[error(
        "{url} is not on this machine: load it only if it is yours, and say so by --i-own-this-target"
    )]
    NotLoopback { url: String },
    #[error("{needed} open files are needed and {allowed} allowed: raise `ulimit -n`")]
    OpenFiles { needed: u64, allowed: u64 },
    #[error("no thread could be started: {0}")]
    Thread(std::io::Error),
    #[error("a thread of the run ended before its time")]
    Broken,
    #[error("{path}: {what}")]
    Input { path: String, what: String },
}

/// Plays the scenario, tells each second, and ends by itself; Ctrl-C ends it early, with the figures so far.
///
/// # Errors
/// [`RunError`] where nothing was run. What goes wrong in a run is in its outcome.
pub async fn run(scenario: &Scenario, on_second: impl Fn(&Second)) -> Result<Outcome, RunError> {
    scenario.check()?;
    let target = scenario.manifest_url(0)?;
    check_target(&target, scenario.any_address).await?;
    let common = Arc::new(Common::new(scenario)?);
    let threads = fleet::threads(scenario.load.threads);
    let reach = Reach {
        protocol: scenario.target.protocol,
        any_address: scenario.any_address,
        tls: &scenario.tls,
        timeouts: &scenario.timeouts,
        limits: &scenario.limits,
    };
    let fleet = Fleet::new(
        &reach,
        threads,
        scenario.limits.connections,
        scenario.load.duration,
        scenario.load.grace,
    )?;
    let job = move |thread: Thread| -> Pin<Box<dyn Future<Output = ()>>> {
        Box::pin(audience(Arc::clone(&common), thread))
    };
    let mut outcome = fleet.go(job, on_second).await?;
    outcome.scenario.clone_from(&scenario.name);
    outcome.target = target.to_string();
    outcome.verified = scenario.verify.enabled;
    Ok(outcome)
}

/// # Errors
/// A target that cannot be found, or may not be loaded.
pub(crate) async fn check_target(url: &Url, any_address: bool) -> Result<(), RunError> {
    let port = url.port_or_known_default().unwrap_or(80);
    let fault = |what: String| RunError::Target {
        url: url.to_string(),
        what,
    };
    let found = transport::lookup(url, port).await.map_err(fault)?;
    if any_address || found.iter().all(|address| address.ip().is_loopback()) {
        Ok(())
    } else {
        Err(RunError::NotLoopback {
            url: url.to_string(),
        })
    }
}

/// One thread's share of the viewers.
async fn audience(common: Arc<Common>, thread: Thread) {
    let Thread {
        index,
        of,
        begin,
        dialer,
        recorder,
        stop,
    } = thread;
    let house = Rc::new(House::new(
        Arc::clone(&common),
        dialer,
        recorder,
        stop.clone(),
    ));
    let load = &common.scenario.load;
    let mine = |number: u64| number % of as u64 == index as u64;
    let room = (common.scenario.limits.viewers / of as u64).max(1);
    let mut viewers = JoinSet::new();
    let mut arrivals = Chance::new(common.scenario.seed, ARRIVALS);
    let mut offset = 0.0;
    let last = load.viewers.unwrap_or(u64::MAX);
    for number in 0..last {
        let due = match load.arrivals {
            Arrivals::Spread => begin + load.over.mul_f64(number as f64 / last.max(1) as f64),
            Arrivals::Poisson => {
                offset += arrivals.wait(load.rate);
                begin + Duration::from_secs_f64(offset)
            }
        };
        if due >= begin + load.duration {
            break;
        }
        if !mine(number) {
            continue;
        }
        tokio::select! {
            () = sleep_until(due) => {}
            () = stop.stopping() => break,
        }
        while viewers.try_join_next().is_some() {}
        if viewers.len() as u64 >= room {
            house.recorder.viewer_refused();
            let what = "limits.viewers is reached: a viewer was turned away";
            house.recorder.error(ErrorClass::Connect, "", what);
            continue;
        }
        let replace = load.replace && load.arrivals == Arrivals::Spread;
        viewers.spawn_local(seat(Rc::clone(&house), number, due, replace));
    }
    while viewers.join_next().await.is_some() {}
}

/// A viewer, and who takes the place after.
async fn seat(house: Rc<House>, number: u64, due: Instant, replace: bool) {
    let mut number = number;
    let mut due = due;
    loop {
        let end = player::watch(&house, number, due).await;
        if !replace || end == End::Stopped || house.stop.is_stopping() {
            return;
        }
        if end == End::Failed {
            tokio::select! {
                () = tokio::time::sleep(PAUSE_AFTER_FAILURE) => {}
                () = house.stop.stopping() => return,
            }
        }
        number = number.wrapping_add(GENERATION);
        due = Instant::now();
    }
}
