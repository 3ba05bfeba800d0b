//! What every adapter turns the wire into.
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::{Bytes, BytesMut};
use futures_util::{Stream, StreamExt};
use http::header::HOST;
use http::uri::Authority;
use http::{HeaderMap, Method, StatusCode, Uri};

use super::{Blame, ClientCertificate, Fault};

/// Longest host name and port.
const AUTHORITY_MAX: usize = 256 + 6;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Protocol {
    Http1,
    Http2,
    Http3,
}

#[derive(Debug)]
pub struct Request {
    pub method: Method,
    /// Path and query as sent; authority where the protocol carries one.
    pub uri: Uri,
    pub headers: HeaderMap,
    pub body: RequestBody,
    pub peer: SocketAddr,
    pub protocol: Protocol,
    /// Came over TLS or QUIC.
    pub secure: bool,
    /// Shown and verified in the handshake. Over HTTP/3 nobody is asked.
    pub client_certificate: Option<Arc<ClientCertificate>>,
    pub now: SystemTime,
}

impl Request {
    /// Host and port that the client meant: the authority of HTTP/2 and HTTP/3, else the `Host` header.
    /// `None` when there is none, or it could not stand in a URL.
    pub fn authority(&self) -> Option<&str> {
        let host = || self.headers.get(HOST)?.to_str().ok();
        let authority = self.uri.authority().map(Authority::as_str).or_else(host)?;
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-_:[]".contains(&byte);
        (!authority.is_empty() && authority.len() <= AUTHORITY_MAX && authority.bytes().all(plain))
            .then_some(authority)
    }

    /// `https://media.example:8443`, for URLs that have to be absolute.
    pub fn base_url(&self) -> Option<String> {
        let scheme = if self.secure { "https" } else { "http" };
        Some(format!("{scheme}://{}", self.authority()?))
    }
}

/// A request's body as it arrives; worker-local. `None`: the request has no body.
pub struct RequestBody(pub Option<BodyStream>);

/// The pieces of a body in the order they arrive.
pub type BodyStream = Pin<Box<dyn Stream<Item = Result<Bytes, BodyError>>>>;

impl RequestBody {
    /// All of the body, where it has at most `limit` bytes and arrives within `time`.
    ///
    /// # Errors
    /// [`BodyError`]; what was read so far is gone.
    pub async fn read(&mut self, limit: usize, time: Duration) -> Result<Bytes, BodyError> {
        let Some(mut stream) = self.0.take() else {
            return Ok(Bytes::new());
        };
        let read = async {
            let mut whole = BytesMut::new();
            while let Some(chunk) = stream.next().await {
                let chunk = chunk?;
                if whole.len() + chunk.len() > limit {
                    return Err(BodyError::TooLarge { limit });
                }
                whole.extend_from_slice(&chunk);
            }
            Ok(whole.freeze())
        };
        tokio::time::timeout(time, read)
            .await
            .unwrap_or(Err(BodyError::TooSlow { time }))
    }
}

impl std::fmt::Debug for RequestBody {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.0.is_some() {
            "RequestBody(..)"
        } else {
            "RequestBody(none)"
        })
    }
}

#[derive(Debug, thiserror::Error)]
pub enum BodyError {
    #[error("the connection broke while the request body was read: {0}")]
    Broken(String),
    #[error("request body larger than {limit} bytes")]
    TooLarge { limit: usize },
    #[error("request body not complete within {time:?}")]
    TooSlow { time: Duration },
}

impl From<BodyError> for Fault {
    fn from(error: BodyError) -> Self {
        let message = error.to_string();
        let (status, code) = match error {
            BodyError::Broken(_) => (StatusCode::BAD_REQUEST, "body-broken"),
            BodyError::TooLarge { .. } => (StatusCode::PAYLOAD_TOO_LARGE, "body-too-large"),
            BodyError::TooSlow { .. } => (StatusCode::REQUEST_TIMEOUT, "body-too-slow"),
        };
        Self::new(status, Blame::Viewer, code, message)
    }
}
