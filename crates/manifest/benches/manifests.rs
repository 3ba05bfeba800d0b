//! Playlists and MPDs of an hour: `cargo bench -p edgepack-manifest --bench manifests`.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use std::sync::Arc;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use edgepack_isobmff::{Limits, MovieReader, Step};
use edgepack_manifest::{View, dash, hls};
use edgepack_packager::{Kind, Options, Presentation, Source};
use title::{Shape, Title};

#[allow(dead_code, unreachable_pub)]
#[path = "../../isobmff/tests/common/title.rs"]
mod title;

fn manifests(c: &mut Criterion) {
    let options = Options {
        target_duration_ms: 4000,
    };
    let presentation = Presentation::build(vec![source()], &options).unwrap();
    let mut renditions = presentation.renditions.iter();
    let video = renditions.find(|r| r.kind() == Kind::Video).unwrap();
    let renditions = presentation.renditions.iter();
    let trick_play: Vec<_> = renditions.map(|r| presentation.trick_play(r)).collect();
    let view = View {
        trick_play: &trick_play,
        ..View::new(&presentation)
    };

    let mut group = c.benchmark_group("manifests of an hour");
    let mut row = |name: &str, write: &dyn Fn() -> String| {
        group.throughput(Throughput::Bytes(write().len() as u64));
        group.bench_function(name, |b| b.iter(write));
    };
    row("media playlist", &|| hls::media(view, video).unwrap());
    row("I-frame playlist", &|| hls::iframes(view, video).unwrap());
    row("multivariant playlist", &|| {
        hls::multivariant(view).unwrap()
    });
    row("MPD, numbers", &|| {
        dash::mpd(view, dash::Template::Number).unwrap()
    });
    row("MPD, times", &|| {
        dash::mpd(view, dash::Template::Time).unwrap()
    });
    group.finish();
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

criterion_group!(benches, manifests);
criterion_main!(benches);
