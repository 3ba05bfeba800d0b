//! A viewer's connections to one origin, and how they are made over TCP.
use std::cell::RefCell;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::HeaderValue;
use http_body_util::Empty;
use hyper::client::conn::{http1, http2};
use rustls_pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::{Mutex, Semaphore};
use tokio::time::{Instant, timeout};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use url::Url;

use super::shared::{Dialer, Place};
use super::{Failure, classify};
use crate::outcome::ErrorClass;

pub(super) type Http1 = http1::SendRequest<Empty<Bytes>>;
pub(super) type Http2 = http2::SendRequest<Empty<Bytes>>;
pub(super) type Http3 = h3::client::SendRequest<h3_quinn::OpenStreams, Bytes>;

/// Scheme, host and port, and what is open to them.
pub(super) struct Origin {
    pub(super) url: Url,
    pub(super) secure: bool,
    pub(super) authority: String,
    pub(super) host: HeaderValue,
    pub(super) name: ServerName<'static>,
    /// As many HTTP/1.1 requests at a time.
    pub(super) places: Semaphore,
    pub(super) idle: RefCell<Vec<Http1>>,
    /// One at a time makes the connection all share.
    pub(super) http2: Mutex<Option<Http2>>,
    pub(super) http3: Mutex<Option<(Http3, quinn::Connection)>>,
}

impl std::fmt::Debug for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Origin({})", self.authority)
    }
}

impl Origin {
    pub(super) fn of(url: &Url, connections: usize) -> Result<Self, Failure> {
        let unusable = |what: &str| Failure::new(ErrorClass::Unreadable, format!("{url}: {what}"));
        let host = url.host_str().ok_or_else(|| unusable("no host"))?;
        let authority = match url.port() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_owned(),
        };
        let name = host.trim_matches(['[', ']']).to_owned();
        Ok(Self {
            url: url.clone(),
            secure: url.scheme() == "https",
            host: HeaderValue::try_from(&authority).map_err(|_| unusable("no host"))?,
            authority,
            name: ServerName::try_from(name).map_err(|_| unusable("no name of a server"))?,
            places: Semaphore::new(connections),
            idle: RefCell::default(),
            http2: Mutex::new(None),
            http3: Mutex::new(None),
        })
    }

    pub(super) fn is_of(&self, url: &Url) -> bool {
        self.url.scheme() == url.scheme()
            && self.url.host_str() == url.host_str()
            && self.url.port_or_known_default() == url.port_or_known_default()
    }
}

/// TCP, with TLS where the scheme asks for it.
pub(super) async fn connect(
    dialer: &Dialer,
    tls: &Arc<rustls::ClientConfig>,
    origin: &Origin,
) -> Result<(Stream, Place), Failure> {
    let place = dialer.place().await?;
    let begin = Instant::now();
    let limit = dialer.settings.timeouts.connect;
    let made = match timeout(limit, open(dialer, tls, origin)).await {
        Ok(made) => made,
        Err(_) => Err(Failure::timeout("connecting", limit)),
    };
    match made {
        Ok(stream) => {
            dialer.recorder.handshake(begin.elapsed());
            place.opened();
            Ok((stream, place))
        }
        Err(failure) => {
            dialer.count_failed();
            Err(failure)
        }
    }
}

async fn open(
    dialer: &Dialer,
    tls: &Arc<rustls::ClientConfig>,
    origin: &Origin,
) -> Result<Stream, Failure> {
    let addresses = dialer.addresses(&origin.url).await?;
    let tcp = TcpStream::connect(&addresses[..])
        .await
        .map_err(|error| classify::connecting(&error))?;
    tcp.set_nodelay(true)
        .map_err(|error| classify::connecting(&error))?;
    if !origin.secure {
        return Ok(Stream::Plain(tcp));
    }
    let connector = TlsConnector::from(Arc::clone(tls));
    let stream = connector
        .connect(origin.name.clone(), tcp)
        .await
        .map_err(|error| match classify::connecting(&error) {
            // After TCP stands, what breaks is the handshake.
            failure if failure.class == ErrorClass::Connect => Failure {
                class: ErrorClass::Tls,
                ..failure
            },
            failure => failure,
        })?;
    let wanted = tls.alpn_protocols.first();
    let agreed = stream.get_ref().1.alpn_protocol();
    // A server that knows no ALPN speaks HTTP/1.1 (RFC 7301, 3.2).
    let http1 = wanted.is_some_and(|it| it == b"http/1.1");
    if agreed == wanted.map(Vec::as_slice) || (http1 && agreed.is_none()) {
        Ok(Stream::Tls(Box::new(stream)))
    } else {
        Err(Failure::new(
            ErrorClass::Tls,
            "the server does not offer this protocol (ALPN)",
        ))
    }
}

#[derive(Debug)]
pub(super) enum Stream {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

impl AsyncRead for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_read(cx, buffer),
            Self::Tls(stream) => Pin::new(stream).poll_read(cx, buffer),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_write(cx, bytes),
            Self::Tls(stream) => Pin::new(stream).poll_write(cx, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_flush(cx),
            Self::Tls(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            Self::Tls(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}
