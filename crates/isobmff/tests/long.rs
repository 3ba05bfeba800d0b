//! Titles of many hours, of which only headers are there.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod common;

use std::time::Instant;

use bytes::Bytes;
use common::title::{Shape, Title};
use edgepack_isobmff::{Limits, Movie, MovieReader, Step};

/// Reads the movie; media are not there to be read.
fn open(title: &Title) -> (Movie, u64) {
    let mut reader = MovieReader::new(title.file_len, Limits::default());
    let mut read = 0;
    loop {
        match reader.step().unwrap() {
            Step::Need(range) => {
                read += range.len;
                let start = usize::try_from(range.offset).unwrap();
                let end = start + usize::try_from(range.len).unwrap();
                assert!(
                    end <= title.head.len() + (64 << 10),
                    "media at {end} were asked for"
                );
                let mut bytes = title.head[start..end.min(title.head.len())].to_vec();
                bytes.resize(end - start, 0);
                reader.supply(range, Bytes::from(bytes)).unwrap();
            }
            Step::Done(movie) => return (*movie, read),
        }
    }
}

#[test]
fn ten_hours_open_without_a_look_at_the_media() {
    let title = Title::new(Shape {
        hours: 10,
        variable_rate: true,
    });
    let (movie, read) = open(&title);
    assert!(read <= title.head.len() as u64 + (64 << 10));
    let [video, audio] = &movie.tracks[..] else {
        panic!()
    };
    assert_eq!(
        (video.samples.len(), audio.samples.len()),
        (1_080_000, 1_687_500)
    );
    for (track, offsets) in movie.tracks.iter().zip([&title.video, &title.audio]) {
        let mut decode_time = 0;
        for (sample, expected) in track.samples.iter_from(0).zip(offsets) {
            assert_eq!(
                (sample.offset, sample.size, sample.decode_time),
                (expected.0, expected.1, decode_time)
            );
            decode_time += u64::from(sample.duration);
        }
        assert_eq!(track.samples.total_duration(), decode_time);
    }
    assert_eq!(video.samples.sync_samples().len(), 1_080_000 / 60);
}

#[test]
fn tables_cost_no_more_than_24_bytes_a_sample() {
    for variable_rate in [false, true] {
        let title = Title::new(Shape {
            hours: 10,
            variable_rate,
        });
        let (movie, _) = open(&title);
        let held = movie.moov.len() as u64
            + movie
                .tracks
                .iter()
                .map(|track| track.samples.held())
                .sum::<u64>();
        let [video, audio] =
            [0, 1].map(|track: usize| u64::from(movie.tracks[track].samples.len()));
        // Sound takes a size each, and its share of the chunks.
        assert!(held <= 24 * video + 8 * audio, "{held} bytes");
        println!("{held} bytes for {} samples", video + audio);
    }
}

/// `cargo test --release -p edgepack-isobmff --test long -- --ignored --nocapture`
#[test]
#[ignore = "a measurement, for a release build"]
fn what_opening_costs() {
    for hours in [2, 10] {
        for variable_rate in [false, true] {
            let title = Title::new(Shape {
                hours,
                variable_rate,
            });
            let index = open(&title).0.index();
            let mut times: Vec<_> = (0..11)
                .map(|_| {
                    let start = Instant::now();
                    let movie =
                        Movie::from_index(index.clone(), title.file_len, &Limits::default())
                            .unwrap();
                    let took = start.elapsed();
                    drop(movie);
                    took
                })
                .collect();
            times.sort();
            println!(
                "{hours} hours, variable rate {variable_rate}: {} bytes of moov, parsed in {:?} (median of 11)",
                index.len(),
                times[5]
            );
        }
    }
}
