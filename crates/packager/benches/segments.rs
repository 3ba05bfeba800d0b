//! Presentations, plans and headers: `cargo bench -p edgepack-packager --bench segments`.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use std::hint::black_box;
use std::sync::Arc;

use criterion::{Criterion, criterion_group, criterion_main};
use edgepack_isobmff::{Limits, MovieReader, Step};
use edgepack_packager::{
    HeaderProtection, Kind, Options, Presentation, Rendition, SegmentPlan, SegmentProtection,
    Source, cmaf,
};
use title::{Shape, Title};

#[allow(dead_code, unreachable_pub)]
#[path = "../../isobmff/tests/common/title.rs"]
mod title;

/// In the middle of an hour.
const SEGMENT: usize = 450;

fn segments(c: &mut Criterion) {
    let options = Options {
        target_duration_ms: 4000,
    };
    let source = source();
    let presentation = Presentation::build(vec![source.clone()], &options).unwrap();
    let of_kind = |kind| -> &Rendition {
        let mut renditions = presentation.renditions.iter();
        renditions.find(|r| r.kind() == kind).unwrap()
    };
    let (video, audio) = (of_kind(Kind::Video), of_kind(Kind::Audio));

    let mut group = c.benchmark_group("presentation of an hour");
    group.sample_size(20);
    group.bench_function("build", |b| {
        b.iter(|| Presentation::build(vec![source.clone()], &options).unwrap());
    });
    group.bench_function("key frames", |b| b.iter(|| presentation.trick_play(video)));
    group.finish();

    let mut group = c.benchmark_group("plan of 4 s");
    for (name, rendition) in [("AVC", video), ("AAC", audio)] {
        group.bench_function(name, |b| {
            b.iter(|| {
                let number = black_box(SEGMENT);
                let protection = SegmentProtection::Clear;
                SegmentPlan::new(&presentation, rendition, number, protection).unwrap()
            });
        });
    }
    let frame = presentation.trick_play(video).unwrap().frames[SEGMENT];
    group.bench_function("key frame", |b| {
        b.iter(|| {
            let protection = SegmentProtection::Clear;
            SegmentPlan::keyframe(&presentation, video, SEGMENT, black_box(&frame), protection)
                .unwrap()
        });
    });
    group.finish();

    c.bench_function("CMAF header", |b| {
        b.iter(|| cmaf::header(&presentation, video, HeaderProtection::Clear, &[]).unwrap());
    });
}

/// An hour of pictures and sound, of which only the tables are there.
fn source() -> Source {
    let title = Title::new(Shape {
        hours: 1,
        variable_rate: false,
    });
    let mut reader = MovieReader::new(title.file_len, Limits::default());
    loop {
        match reader.step().unwrap() {
            Step::Need(range) => {
                let start = usize::try_from(range.offset).unwrap();
                let len = usize::try_from(range.len).unwrap();
                let there = title.head.get(start..).unwrap_or_default();
                let mut bytes = there[..there.len().min(len)].to_vec();
                bytes.resize(len, 0);
                reader.supply(range, bytes.into()).unwrap();
            }
            Step::Done(movie) => return Source::of_movie("film.mp4", Arc::new(*movie), [0; 32]),
        }
    }
}

criterion_group!(benches, segments);
criterion_main!(benches);
