//! One client for three protocols: a few connections, one request after the other on each, bodies thrown away.
use std::net::SocketAddr;
use std::sync::Arc;

use bytes::{Buf, Bytes};
use futures_util::future::try_join_all;
use http::{Request, StatusCode};
use http_body_util::{BodyExt, Empty};
use hyper::client::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls_pki_types::ServerName;
use tokio::net::TcpStream;
use tokio::sync::Mutex;

use crate::Result;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Transport {
    Http1,
    Http1Tls,
    Http2Tls,
    Http3,
}

/// Connections of one client; HTTP/2 and HTTP/3 multiplex as many requests over one.
const CONCURRENCY: usize = 4;

pub(crate) struct Client {
    connections: Vec<Connection>,
}

enum Connection {
    Http1(Mutex<http1::SendRequest<Empty<Bytes>>>, String),
    Http2(http2::SendRequest<Empty<Bytes>>, String),
    /// The endpoint lives as long as its connection.
    Http3 {
        sender: h3::client::SendRequest<h3_quinn::OpenStreams, Bytes>,
        authority: String,
        _endpoint: quinn::Endpoint,
    },
}

impl Client {
    pub(crate) async fn connect(transport: Transport, address: SocketAddr) -> Result<Self> {
        let count = if matches!(transport, Transport::Http1 | Transport::Http1Tls) {
            CONCURRENCY
        } else {
            1
        };
        let mut connections = Vec::with_capacity(count);
        for _ in 0..count {
            connections.push(Connection::open(transport, address).await?);
        }
        Ok(Self { connections })
    }

    /// `count` requests over the paths in turn; returns the bytes of all bodies.
    pub(crate) async fn fetch_all(&self, paths: &[String], count: usize) -> Result<u64> {
        let lanes = (0..CONCURRENCY).map(async |lane| -> Result<u64> {
            let connection = &self.connections[lane % self.connections.len()];
            let mut bytes = 0;
            for index in (lane..count).step_by(CONCURRENCY) {
                bytes += connection.get(&paths[index % paths.len()], |_| {}).await?;
            }
            Ok(bytes)
        });
        Ok(try_join_all(lanes).await?.into_iter().sum())
    }

    pub(crate) async fn bytes(&self, path: &str) -> Result<Vec<u8>> {
        let mut body = Vec::new();
        self.connections[0]
            .get(path, |chunk| body.extend_from_slice(chunk))
            .await?;
        Ok(body)
    }

    pub(crate) async fn text(&self, path: &str) -> Result<String> {
        Ok(String::from_utf8(self.bytes(path).await?)?)
    }
}

impl Connection {
    async fn open(transport: Transport, address: SocketAddr) -> Result<Self> {
        let authority = format!("localhost:{}", address.port());
        if transport == Transport::Http3 {
            return Self::open_http3(address, authority).await;
        }
        let tcp = TcpStream::connect(address).await?;
        tcp.set_nodelay(true)?;
        if transport == Transport::Http1 {
            return http1_over(TokioIo::new(tcp), authority).await;
        }
        let alpn: &[u8] = if transport == Transport::Http2Tls {
            b"h2"
        } else {
            b"http/1.1"
        };
        let connector = tokio_rustls::TlsConnector::from(Arc::new(tls(alpn)?));
        let stream = connector
            .connect(ServerName::try_from("localhost")?, tcp)
            .await?;
        if transport == Transport::Http1Tls {
            return http1_over(TokioIo::new(stream), authority).await;
        }
        let (sender, connection) = http2::Builder::new(TokioExecutor::new())
            .initial_stream_window_size(8 << 20)
            .initial_connection_window_size(32 << 20)
            .max_frame_size(64 << 10)
            .handshake(TokioIo::new(stream))
            .await?;
        tokio::spawn(connection);
        Ok(Self::Http2(sender, authority))
    }

    async fn open_http3(address: SocketAddr, authority: String) -> Result<Self> {
        let crypto = quinn::crypto::rustls::QuicClientConfig::try_from(tls(b"h3")?)?;
        let mut config = quinn::ClientConfig::new(Arc::new(crypto));
        let mut transport = quinn::TransportConfig::default();
        transport.stream_receive_window((16_u32 << 20).into());
        transport.receive_window((64_u32 << 20).into());
        config.transport_config(Arc::new(transport));
        let mut endpoint = quinn::Endpoint::client(SocketAddr::from(([127, 0, 0, 1], 0)))?;
        endpoint.set_default_client_config(config);
        let connection = endpoint.connect(address, "localhost")?.await?;
        let (mut driver, sender) = h3::client::new(h3_quinn::Connection::new(connection)).await?;
        tokio::spawn(async move { std::future::poll_fn(|cx| driver.poll_close(cx)).await });
        Ok(Self::Http3 {
            sender,
            authority,
            _endpoint: endpoint,
        })
    }

    async fn get(&self, path: &str, mut each: impl FnMut(&[u8])) -> Result<u64> {
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
        }
        Ok(bytes)
    }
}

async fn http1_over<I>(io: I, authority: String) -> Result<Connection>
where
    I: hyper::rt::Read + hyper::rt::Write + Unpin + Send + 'static,
{
    let (sender, connection) = http1::handshake(io).await?;
    tokio::spawn(connection);
    Ok(Connection::Http1(Mutex::new(sender), authority))
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

fn tls(alpn: &[u8]) -> Result<rustls::ClientConfig> {
    let provider = Arc::new(rustls::crypto::CryptoProvider {
        // What both servers can do fastest, so that the comparison is not one of ciphers.
        cipher_suites: vec![rustls::crypto::ring::cipher_suite::TLS13_AES_128_GCM_SHA256],
        ..rustls::crypto::ring::default_provider()
    });
    let mut config = rustls::ClientConfig::builder_with_provider(provider.clone())
        .with_protocol_versions(&[&rustls::version::TLS13])?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(AnyCertificate(provider)))
        .with_no_client_auth();
    config.alpn_protocols = vec![alpn.to_vec()];
    Ok(config)
}

/// The certificate was made a moment ago for a server on this machine's loopback.
#[derive(Debug)]
struct AnyCertificate(Arc<rustls::crypto::CryptoProvider>);

mod verify {
    use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
    use rustls::crypto::{verify_tls12_signature, verify_tls13_signature};
    use rustls::{DigitallySignedStruct, Error, SignatureScheme};
    use rustls_pki_types::{CertificateDer, ServerName, UnixTime};

    use super::AnyCertificate;

    impl ServerCertVerifier for AnyCertificate {
        fn verify_server_cert(
            &self,
            _: &CertificateDer<'_>,
            _: &[CertificateDer<'_>],
            _: &ServerName<'_>,
            _: &[u8],
            _: UnixTime,
        ) -> Result<ServerCertVerified, Error> {
            Ok(ServerCertVerified::assertion())
        }

        fn verify_tls12_signature(
            &self,
            message: &[u8],
            certificate: &CertificateDer<'_>,
            signature: &DigitallySignedStruct,
        ) -> Result<HandshakeSignatureValid, Error> {
            verify_tls12_signature(
                message,
                certificate,
                signature,
                &self.0.signature_verification_algorithms,
            )
        }

        fn verify_tls13_signature(
            &self,
            message: &[u8],
            certificate: &CertificateDer<'_>,
            signature: &DigitallySignedStruct,
        ) -> Result<HandshakeSignatureValid, Error> {
            verify_tls13_signature(
                message,
                certificate,
                signature,
                &self.0.signature_verification_algorithms,
            )
        }

        fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
            self.0.signature_verification_algorithms.supported_schemes()
        }
    }
}
