//! One viewer's way to the servers: HTTP/1.1, 2 or 3.
//!
//! Bodies are counted and dropped as they come, or kept up to a limit for those who read them; what all viewers keep
//! is bounded by one budget.
use std::cell::RefCell;
use std::ops::Range;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use http::header::{AUTHORIZATION, COOKIE, HOST, LOCATION, RANGE, USER_AGENT};
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode, Uri};
use tokio::time::Instant;
use url::Url;

use crate::outcome::ErrorClass;
use crate::scenario::Protocol;

mod any_certificate;
mod body;
mod classify;
mod dial;
mod http1;
mod quic;
mod shared;
mod tls;

pub use any_certificate::AnyCertificate;
pub use body::{Budget, Kept};
pub(crate) use shared::lookup;
pub use shared::{Counters, Dialer, Settings};
pub use tls::TlsError;

use body::Intake;
use dial::Origin;

/// As browsers have it; players follow fewer.
const MAX_REDIRECTS: usize = 5;
const AGENT: HeaderValue =
    HeaderValue::from_static(concat!("edgepack-loadtest/", env!("CARGO_PKG_VERSION")));

/// Sees each piece of a body.
pub type See<'a> = &'a dyn Fn(&[u8]);

/// A request.
#[derive(Clone, Default)]
pub struct Ask<'a> {
    pub method: Method,
    pub range: Option<Range<u64>>,
    pub headers: HeaderMap,
    /// So much of a body is kept. Of a longer one, or where the budget is spent, nothing is.
    pub keep: usize,
    /// For the head of the answer, instead of the time-out for all.
    pub patience: Option<Duration>,
    /// Sees each piece of the body as it comes.
    pub on_data: Option<See<'a>>,
}

impl std::fmt::Debug for Ask<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Ask({} {:?})", self.method, self.range)
    }
}

/// Its whole answer, whatever the status.
#[derive(Debug)]
pub struct Answer {
    /// Where it came from at last.
    pub url: Url,
    pub status: StatusCode,
    pub headers: HeaderMap,
    /// Of the body.
    pub bytes: u64,
    pub body: Option<Kept>,
    pub sent: Instant,
    pub first_byte: Instant,
    pub end: Instant,
}

/// Why there is no whole answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub struct Failure {
    pub class: ErrorClass,
    pub what: String,
    /// Of the body, so far.
    pub bytes: u64,
}

impl Failure {
    pub(crate) fn new(class: ErrorClass, what: impl Into<String>) -> Self {
        Self {
            class,
            what: what.into(),
            bytes: 0,
        }
    }

    pub(crate) fn timeout(what: &str, after: Duration) -> Self {
        Self::new(
            ErrorClass::Timeout,
            format!(
                "{what} took longer than {}",
                humantime::format_duration(after)
            ),
        )
    }
}

/// The connections of one viewer.
#[derive(Debug)]
pub struct Client {
    dialer: Rc<Dialer>,
    tls: Arc<rustls::ClientConfig>,
    origins: RefCell<Vec<Rc<Origin>>>,
}

impl Client {
    pub fn new(dialer: &Rc<Dialer>) -> Self {
        Self {
            dialer: Rc::clone(dialer),
            tls: dialer.tls_of_viewer(),
            origins: RefCell::default(),
        }
    }

    /// Asks, and follows redirects.
    ///
    /// # Errors
    /// [`Failure`] where no answer came, or not all of it. Any status is an answer.
    pub async fn fetch(&self, url: &Url, ask: &Ask<'_>) -> Result<Answer, Failure> {
        let first = self.once(url, ask, &ask.headers).await?;
        let mut answer = first;
        for _ in 0..MAX_REDIRECTS {
            let Some(next) = redirect(&answer) else {
                return Ok(answer);
            };
            let headers = headers_for(url, &next, &ask.headers);
            let sent = answer.sent;
            answer = self.once(&next, ask, &headers).await?;
            answer.sent = sent;
        }
        match redirect(&answer) {
            None => Ok(answer),
            Some(_) => Err(Failure::new(
                ErrorClass::Unreadable,
                format!("more than {MAX_REDIRECTS} redirects"),
            )),
        }
    }

    async fn once(&self, url: &Url, ask: &Ask<'_>, headers: &HeaderMap) -> Result<Answer, Failure> {
        let origin = self.origin(url)?;
        let request = build(&origin, self.dialer.settings.protocol, url, ask, headers)?;
        let intake = Intake::new(&self.dialer.settings, ask);
        match self.dialer.settings.protocol {
            Protocol::Http1 => {
                http1::ask(&self.dialer, &self.tls, &origin, url, request, intake).await
            }
            Protocol::Http2 => {
                http1::ask_h2(&self.dialer, &self.tls, &origin, url, request, intake).await
            }
            Protocol::Http3 => {
                quic::ask(&self.dialer, &self.tls, &origin, url, request, intake).await
            }
        }
    }

    fn origin(&self, url: &Url) -> Result<Rc<Origin>, Failure> {
        let mut origins = self.origins.borrow_mut();
        if let Some(origin) = origins.iter().find(|origin| origin.is_of(url)) {
            return Ok(Rc::clone(origin));
        }
        let origin = Rc::new(Origin::of(
            url,
            self.dialer.settings.connections_per_viewer,
        )?);
        origins.push(Rc::clone(&origin));
        Ok(origin)
    }
}

fn redirect(answer: &Answer) -> Option<Url> {
    if !matches!(answer.status.as_u16(), 301 | 302 | 303 | 307 | 308) {
        return None;
    }
    let next = answer
        .url
        .join(answer.headers.get(LOCATION)?.to_str().ok()?);
    next.ok()
        .filter(|next| matches!(next.scheme(), "http" | "https"))
}

/// What says who the viewer is does not go to another origin.
fn headers_for(from: &Url, to: &Url, headers: &HeaderMap) -> HeaderMap {
    let mut headers = headers.clone();
    if from.origin() != to.origin() {
        headers.remove(AUTHORIZATION);
        headers.remove(COOKIE);
    }
    headers
}

type Outgoing = Request<http_body_util::Empty<bytes::Bytes>>;

fn build(
    origin: &Origin,
    protocol: Protocol,
    url: &Url,
    ask: &Ask<'_>,
    headers: &HeaderMap,
) -> Result<Outgoing, Failure> {
    let unusable = |what: String| Failure::new(ErrorClass::Unreadable, what);
    let path = &url[url::Position::BeforePath..url::Position::AfterQuery];
    let uri = match protocol {
        Protocol::Http1 => path.parse::<Uri>(),
        Protocol::Http2 | Protocol::Http3 => {
            format!("{}://{}{path}", url.scheme(), origin.authority).parse()
        }
    };
    let uri = uri.map_err(|error| unusable(format!("no address of HTTP: {error}")))?;
    let mut request = Request::new(http_body_util::Empty::new());
    *request.method_mut() = ask.method.clone();
    *request.uri_mut() = uri;
    *request.headers_mut() = headers.clone();
    let headers = request.headers_mut();
    if protocol == Protocol::Http1 {
        headers.insert(HOST, origin.host.clone());
    }
    if !headers.contains_key(USER_AGENT) {
        headers.insert(USER_AGENT, AGENT);
    }
    if let Some(range) = &ask.range {
        if range.is_empty() {
            return Err(unusable("an empty byte range".into()));
        }
        let value = format!("bytes={}-{}", range.start, range.end - 1);
        if let Ok(value) = HeaderValue::try_from(value) {
            headers.insert(RANGE, value);
        }
    }
    Ok(request)
}
