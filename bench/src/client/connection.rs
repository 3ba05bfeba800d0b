//! Connections of every kind, made to one server.
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::{Buf, Bytes};
use http::{Request, StatusCode};
use http_body_util::{BodyExt, Empty};
use hyper::client::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls_pki_types::ServerName;
use tokio::net::{TcpStream, UdpSocket};
use tokio::sync::Mutex;
use tokio_rustls::TlsConnector;

use super::datagrams::Batches;
use super::{Transport, tls};
use crate::Result;

pub(crate) enum Connection {
    Http1(Mutex<http1::SendRequest<Empty<Bytes>>>, String),
    Http2(http2::SendRequest<Empty<Bytes>>, String),
    Http3 {
        sender: h3::client::SendRequest<h3_quinn::OpenStreams, Bytes>,
        authority: String,
        /// Lives as long as its connections.
        _endpoint: quinn::Endpoint,
    },
    Datagrams(Mutex<Batches>),
}

/// Makes connections of one kind to one server; what they share is made once.
pub(crate) struct Dialer {
    address: SocketAddr,
    authority: String,
    means: Means,
}

enum Means {
    Tcp,
    Tls {
        connector: TlsConnector,
        http2: bool,
    },
    /// Connections take them in turn: what comes for all connections of one waits in one buffer.
    Quic {
        endpoints: Vec<quinn::Endpoint>,
        next: AtomicUsize,
    },
    Udp,
}

impl Dialer {
    pub(crate) fn new(transport: Transport, address: SocketAddr) -> Result<Self> {
        Self::with_sockets(transport, address, 1)
    }

    /// `sockets`: those that QUIC connections are spread over.
    pub(crate) fn with_sockets(
        transport: Transport,
        address: SocketAddr,
        sockets: usize,
    ) -> Result<Self> {
        let tls = |alpn| -> Result<_> { Ok(TlsConnector::from(Arc::new(tls::config(alpn)?))) };
        let means = match transport {
            Transport::Http1 => Means::Tcp,
            Transport::Http1Tls => Means::Tls {
                connector: tls(b"http/1.1")?,
                http2: false,
            },
            Transport::Http2Tls => Means::Tls {
                connector: tls(b"h2")?,
                http2: true,
            },
            Transport::Http3 => Means::Quic {
                endpoints: (0..sockets).map(|_| endpoint()).collect::<Result<_>>()?,
                next: AtomicUsize::new(0),
            },
            Transport::Datagrams => Means::Udp,
        };
        Ok(Self {
            address,
            authority: format!("localhost:{}", address.port()),
            means,
        })
    }

    pub(crate) async fn dial(&self) -> Result<Connection> {
        match &self.means {
            Means::Tcp => http1_over(self.tcp().await?, self.authority.clone()).await,
            Means::Tls { connector, http2 } => {
                let name = ServerName::try_from("localhost")?;
                let stream = connector.connect(name, self.tcp().await?).await?;
                if *http2 {
                    http2_over(stream, self.authority.clone()).await
                } else {
                    http1_over(stream, self.authority.clone()).await
                }
            }
            Means::Quic { endpoints, next } => {
                let turn = next.fetch_add(1, Ordering::Relaxed);
                let endpoint = endpoints.get(turn % endpoints.len().max(1));
                let endpoint = endpoint.ok_or("a dialer without sockets")?;
                let connection = endpoint.connect(self.address, "localhost")?.await?;
                let connection = h3_quinn::Connection::new(connection);
                let (mut driver, sender) = h3::client::new(connection).await?;
                tokio::spawn(async move { std::future::poll_fn(|cx| driver.poll_close(cx)).await });
                Ok(Connection::Http3 {
                    sender,
                    authority: self.authority.clone(),
                    _endpoint: endpoint.clone(),
                })
            }
            Means::Udp => {
                let socket = UdpSocket::bind("127.0.0.1:0").await?;
                socket.connect(self.address).await?;
                Ok(Connection::Datagrams(Mutex::new(Batches::new(socket)?)))
            }
        }
    }

    async fn tcp(&self) -> Result<TcpStream> {
        let tcp = TcpStream::connect(self.address).await?;
        tcp.set_nodelay(true)?;
        Ok(tcp)
    }
}

impl Connection {
    /// Bytes of the body, of which `each` gets every piece.
    pub(crate) async fn get(&self, path: &str, mut each: impl FnMut(&[u8])) -> Result<u64> {
        let mut bytes = 0;
        match self {
            Self::Http1(sender, authority) => {
                let mut sender = sender.lock().await;
                sender.ready().await?;
                let request = Request::get(path)
                    .header("host", authority)
                    .body(Empty::new())?;
                let response = sender.send_request(request).await?;
                expect_ok(path, response.status())?;
                bytes += drain(response.into_body(), &mut each).await?;
            }
            Self::Http2(sender, authority) => {
                let mut sender = sender.clone();
                sender.ready().await?;
                let request =
                    Request::get(format!("https://{authority}{path}")).body(Empty::new())?;
                let response = sender.send_request(request).await?;
                expect_ok(path, response.status())?;
                bytes += drain(response.into_body(), &mut each).await?;
            }
            Self::Http3 {
                sender, authority, ..
            } => {
                let request = Request::get(format!("https://{authority}{path}")).body(())?;
                let mut stream = sender.clone().send_request(request).await?;
                stream.finish().await?;
                let response = stream.recv_response().await?;
                expect_ok(path, response.status())?;
                while let Some(mut chunk) = stream.recv_data().await? {
                    while chunk.has_remaining() {
                        let length = chunk.chunk().len();
                        each(chunk.chunk());
                        bytes += length as u64;
                        chunk.advance(length);
                    }
                }
            }
            Self::Datagrams(socket) => bytes += socket.lock().await.segment(path).await?,
        }
        Ok(bytes)
    }
}

/// Windows that let a segment through; no end to idleness, which is the server's to decide.
fn endpoint() -> Result<quinn::Endpoint> {
    let crypto = quinn::crypto::rustls::QuicClientConfig::try_from(tls::config(b"h3")?)?;
    let mut config = quinn::ClientConfig::new(Arc::new(crypto));
    let mut transport = quinn::TransportConfig::default();
    transport.stream_receive_window((16_u32 << 20).into());
    transport.receive_window((64_u32 << 20).into());
    transport.max_idle_timeout(None);
    config.transport_config(Arc::new(transport));
    let mut endpoint = quinn::Endpoint::client(SocketAddr::from(([127, 0, 0, 1], 0)))?;
    endpoint.set_default_client_config(config);
    Ok(endpoint)
}

async fn http1_over<S>(stream: S, authority: String) -> Result<Connection>
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
{
    let (sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    Ok(Connection::Http1(Mutex::new(sender), authority))
}

async fn http2_over<S>(stream: S, authority: String) -> Result<Connection>
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
{
    let (sender, connection) = http2::Builder::new(TokioExecutor::new())
        .initial_stream_window_size(8 << 20)
        .initial_connection_window_size(32 << 20)
        .max_frame_size(64 << 10)
        .handshake(TokioIo::new(stream))
        .await?;
    tokio::spawn(connection);
    Ok(Connection::Http2(sender, authority))
}

async fn drain(mut body: hyper::body::Incoming, each: &mut impl FnMut(&[u8])) -> Result<u64> {
    let mut bytes = 0;
    while let Some(frame) = body.frame().await {
        if let Ok(data) = frame?.into_data() {
            bytes += data.len() as u64;
            each(&data);
        }
    }
    Ok(bytes)
}

fn expect_ok(path: &str, status: StatusCode) -> Result<()> {
    if status == StatusCode::OK {
        Ok(())
    } else {
        Err(format!("{path}: {status}").into())
    }
}
