//! HTTP/3 of the real node: clients that move between workers, ask before they are known, or stay idle.
use std::net::{SocketAddr, ToSocketAddrs};
use std::sync::Arc;

use edgepack_h3::{qpack, varint};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::{DigitallySignedStruct, SignatureScheme};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};

use crate::playback::media_playlists;
use crate::support::client::fetch;
use crate::support::{Curl, Node, Serve, media};

const WORKERS: &str = "[node]\nworkers = 2";

/// Any certificate will do: the node under test made its own.
#[derive(Debug)]
struct Trusting(Arc<CryptoProvider>);

impl ServerCertVerifier for Trusting {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        let algorithms = &self.0.signature_verification_algorithms;
        algorithms.supported_schemes()
    }
}

struct Client {
    endpoint: quinn::Endpoint,
    config: quinn::ClientConfig,
    node: SocketAddr,
}

impl Client {
    fn new(node: &Node) -> Self {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut tls = rustls::ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_protocol_versions(&[&rustls::version::TLS13])
            .unwrap()
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(Trusting(provider)))
            .with_no_client_auth();
        tls.alpn_protocols = vec![b"h3".to_vec()];
        tls.enable_early_data = true;
        let crypto = quinn::crypto::rustls::QuicClientConfig::try_from(tls).unwrap();
        let port = node.https.rsplit(':').next().unwrap();
        let node = format!("127.0.0.1:{port}");
        Self {
            endpoint: quinn::Endpoint::client("127.0.0.1:0".parse().unwrap()).unwrap(),
            config: quinn::ClientConfig::new(Arc::new(crypto)),
            node: node.to_socket_addrs().unwrap().next().unwrap(),
        }
    }

    fn connecting(&self) -> quinn::Connecting {
        self.endpoint
            .connect_with(self.config.clone(), self.node, "localhost")
            .unwrap()
    }
}

/// A request without body, and all that its stream answers.
async fn ask(quic: &quinn::Connection, method: &str, path: &str) -> Vec<u8> {
    let mut section = Vec::new();
    qpack::write_prefix(&mut section);
    for (name, value) in [
        (":method", method),
        (":scheme", "https"),
        (":authority", "localhost"),
        (":path", path),
    ] {
        qpack::write_field(name, value.as_bytes(), false, &mut section);
    }
    let mut head = vec![1];
    varint::encode(section.len() as u64, &mut head);
    head.extend(section);
    let (mut send, mut recv) = quic.open_bi().await.unwrap();
    send.write_all(&head).await.unwrap();
    send.finish().unwrap();
    recv.read_to_end(64 << 20).await.unwrap()
}

fn run<T>(test: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
        .block_on(test)
}

fn segment(node: &Node) -> String {
    let playlists = media_playlists(&format!("{}/vod/ladder/clear/index.m3u8", node.http));
    let playlist = playlists[0].replace(&node.http, "");
    playlist.replace("index.m3u8", "1.m4s")
}

#[test]
fn a_client_that_moves_keeps_its_connection_with_two_workers() {
    let node = Serve::all(media::root()).section(WORKERS).start();
    let path = segment(&node);
    let expected = fetch(&format!("{}{path}", node.http));
    run(async {
        let client = Client::new(&node);
        let quic = client.connecting().await.unwrap();
        for _ in 0..16 {
            assert!(ask(&quic, "GET", &path).await.ends_with(&expected));
            let socket = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
            client.endpoint.rebind(socket).unwrap();
        }
    });
    assert!(node.metric("edgepack_quic_datagrams_handed_over_total") > 0.0);
    assert_eq!(node.metric("edgepack_quic_datagrams_dropped_total"), 0.0);
}

#[test]
fn a_returning_client_gets_a_segment_early_and_a_licence_only_after_the_handshake() {
    let node = Serve::all(media::root()).section(WORKERS).start();
    let path = segment(&node);
    let expected = fetch(&format!("{}{path}", node.http));
    let licence = "/vod/ladder/cenc/clearkey";
    run(async {
        let client = Client::new(&node);
        let first = client.connecting().await.unwrap();
        ask(&first, "GET", &path).await;
        let (early, accepted) = client.connecting().into_0rtt().unwrap();
        let (answer, refusal) =
            tokio::join!(ask(&early, "GET", &path), ask(&early, "POST", licence));
        assert!(accepted.await);
        assert!(answer.ends_with(&expected));
        let text = |answer: &[u8]| String::from_utf8_lossy(answer).into_owned();
        assert!(text(&refusal).contains("too-early: "));
        let later = ask(&early, "POST", licence).await;
        assert!(!text(&later).contains("too-early: "));
    });
    assert_eq!(node.metric("edgepack_quic_early_requests_total"), 2.0);
}

#[test]
fn what_a_proxy_forwarded_early_is_held_to_the_same() {
    let node = Serve::all(media::root()).start();
    let url = format!("{}/vod/ladder/cenc/clearkey", node.http);
    let early = || Curl::get(&url).header("Early-Data: 1");
    let refusal = early().arg("--data").arg("{}").run().expect(425);
    assert_eq!(refusal.reason(), "too-early");
    let page = format!("{}/vod/ladder/clear/index.m3u8", node.http);
    Curl::get(&page).header("Early-Data: 1").run().expect(200);
}

/// Resident bytes of a process.
fn resident(node: &Node) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", node.pid())).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:"));
    let kib = line.unwrap().split_whitespace().nth(1).unwrap();
    kib.parse::<u64>().unwrap() * 1024
}

#[test]
fn an_idle_connection_costs_no_more_than_60_kb() {
    const WARM_UP: usize = 100;
    const IDLE: usize = 1000;
    let node = Serve::all(media::root())
        .section("[node]\nworkers = 1\n[quic]\nretry_handshakes = 1024")
        .start();
    let path = segment(&node);
    run(async {
        let client = Client::new(&node);
        let mut held = Vec::new();
        let mut open = async |count| {
            for _ in 0..count {
                let quic = client.connecting().await.unwrap();
                // As every client has them: control with SETTINGS, QPACK encoder and decoder.
                let mut streams = Vec::new();
                for said in [&[0, 4, 0][..], &[2], &[3]] {
                    let mut stream = quic.open_uni().await.unwrap();
                    stream.write_all(said).await.unwrap();
                    streams.push(stream);
                }
                ask(&quic, "HEAD", &path).await;
                held.push((quic, streams));
            }
        };
        open(WARM_UP).await;
        let before = resident(&node);
        open(IDLE).await;
        let each = (resident(&node) - before) / IDLE as u64;
        println!("{each} bytes resident for an idle connection");
        assert!(each <= 60_000, "{each} bytes");
    });
}
