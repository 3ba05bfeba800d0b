//! Where the kernel has TLS it has to seal, and where it has not, the node.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::time::Duration;

use rustls::{ClientConnection, StreamOwned};

use super::KernelTls;
use crate::delivery::tcp::Options;
use crate::delivery::testing::{Worker, curl_head_and_body, pattern};

const SEGMENT: &str = "/vod/3000000/clear/v1/1.m4s";
const GIVEN: &str = "edgepack_tls_kernel_connections_total";
const REFUSED: &str = "edgepack_tls_kernel_refused_total";
const CLOSED_BY_CLIENT: &str = "edgepack_connections_closed_total{reason=\"client\"}";
const EVERY_CIPHER: KernelTls = KernelTls {
    aes_128_gcm: true,
    aes_256_gcm: true,
    chacha20_poly1305: true,
};

/// The kernel's own statistics (Documentation/networking/tls.rst), which come with its module.
const STATISTICS: &str = "/proc/net/tls_stat";

/// Connections that the kernel has sealed for since it was booted. `None`: it has no TLS.
fn sealed_by_kernel() -> Option<u64> {
    let statistics = std::fs::read_to_string(STATISTICS).ok()?;
    let line = statistics
        .lines()
        .find_map(|line| line.strip_prefix("TlsTxSw"))?;
    line.trim().parse().ok()
}

/// Gives its connections to the kernel, whether it takes them or not.
fn worker() -> Worker {
    let ciphers = KernelTls::probe().unwrap_or(EVERY_CIPHER);
    let options = Options {
        kernel_tls: Some(ciphers),
        ..Options::default()
    };
    Worker::start(options, 100)
}

#[test]
fn the_probe_finds_what_the_kernel_has() {
    match KernelTls::probe() {
        Ok(ciphers) => {
            assert!(Path::new(STATISTICS).exists(), "{ciphers:?}");
            assert!(ciphers.aes_128_gcm, "{ciphers:?}");
        }
        Err(error) => assert!(!Path::new(STATISTICS).exists(), "{error}"),
    }
}

#[test]
fn the_same_bytes_over_every_protocol_and_cipher_whoever_seals() {
    let worker = worker();
    let before = sealed_by_kernel();
    let url = worker.https(SEGMENT);
    let mut connections = 0.0;
    for flags in [
        &["--http1.1"][..],
        &["--http2"],
        &["--http1.1", "--tls13-ciphers", "TLS_AES_128_GCM_SHA256"],
        &["--http1.1", "--tls13-ciphers", "TLS_AES_256_GCM_SHA384"],
        &["--http2", "--tls13-ciphers", "TLS_AES_256_GCM_SHA384"],
    ] {
        // Twice: the second request finds a connection that has had an answer.
        let twice = [flags, &["--tlsv1.3", &url, "-o", "/dev/null", &url]].concat();
        let (head, body) = curl_head_and_body(&twice);
        assert!(head.contains(" 200"), "{flags:?}: {head}");
        assert!(
            body == pattern(3_000_000),
            "{flags:?}: {} bytes",
            body.len()
        );
        connections += 1.0;
        worker.await_metric(CLOSED_BY_CLIENT, connections);
    }
    let (given, refused) = (worker.metric(GIVEN), worker.metric(REFUSED));
    match before {
        Some(before) => {
            assert_eq!((given, refused), (connections, 0.0));
            // The kernel's word; other tests' connections count as well.
            let sealed = sealed_by_kernel().unwrap() - before;
            assert!(sealed as f64 >= connections, "{sealed}");
        }
        None => assert_eq!((given, refused), (0.0, connections)),
    }
}

#[test]
fn a_slow_client_gets_the_whole_body_before_the_connection_closes() {
    let worker = worker();
    // More than sockets hold.
    let url = worker.https("/vod/20000000/clear/v1/1.m4s");
    let close = ["--http1.1", "-H", "Connection: close", "--limit-rate", "8M"];
    let (head, body) = curl_head_and_body(&[&close[..], &[&url]].concat());
    assert!(head.contains("connection: close"), "{head}");
    assert!(body == pattern(20_000_000), "{} bytes", body.len());
    worker.await_metric(CLOSED_BY_CLIENT, 1.0);
}

#[test]
fn tls_1_2_stays_with_the_library() {
    let worker = worker();
    let url = worker.https(SEGMENT);
    for version in ["--http1.1", "--http2"] {
        let (_, body) = curl_head_and_body(&[version, "--tls-max", "1.2", &url]);
        assert!(body == pattern(3_000_000));
    }
    worker.await_metric(CLOSED_BY_CLIENT, 2.0);
    assert_eq!((worker.metric(GIVEN), worker.metric(REFUSED)), (0.0, 0.0));
}

/// A request, and its answer's status line; empty if the connection ends instead.
fn ask(tls: &mut StreamOwned<ClientConnection, TcpStream>) -> String {
    let mut answer = Vec::new();
    let asked = tls.write_all(b"GET /vod/10/clear/v1/1.m4s HTTP/1.1\r\nhost: localhost\r\n\r\n");
    let mut part = [0; 1024];
    while asked.is_ok() && !answer.ends_with(&pattern(10)) {
        match tls.read(&mut part) {
            Ok(0) | Err(_) => return String::new(),
            Ok(read) => answer.extend_from_slice(&part[..read]),
        }
    }
    let line = answer.split(|byte| *byte == b'\r').next();
    String::from_utf8(line.unwrap_or_default().to_vec()).unwrap()
}

#[test]
fn new_keys_end_a_connection_whose_records_are_the_kernels_and_no_other() {
    let worker = worker();
    let socket = TcpStream::connect(worker.https).unwrap();
    socket
        .set_read_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    let name = "localhost".try_into().unwrap();
    let client = ClientConnection::new(worker.client.clone(), name).unwrap();
    let mut tls = StreamOwned::new(client, socket);
    assert_eq!(ask(&mut tls), "HTTP/1.1 200 OK");
    assert_eq!(ask(&mut tls), "HTTP/1.1 200 OK", "the second request");
    tls.conn.refresh_traffic_keys().unwrap();
    if sealed_by_kernel().is_some() {
        assert_eq!(ask(&mut tls), "");
        worker.await_metric(CLOSED_BY_CLIENT, 1.0);
    } else {
        assert_eq!(ask(&mut tls), "HTTP/1.1 200 OK");
    }
}
