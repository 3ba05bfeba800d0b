//! A server with a small handler, and clients for it, all on the test's own runtime.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use std::cell::{Cell, RefCell};
use std::future::Future;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Buf, Bytes, BytesMut};
use edgepack::cache::{Entry, Filler};
use edgepack::delivery::h3::{Options, Transport, bind, seats, serve};
use edgepack::delivery::tls::{Certificates, SelfSigned, tcp_config};
use edgepack::delivery::{
    Audience, Body, CachePolicy, Content, Etag, Fault, Handler, PartIndex, Protocol,
    Representation, Request, Response, finish,
};
use edgepack::telemetry::Telemetry;
use edgepack_h3::{qpack, varint};
use futures_util::future::join_all;
use futures_util::stream;
use http::{HeaderValue, StatusCode};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use tokio::sync::{Notify, watch};
use tokio::task::{JoinHandle, LocalSet};

pub(crate) type SendRequest = h3::client::SendRequest<h3_quinn::OpenStreams, Bytes>;

/// Nothing here takes this long.
const PATIENCE: Duration = Duration::from_secs(20);

/// 5 MiB that repeat nowhere in step with a packet.
pub(crate) fn media() -> Bytes {
    (0..5u32 << 20)
        .map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8)
        .collect()
}

#[derive(Default)]
pub(crate) struct TestHandler {
    /// `/slow` has begun.
    pub(crate) begun: Notify,
    /// Lets `/slow` answer.
    pub(crate) go: Notify,
    /// Futures of `/slow` that were dropped unanswered.
    pub(crate) dropped: Rc<Cell<usize>>,
    pub(crate) dropped_one: Rc<Notify>,
    /// Fills `/growing`.
    pub(crate) filler: RefCell<Option<Filler>>,
}

struct Dropped(Rc<Cell<usize>>, Rc<Notify>);

impl Drop for Dropped {
    fn drop(&mut self) {
        self.0.set(self.0.get() + 1);
        self.1.notify_one();
    }
}

impl Handler for TestHandler {
    async fn handle(&self, request: Request) -> Response {
        assert_eq!(request.protocol, Protocol::Http3);
        assert!(request.secure && request.peer.ip().is_loopback());
        let ok = Response::new(StatusCode::OK);
        match request.uri.path() {
            "/hello" => Response::bytes(StatusCode::OK, "text/plain", "hello"),
            "/head" => ok.header(
                http::header::CONTENT_LENGTH,
                HeaderValue::from_static("123"),
            ),
            "/video" => typed("video/mp4", media()),
            "/audio" => typed("audio/mp4", media().slice(..2 << 20)),
            "/early" => {
                let early = request.headers.get("early-data");
                let early = early.map_or("", |value| value.to_str().unwrap());
                Response::bytes(StatusCode::OK, "text/plain", early.to_owned())
            }
            "/media" => {
                let media = media();
                let chunks = (0..media.len())
                    .step_by(700_000)
                    .map(|at| media.slice(at..media.len().min(at + 700_000)))
                    .collect();
                ok.with_body(Body::Entry {
                    entry: Entry::complete(chunks),
                    range: 0..u64::MAX,
                })
            }
            "/parts" => in_parts(&request, usize::MAX).await,
            "/parts-broken" => in_parts(&request, 1).await,
            "/growing" => {
                let (entry, filler) = Entry::filling();
                self.filler.replace(Some(filler));
                self.begun.notify_one();
                ok.with_body(Body::Entry {
                    entry,
                    range: 0..u64::MAX,
                })
            }
            "/breaks" => ok.with_body(Body::Stream {
                length: None,
                stream: Box::pin(stream::iter([
                    Ok(Bytes::from_static(b"some")),
                    Err(std::io::Error::other("the disk is gone")),
                ])),
            }),
            "/echo" => echo(request).await,
            "/slow" => {
                let dropped = Dropped(Rc::clone(&self.dropped), Rc::clone(&self.dropped_one));
                self.begun.notify_one();
                self.go.notified().await;
                std::mem::forget(dropped);
                Response::bytes(StatusCode::OK, "text/plain", "at last")
            }
            "/panics" => panic!("a fault of the core"),
            "/no-content" => Response::new(StatusCode::NO_CONTENT),
            path => Response::bytes(StatusCode::OK, "text/plain", path.to_owned()),
        }
    }
}

fn typed(content_type: &'static str, bytes: Bytes) -> Response {
    Response::bytes(StatusCode::OK, content_type, bytes)
}

/// [`media`] in parts of 700 000 bytes, of which those from `broken` on cannot be had.
async fn in_parts(request: &Request, broken: usize) -> Response {
    let media = media();
    let index = PartIndex::new(media.chunks(700_000).map(|part| part.len() as u64)).unwrap();
    let content = Content::parts(Arc::new(index), move |part| {
        let start = part * 700_000;
        let bytes = media.slice(start..media.len().min(start + 700_000));
        std::future::ready(if part >= broken {
            Err(Fault::not_found("gone", "No more of it."))
        } else {
            Ok(Entry::complete(vec![bytes]))
        })
    });
    let representation = Representation {
        etag: Etag::from_digest(b"parts"),
        last_modified: None,
        content_type: "video/mp4",
        encoding: None,
        cache: CachePolicy::Immutable,
        content,
    };
    let answer = finish(request, representation, Audience::Everybody).await;
    answer.unwrap_or_else(Response::from)
}

async fn echo(mut request: Request) -> Response {
    match request.body.read(usize::MAX, PATIENCE).await {
        Ok(body) => Response::bytes(StatusCode::OK, "application/octet-stream", body),
        Err(error) => Fault::from(error).into(),
    }
}

pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    pub(crate) handler: Rc<TestHandler>,
    pub(crate) shutdown: watch::Sender<bool>,
    pub(crate) serving: JoinHandle<()>,
    pub(crate) telemetry: Arc<Telemetry>,
    pub(crate) tls: Arc<rustls::ClientConfig>,
}

/// Runs `test` beside a server with `options`.
pub(crate) fn with_server<F: Future<Output = ()>>(
    options: Options,
    test: impl FnOnce(Server) -> F,
) {
    with_workers(1, options, test);
}

/// The same with several endpoints that share the address, as workers have them.
pub(crate) fn with_workers<F: Future<Output = ()>>(
    workers: usize,
    options: Options,
    test: impl FnOnce(Server) -> F,
) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let all = async {
        tokio::time::timeout(PATIENCE, test(Server::start(workers, options)))
            .await
            .expect("the test takes too long");
    };
    LocalSet::new().block_on(&runtime, all);
}

impl Server {
    fn start(workers: usize, mut options: Options) -> Self {
        let files = tempfile::tempdir().unwrap();
        let (certificate, key) = (files.path().join("cert.pem"), files.path().join("key.pem"));
        let pair = SelfSigned::for_localhost().unwrap();
        std::fs::write(&certificate, &pair.certificate_pem).unwrap();
        std::fs::write(&key, &pair.key_pem).unwrap();
        let tls = tcp_config(Certificates::load(&certificate, &key).unwrap(), None).unwrap();

        let mut roots = rustls::RootCertStore::empty();
        roots
            .add(CertificateDer::from_pem_slice(pair.certificate_pem.as_bytes()).unwrap())
            .unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut client_tls = rustls::ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&rustls::version::TLS13])
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        client_tls.alpn_protocols = vec![b"h3".to_vec()];

        let handler = Rc::new(TestHandler::default());
        let telemetry = Telemetry::new(None).unwrap();
        options.telemetry = Some(Arc::clone(&telemetry));
        let (shutdown, stop) = watch::channel(false);
        let transport = Transport::new(&tls, &options).unwrap();
        let mut address = "127.0.0.1:0".parse().unwrap();
        let serving = seats(workers).unwrap().into_iter().map(|seat| {
            let socket = bind(address).unwrap();
            address = socket.local_addr().unwrap();
            let endpoint = transport.endpoint(socket, seat).unwrap();
            serve(endpoint, Rc::clone(&handler), options.clone(), stop.clone())
        });
        let serving: Vec<_> = serving.collect();
        let serving = tokio::task::spawn_local(async {
            join_all(serving).await;
        });
        Self {
            address,
            handler,
            shutdown,
            serving,
            telemetry,
            tls: Arc::new(client_tls),
        }
    }

    /// The value of one line of the metrics.
    pub(crate) fn metric(&self, line: &str) -> f64 {
        let text = String::from_utf8(self.telemetry.render().unwrap()).unwrap();
        text.lines()
            .find_map(|metric| metric.strip_prefix(line)?.trim().parse().ok())
            .unwrap_or(0.0)
    }

    /// A QUIC connection with ALPN `h3` and nothing said on it.
    pub(crate) async fn quic(&self) -> Result<quinn::Connection, quinn::ConnectionError> {
        self.connect(&client_endpoint(), quinn::TransportConfig::default())
            .await
    }

    /// The same from `endpoint`, with its own bounds.
    pub(crate) async fn connect(
        &self,
        endpoint: &quinn::Endpoint,
        bounds: quinn::TransportConfig,
    ) -> Result<quinn::Connection, quinn::ConnectionError> {
        let mut config = client_config(&self.tls);
        config.transport_config(Arc::new(bounds));
        let connecting = endpoint.connect_with(config, self.address, "localhost");
        connecting.unwrap().await
    }

    /// A client of the `h3` crate, its connection driven in the background.
    pub(crate) async fn client(&self) -> Client {
        let quic = self.quic().await.unwrap();
        let (mut driver, send) = h3::client::new(h3_quinn::Connection::new(quic.clone()))
            .await
            .unwrap();
        let closed = tokio::task::spawn_local(async move {
            std::future::poll_fn(|cx| driver.poll_close(cx)).await
        });
        Client {
            quic,
            send,
            _closed: closed,
        }
    }
}

pub(crate) fn client_endpoint() -> quinn::Endpoint {
    quinn::Endpoint::client("127.0.0.1:0".parse().unwrap()).unwrap()
}

pub(crate) fn client_config(tls: &Arc<rustls::ClientConfig>) -> quinn::ClientConfig {
    let crypto = quinn::crypto::rustls::QuicClientConfig::try_from(Arc::clone(tls)).unwrap();
    quinn::ClientConfig::new(Arc::new(crypto))
}

pub(crate) struct Client {
    pub(crate) quic: quinn::Connection,
    pub(crate) send: SendRequest,
    _closed: JoinHandle<h3::error::ConnectionError>,
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) head: http::Response<()>,
    pub(crate) body: Bytes,
}

pub(crate) type ClientStream = h3::client::RequestStream<h3_quinn::BidiStream<Bytes>, Bytes>;

pub(crate) fn get(path: &str) -> http::Request<()> {
    http::Request::get(format!("https://localhost{path}"))
        .body(())
        .unwrap()
}

impl Client {
    pub(crate) async fn fetch(
        &self,
        request: http::Request<()>,
    ) -> Result<Answer, h3::error::StreamError> {
        self.send_body(request, Bytes::new()).await
    }

    pub(crate) async fn send_body(
        &self,
        request: http::Request<()>,
        body: Bytes,
    ) -> Result<Answer, h3::error::StreamError> {
        let mut stream = self.send.clone().send_request(request).await?;
        if !body.is_empty() {
            // The server may answer and stop reading before all is sent.
            let _ = stream.send_data(body).await;
        }
        let _ = stream.finish().await;
        answer(&mut stream).await
    }
}

pub(crate) async fn answer(stream: &mut ClientStream) -> Result<Answer, h3::error::StreamError> {
    let head = stream.recv_response().await?;
    let mut body = BytesMut::new();
    while let Some(mut data) = stream.recv_data().await? {
        body.extend_from_slice(&data.copy_to_bytes(data.remaining()));
    }
    Ok(Answer {
        head,
        body: body.freeze(),
    })
}

/// The application code a connection was closed with.
pub(crate) fn close_code(error: &quinn::ConnectionError) -> u64 {
    match error {
        quinn::ConnectionError::ApplicationClosed(closed) => closed.error_code.into_inner(),
        other => panic!("not closed by the server: {other}"),
    }
}

/// A request as bytes, with any fields whatever.
pub(crate) fn raw_head(fields: &[(&str, &str)]) -> Vec<u8> {
    let mut section = Vec::new();
    qpack::write_prefix(&mut section);
    for (name, value) in fields {
        qpack::write_field(name, value.as_bytes(), false, &mut section);
    }
    let mut out = vec![1];
    varint::encode(section.len() as u64, &mut out);
    out.extend(section);
    out
}

pub(crate) fn raw_get(path: &str) -> Vec<u8> {
    raw_head(&[
        (":method", "GET"),
        (":scheme", "https"),
        (":authority", "localhost"),
        (":path", path),
    ])
}

/// Sends `bytes` as a request stream; what the stream answers, or how it ends.
pub(crate) async fn raw_request(
    quic: &quinn::Connection,
    bytes: &[u8],
    finish: bool,
) -> Result<Vec<u8>, quinn::ReadToEndError> {
    let (mut send, mut recv) = quic.open_bi().await.unwrap();
    send.write_all(bytes).await.unwrap();
    if finish {
        send.finish().unwrap();
    }
    recv.read_to_end(1 << 20).await
}

pub(crate) fn reset_code(error: &quinn::ReadToEndError) -> u64 {
    match error {
        quinn::ReadToEndError::Read(quinn::ReadError::Reset(code)) => code.into_inner(),
        other => panic!("not reset: {other}"),
    }
}

pub(crate) async fn assert_lives(server: &Server) {
    let answer = server.client().await.fetch(get("/hello")).await.unwrap();
    assert_eq!(answer.body, "hello");
}
