#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use super::KernelTls;
use crate::delivery::tcp::Options;
use crate::delivery::testing::{Worker, curl_head_and_body, pattern};

const SEGMENT: &str = "/vod/3000000/clear/v1/1.m4s";
const BY_KERNEL: &str = "edgepack_tls_kernel_connections_total";

/// `None`, said so, where the kernel has no TLS.
fn worker() -> Option<Worker> {
    match KernelTls::probe() {
        Ok(kernel) => {
            let options = Options {
                kernel_tls: Some(kernel),
                ..Options::default()
            };
            Some(Worker::start(options, 100))
        }
        Err(error) => {
            eprintln!("skipped: this kernel takes no TLS: {error}");
            None
        }
    }
}

#[test]
fn the_kernels_records_hold_the_same_bytes() {
    let Some(worker) = worker() else { return };
    let url = worker.https(SEGMENT);
    let mut connections = 0.0;
    for flags in [
        &["--http1.1"][..],
        &["--http2"],
        &["--http1.1", "--tls13-ciphers", "TLS_AES_256_GCM_SHA384"],
        &["--http1.1", "--limit-rate", "10M"],
    ] {
        // Twice: the second request finds a connection that has had an answer.
        let (head, body) =
            curl_head_and_body(&[flags, &["--tlsv1.3", &url, "-o", "/dev/null", &url]].concat());
        assert!(head.contains(" 200"), "{flags:?}: {head}");
        assert!(
            body == pattern(3_000_000),
            "{flags:?}: {} bytes",
            body.len()
        );
        connections += 1.0;
        worker.await_metric(BY_KERNEL, connections);
    }
    worker.await_metric(
        "edgepack_connections_closed_total{reason=\"client\"}",
        connections,
    );
}

#[test]
fn tls_1_2_stays_with_the_library() {
    let Some(worker) = worker() else { return };
    let url = worker.https(SEGMENT);
    let (_, body) = curl_head_and_body(&["--http1.1", "--tls-max", "1.2", &url]);
    assert!(body == pattern(3_000_000));
    worker.await_metric(BY_KERNEL, 0.0);
}
