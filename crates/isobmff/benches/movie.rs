//! Opening a file of an hour, and walking its tables: `cargo bench -p edgepack-isobmff --bench movie`.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use std::hint::black_box;

use bytes::Bytes;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use edgepack_isobmff::{Limits, Movie, MovieReader, Step};
use title::{Shape, Title};

#[allow(dead_code, unreachable_pub)]
#[path = "../tests/common/title.rs"]
mod title;

fn open(head: &Bytes, file_len: u64) -> Movie {
    let mut reader = MovieReader::new(file_len, Limits::default());
    loop {
        match reader.step().unwrap() {
            Step::Need(range) => {
                let start = usize::try_from(range.offset).unwrap();
                let end = start + usize::try_from(range.len).unwrap();
                // What lies behind the tables are media.
                let bytes = if end <= head.len() {
                    head.slice(start..end)
                } else {
                    let mut bytes = head.get(start..).unwrap_or_default().to_vec();
                    bytes.resize(end - start, 0);
                    bytes.into()
                };
                reader.supply(range, bytes).unwrap();
            }
            Step::Done(movie) => return *movie,
        }
    }
}

fn movie(c: &mut Criterion) {
    let title = Title::new(Shape {
        hours: 1,
        variable_rate: false,
    });
    let (head, file_len) = (Bytes::from(title.head), title.file_len);
    let movie = open(&head, file_len);
    let video = &movie.tracks[0].samples;

    let mut group = c.benchmark_group("moov of an hour");
    group.throughput(Throughput::Bytes(head.len() as u64));
    group.bench_function("open", |b| b.iter(|| open(black_box(&head), file_len)));
    group.finish();

    let mut group = c.benchmark_group("sample table");
    group.throughput(Throughput::Elements(u64::from(video.len())));
    group.bench_function("all samples", |b| {
        b.iter(|| {
            let sizes = video.iter_from(0).map(|sample| u64::from(sample.size));
            sizes.sum::<u64>()
        });
    });
    group.throughput(Throughput::Elements(1));
    group.bench_function("a sample in the middle", |b| {
        b.iter(|| video.sample(black_box(video.len() / 2)));
    });
    group.bench_function("the sample at a time", |b| {
        b.iter(|| video.index_at(black_box(video.total_duration() / 2)));
    });
    group.finish();
}

criterion_group!(benches, movie);
criterion_main!(benches);
