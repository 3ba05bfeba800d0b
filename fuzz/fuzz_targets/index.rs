//! Any bytes as a stored index: an error, or a movie whose samples lie inside the file and that has this index.
#![no_main]
use bytes::Bytes;
use edgepack_isobmff::{Limits, Movie};
use libfuzzer_sys::fuzz_target;

const FILE_LEN: u64 = 1 << 20;

/// The header of an index without notes: the rest is the moov.
const HEADER: &[u8] = b"EPMI\0\0\0\x01\0\0\0\0\0\x10\0\0isom\0\0\0\0\0\0\0\0";

fuzz_target!(|data: &[u8]| {
    check(data.to_vec());
    check([HEADER, data].concat());
});

fn check(index: Vec<u8>) {
    let index = Bytes::from(index);
    let limits = Limits { max_tracks: 16, ..Limits::default() };
    let Ok(movie) = Movie::from_index(index.clone(), FILE_LEN, &limits) else {
        return;
    };
    assert_eq!(movie.index(), index);
    for track in &movie.tracks {
        for sample in track.samples.iter_from(0).take(2000) {
            assert!(sample.offset + u64::from(sample.size) <= FILE_LEN);
        }
    }
}
