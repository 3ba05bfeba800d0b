#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::time::Instant;

use super::*;
use crate::delivery::testing::{Worker, curl, curl_head_and_body, pattern};

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
fn a_head_that_is_too_large_is_a_431() {
    let worker = Worker::start(
        Options {
            max_header_bytes: 16 * 1024,
            ..Options::default()
        },
        100,
    );
    let header = format!("X-Large: {}", "x".repeat(20_000));
    let (head, _) = curl_head_and_body(&["--http1.1", "-H", &header, &worker.http(SEGMENT)]);
    assert!(head.starts_with("http/1.1 431"), "{head}");
    // In HTTP/2 the client is told the limit beforehand; one that ignores it hears 431 or is reset.
    let output = curl(&["--http2", "-i", "-H", &header, &worker.https(SEGMENT)]);
    assert!(
        !output.status.success() || output.stdout.starts_with(b"HTTP/2 431"),
        "{output:?}"
    );
    let many: Vec<String> = (0..150).map(|index| format!("x-{index}: 1")).collect();
    let mut arguments: Vec<&str> = many
        .iter()
        .flat_map(|header| ["-H", header.as_str()])
        .collect();
    let url = worker.http(SEGMENT);
    arguments.extend(["--http1.1", &url]);
    assert!(curl_head_and_body(&arguments).0.starts_with("http/1.1 431"));
    assert!(curl(&[&worker.http(SEGMENT)]).status.success());
}

#[test]
fn http_1_1_wants_one_host() {
    let worker = worker();
    for hosts in ["", "Host: a\r\nHost: b\r\n"] {
        let mut stream = TcpStream::connect(worker.http).unwrap();
        write!(stream, "GET / HTTP/1.1\r\n{hosts}Connection: close\r\n\r\n").unwrap();
        let answer = String::from_utf8(read_to_end(&mut stream)).unwrap();
        assert!(
            answer.starts_with("HTTP/1.1 400") && answer.contains("bad-host"),
            "{answer}"
        );
    }
}

#[test]
fn a_slow_head_is_cut_off() {
    let worker = Worker::start(
        Options {
            header_timeout: Duration::from_millis(300),
            ..Options::default()
        },
        100,
    );
    let began = Instant::now();
    let mut stream = TcpStream::connect(worker.http).unwrap();
    write!(stream, "GET / HTTP/1.1\r\nHost: x\r\nX-").unwrap();
    let mut trickle = stream.try_clone().unwrap();
    let trickling = std::thread::spawn(move || {
        while trickle.write_all(b"x").is_ok() {
            std::thread::sleep(Duration::from_millis(50));
        }
    });
    read_to_end(&mut stream);
    trickling.join().unwrap();
    assert!(
        began.elapsed() < Duration::from_secs(3),
        "{:?}",
        began.elapsed()
    );
    worker.await_metric(&closed("slow-head"), 1.0);
    // One that says nothing at all.
    read_to_end(&mut TcpStream::connect(worker.http).unwrap());
    worker.await_metric(&closed("slow-head"), 2.0);
}

#[test]
fn an_idle_connection_is_closed() {
    let worker = Worker::start(
        Options {
            idle_timeout: Duration::from_millis(200),
            ..Options::default()
        },
        100,
    );
    let mut stream = TcpStream::connect(worker.http).unwrap();
    write!(stream, "GET /player/ HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    let answer = String::from_utf8(read_to_end(&mut stream)).unwrap();
    assert!(answer.ends_with("Index Http1 http://x"), "{answer}");
    worker.await_metric(&closed("idle"), 1.0);
}

#[test]
fn a_handshake_that_never_comes_is_cut_off() {
    let worker = Worker::start(
        Options {
            handshake_timeout: Duration::from_millis(200),
            ..Options::default()
        },
        100,
    );
    read_to_end(&mut TcpStream::connect(worker.https).unwrap());
    worker.await_metric(&closed("slow-handshake"), 1.0);
}

#[test]
fn garbage_ends_its_own_connection_only() {
    let worker = worker();
    let mut child = Command::new("curl")
        .args([
            "-skN",
            "--http2",
            &worker.https("/vod/3000000/clear/wait/1.m4s"),
        ])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut first = [0; 5];
    child
        .stdout
        .as_mut()
        .unwrap()
        .read_exact(&mut first)
        .unwrap();
    let garbage = pattern(5000);
    for garbage in [
        &b"GET / HTTP/1.1\r\n\r\n"[..],
        &garbage,
        &[0x16, 3, 1, 0xff, 0xff],
        &[0; 300],
    ] {
        let mut stream = TcpStream::connect(worker.https).unwrap();
        // The node may be quicker to close.
        let _ = stream.write_all(garbage);
        let _ = stream.shutdown(std::net::Shutdown::Write);
        let answer = read_to_end(&mut stream);
        assert!(!answer.starts_with(b"HTTP"), "{answer:?}");
    }
    worker.await_metric(&closed("handshake"), 4.0);
    for garbage in [
        &garbage,
        &b"\0\0\0\r\n\r\n"[..],
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\ngarbage garbage garbage",
    ] {
        let mut stream = TcpStream::connect(worker.http).unwrap();
        // The node may be quicker to close.
        let _ = stream.write_all(garbage);
        let _ = stream.shutdown(std::net::Shutdown::Write);
        read_to_end(&mut stream);
    }
    worker.release.notify_one();
    let mut rest = Vec::new();
    child
        .stdout
        .as_mut()
        .unwrap()
        .read_to_end(&mut rest)
        .unwrap();
    assert!(child.wait().unwrap().success());
    assert_eq!(rest.len(), 3_000_000 - 5);
}

#[test]
fn a_client_that_does_not_read_is_let_go() {
    let worker = Worker::start(
        Options {
            send_timeout: Duration::from_millis(300),
            ..Options::default()
        },
        100,
    );
    // More than socket buffers take.
    let path = "/vod/40000000/clear/v1/1.m4s";
    let mut stream = TcpStream::connect(worker.http).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    worker.await_metric(&closed("slow-reader"), 1.0);
    // One that reads slowly, but reads, gets all of it.
    let output = curl(&[
        "--limit-rate",
        "30M",
        "-o",
        "/dev/null",
        "-w",
        "%{size_download}",
        &worker.http(path),
    ]);
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "40000000");
    worker.await_metric("edgepack_responses_aborted_total", 1.0);
}

#[test]
fn the_nodes_own_waiting_is_no_slow_reading() {
    let worker = Worker::start(
        Options {
            send_timeout: Duration::from_millis(100),
            ..Options::default()
        },
        100,
    );
    let mut child = Command::new("curl")
        .args([
            "-skN",
            "--http1.1",
            &worker.http("/vod/1000/clear/wait/1.m4s"),
        ])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let stdout = child.stdout.as_mut().unwrap();
    stdout.read_exact(&mut [0; 5]).unwrap();
    std::thread::sleep(Duration::from_millis(500));
    worker.release.notify_one();
    let mut rest = Vec::new();
    stdout.read_to_end(&mut rest).unwrap();
    assert_eq!((child.wait().unwrap().success(), rest.len()), (true, 995));
}

#[test]
fn more_connections_than_allowed_are_refused_and_the_rest_served() {
    let worker = Worker::start(Options::default(), 2);
    let mut held: Vec<_> = (0..2)
        .map(|_| TcpStream::connect(worker.http).unwrap())
        .collect();
    for stream in &mut held {
        write!(stream, "GET /player/ HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
        stream.read_exact(&mut [0; 20]).unwrap();
    }
    assert!(read_to_end(&mut TcpStream::connect(worker.http).unwrap()).is_empty());
    worker.await_metric(&closed("limit"), 1.0);
    drop(held);
    worker.await_metric("edgepack_connections_open{protocol=\"h1\"}", 0.0);
    assert!(curl(&[&worker.http("/player/")]).status.success());
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
