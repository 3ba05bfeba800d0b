//! A key server: this test binary again, as a process of its own. It speaks SPEKE v2 and JSON, each under paths that say
//! what it is to do wrong. Its documents are written by hand, not by the product.
use std::collections::HashMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream;
use http::{Request, Response};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt as _, Full, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

#[path = "server/document.rs"]
mod document;

const FOLDER: &str = "EDGEPACK_TEST_KEY_SERVER";
/// What the server wants in `Authorization` below `/…/secret`.
pub(crate) const CREDENTIAL: &str = "Bearer open sesame";

type Body = BoxBody<Bytes, std::io::Error>;

/// The server's process, killed when dropped; it also ends when its standard input does.
pub(crate) struct Process {
    child: Child,
    pub(crate) plain: u16,
    /// HTTPS; and HTTPS that asks clients for a certificate.
    pub(crate) tls: u16,
    pub(crate) mutual: u16,
    folder: TempDir,
}

impl Process {
    pub(crate) fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        write_identities(folder.path());
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", &process_test(), "--nocapture"])
            .env(FOLDER, folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let ports = lines
            .find_map(|line| line.unwrap().strip_prefix("ports ").map(str::to_owned))
            .expect("the server says its ports");
        let mut ports = ports.split(' ').map(|port| port.parse().unwrap());
        let mut port = || ports.next().unwrap();
        Self {
            child,
            plain: port(),
            tls: port(),
            mutual: port(),
            folder,
        }
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Requests for a path, or `connections`.
    pub(crate) fn count(&self, what: &str) -> usize {
        let mut stream = std::net::TcpStream::connect(("127.0.0.1", self.plain)).unwrap();
        let request = format!("GET /count/{what} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer.rsplit("\r\n").next().unwrap().parse().unwrap()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The name of [`process`] in whatever test this file is part of.
fn process_test() -> String {
    let module = module_path!().split_once("::").unwrap().1;
    format!("{module}::process")
}

/// A CA with certificates for server and client, another CA, and a self-signed RSA certificate for documents.
fn write_identities(folder: &Path) {
    let write = |name: &str, text: String| std::fs::write(folder.join(name), text).unwrap();
    for ca in ["ca", "other-ca"] {
        let mut params = rcgen::CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let key = rcgen::KeyPair::generate().unwrap();
        write(
            &format!("{ca}.pem"),
            params.self_signed(&key).unwrap().pem(),
        );
        let issuer = rcgen::Issuer::new(params, key);
        for name in ["server", "client"] {
            let names = vec!["127.0.0.1".to_owned(), "localhost".to_owned()];
            let params = rcgen::CertificateParams::new(names).unwrap();
            let key = rcgen::KeyPair::generate().unwrap();
            let certificate = params.signed_by(&key, &issuer).unwrap();
            write(&format!("{ca}-{name}.pem"), certificate.pem());
            write(&format!("{ca}-{name}.key"), key.serialize_pem());
        }
    }
    document::write_recipient(folder);
}

/// Does nothing as a test; it is the server when it was started as such.
#[test]
fn process() {
    let Some(folder) = std::env::var_os(FOLDER) else {
        return;
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(serve(PathBuf::from(folder)));
}

struct State {
    folder: PathBuf,
    counts: Mutex<HashMap<String, usize>>,
}

impl State {
    fn count(&self, what: &str) -> usize {
        let mut counts = self.counts.lock().unwrap();
        let count = counts.entry(what.to_owned()).or_default();
        *count += 1;
        *count
    }
}

async fn serve(folder: PathBuf) {
    let mut ports = Vec::new();
    let state = Arc::new(State {
        folder: folder.clone(),
        counts: Mutex::default(),
    });
    for tls in [None, Some(false), Some(true)] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        ports.push(listener.local_addr().unwrap().port().to_string());
        let acceptor = tls.map(|mutual| acceptor(&folder, mutual));
        tokio::spawn(accept(listener, acceptor, state.clone()));
    }
    println!("\nports {}", ports.join(" "));
    std::io::stdout().flush().unwrap();
    let parent = tokio::task::spawn_blocking(|| {
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
    });
    parent.await.unwrap();
    std::process::exit(0);
}

fn acceptor(folder: &Path, mutual: bool) -> TlsAcceptor {
    let chain = CertificateDer::pem_file_iter(folder.join("ca-server.pem")).unwrap();
    let key = PrivateKeyDer::from_pem_file(folder.join("ca-server.key")).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = rustls::ServerConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .unwrap();
    let mut roots = rustls::RootCertStore::empty();
    roots
        .add(CertificateDer::from_pem_file(folder.join("ca.pem")).unwrap())
        .unwrap();
    let verifier =
        rustls::server::WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider)
            .build()
            .unwrap();
    let builder = match mutual {
        true => builder.with_client_cert_verifier(verifier),
        false => builder.with_no_client_auth(),
    };
    let config = builder
        .with_single_cert(chain.map(Result::unwrap).collect(), key)
        .unwrap();
    TlsAcceptor::from(Arc::new(config))
}

async fn accept(listener: TcpListener, acceptor: Option<TlsAcceptor>, state: Arc<State>) {
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        let (acceptor, state) = (acceptor.clone(), state.clone());
        state.count("connections");
        tokio::spawn(async move {
            let service = service_fn(|request| answer(&state, request));
            // Clients that are refused, and answers that break off on purpose, are errors here.
            match acceptor {
                None => {
                    let _ = http1::Builder::new()
                        .serve_connection(TokioIo::new(stream), service)
                        .await;
                }
                Some(acceptor) => {
                    if let Ok(stream) = acceptor.accept(stream).await {
                        let _ = http1::Builder::new()
                            .serve_connection(TokioIo::new(stream), service)
                            .await;
                    }
                }
            }
        });
    }
}

async fn answer(
    state: &State,
    request: Request<Incoming>,
) -> Result<Response<Body>, std::io::Error> {
    let path = request.uri().path().to_owned();
    if let Some(what) = path.strip_prefix("/count/") {
        let count = state.counts.lock().unwrap().get(what).copied();
        return Ok(respond(200, count.unwrap_or_default().to_string()));
    }
    let (head, body) = request.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    let body = String::from_utf8(body.to_vec()).unwrap();
    let mut parts = path.trim_start_matches('/').splitn(3, '/');
    let (kind, mode) = (parts.next().unwrap(), parts.next().unwrap_or_default());
    let content = match kind {
        "json" => parts.next().unwrap_or_default().to_owned(),
        _ => document::attribute(&body, "contentId").unwrap_or_default(),
    };
    let asked = state.count(&format!("{mode}/{content}"));
    let good = || match kind {
        "json" => json(&content, head.uri.query().unwrap_or_default(), &body),
        _ => document::good(&body, mode, &state.folder),
    };
    let typed = |body: String| {
        let kind = match kind {
            "json" => "application/json",
            _ => "application/xml",
        };
        let mut response = respond(200, body);
        let headers = response.headers_mut();
        headers.insert("content-type", kind.parse().unwrap());
        if mode != "no-version" {
            headers.insert("x-speke-version", "2.0".parse().unwrap());
        }
        response
    };
    Ok(match mode {
        "slow" => {
            tokio::time::sleep(Duration::from_secs(30)).await;
            typed(good())
        }
        "leisurely" => {
            tokio::time::sleep(Duration::from_millis(300)).await;
            typed(good())
        }
        "failing" => respond(500, "no".into()),
        "flaky" if asked <= 1 => respond(503, "not yet".into()),
        "once" if asked > 1 => respond(500, "never again".into()),
        "unknown" => respond(404, "who?".into()),
        "secret"
            if head
                .headers
                .get("authorization")
                .is_none_or(|value| value != CREDENTIAL) =>
        {
            respond(401, "who are you?".into())
        }
        "redirect" => {
            let mut response = respond(302, String::new());
            let elsewhere = format!("/{kind}/valid/{content}");
            response
                .headers_mut()
                .insert("location", elsewhere.parse().unwrap());
            response
        }
        "reset" => return Err(std::io::Error::other("on purpose")),
        "cut" => {
            let mut response = typed(String::new());
            *response.body_mut() = StreamBody::new(stream::iter([
                Ok(Frame::data(Bytes::from_static(b"<CPIX"))),
                Err(std::io::Error::other("on purpose")),
            ]))
            .boxed();
            response
        }
        // A hundred megabytes, said ahead or not.
        "huge" => huge(&typed),
        "huge-said" => {
            let mut response = huge(&typed);
            response
                .headers_mut()
                .insert("content-length", (100 << 20).into());
            response
        }
        "bomb" => typed(document::BOMB.into()),
        "outside" => typed(document::OUTSIDE.into()),
        "deep" => typed("<a>".repeat(200_000)),
        "html" => typed("<html><body>Welcome</body></html>".into()),
        _ => typed(good()),
    })
}

fn huge(typed: &dyn Fn(String) -> Response<Body>) -> Response<Body> {
    let chunk = Bytes::from(vec![b' '; 1 << 20]);
    let chunks = (0..100).map(move |_| Ok(Frame::data(chunk.clone())));
    let mut response = typed(String::new());
    *response.body_mut() = StreamBody::new(stream::iter(chunks)).boxed();
    response
}

fn respond(status: u16, body: String) -> Response<Body> {
    let body = Full::new(Bytes::from(body)).map_err(|never| match never {});
    Response::builder()
        .status(status)
        .body(body.boxed())
        .unwrap()
}

/// Keys of a content's labels, with all that was asked written into them.
fn json(content: &str, query: &str, body: &str) -> String {
    let named = |name: &str| {
        let value = query.split('&').find_map(|pair| pair.strip_prefix(name));
        value.map(str::to_owned)
    };
    let asked: serde_json::Value = serde_json::from_str(body).unwrap_or_default();
    let labels = named("labels=")
        .or_else(|| named("label="))
        .unwrap_or_else(|| {
            let labels = asked["labels"].as_array().cloned().unwrap_or_default();
            let labels: Vec<_> = labels.iter().filter_map(|label| label.as_str()).collect();
            labels.join(",")
        });
    let period = named("period=");
    let entries: Vec<_> = labels
        .split("%2C")
        .flat_map(|labels| labels.split(','))
        .map(|label| {
            let kid = json_kid(content, label, period.as_deref());
            serde_json::json!({ "kid": hex::encode(kid), "key": hex::encode(json_key(kid)), "label": label })
        })
        .collect();
    serde_json::Value::from(entries).to_string()
}

pub(crate) fn json_kid(content: &str, label: &str, period: Option<&str>) -> [u8; 16] {
    let text = format!("{content} {label} {period:?}");
    let digest = ring::digest::digest(&ring::digest::SHA256, text.as_bytes());
    digest.as_ref()[..16].try_into().unwrap()
}

pub(crate) fn json_key(kid: [u8; 16]) -> [u8; 16] {
    key_of(kid)
}

pub(crate) use document::key_of;
