//! One request and its answer, as metrics and log see it.
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use http::StatusCode;
use serde::Serialize;

use super::Telemetry;
use super::requests::{Outcome, label};
use crate::delivery::{Fault, Protocol};

/// What kind of thing was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    Manifest,
    Init,
    Segment,
    Key,
    Player,
    Ingest,
    Other,
}

impl Kind {
    pub(super) const ALL: [Self; 7] = [
        Self::Manifest,
        Self::Init,
        Self::Segment,
        Self::Key,
        Self::Player,
        Self::Ingest,
        Self::Other,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Manifest => "manifest",
            Self::Init => "init",
            Self::Segment => "segment",
            Self::Key => "key",
            Self::Player => "player",
            Self::Ingest => "ingest",
            Self::Other => "other",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CacheStatus {
    /// The entry was there, complete or filling.
    Hit,
    /// This request made it be filled.
    Miss,
}

/// The client left before there was an answer.
const CLIENT_LEFT: u16 = 499;

/// What is known of a request when it arrives. Nothing secret: the path comes redacted.
#[derive(Debug)]
pub struct Start {
    pub now: SystemTime,
    pub peer: SocketAddr,
    pub protocol: Protocol,
    pub secure: bool,
}

/// Counts and logs when dropped, complete or not.
#[derive(Debug)]
pub struct Exchange {
    telemetry: Arc<Telemetry>,
    start: Start,
    began: Instant,
    first_byte: Option<Duration>,
    bytes: u64,
    complete: bool,
    pub kind: Kind,
    pub cache: Option<CacheStatus>,
    status: StatusCode,
    line: Option<Box<Line>>,
    fault: Option<Fault>,
}

/// What only the log wants; not made when there is none.
#[derive(Debug, Default)]
struct Line {
    method: String,
    path: String,
    user_agent: String,
    mount: String,
    asset: String,
}

impl Telemetry {
    pub fn begin(self: &Arc<Self>, start: Start) -> Exchange {
        self.requests.began(start.protocol);
        Exchange {
            telemetry: Arc::clone(self),
            start,
            began: Instant::now(),
            first_byte: None,
            bytes: 0,
            complete: false,
            kind: Kind::Other,
            cache: None,
            status: StatusCode::from_u16(CLIENT_LEFT).unwrap_or(StatusCode::BAD_REQUEST),
            line: self.log().is_some().then(Box::default),
            fault: None,
        }
    }
}

impl Exchange {
    /// `fill` is called only when there is a log. `redacted_path`: path and query without any token.
    pub fn describe(
        &mut self,
        method: &str,
        user_agent: &str,
        redacted_path: impl FnOnce() -> String,
    ) {
        if let Some(line) = &mut self.line {
            line.method = method.to_owned();
            line.user_agent = clip(user_agent, 256).to_owned();
            line.path = redacted_path();
        }
    }

    pub fn asset(&mut self, mount: &str, asset: &str) {
        if let Some(line) = &mut self.line {
            line.mount = mount.to_owned();
            line.asset = asset.to_owned();
        }
    }

    pub fn answered(&mut self, status: StatusCode, fault: Option<&Fault>) {
        self.status = status;
        self.fault = fault.cloned();
    }

    /// Body bytes that went to the transport.
    pub fn sent(&mut self, bytes: usize) {
        if self.first_byte.is_none() {
            self.first_byte = Some(self.began.elapsed());
        }
        self.bytes += bytes as u64;
    }

    /// The body broke off after its head was out.
    pub fn broke(&mut self, fault: &Fault) {
        self.fault = Some(fault.clone());
    }

    /// All of the body went to the transport.
    pub fn complete(&mut self) {
        self.complete = true;
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        let outcome = Outcome {
            protocol: self.start.protocol,
            kind: self.kind,
            status: self.status,
            bytes: self.bytes,
            duration: self.began.elapsed(),
            first_byte: self.first_byte,
            complete: self.complete,
        };
        self.telemetry.requests.ended(&outcome);
        if let Some(fault) = &self.fault {
            self.telemetry.requests.fault(fault);
        }
        if let (Some(line), Some(log)) = (self.line.take(), self.telemetry.log()) {
            log.write(&Record::of(self, &outcome, &line));
        }
    }
}

/// One line of the access log.
#[derive(Debug, Serialize)]
struct Record<'a> {
    time: String,
    peer: SocketAddr,
    protocol: &'static str,
    tls: bool,
    method: &'a str,
    path: &'a str,
    status: u16,
    bytes: u64,
    duration_us: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    first_byte_us: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cache: Option<&'static str>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    aborted: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    #[serde(skip_serializing_if = "str::is_empty")]
    detail: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    mount: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    asset: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    user_agent: &'a str,
}

impl<'a> Record<'a> {
    fn of(exchange: &'a Exchange, outcome: &Outcome, line: &'a Line) -> Self {
        let micros = |duration: Duration| u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
        Self {
            time: humantime::format_rfc3339_micros(exchange.start.now).to_string(),
            peer: exchange.start.peer,
            protocol: label(outcome.protocol),
            tls: exchange.start.secure,
            method: &line.method,
            path: &line.path,
            status: outcome.status.as_u16(),
            bytes: outcome.bytes,
            duration_us: micros(outcome.duration),
            first_byte_us: outcome.first_byte.map(micros),
            cache: exchange.cache.map(|cache| match cache {
                CacheStatus::Hit => "hit",
                CacheStatus::Miss => "miss",
            }),
            aborted: !outcome.complete,
            reason: exchange.fault.as_ref().map(|fault| fault.code),
            detail: exchange
                .fault
                .as_ref()
                .map_or("", |fault| clip(&fault.detail, 512)),
            mount: &line.mount,
            asset: &line.asset,
            user_agent: &line.user_agent,
        }
    }
}

/// The longest prefix of at most `max` bytes that ends between characters.
pub(crate) fn clip(text: &str, max: usize) -> &str {
    let end = (0..=max.min(text.len()))
        .rev()
        .find(|&end| text.is_char_boundary(end));
    text.get(..end.unwrap_or(0)).unwrap_or(text)
}
