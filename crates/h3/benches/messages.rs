//! Heads, frames and field compression: `cargo bench -p edgepack-h3 --bench messages`.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use std::hint::black_box;

use bytes::{Bytes, BytesMut};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use edgepack_h3::qpack::{self, huffman};
use edgepack_h3::{Limits, RequestEvent, RequestStream, response, varint};
use http::{HeaderMap, HeaderValue, StatusCode, header};

const USER_AGENT: &str = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36";

fn messages(c: &mut Criterion) {
    let request = request_head();
    let headers = response_headers();
    let mut out = BytesMut::with_capacity(4096);
    let mut group = c.benchmark_group("HTTP/3");
    group.bench_function("request head", |b| {
        b.iter(|| {
            let mut chunk = black_box(&request).clone();
            let event = RequestStream::new(Limits::default()).receive(&mut chunk);
            assert!(matches!(event, Ok(Some(RequestEvent::Head(_)))));
        });
    });
    group.bench_function("response head", |b| {
        b.iter(|| {
            out.clear();
            response::write_head(StatusCode::OK, &headers, u64::MAX, &mut out).unwrap();
            response::write_data_header(3_000_000, &mut out);
        });
    });
    let body = Bytes::from(data_frames(64, 16 << 10));
    group.throughput(Throughput::Bytes(body.len() as u64));
    group.bench_function("a body of 64 frames", |b| {
        b.iter(|| {
            let mut stream = RequestStream::new(Limits::default());
            let mut head = request.clone();
            stream.receive(&mut head).unwrap();
            let mut chunk = body.clone();
            while let Some(event) = stream.receive(&mut chunk).unwrap() {
                black_box(event);
            }
        });
    });
    group.finish();

    let mut code = Vec::new();
    huffman::encode(USER_AGENT.as_bytes(), &mut code);
    let mut text = Vec::new();
    let mut group = c.benchmark_group("Huffman, a user agent");
    group.throughput(Throughput::Bytes(USER_AGENT.len() as u64));
    group.bench_function("encode", |b| {
        b.iter(|| {
            text.clear();
            huffman::encode(black_box(USER_AGENT.as_bytes()), &mut text);
        });
    });
    group.bench_function("decode", |b| {
        b.iter(|| {
            text.clear();
            huffman::decode(black_box(&code), 4096, &mut text).unwrap();
        });
    });
    group.finish();
}

fn request_head() -> Bytes {
    let mut section = Vec::new();
    qpack::write_prefix(&mut section);
    for (name, value) in [
        (":method", "GET"),
        (":scheme", "https"),
        (":authority", "edge.example"),
        (":path", "/vod/film/clear/v1080-5f3a9c1e/17.m4s"),
        ("accept", "*/*"),
        ("accept-encoding", "gzip, deflate, br"),
        ("origin", "https://player.example"),
        ("priority", "u=1, i"),
        ("user-agent", USER_AGENT),
    ] {
        qpack::write_field(name, value.as_bytes(), false, &mut section);
    }
    frame(1, &section).into()
}

fn data_frames(count: usize, len: usize) -> Vec<u8> {
    frame(0, &vec![7; len]).repeat(count)
}

fn frame(kind: u64, payload: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    varint::encode(kind, &mut out);
    varint::encode(payload.len() as u64, &mut out);
    out.extend_from_slice(payload);
    out
}

fn response_headers() -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in [
        (header::CONTENT_TYPE, "video/mp4"),
        (header::CONTENT_LENGTH, "3000000"),
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
        (header::ETAG, "\"5f3a9c1e5f3a9c1e\""),
        (header::ACCEPT_RANGES, "bytes"),
        (header::DATE, "Sun, 06 Nov 1994 08:49:37 GMT"),
        (header::SERVER, "edgepack"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers
}

criterion_group!(benches, messages);
criterion_main!(benches);
