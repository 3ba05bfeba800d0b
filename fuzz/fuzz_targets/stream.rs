//! Any bytes as the body of a live stream: errors or items, the same ones however the bytes come apart.
//!
//! Input: lengths of pieces (a count, and a byte each, taken in turn; 0 stands for 5000); the body.
#![no_main]
use bytes::Bytes;
use edgepack_isobmff::stream::{Item, StreamLimits, StreamReader};
use libfuzzer_sys::fuzz_target;

const LIMITS: StreamLimits = StreamLimits {
    max_header_bytes: 1 << 16,
    max_tracks: 4,
    max_prelude_bytes: 1 << 16,
    max_prelude_boxes: 8,
    max_chunk_bytes: 1 << 16,
    max_chunk_samples: 1000,
};

fuzz_target!(|data: &[u8]| {
    let _ = run(data);
});

fn run(data: &[u8]) -> Option<()> {
    let (&count, rest) = data.split_first()?;
    let (lengths, body) = rest.split_at_checked(usize::from(count & 15))?;
    let whole = read(body, &[]);
    assert!(read(body, lengths) == whole);
    Some(())
}

fn read(mut body: &[u8], lengths: &[u8]) -> Vec<String> {
    let mut told = Vec::new();
    let mut lengths = lengths.iter().cycle();
    let mut reader = StreamReader::new(LIMITS);
    let mut pushed = 0;
    let len = body.len();
    loop {
        if body.is_empty() {
            reader.end();
        } else {
            let piece = match lengths.next() {
                None => body.len(),
                Some(0) => 5000,
                Some(piece) => usize::from(*piece),
            };
            let (piece, rest) = body.split_at(piece.min(body.len()));
            reader.push(Bytes::copy_from_slice(piece));
            pushed += piece.len();
            body = rest;
        }
        loop {
            match reader.next() {
                Ok(Some(item)) => {
                    check(&item);
                    told.push(format!("{item:?}"));
                }
                Ok(None) => break,
                Err(error) => {
                    told.push(error.to_string());
                    return told;
                }
            }
        }
        assert!(reader.held() <= pushed);
        if reader.is_over() {
            assert!(reader.held() == 0 && pushed == len);
            return told;
        }
    }
}

fn check(item: &Item) {
    match item {
        Item::Header { header, .. } => {
            assert_eq!(header.defaults.len(), header.movie.tracks.len());
            assert!(
                header
                    .movie
                    .tracks
                    .iter()
                    .all(|track| track.samples.is_empty())
            );
        }
        Item::Chunk(chunk) => {
            let samples = chunk
                .fragments
                .iter()
                .map(|fragment| fragment.samples.len());
            assert!(samples.sum::<usize>() <= LIMITS.max_chunk_samples as usize);
            for fragment in &chunk.fragments {
                let sizes = fragment.samples.iter().map(|sample| u64::from(sample.size));
                assert_eq!(sizes.sum::<u64>(), fragment.data.len() as u64);
                assert!(
                    fragment
                        .decode_time
                        .checked_add(fragment.duration())
                        .is_some()
                );
                assert!(!fragment.samples.is_empty());
            }
        }
        Item::Trailing(prelude) => assert!(!prelude.bytes().is_empty()),
        Item::End => {}
    }
}
