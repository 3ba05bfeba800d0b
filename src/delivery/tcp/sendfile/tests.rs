#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use std::io::{Read, Write};
use std::time::{Duration, Instant};

use edgepack_uring::MemFileOptions;

use super::*;
use crate::delivery::tcp::Options;
use crate::delivery::testing::{Worker, curl_head_and_body, pattern};

const LENGTH: usize = 3_000_000;
const KEPT: &str = "/vod/3000000/clear/kept/1.m4s";
const SENT: &str = "edgepack_sendfile_bytes_total";

fn files(max_bytes: usize) -> MemFiles {
    MemFiles::new(MemFileOptions {
        max_bytes,
        max_files: 100,
    })
    .unwrap()
}

fn worker(files: &MemFiles) -> Worker {
    let options = Options {
        sendfile: Some(SendFile::new(files.clone())),
        ..Options::default()
    };
    Worker::start(options, 100)
}

/// Asks until the entry has moved.
fn warm(worker: &Worker, files: &MemFiles) {
    let deadline = Instant::now() + Duration::from_secs(10);
    while files.usage().files == 0 || worker.metric(SENT) == 0.0 {
        assert!(Instant::now() < deadline, "{:?}", files.usage());
        assert!(fetch(worker, &[]) == pattern(LENGTH));
    }
}

fn fetch(worker: &Worker, flags: &[&str]) -> Vec<u8> {
    let (head, body) = curl_head_and_body(&[flags, &["--http1.1", &worker.http(KEPT)]].concat());
    assert!(head.contains(" 200") || head.contains(" 206"), "{head}");
    body
}

#[test]
fn an_entry_asked_for_again_is_sent_from_a_file() {
    let files = files(16 << 20);
    let worker = worker(&files);
    warm(&worker, &files);
    let before = worker.metric(SENT);
    assert!(fetch(&worker, &[]) == pattern(LENGTH));
    worker.await_metric(SENT, before + LENGTH as f64);
}

#[test]
fn ranges_and_other_protocols_get_the_same_bytes() {
    let files = files(16 << 20);
    let worker = worker(&files);
    warm(&worker, &files);
    let data = pattern(LENGTH);
    assert!(fetch(&worker, &["-r", "99990-1100009"]) == data[99_990..1_100_010]);
    assert!(fetch(&worker, &["-r", "2999999-"]) == data[2_999_999..]);
    for (flags, url) in [
        (["--http1.1"], worker.https(KEPT)),
        (["--http2"], worker.https(KEPT)),
        (["--http2-prior-knowledge"], worker.http(KEPT)),
        (["--http1.0"], worker.http(KEPT)),
    ] {
        let (_, body) = curl_head_and_body(&[flags.as_slice(), &[&url]].concat());
        assert!(body == data, "{flags:?}");
    }
    // Several requests at once on one connection: answers come in order, and whole.
    let mut stream = std::net::TcpStream::connect(worker.http).unwrap();
    let request = format!("GET {KEPT} HTTP/1.1\r\nHost: x\r\nRange: bytes=0-199999\r\n\r\n");
    let last = format!("GET {KEPT} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    write!(stream, "{request}{request}{last}").unwrap();
    let mut all = Vec::new();
    stream.read_to_end(&mut all).unwrap();
    assert!(all.ends_with(&data));
    let first = all.windows(4).position(|at| at == b"\r\n\r\n").unwrap() + 4;
    assert!(all[first..first + 200_000] == data[..200_000]);
}

/// The reader stalls with the socket full; the entry is evicted meanwhile, and memory is used again.
#[test]
fn a_slow_reader_gets_its_bytes_though_the_entry_is_gone() {
    let files = files(64 << 20);
    let worker = worker(&files);
    warm(&worker, &files);
    let mut stream = std::net::TcpStream::connect(worker.http).unwrap();
    write!(
        stream,
        "GET {KEPT} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    )
    .unwrap();
    let mut head = [0; 12];
    stream.read_exact(&mut head).unwrap();
    worker.kept.lock().unwrap().clear();
    for filler in 0..20_u8 {
        let other = vec![filler; LENGTH];
        drop(files.store(&[other.into()]).unwrap());
    }
    let mut rest = Vec::new();
    stream.read_to_end(&mut rest).unwrap();
    assert!(rest.ends_with(&pattern(LENGTH)));
}

#[test]
fn a_connection_that_is_done_with_a_file_does_not_keep_it() {
    let files = files(16 << 20);
    let worker = worker(&files);
    warm(&worker, &files);
    let mut stream = std::net::TcpStream::connect(worker.http).unwrap();
    write!(stream, "GET {KEPT} HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    let mut answer = Vec::new();
    let mut buffer = vec![0; 1 << 16];
    while !answer.ends_with(&pattern(LENGTH)[LENGTH - 1000..]) {
        let count = stream.read(&mut buffer).unwrap();
        assert!(count > 0);
        answer.extend_from_slice(&buffer[..count]);
    }
    worker.kept.lock().unwrap().clear();
    let deadline = Instant::now() + Duration::from_secs(10);
    while files.usage().files > 0 {
        assert!(Instant::now() < deadline, "{:?}", files.usage());
        std::thread::yield_now();
    }
}

#[test]
fn without_room_everything_is_sent_all_the_same() {
    let files = files(1 << 20);
    let worker = worker(&files);
    let deadline = Instant::now() + Duration::from_secs(10);
    while files.usage().refused == 0 {
        assert!(Instant::now() < deadline);
        assert!(fetch(&worker, &[]) == pattern(LENGTH));
    }
    assert!(fetch(&worker, &[]) == pattern(LENGTH));
    assert_eq!(worker.metric(SENT), 0.0);
}
