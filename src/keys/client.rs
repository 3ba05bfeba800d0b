//! An HTTP/1.1 client for key servers: time-outs, retries, connections kept alive, answers of bounded size.
//!
//! Redirects are not followed: they would carry credentials elsewhere, and keys in from elsewhere.
use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_LENGTH, HOST, HeaderName, USER_AGENT};
use http::uri::{Authority, PathAndQuery, Scheme};
use http::{HeaderValue, Method, Request, Response, StatusCode, Uri};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use rustls_pki_types::ServerName;
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsConnector;
use zeroize::Zeroizing;

mod template;
mod tls;

pub(super) use template::fill;
pub(crate) use tls::client_config;

use super::KeyError;
use super::backoff::Backoff;
use crate::config::KeyServer;

/// An answer with keys for thousands of crypto periods and their signalling is smaller.
pub(super) const MAX_ANSWER_BYTES: usize = 8 << 20;
/// A status line and its headers.
const MAX_HEAD_BYTES: usize = 64 << 10;
/// Pauses between attempts.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// One request.
#[derive(Debug, Clone)]
pub(super) struct Ask {
    pub(super) method: Method,
    pub(super) target: PathAndQuery,
    pub(super) headers: Vec<(HeaderName, HeaderValue)>,
    pub(super) body: Bytes,
}

/// Of status 200.
pub(super) struct Answer {
    pub(super) headers: http::HeaderMap,
    pub(super) body: Zeroizing<Vec<u8>>,
}

/// One server.
pub(super) struct Client {
    authority: Authority,
    port: u16,
    host: HeaderValue,
    authorization: Option<HeaderValue>,
    tls: Option<(TlsConnector, ServerName<'static>)>,
    connect_timeout: Duration,
    timeout: Duration,
    max_attempts: u32,
    /// As many as there may be connections.
    places: Semaphore,
    idle: Mutex<Vec<Connection>>,
}

type Connection = SendRequest<Full<Bytes>>;

impl Client {
    /// For the server in the URL, whatever its path. Reads certificates; connects nowhere.
    ///
    /// # Errors
    /// What of the configuration cannot be used, in words.
    pub(super) fn new(server: &KeyServer) -> Result<Self, String> {
        let (scheme, authority) = origin(&server.url)?;
        let tls = scheme == Scheme::HTTPS;
        let mut authorization = server
            .authorization
            .as_ref()
            .map(|value| HeaderValue::from_str(value.expose()))
            .transpose()
            .map_err(|_| "authorization_file: no value of a header".to_owned())?;
        if let Some(value) = &mut authorization {
            value.set_sensitive(true);
        }
        let name = authority.host().trim_matches(['[', ']']).to_owned();
        Ok(Self {
            port: authority.port_u16().unwrap_or(if tls { 443 } else { 80 }),
            host: HeaderValue::from_str(authority.as_str()).map_err(|error| error.to_string())?,
            authorization,
            tls: match tls {
                false => None,
                true => Some((
                    TlsConnector::from(tls::config(server)?),
                    ServerName::try_from(name).map_err(|error| error.to_string())?,
                )),
            },
            authority,
            connect_timeout: server.connect_timeout,
            timeout: server.timeout,
            max_attempts: server.max_attempts.max(1),
            places: Semaphore::new(server.max_connections.max(1)),
            idle: Mutex::default(),
        })
    }

    /// Asks, and asks again where that may help.
    ///
    /// # Errors
    /// [`KeyError`] by what went wrong; any status but 200 is one.
    pub(super) async fn ask(&self, ask: &Ask) -> Result<Answer, KeyError> {
        let mut backoff = Backoff::new(FIRST_PAUSE, LONGEST_PAUSE);
        let mut attempt = 1;
        loop {
            let Ok(Ok(place)) = timeout(self.timeout, self.places.acquire()).await else {
                return Err(KeyError::Busy);
            };
            let error = match timeout(self.timeout, self.attempt(ask)).await {
                Ok(Ok(answer)) => return Ok(answer),
                Ok(Err(error)) => error,
                Err(_) => KeyError::Slow(self.timeout),
            };
            if !error.is_passing() || attempt >= self.max_attempts {
                return Err(error);
            }
            drop(place);
            tracing::debug!(server = %self.authority, attempt, %error, "the key provider is asked again");
            attempt += 1;
            sleep(backoff.next_pause()).await;
        }
    }

    async fn attempt(&self, ask: &Ask) -> Result<Answer, KeyError> {
        // One that was kept may have been closed meanwhile, which says nothing about the server.
        while let Some(mut connection) = self.take_idle() {
            if connection.ready().await.is_err() {
                continue;
            }
            if let Ok(response) = connection.send_request(self.request(ask)?).await {
                return self.receive(connection, response).await;
            }
        }
        let mut connection = match timeout(self.connect_timeout, self.connect()).await {
            Ok(connection) => connection?,
            Err(_) => {
                return Err(KeyError::Unreachable(format!(
                    "no connection within {} ms",
                    self.connect_timeout.as_millis()
                )));
            }
        };
        let response = connection
            .send_request(self.request(ask)?)
            .await
            .map_err(broken)?;
        self.receive(connection, response).await
    }

    async fn receive(
        &self,
        connection: Connection,
        response: Response<Incoming>,
    ) -> Result<Answer, KeyError> {
        let (head, body) = response.into_parts();
        match head.status {
            StatusCode::OK => {}
            StatusCode::NOT_FOUND | StatusCode::GONE => {
                return Err(KeyError::Unknown(head.status.as_u16()));
            }
            status if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS => {
                return Err(KeyError::Failed(status.as_u16()));
            }
            status => return Err(KeyError::Refused(status.as_u16())),
        }
        let body = whole(&head.headers, body).await?;
        if !connection.is_closed() {
            let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
            idle.push(connection);
        }
        Ok(Answer {
            headers: head.headers,
            body,
        })
    }

    fn take_idle(&self) -> Option<Connection> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.pop()
    }

    fn request(&self, ask: &Ask) -> Result<Request<Full<Bytes>>, KeyError> {
        let mut request = Request::new(Full::new(ask.body.clone()));
        *request.method_mut() = ask.method.clone();
        *request.uri_mut() = Uri::from(ask.target.clone());
        let headers = request.headers_mut();
        headers.insert(HOST, self.host.clone());
        headers.insert(
            USER_AGENT,
            HeaderValue::from_static(concat!("edgepack/", env!("CARGO_PKG_VERSION"))),
        );
        if let Some(authorization) = &self.authorization {
            headers.insert(AUTHORIZATION, authorization.clone());
        }
        for (name, value) in &ask.headers {
            headers.insert(name.clone(), value.clone());
        }
        Ok(request)
    }

    async fn connect(&self) -> Result<Connection, KeyError> {
        let host = self.authority.host().trim_matches(['[', ']']);
        let stream = TcpStream::connect((host, self.port))
            .await
            .map_err(|error| KeyError::Unreachable(error.to_string()))?;
        // A request is one write; without it the answer would only come later.
        stream
            .set_nodelay(true)
            .map_err(|error| KeyError::Unreachable(error.to_string()))?;
        match &self.tls {
            None => self.shake_hands(TokioIo::new(stream)).await,
            Some((connector, name)) => {
                let stream = connector
                    .connect(name.clone(), stream)
                    .await
                    .map_err(|error| KeyError::Unreachable(format!("TLS: {error}")))?;
                self.shake_hands(TokioIo::new(stream)).await
            }
        }
    }

    async fn shake_hands<S>(&self, stream: S) -> Result<Connection, KeyError>
    where
        S: hyper::rt::Read + hyper::rt::Write + Unpin + Send + 'static,
    {
        let (sender, connection) = http1::Builder::new()
            .max_buf_size(MAX_HEAD_BYTES)
            .handshake(stream)
            .await
            .map_err(broken)?;
        // Ends when the sender is dropped, or the server closes.
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "connection to a key provider");
            }
        });
        Ok(sender)
    }
}

/// The body, wiped when dropped, if it is no larger than it may be.
async fn whole(
    headers: &http::HeaderMap,
    mut body: Incoming,
) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    let too_large = || KeyError::Wrong(format!("it is larger than {} MiB", MAX_ANSWER_BYTES >> 20));
    let said = headers
        .get(CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    if said.is_some_and(|said| said > MAX_ANSWER_BYTES) {
        return Err(too_large());
    }
    let mut bytes = Zeroizing::new(Vec::new());
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(broken)?.into_data() else {
            continue; // trailers
        };
        if bytes.len() + data.len() > MAX_ANSWER_BYTES {
            return Err(too_large());
        }
        if bytes.len() + data.len() > bytes.capacity() {
            // By hand: `Vec` would leave its old bytes behind.
            let mut roomier = Zeroizing::new(Vec::with_capacity(2 * (bytes.len() + data.len())));
            roomier.extend_from_slice(&bytes);
            bytes = roomier;
        }
        bytes.extend_from_slice(&data);
    }
    Ok(bytes)
}

fn broken(error: hyper::Error) -> KeyError {
    use std::error::Error as _;
    let reason = error
        .source()
        .map_or_else(|| error.to_string(), ToString::to_string);
    KeyError::Unreachable(format!("the connection broke: {reason}"))
}

/// Scheme and authority of a URL template.
fn origin(url: &str) -> Result<(Scheme, Authority), String> {
    let (scheme, rest) = url.split_once("://").ok_or("url: no scheme")?;
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    let scheme = match scheme {
        "http" => Scheme::HTTP,
        "https" => Scheme::HTTPS,
        other => return Err(format!("url: {other} is neither http nor https")),
    };
    let authority = authority
        .parse()
        .map_err(|_| format!("url: \"{authority}\" is no host"))?;
    Ok((scheme, authority))
}

/// Path and query of a URL template.
pub(super) fn target(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.find(['/', '?']).map_or("/", |at| &rest[at..])
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Client({})", self.authority)
    }
}
