#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::time::Instant;

use super::*;
use crate::delivery::testing::{Worker, curl, curl_head_and_body, pattern};

mod certificate;
mod limits;
mod parts;
mod priorities;

const SEGMENT: &str = "/vod/3000000/clear/v1/1.m4s";

fn worker() -> Worker {
    Worker::start(
        Options {
            alt_svc: alt_svc(8443, Duration::from_secs(3600)),
            ..Options::default()
        },
        100,
    )
}

/// Everything until the node closes; a reset is an end, too.
fn read_to_end(stream: &mut TcpStream) -> Vec<u8> {
    stream
        .set_read_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    let mut all = Vec::new();
    match stream.read_to_end(&mut all) {
        Ok(_) => {}
        Err(error) if error.kind() == io::ErrorKind::ConnectionReset => {}
        Err(error) => panic!("{error}"),
    }
    all
}

fn closed(reason: &str) -> String {
    format!("edgepack_connections_closed_total{{reason=\"{reason}\"}}")
}

#[test]
fn the_same_bytes_over_every_protocol() {
    let worker = worker();
    let plain = [worker.http(SEGMENT), worker.https(SEGMENT)];
    for (flags, url, version) in [
        (vec!["--http1.1"], &plain[0], "http/1.1 200"),
        (vec!["--http1.0"], &plain[0], "http/1.0 200"),
        (vec!["--http2-prior-knowledge"], &plain[0], "http/2 200"),
        (vec!["--http1.1", "--tlsv1.3"], &plain[1], "http/1.1 200"),
        (
            vec!["--http1.1", "--tls-max", "1.2"],
            &plain[1],
            "http/1.1 200",
        ),
        (vec!["--http2"], &plain[1], "http/2 200"),
    ] {
        let (head, body) = curl_head_and_body(&[flags.as_slice(), &[url]].concat());
        assert!(head.starts_with(version), "{flags:?}: {head}");
        assert!(
            body == pattern(3_000_000),
            "{flags:?}: {} bytes",
            body.len()
        );
        for header in [
            "content-length: 3000000",
            "server: edgepack",
            "date: ",
            "alt-svc: h3=\":8443\"; ma=3600",
            "etag: \"",
        ] {
            assert!(head.contains(header), "{header} in {head}");
        }
    }
    worker.await_metric(
        "edgepack_requests_total{kind=\"segment\",protocol=\"h1\",status=\"2xx\"}",
        4.0,
    );
    worker.await_metric(
        "edgepack_requests_total{kind=\"segment\",protocol=\"h2\",status=\"2xx\"}",
        2.0,
    );
    worker.await_metric("edgepack_connections_open{protocol=\"h2\"}", 0.0);
}

#[test]
fn ranges_and_conditions_as_curl_asks_for_them() {
    let worker = worker();
    let data = pattern(3_000_000);
    for base in [worker.http(SEGMENT), worker.https(SEGMENT)] {
        let (head, body) = curl_head_and_body(&["-r", "99990-100009", &base]);
        assert!(
            head.contains(" 206") && head.contains("content-range: bytes 99990-100009/3000000"),
            "{head}"
        );
        assert!(body == data[99_990..100_010]);
        let (head, body) = curl_head_and_body(&["-r", "0-3,-4", &base]);
        assert!(head.contains("multipart/byteranges; boundary="), "{head}");
        assert!(body.windows(4).any(|window| window == &data[2_999_996..]));
        let (head, body) = curl_head_and_body(&["-r", "3000000-", &base]);
        assert!(
            head.contains(" 416") && head.contains("content-range: bytes */3000000"),
            "{head}"
        );
        assert!(body.starts_with(b"range-not-satisfiable: "));
        let (head, body) = curl_head_and_body(&["-H", "If-None-Match: \"7061747465726e\"", &base]);
        assert!(head.contains(" 304") && body.is_empty(), "{head}");
        let (head, body) = curl_head_and_body(&["-I", &base]);
        assert!(
            head.contains(" 200") && head.contains("content-length: 3000000") && body.is_empty(),
            "{head}"
        );
        let (head, body) =
            curl_head_and_body(&["-d", "posted", &base.replace("v1/1.m4s", "clearkey")]);
        assert!(head.contains(" 200") && body == b"posted", "{head}");
        let (head, _) = curl_head_and_body(&["-X", "OPTIONS", &base]);
        assert!(
            head.contains(" 204") && head.contains("access-control-allow-methods"),
            "{head}"
        );
    }
}

#[test]
fn many_clients_at_once() {
    let worker = worker();
    for (url, h1) in [
        (worker.http(SEGMENT), true),
        (worker.http(SEGMENT), false),
        (worker.https(SEGMENT), true),
        (worker.https(SEGMENT), false),
    ] {
        let mut command = Command::new("h2load");
        command.args([
            "-n",
            "60",
            "-c",
            "6",
            "-m",
            if h1 { "1" } else { "5" },
            &url,
        ]);
        if h1 {
            command.arg("--h1");
        }
        let output = command.output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(text.contains("60 succeeded, 0 failed, 0 errored"), "{text}");
    }
    worker.await_metric("edgepack_requests_in_flight{protocol=\"h1\"}", 0.0);
    worker.await_metric("edgepack_requests_in_flight{protocol=\"h2\"}", 0.0);
    assert_eq!(worker.metric("edgepack_responses_aborted_total"), 0.0);
}

#[test]
fn one_connection_serves_many_requests() {
    let worker = worker();
    let url = worker.http("/vod/10/clear/v1/1.m4s");
    let output = curl(&[
        "-w",
        "%{num_connects} ",
        "-o",
        "/dev/null",
        &url,
        "-o",
        "/dev/null",
        &url,
    ]);
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "1 0 ");
}

#[test]
fn a_drain_finishes_what_was_begun_and_takes_nothing_more() {
    for protocol in ["--http1.1", "--http2"] {
        let mut worker = worker();
        // An idle connection must not hold up the end.
        let mut idle = TcpStream::connect(worker.http).unwrap();
        write!(idle, "GET /player/ HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
        idle.read_exact(&mut [0; 20]).unwrap();
        let mut child = Command::new("curl")
            .args([
                "-skN",
                protocol,
                &worker.https("/vod/3000000/clear/wait/1.m4s"),
            ])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let stdout = child.stdout.as_mut().unwrap();
        stdout.read_exact(&mut [0; 5]).unwrap();
        worker.drain();
        read_to_end(&mut idle);
        let deadline = Instant::now() + Duration::from_secs(5);
        while TcpStream::connect(worker.http).is_ok() {
            assert!(Instant::now() < deadline, "still accepting");
        }
        worker.release.notify_one();
        let mut rest = Vec::new();
        stdout.read_to_end(&mut rest).unwrap();
        assert_eq!(
            (child.wait().unwrap().success(), rest.len()),
            (true, 3_000_000 - 5),
            "{protocol}"
        );
        worker.join();
    }
}

#[test]
fn the_end_of_a_drain_drops_what_is_left() {
    let mut worker = worker();
    let mut stream = TcpStream::connect(worker.http).unwrap();
    write!(
        stream,
        "GET /vod/1000/clear/wait/1.m4s HTTP/1.1\r\nHost: x\r\n\r\n"
    )
    .unwrap();
    stream.read_exact(&mut [0; 20]).unwrap();
    drop(worker.control.take());
    worker.join();
    read_to_end(&mut stream);
}

#[test]
fn an_offer_of_http3_can_be_left_out() {
    assert_eq!(alt_svc(443, Duration::ZERO), None);
    assert_eq!(
        alt_svc(443, Duration::from_secs(60)).unwrap(),
        "h3=\":443\"; ma=60"
    );
}
