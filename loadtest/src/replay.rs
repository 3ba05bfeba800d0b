//! An access log, asked for again: at the pace it was written, or scaled.
//!
//! Each client of the log, by its address, has connections of its own. A request is due when the log says, whatever
//! became of those before.
use std::collections::HashMap;
use std::io::BufRead;
use std::path::PathBuf;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use http::HeaderMap;
use tokio::task::JoinSet;
use tokio::time::sleep_until;
use url::Url;

use crate::fetch::one;
use crate::outcome::{ErrorClass, Outcome, Second};
use crate::run::{Fleet, Reach, RunError, Thread, check_target, fleet};
use crate::scenario::{Limits, Protocol, Timeouts, Tls};
use crate::transport::Client;

pub mod log;

use log::{Entry, Line};

/// Lines with a request that are read of one log.
pub const MAX_ENTRIES: usize = 10_000_000;
/// Longer ones are no lines of an access log.
const MAX_LINE_BYTES: u64 = 64 << 10;
/// For the last request to be sent by a machine that is late. The replay ends with its answer.
const PATIENCE: Duration = Duration::from_secs(60);
/// Requests under way, of each thread: more are turned away as errors rather than kept.
const MAX_UNDER_WAY: usize = 20_000;

#[derive(Clone, Debug)]
pub struct Replay {
    pub log: PathBuf,
    /// Scheme, host and port that the log's paths are asked of.
    pub target: Url,
    pub protocol: Protocol,
    /// 2 replays an hour in half an hour.
    pub speed: f64,
    /// Of the replay; `None`: to the end of the log.
    pub duration: Option<Duration>,
    pub grace: Duration,
    pub threads: usize,
    pub headers: HeaderMap,
    pub tls: Tls,
    pub timeouts: Timeouts,
    pub limits: Limits,
    pub any_address: bool,
}

impl Replay {
    /// At the pace of the log.
    pub fn new(log: PathBuf, target: Url) -> Self {
        Self {
            log,
            target,
            protocol: Protocol::Http1,
            speed: 1.0,
            duration: None,
            grace: Duration::from_secs(5),
            threads: 0,
            headers: HeaderMap::new(),
            tls: Tls::default(),
            timeouts: Timeouts::default(),
            limits: Limits::default(),
            any_address: false,
        }
    }
}

/// What is asked for, and when.
struct Script {
    plan: Replay,
    /// By rising time.
    requests: Vec<Request>,
}

struct Request {
    /// From the beginning.
    due: Duration,
    client: u32,
    url: Url,
}

/// Replays until the end of the log.
///
/// # Errors
/// [`RunError`] where nothing was asked for: a log without requests among it.
pub async fn replay(plan: &Replay, on_second: impl Fn(&Second)) -> Result<Outcome, RunError> {
    check_target(&plan.target, plan.any_address).await?;
    let script = read(plan)?;
    let end = script
        .requests
        .last()
        .map_or(Duration::ZERO, |last| last.due);
    let duration = plan
        .duration
        .unwrap_or(end + PATIENCE)
        .max(Duration::from_millis(1));
    let threads = fleet::threads(plan.threads);
    let reach = Reach {
        protocol: plan.protocol,
        any_address: plan.any_address,
        tls: &plan.tls,
        timeouts: &plan.timeouts,
        limits: &plan.limits,
    };
    let fleet = Fleet::new(
        &reach,
        threads,
        plan.limits.connections,
        duration,
        plan.grace,
    )?;
    let script = Arc::new(script);
    let job = move |thread: Thread| -> Pin<Box<dyn Future<Output = ()>>> {
        Box::pin(work(Arc::clone(&script), thread))
    };
    let mut outcome = fleet.go(job, on_second).await?;
    outcome.scenario = "replay".into();
    outcome.target = plan.target.to_string();
    Ok(outcome)
}

async fn work(script: Arc<Script>, thread: Thread) {
    let of = thread.of as u32;
    let mine = |client: u32| client % of == thread.index as u32;
    let mut last_of: HashMap<u32, usize> = HashMap::new();
    for (at, request) in script.requests.iter().enumerate() {
        if mine(request.client) {
            last_of.insert(request.client, at);
        }
    }
    let mut clients: HashMap<u32, Rc<Client>> = HashMap::new();
    let mut tasks = JoinSet::new();
    for (at, request) in script.requests.iter().enumerate() {
        if !mine(request.client) {
            continue;
        }
        let due = thread.begin + request.due;
        tokio::select! {
            () = sleep_until(due) => {}
            () = thread.stop.stopping() => break,
        }
        while tasks.try_join_next().is_some() {}
        if tasks.len() >= MAX_UNDER_WAY {
            let what = format!("more than {MAX_UNDER_WAY} requests of a thread are under way");
            thread
                .recorder
                .failed(ErrorClass::Timeout, request.url.as_str(), &what);
            continue;
        }
        let client = clients
            .entry(request.client)
            .or_insert_with(|| Rc::new(Client::new(&thread.dialer)));
        let client = Rc::clone(client);
        // Who does not come again is let go with the last answer.
        if last_of.get(&request.client) == Some(&at) {
            clients.remove(&request.client);
        }
        let (script, recorder) = (Arc::clone(&script), thread.recorder.clone());
        let stop = thread.stop.clone();
        tasks.spawn_local(async move {
            let request = &script.requests[at];
            let headers = &script.plan.headers;
            one(&client, &request.url, headers, due, &recorder, &stop).await;
        });
    }
    while tasks.join_next().await.is_some() {}
}

fn read(plan: &Replay) -> Result<Script, RunError> {
    let fault = |what: String| RunError::Input {
        path: plan.log.display().to_string(),
        what,
    };
    let file = std::fs::File::open(&plan.log).map_err(|error| fault(error.to_string()))?;
    let mut lines = std::io::BufReader::new(file);
    let mut entries: Vec<(f64, u32, Url)> = Vec::new();
    let mut clients: HashMap<String, u32> = HashMap::new();
    let (mut number, mut unread) = (0u64, 0u64);
    let mut line = Vec::new();
    loop {
        line.clear();
        let taken = std::io::Read::take(&mut lines, MAX_LINE_BYTES)
            .read_until_newline(&mut line)
            .map_err(|error| fault(error.to_string()))?;
        if taken == 0 {
            break;
        }
        number += 1;
        match log::parse(&String::from_utf8_lossy(&line)) {
            Line::Request(Entry { time, client, path }) => {
                let Ok(url) = plan.target.join(&path) else {
                    unread += 1;
                    continue;
                };
                if url.origin() != plan.target.origin() {
                    unread += 1;
                    continue;
                }
                if entries.len() >= MAX_ENTRIES {
                    return Err(fault(format!("more than {MAX_ENTRIES} requests")));
                }
                let next = clients.len() as u32;
                let client = *clients.entry(client).or_insert(next);
                entries.push((time, client, url));
            }
            Line::Other => {}
            Line::Unreadable => unread += 1,
        }
    }
    if entries.is_empty() {
        return Err(fault(format!(
            "no GET request in {number} lines: neither edgepack's JSON nor the combined format"
        )));
    }
    if unread > 0 {
        tracing::warn!("{unread} of {number} lines could not be read");
    }
    // Servers write a line when the answer is done.
    entries.sort_by(|a, b| a.0.total_cmp(&b.0));
    let first = entries[0].0;
    let speed = plan.speed.max(0.001);
    let requests = entries.into_iter().map(|(time, client, url)| Request {
        due: Duration::from_secs_f64((time - first) / speed),
        client,
        url,
    });
    Ok(Script {
        plan: plan.clone(),
        requests: requests.collect(),
    })
}

trait ReadLine {
    fn read_until_newline(self, line: &mut Vec<u8>) -> std::io::Result<usize>;
}

impl<R: BufRead> ReadLine for std::io::Take<R> {
    fn read_until_newline(mut self, line: &mut Vec<u8>) -> std::io::Result<usize> {
        self.read_until(b'\n', line)
    }
}
