//! Asks a node for its metrics each second, and keeps what it said.
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, StatusCode, Uri, header};
use http_body_util::{BodyExt as _, Empty, Limited};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio::time::{Instant, MissedTickBehavior};
use url::Url;

use super::prometheus::{Exposition, MAX_BYTES, ParseError};
use super::{NodeFigures, NodeIdentity, Reading};

const INTERVAL: Duration = Duration::from_secs(1);
/// For one poll, from connecting to the last byte.
const TIMEOUT: Duration = Duration::from_secs(5);
/// Half a day; earlier readings stay, later ones are dropped.
const MAX_READINGS: usize = 43_200;

#[derive(Debug, thiserror::Error)]
pub enum PollError {
    #[error("{url:?} is no admin address: {what}; write http://HOST:PORT")]
    Address { url: String, what: &'static str },
    #[error("{url}: no connection: {source}; is the admin port right, and reachable from here?")]
    Connect { url: String, source: std::io::Error },
    #[error("{url}: {source}")]
    Http { url: String, source: hyper::Error },
    #[error("{url}: no whole answer within {TIMEOUT:?}")]
    Timeout { url: String },
    #[error("{url}: status {status} instead of metrics")]
    Status { url: String, status: StatusCode },
    #[error("{url}: the answer breaks off, or has more than {MAX_BYTES} bytes")]
    Body { url: String },
    #[error("{url}: the answer is not UTF-8")]
    Text { url: String },
    #[error("{url}: {source}")]
    Parse { url: String, source: ParseError },
}

/// Where metrics are: `http://HOST:PORT`, with a path if it is not `/metrics`.
#[derive(Debug, Clone)]
pub struct AdminUrl {
    url: Url,
    host: String,
    port: u16,
}

impl std::str::FromStr for AdminUrl {
    type Err = PollError;

    fn from_str(text: &str) -> Result<Self, PollError> {
        let fault = |what| PollError::Address {
            url: text.to_owned(),
            what,
        };
        let mut url = Url::parse(text).map_err(|_| fault("not a URL"))?;
        if url.scheme() != "http" {
            return Err(fault("admin ports speak plain HTTP"));
        }
        let host = url.host().ok_or_else(|| fault("no host"))?.to_string();
        let port = url
            .port_or_known_default()
            .ok_or_else(|| fault("no port"))?;
        if matches!(url.path(), "" | "/") {
            url.set_path("/metrics");
        }
        Ok(Self { url, host, port })
    }
}

impl AdminUrl {
    /// Whether the node is on this machine.
    pub fn is_loopback(&self) -> bool {
        match self.url.host() {
            Some(url::Host::Ipv4(address)) => address.is_loopback(),
            Some(url::Host::Ipv6(address)) => address.is_loopback(),
            Some(url::Host::Domain(name)) => name == "localhost",
            None => false,
        }
    }

    async fn fetch(&self) -> Result<String, PollError> {
        let url = || self.url.to_string();
        match tokio::time::timeout(TIMEOUT, self.exchange()).await {
            Ok(answer) => answer,
            Err(_) => Err(PollError::Timeout { url: url() }),
        }
    }

    async fn exchange(&self) -> Result<String, PollError> {
        let url = || self.url.to_string();
        let http = |source| PollError::Http { url: url(), source };
        let host = self.host.trim_start_matches('[').trim_end_matches(']');
        let stream = TcpStream::connect((host, self.port))
            .await
            .map_err(|source| PollError::Connect { url: url(), source })?;
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
            .await
            .map_err(http)?;
        let mut uri = self.url.path().to_owned();
        if let Some(query) = self.url.query() {
            uri.push('?');
            uri.push_str(query);
        }
        let mut request = Request::new(Empty::<Bytes>::new());
        *request.uri_mut() = uri.parse::<Uri>().map_err(|_| PollError::Address {
            url: url(),
            what: "its path is not one HTTP can ask for",
        })?;
        if let Ok(host) = format!("{}:{}", self.host, self.port).parse() {
            request.headers_mut().insert(header::HOST, host);
        }
        let answer = async {
            let response = sender.send_request(request).await.map_err(http)?;
            if response.status() != StatusCode::OK {
                return Err(PollError::Status {
                    url: url(),
                    status: response.status(),
                });
            }
            let body = Limited::new(response.into_body(), MAX_BYTES)
                .collect()
                .await
                .map_err(|_| PollError::Body { url: url() })?;
            String::from_utf8(body.to_bytes().into()).map_err(|_| PollError::Text { url: url() })
        };
        // The connection is driven here, and ends with the answer.
        let mut connection = std::pin::pin!(connection);
        let mut answer = std::pin::pin!(answer);
        tokio::select! {
            biased;
            answer = &mut answer => answer,
            driven = &mut connection => match driven {
                Ok(()) => answer.await,
                Err(source) => Err(http(source)),
            },
        }
    }

    fn parse<'a>(&self, text: &'a str) -> Result<Exposition<'a>, PollError> {
        Exposition::parse(text).map_err(|source| PollError::Parse {
            url: self.url.to_string(),
            source,
        })
    }
}

#[derive(Debug, Default)]
struct Kept {
    readings: Vec<Reading>,
    /// When polls failed, seconds since the beginning.
    failures: Vec<f64>,
}

/// Polls until it is dropped.
#[derive(Debug)]
pub struct Watch {
    identity: NodeIdentity,
    begin: Instant,
    kept: Arc<Mutex<Kept>>,
    task: JoinHandle<()>,
}

impl Watch {
    /// The first answer is awaited: a wrong address is told at once.
    ///
    /// # Errors
    /// When the node does not answer, or with what are no metrics.
    pub async fn start(admin: AdminUrl) -> Result<Self, PollError> {
        let begin = Instant::now();
        let text = admin.fetch().await?;
        let exposition = admin.parse(&text)?;
        let identity = NodeIdentity::of(&exposition, admin.url.as_str(), admin.is_loopback());
        let kept = Arc::new(Mutex::new(Kept::default()));
        lock(&kept)
            .readings
            .push(Reading::of(&exposition, begin.elapsed().as_secs_f64()));
        let task = tokio::spawn(poll(admin, begin, kept.clone()));
        Ok(Self {
            identity,
            begin,
            kept,
            task,
        })
    }

    pub fn identity(&self) -> &NodeIdentity {
        &self.identity
    }

    /// What the node did between two moments.
    pub fn figures(&self, from: Instant, to: Instant) -> NodeFigures {
        let from = from.saturating_duration_since(self.begin).as_secs_f64();
        let to = to.saturating_duration_since(self.begin).as_secs_f64();
        let kept = lock(&self.kept);
        let within = |at: f64| (from..=to).contains(&at);
        // The last reading before the window is where it begins: windows shorter than two polls would have none.
        let begin = kept
            .readings
            .partition_point(|reading| reading.at_s <= from)
            .saturating_sub(1);
        let end = kept.readings.partition_point(|reading| reading.at_s <= to);
        let readings = kept.readings.get(begin..end).unwrap_or_default();
        let failed = kept.failures.iter().filter(|at| within(**at)).count();
        NodeFigures::of(readings, failed as u64)
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn lock(kept: &Mutex<Kept>) -> std::sync::MutexGuard<'_, Kept> {
    kept.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn poll(admin: AdminUrl, begin: Instant, kept: Arc<Mutex<Kept>>) {
    let mut ticks = tokio::time::interval_at(begin + INTERVAL, INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    loop {
        ticks.tick().await;
        let text = admin.fetch().await;
        let at_s = begin.elapsed().as_secs_f64();
        let reading = text
            .as_deref()
            .ok()
            .and_then(|text| admin.parse(text).ok())
            .map(|exposition| Reading::of(&exposition, at_s));
        let mut kept = lock(&kept);
        match reading {
            Some(reading) if kept.readings.len() < MAX_READINGS => kept.readings.push(reading),
            None if kept.failures.len() < MAX_READINGS => kept.failures.push(at_s),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests;
