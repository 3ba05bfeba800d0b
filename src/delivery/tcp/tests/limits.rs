//! Slow, idle, hostile: each costs nobody but itself.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use futures_util::FutureExt;

use super::{ConnectionCount, Options, SEGMENT, closed, read_to_end, worker};
use crate::delivery::testing::{Worker, curl, curl_head_and_body, pattern};

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
            // Longer than curl pauses to keep to its rate, on a machine that is busy.
            send_timeout: Duration::from_secs(2),
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

#[tokio::test]
async fn handshakes_beyond_the_limit_wait_for_their_turn() {
    let connections = ConnectionCount::new(100, 2);
    let first = connections.handshake().await;
    let _second = connections.handshake().await;
    let third = connections.handshake();
    let mut third = std::pin::pin!(third);
    assert!(third.as_mut().now_or_never().is_none());
    drop(first);
    assert!(third.now_or_never().is_some());
}
