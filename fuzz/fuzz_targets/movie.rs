//! Any bytes as a file, progressive or fragmented: the reader gives an error, or a movie whose samples lie inside the
//! file and that comes back from its index.
#![no_main]
use bytes::Bytes;
use edgepack_isobmff::{Limits, Movie, MovieReader, SampleTable, Step};
use libfuzzer_sys::fuzz_target;

/// Enough to pass several checkpoints.
const SAMPLES: usize = 2000;

fuzz_target!(|data: &[u8]| {
    if let Some(movie) = read(&Bytes::copy_from_slice(data)) {
        let index = movie.index();
        let again = Movie::from_index(index.clone(), movie.file_len, &Limits::default());
        assert_eq!(again.expect("a movie of its own index").index(), index);
        for track in &movie.tracks {
            check(&track.samples, movie.file_len);
            for entry in &track.sample_entries {
                let _ = entry.codec.rfc6381();
            }
        }
    }
});

fn read(file: &Bytes) -> Option<Movie> {
    let limits = Limits {
        max_tracks: 16,
        max_fragments: 1000,
        max_samples_per_track: 100_000,
        max_index_bytes: 1 << 20,
        ..Limits::default()
    };
    let mut reader = MovieReader::new(file.len() as u64, limits);
    // Each range is a window, a movie or a fragment: so many boxes take no more.
    for _ in 0..=limits.max_top_level_boxes + 16 * limits.max_fragments {
        match reader.step().ok()? {
            Step::Need(range) => {
                let start = range.offset as usize;
                let bytes = file.slice(start..start + range.len as usize);
                reader.supply(range, bytes).expect("the bytes asked for");
            }
            Step::Done(movie) => return Some(*movie),
        }
    }
    panic!("the reader never ends");
}

fn check(table: &SampleTable, file_len: u64) {
    let mut decode_time = 0;
    for (sample, index) in table.iter_from(0).take(SAMPLES).zip(0..) {
        assert_eq!(sample.index, index);
        assert_eq!(sample.decode_time, decode_time);
        assert!(sample.offset + u64::from(sample.size) <= file_len);
        assert!(sample.size <= table.max_sample_size());
        decode_time += u64::from(sample.duration);
    }
    let middle = table.len() / 2;
    let walk: Vec<_> = table.iter_from(middle).take(3).collect();
    for sample in &walk {
        assert_eq!(table.sample(sample.index).as_ref(), Some(sample));
        let found = table
            .index_at(sample.decode_time)
            .expect("a sample at its own time");
        assert!(found >= sample.index);
    }
    assert_eq!(walk.len(), (table.len() - middle).min(3) as usize);
    for index in table.sync_samples_from(middle).take(3) {
        assert!(table.sample(index).is_some_and(|sample| sample.is_sync));
    }
}
