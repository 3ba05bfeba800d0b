//! A fixed list of URLs, over and over: closed loop, so many requests at a time, or open loop at a rate.
//!
//! In an open loop every request has a moment when it is due, whatever became of those before; its latency counts from
//! there.
use std::cell::{Cell, RefCell};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use http::HeaderMap;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until};
use url::Url;

use crate::measure::{Class, Recorder};
use crate::outcome::{ErrorClass, Outcome, Second};
use crate::popularity::Chance;
use crate::run::{CUT_OFF, Fleet, Reach, RunError, Stop, Thread, check_target, fleet};
use crate::scenario::{Limits, Protocol, Timeouts, Tls};
use crate::transport::{Ask, Client};

/// A closed loop against a server that refuses would measure how fast it does.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_millis(50);

/// What is fetched, and how hard.
#[derive(Clone, Debug)]
pub struct Fetch {
    pub urls: Vec<Url>,
    pub protocol: Protocol,
    /// Each fetches one after the other. Over HTTP/2 and 3 a connection carries [`Fetch::streams`] at a time.
    pub connections: usize,
    pub streams: usize,
    /// Requests per second of an open loop; `None`: closed loop.
    pub rate: Option<f64>,
    pub duration: Duration,
    pub grace: Duration,
    /// So many in all; then the run ends.
    pub requests: Option<u64>,
    pub seed: u64,
    pub threads: usize,
    pub headers: HeaderMap,
    pub tls: Tls,
    pub timeouts: Timeouts,
    pub limits: Limits,
    pub any_address: bool,
}

impl Fetch {
    /// Ten connections, ten seconds, closed loop.
    pub fn new(urls: Vec<Url>) -> Self {
        Self {
            urls,
            protocol: Protocol::Http1,
            connections: 10,
            streams: 1,
            rate: None,
            duration: Duration::from_secs(10),
            grace: Duration::from_secs(5),
            requests: None,
            seed: 1,
            threads: 0,
            headers: HeaderMap::new(),
            tls: Tls::default(),
            timeouts: Timeouts::default(),
            limits: Limits::default(),
            any_address: false,
        }
    }
}

/// Fetches until the time, or the number of requests, is over.
///
/// # Errors
/// [`RunError`] where nothing was fetched.
pub async fn fetch(plan: &Fetch, on_second: impl Fn(&Second)) -> Result<Outcome, RunError> {
    let Some(first) = plan.urls.first() else {
        return Err(RunError::Target {
            url: String::new(),
            what: "no URL to fetch".into(),
        });
    };
    for url in &plan.urls {
        check_target(url, plan.any_address).await?;
    }
    let threads = fleet::threads(plan.threads).min(plan.connections.max(1));
    let reach = Reach {
        protocol: plan.protocol,
        any_address: plan.any_address,
        tls: &plan.tls,
        timeouts: &plan.timeouts,
        limits: &plan.limits,
    };
    let fleet = Fleet::new(&reach, threads, plan.connections, plan.duration, plan.grace)?;
    let shared = Arc::new(plan.clone());
    let job = move |thread: Thread| -> Pin<Box<dyn Future<Output = ()>>> {
        Box::pin(work(Arc::clone(&shared), thread))
    };
    let mut outcome = fleet.go(job, on_second).await?;
    outcome.scenario = "fetch".into();
    outcome.target = first.to_string();
    Ok(outcome)
}

async fn work(plan: Arc<Fetch>, thread: Thread) {
    let lanes: Vec<Lane> = (0..plan.connections.max(1))
        .filter(|lane| lane % thread.of == thread.index)
        .flat_map(|_| {
            let client = Rc::new(Client::new(&thread.dialer));
            (0..plan.streams.max(1)).map(move |_| Lane {
                client: Rc::clone(&client),
            })
        })
        .collect();
    match plan.rate {
        None => closed(&plan, &thread, lanes).await,
        Some(rate) => open(&plan, &thread, lanes, rate).await,
    }
}

struct Lane {
    client: Rc<Client>,
}

/// So many of `total` fall to this thread.
fn share(total: Option<u64>, thread: &Thread) -> u64 {
    let Some(total) = total else { return u64::MAX };
    let of = thread.of as u64;
    total / of + u64::from(total % of > thread.index as u64)
}

async fn closed(plan: &Arc<Fetch>, thread: &Thread, lanes: Vec<Lane>) {
    let left = Rc::new(Cell::new(share(plan.requests, thread)));
    let mut tasks = JoinSet::new();
    for (at, lane) in lanes.into_iter().enumerate() {
        let (plan, left) = (Arc::clone(plan), Rc::clone(&left));
        let (recorder, stop) = (thread.recorder.clone(), thread.stop.clone());
        // Lanes begin at different places of the list.
        let mut chance = Chance::new(plan.seed, (thread.index as u64) << 32 | at as u64);
        let mut turn = pick(&mut chance, plan.urls.len());
        let begin = thread.begin;
        tasks.spawn_local(async move {
            sleep_until(begin).await;
            while !stop.is_stopping() && left.get() > 0 {
                left.set(left.get() - 1);
                let url = &plan.urls[turn % plan.urls.len()];
                turn += 1;
                let due = Instant::now();
                if !one(&lane.client, url, &plan.headers, due, &recorder, &stop).await {
                    sleep(PAUSE_AFTER_FAILURE).await;
                }
            }
        });
    }
    while tasks.join_next().await.is_some() {}
}

async fn open(plan: &Arc<Fetch>, thread: &Thread, lanes: Vec<Lane>, rate: f64) {
    let mut chance = Chance::new(plan.seed, u64::MAX - thread.index as u64);
    let rate = rate / thread.of as f64;
    let mut offset = 0.0;
    let first = pick(&mut chance, plan.urls.len()) as u64;
    let idle = Rc::new(RefCell::new(lanes));
    let places = Arc::new(Semaphore::new(idle.borrow().len()));
    let mut tasks = JoinSet::new();
    for at in 0..share(plan.requests, thread) {
        offset += chance.wait(rate);
        let due = thread.begin + Duration::from_secs_f64(offset);
        if due >= thread.begin + plan.duration {
            break;
        }
        tokio::select! {
            () = sleep_until(due) => {}
            () = thread.stop.stopping() => break,
        }
        // Late requests wait here, in order, and their wait counts: `due` stays what it is.
        let place = tokio::select! {
            place = Arc::clone(&places).acquire_owned() => place,
            () = thread.stop.stopping() => break,
        };
        let (Ok(place), Some(lane)) = (place, idle.borrow_mut().pop()) else {
            break;
        };
        while tasks.try_join_next().is_some() {}
        let (plan, idle) = (Arc::clone(plan), Rc::clone(&idle));
        let (recorder, stop) = (thread.recorder.clone(), thread.stop.clone());
        let at = ((first + at) % plan.urls.len() as u64) as usize;
        tasks.spawn_local(async move {
            let url = &plan.urls[at];
            one(&lane.client, url, &plan.headers, due, &recorder, &stop).await;
            idle.borrow_mut().push(lane);
            drop(place);
        });
    }
    while tasks.join_next().await.is_some() {}
}

fn pick(chance: &mut Chance, length: usize) -> usize {
    (chance.share() * length as f64) as usize
}

/// One request, counted; whether it went well.
pub(crate) async fn one(
    client: &Client,
    url: &Url,
    headers: &HeaderMap,
    due: Instant,
    recorder: &Recorder,
    stop: &Stop,
) -> bool {
    let ask = Ask {
        headers: headers.clone(),
        ..Ask::default()
    };
    let under_way = UnderWay {
        url,
        recorder,
        stop,
        answered: Cell::new(false),
    };
    let fetched = client.fetch(url, &ask).await;
    under_way.answered.set(true);
    match fetched {
        Ok(answer) => {
            recorder.bytes(answer.bytes);
            let status = answer.status;
            if status.is_success() || status.as_u16() == 304 {
                recorder.request(class(url), due, answer.first_byte, answer.end);
                true
            } else {
                let class = match status.is_server_error() {
                    true => ErrorClass::Status5xx,
                    false => ErrorClass::Status4xx,
                };
                recorder.failed(class, url.as_str(), &format!("status {status}"));
                false
            }
        }
        Err(failure) => {
            recorder.bytes(failure.bytes);
            recorder.failed(failure.class, url.as_str(), &failure.what);
            false
        }
    }
}

/// A request that the end of the run cuts off, after its grace, has failed.
struct UnderWay<'r> {
    url: &'r Url,
    recorder: &'r Recorder,
    stop: &'r Stop,
    answered: Cell<bool>,
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        if !self.answered.get() && self.stop.is_cut() {
            let class = ErrorClass::Timeout;
            self.recorder.failed(class, self.url.as_str(), CUT_OFF);
        }
    }
}

/// What a URL names, by its last element.
pub(crate) fn class(url: &Url) -> Class {
    let name = url.path().rsplit('/').next().unwrap_or_default();
    let (stem, extension) = name.rsplit_once('.').unwrap_or((name, ""));
    match extension {
        "m3u8" | "mpd" => Class::Manifest,
        "key" => Class::Key,
        _ if stem.starts_with("init") => Class::Header,
        _ => Class::Segment,
    }
}
