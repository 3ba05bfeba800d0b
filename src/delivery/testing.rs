//! A core with a made-up origin, and a worker that serves it on real sockets.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use std::collections::HashMap;
use std::net::SocketAddr;
use std::process::{Command, Output};
use std::rc::Rc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http::StatusCode;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use tokio::sync::Notify;
use tokio::task::LocalSet;

use super::core::Settings;
use super::drain::{Drain, DrainControl, Phase, drain};
use super::route::{AssetRoute, IngestRoute, Leaf, MountId, PlayerFile, Routed, Router};
use super::tcp::{ConnectionCount, Options};
use super::tls::{Certificates, SelfSigned};
use super::*;
use crate::cache::Entry;
use crate::telemetry::Telemetry;

/// Bytes that differ from offset to offset.
pub(crate) fn pattern(length: usize) -> Bytes {
    (0..length)
        .map(|index| (index.wrapping_mul(31) >> 3) as u8)
        .collect()
}

/// Serves `/vod/{length}/clear/{track}/{n}.m4s` with [`pattern`] in entries of 100 000-byte chunks.
/// Of track `kept` the entry is made once and answers every request. Track `wait` sends 5 bytes, then waits for `release`, then the rest. Asset `never` has no answer.
///
/// `{track}/media.mp4` is the same in parts of 100 000 bytes; of track `broken` there are only five.
#[derive(Clone, Default)]
pub(crate) struct Patterns {
    pub(crate) release: Arc<Notify>,
    /// Parts opened.
    pub(crate) opened: Arc<AtomicUsize>,
    pub(crate) kept: Arc<Mutex<HashMap<usize, Arc<Entry>>>>,
}

impl Origin for Patterns {
    async fn get(
        &self,
        _: &Routed<'_>,
        route: &AssetRoute<'_>,
        _: &Request,
    ) -> Result<Representation, Fault> {
        if route.asset == "never" {
            std::future::pending::<()>().await;
        }
        let length: usize = route
            .asset
            .parse()
            .map_err(|_| Fault::not_found("no-such-asset", "Assets here are numbers."))?;
        let bytes = pattern(length);
        let content = if let Leaf::MediaFile { track } = &route.leaf {
            self.parts(bytes, *track == "broken")
        } else if route.leaf.to_string().starts_with("wait/") {
            let (entry, mut filler) = Entry::filling();
            let release = Arc::clone(&self.release);
            filler.push(bytes.slice(..5));
            tokio::task::spawn_local(async move {
                release.notified().await;
                filler.push(bytes.slice(5..));
                filler.finish();
            });
            Content::Entry {
                length: Some(length as u64),
                sending: Sending::AsItGrows,
                open: Box::new(move || Box::pin(async move { Ok(entry.into()) })),
            }
        } else if route.leaf.to_string().starts_with("kept/") {
            let mut kept = self.kept.lock().unwrap();
            let entry = kept.entry(length).or_insert_with(|| in_chunks(&bytes));
            let entry = Arc::clone(entry);
            Content::entry(Some(length as u64), || async { Ok(entry) })
        } else {
            Content::entry(
                Some(length as u64),
                move || async move { Ok(in_chunks(&bytes)) },
            )
        };
        Ok(representation(content))
    }

    async fn post(
        &self,
        _: &AssetRoute<'_>,
        _: &Request,
        mut body: RequestBody,
    ) -> Result<Response, Fault> {
        let body = body.read(usize::MAX, Duration::from_secs(5)).await?;
        Ok(Response::bytes(StatusCode::OK, "application/json", body))
    }

    async fn ingest(
        &self,
        _: &IngestRoute<'_>,
        _: &Request,
        _: RequestBody,
    ) -> Result<Response, Fault> {
        Err(Fault::not_found(
            "no-such-channel",
            "There are no channels here.",
        ))
    }

    async fn player(
        &self,
        file: &PlayerFile<'_>,
        request: &Request,
    ) -> Result<Representation, Fault> {
        let text = format!(
            "{file:?} {:?} {}",
            request.protocol,
            request.base_url().unwrap_or_default()
        );
        Ok(representation(Content::Bytes(text.into())))
    }
}

impl Patterns {
    fn parts(&self, bytes: Bytes, broken: bool) -> Content {
        let index = PartIndex::new(bytes.chunks(100_000).map(|part| part.len() as u64)).unwrap();
        let opened = Arc::clone(&self.opened);
        Content::parts(Arc::new(index), move |part| {
            opened.fetch_add(1, Ordering::Relaxed);
            let start = part * 100_000;
            let bytes = bytes.slice(start..bytes.len().min(start + 100_000));
            std::future::ready(if broken && part >= 5 {
                Err(Fault::unavailable("storage-busy", "No more of it.", 1))
            } else {
                Ok(Entry::complete(vec![bytes]))
            })
        })
    }
}

fn in_chunks(bytes: &Bytes) -> Arc<Entry> {
    let length = bytes.len();
    let chunks = (0..length)
        .step_by(100_000)
        .map(|at| bytes.slice(at..length.min(at + 100_000)));
    Entry::complete(chunks.collect())
}

fn representation(content: Content) -> Representation {
    Representation {
        etag: Etag::from_digest(b"pattern"),
        last_modified: None,
        content_type: "video/mp4",
        encoding: None,
        cache: CachePolicy::Immutable,
        content,
    }
}

/// Lets everybody in.
#[derive(Clone, Copy)]
pub(crate) struct Open;

impl Gate for Open {
    fn admit(&self, _: MountId, _: &Routed<'_>, _: &Request) -> Result<Audience, Fault> {
        Ok(Audience::Everybody)
    }

    fn token_parameter(&self, _: MountId) -> Option<&str> {
        None
    }
}

pub(crate) fn settings() -> Arc<Settings> {
    Arc::new(Settings {
        router: Router::new(["vod"]),
        mount_names: vec!["vod".into()],
        cors: Cors::default(),
        request_timeout: Duration::from_secs(5),
        max_request_body: 64 * 1024,
    })
}

/// One worker on a thread of its own, plain and TLS.
pub(crate) struct Worker {
    pub(crate) http: SocketAddr,
    pub(crate) https: SocketAddr,
    pub(crate) telemetry: Arc<Telemetry>,
    pub(crate) release: Arc<Notify>,
    pub(crate) opened: Arc<AtomicUsize>,
    pub(crate) kept: Arc<Mutex<HashMap<usize, Arc<Entry>>>>,
    pub(crate) certificates: Arc<Certificates>,
    /// Trusts the certificate.
    pub(crate) client: Arc<rustls::ClientConfig>,
    pub(crate) control: Option<DrainControl>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Worker {
    pub(crate) fn start(options: Options, max_connections: usize) -> Self {
        let telemetry = Telemetry::new(None).unwrap();
        let origin = Patterns::default();
        let (release, opened) = (Arc::clone(&origin.release), Arc::clone(&origin.opened));
        let kept = Arc::clone(&origin.kept);
        let (control, drain) = drain();
        let listeners = [(); 2].map(|()| {
            let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
            listener.set_nonblocking(true).unwrap();
            listener
        });
        let [http, https] = [0, 1].map(|index: usize| listeners[index].local_addr().unwrap());
        let shared = Arc::clone(&telemetry);
        let made = SelfSigned::for_localhost().unwrap();
        let client = client_config(&made);
        let certificates = loaded(made);
        let mut tls = tls::tcp_config(Arc::clone(&certificates), options.clients.as_ref()).unwrap();
        if options.kernel_tls.is_some() {
            tls = tls::for_kernel(&tls);
        }
        let thread = std::thread::spawn(move || {
            run(
                listeners,
                tls,
                options,
                max_connections,
                shared,
                origin,
                drain,
            );
        });
        Self {
            http,
            https,
            telemetry,
            release,
            opened,
            kept,
            certificates,
            client,
            control: Some(control),
            thread: Some(thread),
        }
    }

    pub(crate) fn http(&self, path: &str) -> String {
        format!("http://{}{path}", self.http)
    }

    pub(crate) fn https(&self, path: &str) -> String {
        format!("https://{}{path}", self.https)
    }

    pub(crate) fn drain(&self) {
        self.control.as_ref().unwrap().enter(Phase::Draining);
    }

    /// Waits until the worker has ended by itself.
    pub(crate) fn join(&mut self) {
        self.thread.take().unwrap().join().unwrap();
    }

    /// The value of one series.
    pub(crate) fn metric(&self, series: &str) -> f64 {
        let text = String::from_utf8(self.telemetry.render().unwrap()).unwrap();
        let line = text.lines().find(|line| {
            line.strip_prefix(series)
                .is_some_and(|rest| rest.starts_with(' '))
        });
        line.unwrap_or_else(|| panic!("{series} in\n{text}"))
            .rsplit(' ')
            .next()
            .unwrap()
            .parse()
            .unwrap()
    }

    /// Waits until the series has the value; metrics of a connection come just after its last byte.
    pub(crate) fn await_metric(&self, series: &str, value: f64) {
        let deadline = std::time::Instant::now() + Duration::from_secs(10);
        while self.metric(series) != value {
            assert!(
                std::time::Instant::now() < deadline,
                "{series} is {}, not {value}",
                self.metric(series)
            );
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        drop(self.control.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn run(
    listeners: [std::net::TcpListener; 2],
    tls: Arc<rustls::ServerConfig>,
    options: Options,
    max_connections: usize,
    telemetry: Arc<Telemetry>,
    origin: Patterns,
    mut drain: Drain,
) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    LocalSet::new().block_on(&runtime, async move {
        let handler = Rc::new(Core::new(settings(), Arc::clone(&telemetry), origin, Open));
        let options = Rc::new(options);
        let connections = ConnectionCount::new(max_connections, 16);
        let [plain, secure] =
            listeners.map(|listener| tokio::net::TcpListener::from_std(listener).unwrap());
        let serve = |listener, tls| {
            let (handler, options) = (Rc::clone(&handler), Rc::clone(&options));
            tcp::serve(
                listener,
                tls,
                handler,
                options,
                Arc::clone(&telemetry),
                connections.clone(),
                drain.clone(),
            )
        };
        tokio::join!(serve(plain, None), serve(secure, Some(tls)));
        tokio::select! {
            () = connections.none() => {}
            () = drain.over() => {}
        }
    });
}

pub(crate) fn certificates() -> Arc<Certificates> {
    loaded(SelfSigned::for_localhost().unwrap())
}

pub(crate) fn loaded(made: SelfSigned) -> Arc<Certificates> {
    let dir = tempfile::tempdir().unwrap();
    let (certificate, key) = (dir.path().join("cert.pem"), dir.path().join("key.pem"));
    std::fs::write(&certificate, made.certificate_pem).unwrap();
    std::fs::write(&key, made.key_pem).unwrap();
    Certificates::load(&certificate, &key).unwrap()
}

/// TLS 1.3 for a client that trusts this certificate.
pub(crate) fn client_config(made: &SelfSigned) -> Arc<rustls::ClientConfig> {
    let mut roots = rustls::RootCertStore::empty();
    let certificate = CertificateDer::from_pem_slice(made.certificate_pem.as_bytes());
    roots.add(certificate.unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    Arc::new(config)
}

/// curl's own exit code and output; `-sk` and a time limit are given.
pub(crate) fn curl(arguments: &[&str]) -> Output {
    Command::new("curl")
        .args(["-sk", "--max-time", "20"])
        .args(arguments)
        .output()
        .unwrap()
}

/// Head and body as curl prints them with `-i`.
pub(crate) fn curl_head_and_body(arguments: &[&str]) -> (String, Vec<u8>) {
    let output = curl(&[&["-i"], arguments].concat());
    assert!(output.status.success(), "curl {arguments:?}: {output:?}");
    let split = output
        .stdout
        .windows(4)
        .position(|window| window == b"\r\n\r\n")
        .unwrap();
    let head = String::from_utf8(output.stdout[..split].to_vec())
        .unwrap()
        .to_ascii_lowercase();
    (head, output.stdout[split + 4..].to_vec())
}
