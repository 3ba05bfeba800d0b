//! HTTP/3.
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use edgepack_loadtest::fetch::{Fetch, fetch};
use edgepack_loadtest::outcome::ErrorClass;
use edgepack_loadtest::scenario::Protocol;
use http::Response;
use quinn::crypto::rustls::QuicServerConfig;
use rustls_pki_types::PrivateKeyDer;

use super::media::{Files, SECONDS, hls};
use super::{assert_clean, play, scenario};

/// What is sent of a body.
#[derive(Clone, Copy)]
enum Sent {
    All,
    Half,
}

struct Http3 {
    address: SocketAddr,
    connections: Arc<Mutex<usize>>,
    _endpoint: quinn::Endpoint,
}

impl Http3 {
    fn url(&self, path: &str) -> String {
        format!("https://{}{path}", self.address)
    }
}

fn serve(files: Files, sent: Sent) -> Http3 {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let key = PrivateKeyDer::Pkcs8(made.signing_key.serialize_der().into());
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut tls = rustls::ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    tls.alpn_protocols = vec![b"h3".to_vec()];
    let config =
        quinn::ServerConfig::with_crypto(Arc::new(QuicServerConfig::try_from(tls).unwrap()));
    let endpoint = quinn::Endpoint::server(config, "127.0.0.1:0".parse().unwrap()).unwrap();
    let connections = Arc::default();
    let server = Http3 {
        address: endpoint.local_addr().unwrap(),
        connections: Arc::clone(&connections),
        _endpoint: endpoint.clone(),
    };
    tokio::spawn(async move {
        while let Some(incoming) = endpoint.accept().await {
            *connections.lock().unwrap() += 1;
            tokio::spawn(connection(incoming, Arc::clone(&files), sent));
        }
    });
    server
}

async fn connection(incoming: quinn::Incoming, files: Files, sent: Sent) {
    let Ok(connection) = incoming.await else {
        return;
    };
    let connection = h3_quinn::Connection::new(connection);
    let mut connection = h3::server::Connection::<_, Bytes>::new(connection)
        .await
        .unwrap();
    while let Ok(Some(resolver)) = connection.accept().await {
        let files = Arc::clone(&files);
        tokio::spawn(async move {
            let (request, mut stream) = resolver.resolve_request().await.unwrap();
            let file = files.get(request.uri().path());
            let status = if file.is_some() { 200 } else { 404 };
            let body = file.cloned().unwrap_or_default();
            let head = Response::builder()
                .status(status)
                .header("content-length", body.len())
                .body(())
                .unwrap();
            let body = match sent {
                Sent::Half if request.uri().path().ends_with(".m4s") => {
                    body.slice(..body.len() / 2)
                }
                _ => body,
            };
            // The client may have gone.
            let _ = stream.send_response(head).await;
            let _ = stream.send_data(body).await;
            let _ = stream.finish().await;
        });
    }
}

#[tokio::test]
async fn a_title_is_played_to_its_end_over_one_connection_for_each_viewer() {
    let server = serve(hls(), Sent::All);
    let mut scenario = scenario(&server.url("/main.m3u8"));
    scenario.target.protocol = Protocol::Http3;
    scenario.tls.insecure = true;
    scenario.load.viewers = Some(3);
    let outcome = play(&scenario).await;
    assert_clean(&outcome);
    assert_eq!(outcome.viewers.finished, 3);
    assert!((outcome.played_s - 3.0 * SECONDS).abs() < 0.5);
    assert_eq!(outcome.latency_ms["segment"].count, 21);
    assert_eq!(outcome.connections.opened, 3);
    assert_eq!(*server.connections.lock().unwrap(), 3);
    assert_eq!(outcome.connections.handshake_ms.count, 3);
}

#[tokio::test]
async fn a_body_shorter_than_told_is_an_error() {
    let server = serve(hls(), Sent::Half);
    let mut scenario = scenario(&server.url("/main.m3u8"));
    scenario.target.protocol = Protocol::Http3;
    scenario.tls.insecure = true;
    scenario.limits.failures = 2;
    let outcome = play(&scenario).await;
    assert!(!outcome.errors.is_empty(), "{:#?}", outcome.samples);
    assert_eq!(outcome.viewers.failed, 1);
    assert_eq!(outcome.played_s, 0.0);
}

#[tokio::test]
async fn a_certificate_that_nobody_signed_is_refused_unless_it_is_taken() {
    let server = serve(hls(), Sent::All);
    let plan = |insecure: bool| {
        let mut plan = Fetch {
            protocol: Protocol::Http3,
            connections: 2,
            streams: 4,
            requests: Some(40),
            threads: 1,
            ..Fetch::new(vec![server.url("/main.m3u8").parse().unwrap()])
        };
        plan.tls.insecure = insecure;
        plan
    };
    let outcome = fetch(&plan(true), |_| {}).await.unwrap();
    assert_clean(&outcome);
    assert_eq!((outcome.requests, outcome.connections.opened), (40, 2));
    let mut refused = plan(false);
    refused.requests = Some(1);
    let outcome = fetch(&refused, |_| {}).await.unwrap();
    let classes: Vec<_> = outcome.errors.keys().copied().collect();
    assert_eq!(classes, [ErrorClass::Tls], "{:#?}", outcome.samples);
}
